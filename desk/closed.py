"""Columns of closed texts, for the rotation of keys."""

from __future__ import annotations

from kernel.vault import Closed

COLUMNS = (
    Closed("desk.Job", "result", "desk.job:{pk}:result"),
    Closed("desk.ConfirmToken", "shown", "token:{token}"),
    Closed("desk.UploadedFile", "content", "desk.file:{purpose}:{sha256}"),
)
