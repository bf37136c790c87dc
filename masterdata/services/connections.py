"""Bank connections: plain parameters, credentials sealed for the bank's workers and never shown again, and the kept session."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from audit.services import record
from kernel import clock, envelope, hosts, vault
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.scope import Scope
from kernel.secrets import Secret
from masterdata import checks, selectors
from masterdata.models import Connection, StagedChange, User
from masterdata.selectors import scope_of
from masterdata.services.staging import stage


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


def renew_credentials() -> tuple[int, int]:
    """Close every credential anew with the newest key; how many connections, and of how many it cannot be opened.

    In a bank's worker only: raises KeysAbsent.
    """
    renewed = unreadable = 0
    for pk in Connection.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = Connection.objects.select_for_update().get(pk=pk)
            kept = {name: base64.b64decode(text) for name, text in _kept(row).items()}
            if not kept or {envelope.key_id(one) for one in kept.values()} == {
                vault.newest_envelope()
            }:
                continue
            try:
                fresh = _sealed(row.pk, connection_credentials(row))
            except vault.Undecipherable:
                unreadable += 1
                continue
            row.credentials = json.dumps(fresh, sort_keys=True).encode()
            row.save_changes(["credentials"])
            renewed += 1
    return renewed, unreadable


def write_credentials(connection: Connection, values: Mapping[str, Secret], *, actor: Any) -> None:
    """Replace the named credentials and keep the others (a step); the trail gets names only."""
    _put_credentials(connection, _sealed(connection.pk, values), actor=actor)


def _put_credentials(connection: Connection, values: Mapping[str, str], *, actor: Any) -> None:
    """The same with values that were closed for the bank's workers when they were typed."""
    kept = _kept(connection) | dict(values)
    connection.credentials = json.dumps(kept, sort_keys=True).encode()
    connection.session, connection.session_changed_at = b"", clock.now()
    connection.save_changes(["credentials", "session", "session_changed_at"])
    record(
        "masterdata.connection.credentials_set",
        actor=actor,
        subject=connection,
        after={"names": sorted(values)},
    )


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


EDIT, CREDENTIALS = "connection.edit", "connection.credentials"  # kinds of staged changes
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
    "is_frozen",
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
    for endpoint in endpoints.values():
        _demand_host(endpoint)
    return clean


def _demand_host(endpoint: str) -> None:
    """Raise InvalidInput where an address leads to a host the platform never calls, or one not on BANK_HOSTS."""
    if endpoint.startswith("file://"):
        return
    try:
        hosts.demand_allowed(hosts.host_of(endpoint), listed=settings.BANK_HOSTS)
    except hosts.HostForbidden as refused:
        raise InvalidInput(refused.message, refused.message_en, field="endpoints") from refused


def demand_editor(scope: Scope) -> None:
    """A connection serves the whole group: its editor needs the right at every head office, not at a subsidiary."""
    for pk in selectors.head_offices():
        scope.demand("connections.edit", pk)


@transaction.atomic(durable=True)
def propose_connection(
    *, connection_id: int | None, version: int, values: Mapping[str, Any], actor: User
) -> StagedChange:
    """Propose a connection (no id), or other particulars of one; another administrator decides.

    Raises NotFound, NotAllowed, StaleVersion, InvalidInput, Conflict (name taken, or a change of it waits).
    """
    scope = scope_of(actor)
    demand_editor(scope)
    clean = _checked(values)
    if connection_id is None:
        _require_free_name(clean["name"])
        return stage(
            EDIT,
            subject_id=f"new:{clean['name']}"[:40],
            company_id=None,
            title=f"新建银行通道：{clean['name']}",
            before={},
            after=clean,
            actor=actor,
        )
    connection: Connection = selectors.get_connection(connection_id, scope=scope, lock=True)
    connection.require_version(version)
    changed = {name: value for name, value in clean.items() if getattr(connection, name) != value}
    if not changed:
        raise InvalidInput("没有任何修改", "nothing changed")
    return stage(
        EDIT,
        subject_id=connection.pk,
        company_id=None,
        title=f"修改银行通道：{connection.name}",
        before={name: getattr(connection, name) for name in changed},
        after=changed,
        actor=actor,
    )


def _require_free_name(name: str) -> None:
    if Connection.objects.filter(name=name).exists():
        raise Conflict("已有同名的银行连接", "a connection of this name exists", field="name")


def _staged_aad(subject_id: object) -> str:
    return f"staged:{CREDENTIALS}:{subject_id}"


@transaction.atomic(durable=True)
def propose_credentials(
    *, connection_id: int, version: int, values: Mapping[str, Secret], actor: User
) -> StagedChange:
    """Propose credentials by name; empty values leave what is stored. Nobody, the second person included, sees them.

    Raises NotFound, NotAllowed, StaleVersion, InvalidInput when nothing was given, Conflict while others wait.
    """
    scope = scope_of(actor)
    demand_editor(scope)
    connection: Connection = selectors.get_connection(connection_id, scope=scope, lock=True)
    connection.require_version(version)
    given = {name: secret for name, secret in values.items() if name and secret}
    if not given:
        raise InvalidInput("请至少填写一项凭据", "nothing to set", field="credentials")
    known = set(credential_names(connection))
    return stage(
        CREDENTIALS,
        subject_id=connection.pk,
        company_id=None,
        title=f"设置通道凭据：{connection.name}",
        before={name: "已设置" if name in known else "未设置" for name in sorted(given)},
        after=dict.fromkeys(sorted(given), "新值（加密保存）"),
        sealed=vault.ring().encrypt(
            json.dumps(_sealed(connection.pk, given)).encode(), aad=_staged_aad(connection.pk)
        ),
        actor=actor,
    )


def _apply_edit(change: StagedChange) -> Connection:
    if not change.subject_id.isdigit():
        _require_free_name(str(change.after["name"]))
        return Connection.objects.create(**change.after)
    connection = Connection.objects.select_for_update().get(pk=int(change.subject_id))
    if {name: getattr(connection, name) for name in change.after} != change.before:
        raise Conflict("通道在提出变更后已被修改", "the row changed since the proposal")
    for name, value in change.after.items():
        setattr(connection, name, value)
    connection.save_changes(list(change.after))
    return connection


def _apply_credentials(change: StagedChange) -> Connection:
    connection = Connection.objects.select_for_update().get(pk=int(change.subject_id))
    plain = vault.ring().decrypt(bytes(change.sealed), aad=_staged_aad(connection.pk))
    _put_credentials(connection, json.loads(plain), actor=change.made_by)
    return connection


APPLY = {EDIT: _apply_edit, CREDENTIALS: _apply_credentials}


@transaction.atomic(durable=True)
def stop_connection(*, connection_id: int, actor: User, why: str) -> None:
    """Freeze a connection at once: stopping needs no second person, going on does. Raises NotFound, NotAllowed, InvalidInput."""
    scope = scope_of(actor)
    scope.demand("connections.edit")
    connection: Connection = selectors.get_connection(connection_id, scope=scope, lock=True)
    if not why.strip():
        raise InvalidInput("请填写冻结原因", "a reason is wanted", field="why")
    freeze_connection(connection_id=connection.pk, why=why.strip()[:200], actor=actor)


def freeze_connection(*, connection_id: int, why: str, actor: Any = None) -> None:
    """Stop everything outbound on a connection (a step): two debits for one number, an incident."""
    connection = Connection.objects.select_for_update().get(pk=connection_id)
    if connection.is_frozen:
        return
    connection.is_frozen = True
    connection.save_changes(["is_frozen"])
    record("masterdata.connection.frozen", actor=actor, subject=connection, why=why)
