"""The other side: a finance system that sends documents, takes results and posts vouchers. Plain Python, nothing of the house."""
