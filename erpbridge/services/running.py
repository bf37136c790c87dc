"""The ticks of the styles we carry ourselves: every active system polled and served, one that fails holding up no other."""

from __future__ import annotations

from erpbridge import registry, selectors
from erpbridge.services import lanes
from kernel.errors import DomainError


def run(style: str) -> int:
    """Poll and deliver for every active system of this style; returns what moved."""
    moved = 0
    for system in selectors.active_systems(style):
        if style == "api" and not system.settings.get("webhook_url"):
            continue  # it fetches what it wants
        lane = registry.lane(style)
        try:
            moved += lane.poll(system) + lane.deliver(system)
        except (
            OSError,
            ValueError,
            DomainError,
        ) as error:  # the other side's affair: told, and tried again
            lanes.note_error(system, why=str(error))
        else:
            lanes.note_ok(system)
    return moved
