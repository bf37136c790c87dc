"""Columns of closed texts, for the rotation of keys."""

from __future__ import annotations

from kernel.vault import Closed

COLUMNS = (
    Closed(
        "statements.ReceiptFile",
        "key",
        "statements.receiptfile:{sha256}",
        guards=("as_stored",),
    ),
)
