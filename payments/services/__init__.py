"""Every write of payments: orders (people), instructions (the bank bridge), evidence (statements)."""
