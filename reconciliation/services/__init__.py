"""Every write of the matching: runs of the machine, and what people match, split and undo."""
