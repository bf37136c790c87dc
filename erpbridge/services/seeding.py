"""A finance system of a demo: made where missing, with a key nobody typed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from erpbridge.models import ErpSystem
from kernel import vault

if TYPE_CHECKING:
    from masterdata.models import ApiClient


def ensure_file_system(
    client: ApiClient, *, root: Path, profile: str, kinds: Sequence[str]
) -> ErpSystem:
    """The system of this client that exchanges files in `root`; its folder always follows."""
    system = ErpSystem.objects.filter(client=client).first()
    settings = {"root": str(root), "kinds": list(kinds)}
    if system is None:
        key = json.dumps({"key": secrets.token_urlsafe(32)}).encode()
        return ErpSystem.objects.create(
            name=client.name,
            client=client,
            style=ErpSystem.Style.FILE,
            profile=profile,
            settings=settings,
            secrets=vault.ring().encrypt(key, aad=f"erp.system:{client.name}"),
        )
    if system.settings != settings:
        system.settings = settings
        system.save_changes(["settings"])
    return system
