"""The conformance kit: the same scenarios against every bank, at its simulator or at its own test front-end."""
