"""Every write of receipts, by noun."""
