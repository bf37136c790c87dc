"""Matching what banks say with what our books say."""
