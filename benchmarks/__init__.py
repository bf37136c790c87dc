"""Benchmarks: each figure is a ratio against a limit or an alternative measured in the same run, with peak memory."""
