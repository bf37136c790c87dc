"""One desk for every dual-controlled change of the books: templates and opening balances."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kernel.errors import NotFound
from ledger import selectors
from ledger.services import openings, templates
from masterdata.selectors import scope_of

if TYPE_CHECKING:
    from masterdata.models import StagedChange, User

DECIDERS: dict[str, Callable[..., StagedChange]] = {
    templates.KIND: templates.decide,
    openings.KIND: openings.decide,
}


def decide(*, change_id: int, accept: bool, actor: User, why: str = "") -> StagedChange:
    """The second person accepts or refuses; see the deciders for what each raises."""
    change = selectors.visible_changes(scope_of(actor)).filter(pk=change_id).first()
    if change is None:
        raise NotFound("staged change", "未找到该变更")
    return DECIDERS[change.kind](change_id=change_id, accept=accept, actor=actor, why=why)
