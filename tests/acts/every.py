"""All acts of all modules of this package."""

from __future__ import annotations

from tests.acts import Act, books, matrix_and_limits, receiving, routing, rules, switches, watching

MODULES = (switches, routing, rules, matrix_and_limits, books, receiving, watching)
ACTS: list[Act] = [act for module in MODULES for act in module.ACTS]
