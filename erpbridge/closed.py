"""Columns of closed texts, for the rotation of keys."""

from __future__ import annotations

from kernel.vault import Closed

COLUMNS = (
    Closed("erpbridge.ErpSystem", "secrets", "erp.system:{name}"),
    Closed("erpbridge.Inbox", "content", "erp.inbox:{pk}"),
)
