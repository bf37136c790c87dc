"""Bank connections: plain parameters, credentials sealed for the bank's workers and never shown again, and the kept session."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.services import record
from kernel import clock, vault
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.scope import Scope
from kernel.secrets import Secret
from masterdata import checks, selectors
from masterdata.models import Company, Connection, User
from masterdata.selectors import scope_of


def _aad(connection_id: int, field: str) -> str:
    return f"connection:{connection_id}:{field}"


def _sealed(connection_id: int, values: Mapping[str, Secret]) -> dict[str, str]:
    """Each credential closed for the workers that talk to banks: this process need not be able to read them back."""
    sealer = vault.sealer()
    return {
        name: base64.b64encode(
            sealer.seal(secret.reveal().encode(), aad=_aad(connection_id, f"credentials:{name}"))
        ).decode()
        for name, secret in values.items()
    }


def _kept(connection: Connection) -> dict[str, str]:
    """The sealed credentials by name, as they are stored."""
    stored = bytes(connection.credentials)
    if not stored:
        return {}
    if stored[:1] in (b"v", b"s"):  # of a version that closed them with the ring of data keys
        aad = _aad(connection.pk, "credentials")
        plain = json.loads(vault.ring().decrypt(stored, aad=aad))
        return _sealed(connection.pk, {name: Secret(value) for name, value in plain.items()})
    kept: dict[str, str] = json.loads(stored)
    return kept


def connection_credentials(connection: Connection) -> dict[str, Secret]:
    """The connection's credentials by name, in a worker that talks to banks.

    Raises Undecipherable when the stored bytes were altered, KeysAbsent in every other process.
    """
    opener = vault.opener()
    return {
        name: Secret(
            opener.open(
                base64.b64decode(text), aad=_aad(connection.pk, f"credentials:{name}")
            ).decode()
        )
        for name, text in _kept(connection).items()
    }


def credential_names(connection: Connection) -> list[str]:
    """Which credentials are set; never their values."""
    return sorted(_kept(connection))


def write_credentials(connection: Connection, values: Mapping[str, Secret], *, actor: Any) -> None:
    """Replace the named credentials and keep the others (a step); the trail gets names only."""
    kept = _kept(connection) | _sealed(connection.pk, values)
    connection.credentials = json.dumps(kept, sort_keys=True).encode()
    connection.session, connection.session_changed_at = b"", clock.now()
    connection.save_changes(["credentials", "session", "session_changed_at"])
    record(
        "masterdata.connection.credentials_set",
        actor=actor,
        subject=connection,
        after={"names": sorted(values)},
    )


@transaction.atomic(durable=True)
def set_credentials(
    *, connection_id: int, version: int, values: Mapping[str, Secret], actor: User
) -> Connection:
    """Set credentials by name; empty values leave what is stored. Signs the connection off its kept session.

    Raises NotFound, NotAllowed, StaleVersion, InvalidInput when nothing was given.
    """
    scope = scope_of(actor)
    _demand_group_right(scope)
    connection: Connection = selectors.get_connection(connection_id, scope=scope, lock=True)
    connection.require_version(version)
    given = {name: secret for name, secret in values.items() if name and secret}
    if not given:
        raise InvalidInput("请至少填写一项凭据", "nothing to set", field="credentials")
    write_credentials(connection, given, actor=actor)
    return connection


def load_session(connection_id: int) -> tuple[Secret, datetime] | None:
    """The kept session's token and when it was opened; None where none is kept. System look-up, in a bank's worker only.

    Raises NotFound, and Undecipherable when the stored bytes were altered.
    """
    row = Connection.objects.filter(pk=connection_id).values_list("session", flat=True).first()
    if row is None:
        raise NotFound("connection")
    if not row or bytes(row[:1]) in (b"v", b"s"):  # none, or one of an earlier version
        return None
    kept = json.loads(vault.opener().open(bytes(row), aad=_aad(connection_id, "session")))
    return Secret(kept["token"]), datetime.fromisoformat(kept["opened_at"])


def save_session(connection_id: int, *, token: Secret | None, opened_at: datetime | None) -> None:
    """Keep a session for other processes, encrypted; no token forgets it. Not a business fact: no trail."""
    sealed = b""
    if token is not None and opened_at is not None:
        content = {"token": token.reveal(), "opened_at": opened_at.isoformat()}
        sealed = vault.sealer().seal(
            json.dumps(content).encode(), aad=_aad(connection_id, "session")
        )
    Connection.objects.filter(pk=connection_id).update(
        session=sealed, session_changed_at=clock.now()
    )


def note_health(connection_id: int, *, error: str = "") -> None:
    """Remember when a connection last worked, or last failed and with what words."""
    now = clock.now()
    values: dict[str, Any] = (
        {"last_error_at": now, "last_error": error[:300]} if error else {"last_ok_at": now}
    )
    Connection.objects.filter(pk=connection_id).update(**values)


EDITABLE = (
    "name",
    "bank_slug",
    "endpoints",
    "parameters",
    "final_failures",
    "not_found_codes",
    "connect_timeout_s",
    "read_timeout_s",
    "parallel_max",
    "is_active",
)


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise InvalidInput("包含不可修改的字段", f"not editable: {sorted(unknown)}")
    clean = dict(values)
    if "name" in clean:
        clean["name"] = checks.clean_name(clean["name"], length_max=60)
    endpoints = clean.get("endpoints", {})
    if not isinstance(endpoints, dict) or not all(
        isinstance(v, str) and v.startswith(("http://", "https://", "tcp://", "file://"))
        for v in endpoints.values()
    ):
        raise InvalidInput(
            "前置机地址应以 http://、https://、tcp:// 或 file:// 开头",
            "endpoints are URLs",
            field="endpoints",
        )
    return clean


def _demand_group_right(scope: Scope) -> None:
    """A connection serves the whole group: its editor needs the right at every head office, not at a subsidiary."""
    for pk in Company.objects.filter(parent__isnull=True).values_list("pk", flat=True):
        scope.demand("connections.edit", pk)


@transaction.atomic(durable=True)
def save_connection(
    *, connection_id: int | None, version: int, values: Mapping[str, Any], actor: User
) -> Connection:
    """Create (no id) or edit a connection; credentials have their own command.

    Raises NotFound, NotAllowed, StaleVersion, InvalidInput, Conflict (name taken).
    """
    scope = scope_of(actor)
    _demand_group_right(scope)
    clean = _checked(values)
    if connection_id is None:
        if Connection.objects.filter(name=clean["name"]).exists():
            raise Conflict("已有同名的银行连接", "a connection of this name exists")
        connection = Connection.objects.create(**clean)
        record("masterdata.connection.created", actor=actor, subject=connection, after=clean)
        return connection
    connection = selectors.get_connection(connection_id, scope=scope, lock=True)
    connection.require_version(version)
    before = {name: getattr(connection, name) for name in clean}
    for name, value in clean.items():
        setattr(connection, name, value)
    connection.save_changes(list(clean))
    record(
        "masterdata.connection.edited", actor=actor, subject=connection, before=before, after=clean
    )
    return connection


def freeze_connection(*, connection_id: int, why: str, actor: Any = None) -> None:
    """Stop everything outbound on a connection (a step): two debits for one number, an incident."""
    connection = Connection.objects.select_for_update().get(pk=connection_id)
    if connection.is_frozen:
        return
    connection.is_frozen = True
    connection.save_changes(["is_frozen"])
    record("masterdata.connection.frozen", actor=actor, subject=connection, why=why)
