"""Pages that gather from all apps; no rows of its own."""
