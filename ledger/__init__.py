"""Our books: vouchers, bank journals, periods, budgets."""
