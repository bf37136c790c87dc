"""Pages of payments: lists and desks, one order, acts with their confirm pages, imports, batches."""
