"""What the exception centre shows of a comparison (desk.guides): its page, and what comes next. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from desk.guides import Guide
from erpbridge import selectors
from kernel.scope import Scope


def of_comparisons(ids: Sequence[str], scope: Scope) -> dict[str, Guide]:
    """Guides of cases by the comparison that first differed: they lead to the newest of its lane."""
    rows = selectors.visible_comparisons(scope).select_related("client")
    found = rows.filter(pk__in=[int(one) for one in ids if one.isdigit()])
    told = {}
    for row in found:
        newest = selectors.newer_comparison(row) or row
        told[str(row.pk)] = Guide(
            label=row.client.display_name,
            url=reverse("erpbridge:comparison", args=[newest.pk]),
            next_text=_("下一次比对一致后自动关闭"),
        )
    return told
