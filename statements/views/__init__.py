"""Pages of what banks told us."""
