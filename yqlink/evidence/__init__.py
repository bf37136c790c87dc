"""Evidence of one payment in one file that anybody can check without this platform (证据包)."""
