"""Statement formats both borders read (camt.052/053/054, MT940/942), as streams: no database, memory flat in their size."""
