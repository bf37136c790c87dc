"""Sheets of entries that a person brings, read as streams: plain functions, no database."""
