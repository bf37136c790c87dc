"""Columns of closed texts, for the rotation of keys."""

from __future__ import annotations

from kernel.vault import Closed

COLUMNS = (
    Closed(
        "reconciliation.ClosePack",
        "content",
        "close:{company_id}:{month}:{number}",
        guards=("append_only",),
    ),
)
