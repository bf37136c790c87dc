"""What the exception centre shows of a connection (desk.guides): its page of health. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from desk.guides import Guide
from kernel.scope import Scope
from masterdata import selectors as masterdata


def of_connections(ids: Sequence[str], scope: Scope) -> dict[str, Guide]:
    """Guides of connections by id; those the viewer does not watch are absent."""
    if not scope.has("connections.view"):
        return {}
    rows = masterdata.visible_connections(scope)
    found = rows.filter(pk__in=[int(one) for one in ids if one.isdigit()])
    return {
        str(row.pk): Guide(label=row.name, url=reverse("bankbridge:channel", args=[row.pk]))
        for row in found
    }
