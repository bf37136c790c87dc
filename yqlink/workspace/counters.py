"""Counters behind the workspace's cards: each takes the viewer's Scope and answers a Figure, counted up to 1,000."""

from __future__ import annotations

from django.utils.translation import gettext as _

from desk import selectors as desk
from kernel.scope import Scope
from yqlink.workspace.cards import Figure

CAP = 1_000


def counted(number: int, sub: str = "") -> Figure:
    """A count as figure; past the cap it says so."""
    return Figure(f"{CAP:,}+" if number > CAP else f"{number:,}", sub, number == 0)


def cases(scope: Scope) -> Figure:
    """Open exception cases of the viewer's companies."""
    return counted(desk.open_cases(scope)[: CAP + 1].count(), _("需要人工处理"))
