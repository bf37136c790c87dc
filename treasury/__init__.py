"""Positions, sweeps, plans and forecasts."""
