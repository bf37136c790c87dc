"""What stops a payment, decided from values alone: field rules, duplicates D1–D9, screening, release (DOMAIN §3.6–3.7)."""

from payments.checks.duplicates import Facts, Ruled, judge
from payments.checks.fields import before_submit, fields_fit, measured
from payments.checks.papers import Paper, paper_of
from payments.checks.release import Surroundings, before_release
from payments.checks.screening import Scene, screen

__all__ = [
    "Facts",
    "Paper",
    "Ruled",
    "Scene",
    "Surroundings",
    "before_release",
    "before_submit",
    "fields_fit",
    "judge",
    "measured",
    "paper_of",
    "screen",
]
