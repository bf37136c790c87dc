"""Words of particular finance systems: their files, written and read. Pure functions: rows of the contract in, bytes out."""
