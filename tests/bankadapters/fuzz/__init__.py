"""Mutated answers: what the simulators really answer, damaged in many ways, against every decoder of every bank."""
