"""Refusals people meet while deciding on orders."""

from __future__ import annotations

from kernel.errors import Conflict


class Held(Conflict):
    """A duplicate rule holds the order: it waits for a person who is neither its maker nor its checker."""

    code = "held"


class ContentAltered(Conflict):
    """The stored order is not what was submitted: somebody changed the row outside the platform."""

    code = "content_altered"
