"""Shared words of the house: money, states, errors, clock, references, secrets, seals."""
