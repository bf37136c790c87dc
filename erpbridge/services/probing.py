"""Testing the way to a finance system: nothing is taken or told, and that somebody tried is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from audit import services as audit
from erpbridge import registry, selectors
from erpbridge.contract import Checked
from erpbridge.models import ErpSystem
from erpbridge.services.systems import demand_reach
from masterdata.selectors import scope_of

if TYPE_CHECKING:
    from masterdata.models import User


def probe(*, system_id: int, actor: User) -> list[Checked]:
    """Try the lane; what was found, line by line. Raises NotFound, NotAllowed."""
    scope = scope_of(actor)
    system = selectors.get_system(system_id, scope=scope)
    demand_reach(scope, system.client)
    found = registry.lane(system.style).probe(system)
    _note(system, actor, found)
    return found


@transaction.atomic(durable=True)
def _note(system: ErpSystem, actor: User, found: list[Checked]) -> None:
    wrong = [one.what for one in found if not one.is_ok]
    audit.record("erpbridge.system.tested", actor=actor, subject=system, after={"failed": wrong})
