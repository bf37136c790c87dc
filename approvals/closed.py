"""Columns of closed texts, for the rotation of keys."""

from __future__ import annotations

from kernel.vault import Closed

COLUMNS = (
    Closed(
        "approvals.SigningKey",
        "box",
        "signing_key:{fingerprint}",
    ),
    Closed(
        "approvals.Signature",
        "shown",
        "signature:{root}",
        guards=("append_only",),
    ),
)
