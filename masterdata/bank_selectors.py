"""Reads of what banks can do."""

from __future__ import annotations

from masterdata.models import BankProfile


def abilities_by_bank() -> dict[str, frozenset[str]]:
    """What each bank's adapter can do, by slug. System look-up."""
    rows = BankProfile.objects.values_list("pk", "abilities")
    return {slug: frozenset(abilities) for slug, abilities in rows}


def bank_names() -> dict[str, str]:
    """The name of each bank there is an adapter for, by slug. System look-up."""
    return dict(BankProfile.objects.values_list("pk", "name"))


def prefixes_by_bank() -> dict[str, str]:
    """The CNAPS prefix of each bank there is an adapter for, by slug. System look-up."""
    return dict(BankProfile.objects.values_list("pk", "cnaps_prefix"))
