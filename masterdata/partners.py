"""Trading partners as lists other books carry."""

from __future__ import annotations

from masterdata.models import Counterparty


def partner_names() -> list[tuple[str, str, str]]:
    """Kind, code and name of every active partner, by code. System look-up: partners are the whole group's."""
    rows = Counterparty.objects.filter(is_active=True).order_by("code")
    return list(rows.values_list("kind", "code", "name"))
