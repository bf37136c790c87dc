"""Attacks of people who hold the database or the web host: each is prevented, or named by the verifier."""
