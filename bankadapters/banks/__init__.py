"""One package per bank; banks are strangers to each other."""
