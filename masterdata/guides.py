"""What the exception centre shows of an own account (desk.guides): its page. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from desk.formats import masked_account
from desk.guides import Guide
from kernel.scope import Scope
from masterdata import selectors


def of_accounts(ids: Sequence[str], scope: Scope) -> dict[str, Guide]:
    """Guides of own accounts by id; those out of scope are absent."""
    rows = selectors.visible_accounts(scope)
    found = rows.filter(pk__in=[int(one) for one in ids if one.isdigit()])
    return {
        str(row.pk): Guide(
            label=masked_account(row.number), url=reverse("masterdata:account", args=[row.pk])
        )
        for row in found
    }
