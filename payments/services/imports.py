"""Payment lists: preview first, orders only after confirmation, the same bytes never twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

import audit.services as audit
from desk.imports import Table, read_table
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed
from kernel.scope import Scope
from kernel.vault import ring
from masterdata.selectors import scope_of
from payments import import_cells as cells
from payments import import_selectors as selectors
from payments.import_facts import Known, Row
from payments.import_rules import judge
from payments.models import ImportSet
from payments.services import intake

if TYPE_CHECKING:
    from masterdata.models import User

ROWS_MAX = 20_000
BYTES_MAX = 20 * 1024 * 1024
SOURCE = "file"


@dataclass(frozen=True)
class _List:
    """A list as read: rows in file order, and what the reading found out about the file."""

    rows: list[tuple[int, Mapping[str, cells.Cell]]]
    sheet: str
    encoding: str
    notes: list[str]


def _read(data: bytes, filename: str) -> _List:
    table: Table = read_table(data, filename)
    missing = [name for name in cells.COLUMNS_NEEDED if name not in table.header]
    if missing:
        raise InvalidInput(
            f"清单缺少列：{'、'.join(missing)}。第一行应为列名：{' '.join(cells.COLUMNS)}",
            f"columns are missing: {', '.join(missing)}",
            code="columns_missing",
            field="file",
        )
    rows: list[tuple[int, Mapping[str, cells.Cell]]] = []
    for line in table.rows:
        found = {name: cell.value for name, cell in zip(table.header, line.cells, strict=False)}
        if any(cells.text_of(found.get(name)) for name in cells.COLUMNS):
            rows.append((line.number, found))
    if not rows:
        raise InvalidInput("清单没有数据行", "the list has no rows", code="no_rows", field="file")
    if len(rows) > ROWS_MAX:
        raise InvalidInput(
            f"清单有 {len(rows)} 行，单个文件最多 {ROWS_MAX} 行，请拆分",
            f"more than {ROWS_MAX} rows",
            code="too_many_rows",
            field="file",
        )
    return _List(rows, table.sheet, table.encoding, list(table.warnings))


def _known(listed: _List, scope: Scope) -> Known:
    return intake.known_for(listed.rows, scope=scope, right="payments.import")


def _figures(rows: Sequence[Row]) -> dict[str, Any]:
    """Sums of the good rows per currency and per company, as text: JSON knows no exact decimals."""
    good = [row for row in rows if not row.faults and row.amount is not None]
    sums: dict[str, Decimal] = {}
    companies: dict[str, tuple[int, Decimal]] = {}
    for row in good:
        amount, currency = row.amount or Decimal(0), row.text[cells.CURRENCY].upper()
        sums[currency] = sums.get(currency, Decimal(0)) + amount
        count, total = companies.get(row.text[cells.COMPANY], (0, Decimal(0)))
        companies[row.text[cells.COMPANY]] = (count + 1, total + amount)
    return {
        "good": {code: f"{total:.2f}" for code, total in sorted(sums.items())},
        "per_company": {
            code: [n, f"{total:.2f}"] for code, (n, total) in sorted(companies.items())
        },
        "payees": len({row.text[cells.PAYEE_CODE] for row in good}),
        "warned": sum(bool(row.warnings) for row in rows),
    }


def _rows_digest(rows: Sequence[Row]) -> str:
    """Digest of the good rows' payees and amounts in whatever order: what two lists of the same payments share (D7)."""
    paid = [
        f"{row.text[cells.COMPANY]}|{row.text[cells.PAYEE_NUMBER]}|{row.amount}|{row.text[cells.CURRENCY].upper()}"
        for row in rows
        if not row.faults
    ]
    return hashlib.sha256("\n".join(sorted(paid)).encode()).hexdigest() if paid else ""


def _refuse_known_file(sha256: str) -> None:
    earlier = selectors.import_of_bytes(sha256)
    if earlier is None:
        return
    when = earlier.created_at.astimezone(clock.SHANGHAI)
    done = "导入" if earlier.state == ImportSet.State.CONFIRMED else "上传，待确认"
    raise Conflict(
        f"此文件已于 {when:%Y-%m-%d %H:%M} 由 {earlier.maker} {done}，不能重复导入",
        f"these very bytes were taken before, as import {earlier.pk}",
        code="file_repeated",
        field="file",
    )


@transaction.atomic(durable=True)
def preview_import(*, data: bytes, filename: str, actor: User) -> ImportSet:
    """Read and judge a payment list (.xlsx, .csv in UTF-8 or GB18030); nothing but the preview is created.

    Raises NotAllowed without `payments.import`, InvalidInput for a file that is no list, Conflict (file_repeated).
    """
    scope = scope_of(actor)
    scope.demand("payments.import")
    if len(data) > BYTES_MAX:
        raise InvalidInput(
            "文件超过 20 MB", "the file is too large", code="file_too_large", field="file"
        )
    sha256 = hashlib.sha256(data).hexdigest()
    _refuse_known_file(sha256)
    listed = _read(data, filename)
    preview = ImportSet(
        file_name=filename[-200:],
        sha256=sha256,
        content=ring().encrypt(data, aad=f"import:{sha256}"),
        maker=actor,
        source_system=SOURCE,
        sheet=listed.sheet[:60],
        encoding=listed.encoding[:20],
    )
    _fill(preview, judge(listed.rows, known=_known(listed, scope)), listed.notes)
    preview.save(force_insert=True)
    audit.record(
        "payments.import.previewed",
        actor=actor,
        subject=preview,
        after={
            "file": preview.file_name,
            "sha256": sha256,
            "rows": preview.row_count,
            "good": preview.good_count,
        },
    )
    return preview


def _fill(preview: ImportSet, rows: Sequence[Row], notes: Sequence[str]) -> None:
    preview.rows = [row.as_json() for row in rows]
    preview.row_count = len(rows)
    preview.good_count = sum(not row.faults for row in rows)
    preview.totals = {**_figures(rows), "notes": list(notes)}
    preview.rows_digest = _rows_digest(rows)
    preview.new_payees = intake.new_payees(rows)


def _lock(import_id: int, actor: User, version: int | None) -> ImportSet:
    preview = selectors.lock_import(import_id, scope=scope_of(actor))
    if preview.maker_id != actor.pk:
        raise NotAllowed(
            "只有上传人可以确认或放弃此导入", "only the uploader may decide", code="not_the_maker"
        )
    if preview.state != ImportSet.State.PREVIEW:
        raise Conflict(
            f"此导入{preview.get_state_display()}，不能再次操作",
            "the import is decided",
            code="import_decided",
        )
    if version is not None:
        preview.require_version(version)
    return preview


@transaction.atomic(durable=True)
def confirm_import(
    *, import_id: int, version: int, actor: User, why_partial: str = ""
) -> ImportSet:
    """Create and submit an order for each good row and stage the new payees, all or nothing.

    The list is judged again: when other rows are good now than the preview showed, Conflict (preview_stale).
    Raises InvalidInput when rows are faulty and no reason for a partial import is given, or none is good.
    """
    preview = _lock(import_id, actor, version)
    if preview.good_count == 0:
        raise InvalidInput("没有可导入的行", "no row is good", code="nothing_good")
    partial = preview.good_count < preview.row_count
    if partial and len(why_partial.strip()) < 2:
        raise InvalidInput(
            "清单中有错误行，只导入正确行须填写原因",
            "a partial import wants a reason",
            field="why_partial",
        )
    scope = scope_of(actor)
    listed = _read(
        ring().decrypt(bytes(preview.content), aad=f"import:{preview.sha256}"), preview.file_name
    )
    judged = judge(listed.rows, known=_known(listed, scope))
    shown = {row["row"] for row in preview.rows if not row["faults"]}
    if {row.row for row in judged if not row.faults} != shown:
        raise Conflict(
            "自预览以来情况已变化（日期、账户或单据），请刷新预览后再确认",
            "the list is judged differently now: preview again",
            code="preview_stale",
        )
    note = f"导入 {preview.pk}：{preview.file_name}"
    intake.stage_announced(intake.new_payees(judged), actor=actor, note=note)
    good = [row for row in judged if not row.faults]
    intake.create_orders(good, maker=actor, scope=scope, source=SOURCE, import_set_id=preview.pk)
    preview.state, preview.confirmed_at = ImportSet.State.CONFIRMED, clock.now()
    preview.why_partial = why_partial.strip()[:200] if partial else ""
    preview.save_changes(["state", "confirmed_at", "why_partial"])
    audit.record(
        "payments.import.confirmed",
        actor=actor,
        subject=preview,
        after={
            "orders": len(good),
            "new_payees": len(preview.new_payees),
            **preview.totals["good"],
        },
        why=preview.why_partial,
    )
    return preview


@transaction.atomic(durable=True)
def refresh_import(*, import_id: int, actor: User) -> ImportSet:
    """Judge an undecided list again, as the world is now. Raises as `confirm_import` does."""
    preview = _lock(import_id, actor, None)
    listed = _read(
        ring().decrypt(bytes(preview.content), aad=f"import:{preview.sha256}"), preview.file_name
    )
    _fill(preview, judge(listed.rows, known=_known(listed, scope_of(actor))), listed.notes)
    preview.save_changes(["rows", "row_count", "good_count", "totals", "rows_digest", "new_payees"])
    return preview


@transaction.atomic(durable=True)
def discard_import(*, import_id: int, version: int, actor: User) -> ImportSet:
    """Drop an undecided preview; its file may be uploaded again. Raises as `confirm_import` does."""
    preview = _lock(import_id, actor, version)
    preview.state = ImportSet.State.DISCARDED
    preview.save_changes(["state"])
    audit.record("payments.import.discarded", actor=actor, subject=preview)
    return preview
