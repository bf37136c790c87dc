"""Whole-platform runs against the simulated bank: cut wires, killed workers, lying answers."""
