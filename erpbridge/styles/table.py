"""Style 5, intermediate tables, the recommended one: rows claimed under a lease, answered row by row, messages put beside them.

DOMAIN §7, style 5. The claim is a short transaction of its own; taking is idempotent, so a row claimed twice is harmless.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _
from sqlalchemy import Connection, Engine, Table, delete, func, insert, inspect, or_, select, update
from sqlalchemy.exc import IntegrityError

from erpbridge.contract import OUT_FIELDS, Checked, Delivery, Kind, Outgoing, fault
from erpbridge.models import ErpSystem
from erpbridge.services import publish, receipts_in, taking
from erpbridge.styles import signed
from erpbridge.styles.foreign import ExchangeDown, connected
from erpbridge.styles.tables import (
    ACCEPTED,
    CLAIMED,
    DONE,
    ERROR,
    FIELDS_OF,
    MESSAGES,
    NEW,
    REQUESTS,
)
from kernel import clock
from kernel.errors import DomainError

OPTIONAL = {Kind.HOLDING}  # tables made before there were lists lack theirs
LEASE = timedelta(minutes=5)
DELIVERIES = 20  # looked at in one tick
ROWS_MAX = 5_000
PER_TICK = 500
Row = Mapping[str, Any]


def poll(system: ErpSystem) -> int:
    """Claim and answer what is new, delivery by delivery; returns rows answered."""
    answered = 0
    with connected(system) as engine:
        for kind, table in REQUESTS.items():
            if kind in OPTIONAL and not inspect(engine).has_table(table.name):
                continue
            for _ in range(DELIVERIES):
                claimed = claim(engine, table, now=clock.now())
                if not claimed:
                    break
                answered += _answer(system, engine, kind, table, claimed)
        _acknowledged(system, engine)
    return answered


def claim(engine: Engine, table: Table, *, now: datetime) -> list[dict[str, Any]]:
    """The oldest whole delivery nobody works on, marked as ours in a transaction of its own; empty when there is none.

    A delivery whose rows are not all there yet is left alone; one whose lease ran out is taken over.
    """
    is_free = or_(
        table.c.status == NEW,
        (table.c.status == CLAIMED) & (table.c.lease_until < now),
    )
    with engine.begin() as connection:
        heads = select(table.c.msg_id, func.min(table.c.msg_rows)).where(is_free)
        heads = heads.group_by(table.c.msg_id).order_by(func.min(table.c.id)).limit(DELIVERIES)
        for msg_id, wanted in connection.execute(heads).all():
            rows = (
                select(table)
                .where(is_free, table.c.msg_id == msg_id)
                .order_by(table.c.id)
                .limit(ROWS_MAX + 1)
                .with_for_update(skip_locked=True)
                .with_hint(table, "WITH (UPDLOCK, READPAST, ROWLOCK)", "mssql")
            )
            found: list[dict[str, Any]] = [dict(row._mapping) for row in connection.execute(rows)]
            if found and len(found) >= min(wanted, ROWS_MAX):
                _mark(connection, table, found, now)
                return found
    return []


def _mark(connection: Connection, table: Table, rows: list[dict[str, Any]], now: datetime) -> None:
    token = str(uuid4())
    connection.execute(
        update(table)
        .where(table.c.id.in_([row["id"] for row in rows]))
        .values(
            status=CLAIMED,
            claim_token=token,
            claimed_by=socket.gethostname()[:60],
            claimed_at=now,
            lease_until=now + LEASE,
            attempt=table.c.attempt + 1,
            updated_at=now,
        )
    )
    for row in rows:
        row["claim_token"] = token


def _answer(
    system: ErpSystem, engine: Engine, kind: Kind, table: Table, rows: Sequence[Row]
) -> int:
    ends: dict[int, dict[str, Any]] = {}
    good = []
    key = signed.key_of(system)
    for row in rows:
        try:
            signed.verify(key, {**_fields(row, kind), "msg_id": row["msg_id"], "sign": row["sign"]})
        except signed.BadSignature as error:
            ends[row["id"]] = _error(
                [fault("sign", None, "signature", str(error), "bad signature")]
            )
        else:
            good.append(row)
    if good:
        ends.update(_taken(system, kind, good))
    with engine.begin() as connection:
        for pk, values in ends.items():
            connection.execute(
                update(table)
                .where(table.c.id == pk, table.c.claim_token == rows[0]["claim_token"])
                .values(updated_at=clock.now(), lease_until=None, **values)
            )
    return len(ends)


def _fields(row: Row, kind: Kind) -> dict[str, str]:
    return {name: row[name] for name in FIELDS_OF[kind] if row[name] not in (None, "")}


def _error(errors: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "status": ERROR,
        "err_code": str(errors[0]["code"])[:40],
        "err_field": str(errors[0]["field"])[:40],
        "err_msg": "；".join(str(one["message_zh"]) for one in errors)[:300],
        "errors": json.dumps([dict(one) for one in errors], ensure_ascii=False),
    }


def _taken(system: ErpSystem, kind: Kind, rows: Sequence[Row]) -> dict[int, dict[str, Any]]:
    """What becomes of each row once its delivery was taken, or refused as a whole."""
    delivery = Delivery(
        kind, str(rows[0]["msg_id"]), [_fields(row, kind) for row in rows], style="table"
    )
    try:
        reply, _ = taking.take(client=system.client, delivery=delivery)
    except DomainError as refusal:
        whole = _error([fault("msg_id", None, refusal.code, refusal.message, refusal.message_en)])
        return {row["id"]: whole for row in rows}
    results = reply.body.get("results")
    if results is None:
        whole = _error(reply.body["errors"])
        return {row["id"]: whole for row in rows}
    ends = {}
    for row, result in zip(rows, results, strict=True):
        if result["status"] == "ERR":
            ends[row["id"]] = _error(result["errors"])
        else:
            ends[row["id"]] = {
                "status": ACCEPTED,
                "our_no": result["ours"],
                "our_state": result["state"],
                "err_code": "dup" if result["status"] == "DUP" else None,
            }
    return ends


def deliver(system: ErpSystem) -> int:
    """Put what is due into the message tables; a message that stands there already is not put twice."""
    due = publish.claim_deliveries(client=system.client, limit=PER_TICK)
    if not due:
        return 0
    key = signed.key_of(system)
    with connected(system) as engine:
        for pk, message in due:
            _put(engine, message, key)
            publish.note_delivered(ids=[pk])
    return len(due)


def _put(engine: Engine, message: Outgoing, key: bytes) -> None:
    table = MESSAGES[message.kind]
    rows = []
    for number, item in enumerate(message.items, 1):
        texts = {
            name: None if item.get(name) is None else str(item[name])[:300]
            for name in OUT_FIELDS[message.kind]
        }
        told = {k: v for k, v in texts.items() if v is not None}
        rows.append(
            {
                **texts,
                "message_id": message.message_id,
                "item_no": number,
                "made_at": clock.now(),
                "sign": signed.sign(key, {**told, "message_id": message.message_id}),
            }
        )
    try:
        with engine.begin() as connection:
            # One that was closed is told again because somebody over there lost it: it is put as if for the first time.
            is_it = table.c.message_id == message.message_id
            connection.execute(delete(table).where(is_it, table.c.closed_at.is_not(None)))
            connection.execute(insert(table), rows)
    except IntegrityError:
        with engine.connect() as connection:
            there = select(func.count()).where(table.c.message_id == message.message_id)
            if not connection.execute(there).scalar_one():
                raise


def probe(system: ErpSystem) -> list[Checked]:
    """Whether the database answers, and holds the agreed tables with their columns."""
    found = [signed.probe(system)]
    try:
        with connected(system) as engine:
            inspector = inspect(engine)
            there = set(inspector.get_table_names())
            found.append(Checked(_("数据库"), True, engine.dialect.name))
            optional = {REQUESTS[kind].name for kind in OPTIONAL}
            for table in (*REQUESTS.values(), *MESSAGES.values()):
                if table.name in optional - there:
                    found.append(Checked(table.name, True, _("没有此表：不报送日终清单")))
                    continue
                held = (
                    {one["name"] for one in inspector.get_columns(table.name)}
                    if table.name in there
                    else set()
                )
                missing = sorted({column.name for column in table.columns} - held)
                note = "" if not missing else _("缺少：") + "、".join(missing)
                found.append(Checked(table.name, not missing, note if held else _("没有此表")))
    except ExchangeDown as error:
        found.append(Checked(_("数据库"), False, str(error)))
    return found


def _acknowledged(system: ErpSystem, engine: Engine) -> None:
    """What the finance system has stored is acknowledged here."""
    for table in MESSAGES.values():
        wanted = select(table.c.message_id).where(
            table.c.ack_status == DONE, table.c.closed_at.is_(None)
        )
        with engine.connect() as connection:
            stored = connection.execute(wanted.order_by(table.c.id).limit(PER_TICK)).scalars()
            names = sorted(set(stored))
        if names:
            receipts_in.acknowledge(client=system.client, message_ids=names)
            _close(engine, table, names)


def _close(engine: Engine, table: Table, names: Sequence[str]) -> None:
    with engine.begin() as connection:
        connection.execute(
            update(table).where(table.c.message_id.in_(names)).values(closed_at=clock.now())
        )
