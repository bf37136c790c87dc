"""Style 2, direct database access: we read views they give us, they read ours (`erp_v1`). Nobody writes into the other's tables.

DOMAIN §7, style 2. Rows are read from a high-water mark on, with an overlap; a view whose columns are not those an administrator
agreed to stops the bridge before a row is read, and says what differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from sqlalchemy import Engine, column, inspect, select, table
from sqlalchemy.exc import NoSuchTableError

from erpbridge.contract import (
    FIELDS,
    HOLDING_FIELDS,
    MASTER_FIELDS,
    VOUCHER_ACK_FIELDS,
    Checked,
    Delivery,
    Kind,
)
from erpbridge.models import ErpSystem, ReadMark
from erpbridge.services import publish, reading, taking
from erpbridge.styles.foreign import ExchangeDown, connected
from kernel import seal

ROWS = 500
OVERLAP = 100  # rows read again: a row may become visible after one with a higher id
ROW_ID = "row_id"
VIEWS: dict[str, tuple[Kind, tuple[str, ...]]] = {
    "v_payment_request": (Kind.PAYMENT_REQUEST, tuple(FIELDS)),
    "v_partner": (Kind.MASTER_DATA, MASTER_FIELDS),
    "v_voucher_ack": (Kind.VOUCHER_ACK, VOUCHER_ACK_FIELDS),
    "v_holding": (Kind.HOLDING, HOLDING_FIELDS),
}


class ViewChanged(ExchangeDown):
    """The view's columns are not the ones that were agreed; nothing was read."""


def fingerprint(engine: Engine, view: str, schema: str | None) -> dict[str, str]:
    """Columns of a view and their types. Raises ViewChanged where it is gone."""
    try:
        columns = inspect(engine).get_columns(view, schema=schema)
    except NoSuchTableError:
        raise ViewChanged(f"视图 {view} 不存在") from None
    return {str(column["name"]): str(column["type"]) for column in columns}


def _require_agreed(view: str, agreed: Mapping[str, str], found: Mapping[str, str]) -> None:
    if agreed == found:
        return
    differences = [f"少了 {name}" for name in sorted(set(agreed) - set(found))]
    differences += [f"多了 {name}" for name in sorted(set(found) - set(agreed))]
    differences += [
        f"{name} 由 {agreed[name]} 变为 {found[name]}"
        for name in sorted(set(agreed) & set(found))
        if agreed[name] != found[name]
    ]
    raise ViewChanged(f"视图 {view} 的结构与约定不符，已停止读取：{'；'.join(differences)}")


def agree(system: ErpSystem) -> dict[str, dict[str, str]]:
    """Take the views as they stand for agreed (an administrator's act); what each of them has."""
    found: dict[str, dict[str, str]] = {}
    with connected(system) as engine:
        for view, (_, fields) in VIEWS.items():
            try:
                told = fingerprint(engine, view, system.settings.get("schema"))
            except ViewChanged:
                continue  # a system that gives no such view sends no such thing
            unknown = set(told) - {*fields, ROW_ID}
            if ROW_ID not in told or unknown:
                raise ViewChanged(
                    f"视图 {view} 应含 {ROW_ID}，且不含 {'、'.join(sorted(unknown)) or '其他列'}"
                )
            found[view] = told
    reading.agree(system, fingerprints=found)
    return found


def poll(system: ErpSystem) -> int:
    """Read what is new in every agreed view; returns rows answered."""
    answered = 0
    with connected(system) as engine:
        for mark in reading.marks(system):
            _require_agreed(
                mark.view,
                mark.fingerprint,
                fingerprint(engine, mark.view, system.settings.get("schema")),
            )
            while True:
                rows = _read(engine, system, mark)
                fresh = reading.unanswered(system, view=mark.view, rows=rows)
                if fresh:
                    answered += _answer(system, mark, fresh)
                last = max((int(row[ROW_ID]) for row in rows), default=mark.mark)
                mark = reading.advance(mark, to=last)
                if len(rows) < ROWS:
                    break
    return answered


def _read(engine: Engine, system: ErpSystem, mark: ReadMark) -> list[dict[str, Any]]:
    view = table(
        mark.view,
        *(column(name) for name in mark.fingerprint),
        schema=system.settings.get("schema") or None,
    )
    newer = select(view).where(view.c[ROW_ID] > mark.mark - OVERLAP).order_by(view.c[ROW_ID])
    with engine.connect() as connection:
        found = connection.execute(newer.limit(ROWS)).all()
        return [dict(row._mapping) for row in found]


def _answer(system: ErpSystem, mark: ReadMark, rows: Sequence[Mapping[str, Any]]) -> int:
    kind, fields = VIEWS[mark.view]
    items = [
        {name: str(row[name]) for name in fields if row.get(name) not in (None, "")} for row in rows
    ]
    ids = [int(row[ROW_ID]) for row in rows]
    content = hashlib.sha256(seal.canonical({"ids": ids, "items": items})).hexdigest()[:16]
    key = f"{mark.view}:{ids[0]}-{ids[-1]}:{content}"
    reply, _ = taking.take(client=system.client, delivery=Delivery(kind, key, items, style="db"))
    reading.note(system, view=mark.view, ids=ids, digests=_digests(rows), reply=reply)
    return len(rows)


def _digests(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [reading.digest_of(row) for row in rows]


def deliver(system: ErpSystem) -> int:
    """What is due stands in our views already: it is only noted as handed over."""
    due = publish.claim_deliveries(client=system.client, limit=ROWS)
    publish.note_delivered(ids=[pk for pk, _ in due])
    return len(due)


def probe(system: ErpSystem) -> list[Checked]:
    """Whether their database answers, and each of their views is as agreed."""
    agreed = {mark.view: mark.fingerprint for mark in reading.marks(system)}
    found = []
    try:
        with connected(system) as engine:
            found.append(Checked(_("数据库"), True, engine.dialect.name))
            for view in VIEWS:
                found.append(_probed(engine, system, view, agreed.get(view)))
    except ExchangeDown as error:
        found.append(Checked(_("数据库"), False, str(error)))
    return found


def _probed(
    engine: Engine, system: ErpSystem, view: str, agreed: Mapping[str, str] | None
) -> Checked:
    if agreed is None:
        return Checked(view, True, _("未约定，不读取"))
    try:
        _require_agreed(view, agreed, fingerprint(engine, view, system.settings.get("schema")))
    except ViewChanged as error:
        return Checked(view, False, str(error))
    return Checked(view, True, _("与约定一致"))
