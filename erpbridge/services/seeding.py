"""A finance system of a demo: made where missing, with a key nobody typed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erpbridge.models import ErpSystem
from erpbridge.styles.signed import secrets_of
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


def ensure_system(
    client: ApiClient, *, style: str, profile: str, settings: Mapping[str, Any], dsn: str = ""
) -> tuple[ErpSystem, str]:
    """The system of this client in this style, its addresses always those given; itself, and the key both sides sign with."""
    system = ErpSystem.objects.filter(client=client).first()
    if system is None:
        system = ErpSystem(name=client.name, client=client)
    key = secrets_of(system).get("key") or secrets.token_urlsafe(32)
    told = json.dumps({"key": key, **({"dsn": dsn} if dsn else {})}).encode()
    system.style, system.profile, system.settings = style, profile, dict(settings)
    system.secrets = vault.ring().encrypt(told, aad=f"erp.system:{client.name}")
    system.save()
    return system, key
