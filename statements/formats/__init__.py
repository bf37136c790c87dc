"""Statement files that a person or an ERP brings, read as streams: plain functions, no database, memory flat in their size."""
