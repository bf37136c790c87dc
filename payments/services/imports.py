"""Payment lists: preview first, orders only after confirmation, the same bytes never twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

import audit.services as audit
from desk.imports import Table, read_table
from kernel import clock
from kernel.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound
from kernel.scope import Scope
from kernel.vault import ring
from masterdata import checks
from masterdata import selectors as master
from masterdata.selectors import scope_of
from masterdata.services.payees import PayeeProposal, stage_payees
from masterdata.states import PayeeState
from payments import import_cells as cells
from payments import import_selectors as selectors
from payments.content import OrderRequest
from payments.import_facts import AccountFact, BankLimits, Known, OrderKey, PayeeFact, Row
from payments.import_rules import judge
from payments.models import ImportSet
from payments.selectors import lock_orders
from payments.services.deciding import Held, submit_drafts
from payments.services.drafting import draft_order

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


def _texts(rows: Iterable[tuple[int, Mapping[str, cells.Cell]]], column: str) -> set[str]:
    return {text for _, row in rows if (text := cells.text_of(row.get(column)))}


def _limits(slugs: Iterable[str]) -> dict[str, BankLimits]:
    limits = {}
    for slug in slugs:
        try:
            profile = master.bank_profile(slug)
        except NotFound:
            continue
        lengths = {
            name: (int(most), str(unit)) for name, (most, unit) in profile.field_limits.items()
        }
        limits[slug] = BankLimits(lengths, dict(profile.forbidden))
    return limits


def _known(listed: _List, scope: Scope) -> Known:
    """Look up everything the list mentions, a few queries for the whole file."""
    rows, may = listed.rows, scope.companies_with("payments.import")
    companies = {
        company.code: company.pk
        for company in master.visible_companies(scope).filter(
            pk__in=may, code__in=_texts(rows, cells.COMPANY), is_active=True
        )
    }
    numbers = {checks.normalise_account(text) for text in _texts(rows, cells.PAYER)}
    accounts = {
        account.number: AccountFact(
            account_id=account.pk,
            company_code=account.company.code,
            currency=account.currency,
            bank_slug=account.bank.slug,
            cnaps=account.cnaps,
            is_payable=account.is_active and account.is_direct_link,
            is_frozen=account.is_frozen,
        )
        for account in master.visible_accounts(scope).filter(company_id__in=may, number__in=numbers)
    }
    codes = _texts(rows, cells.PAYEE_CODE)
    payees = {
        key: PayeeFact(
            row.pk, row.name, row.bank_name, row.cnaps, row.state == PayeeState.CONFIRMED
        )
        for key, row in master.payee_accounts(codes).items()
    }
    partners = master.visible_counterparties(scope).filter(code__in=codes)
    branches = {text.replace(" ", "") for text in _texts(rows, cells.CNAPS)}
    return Known(
        today=clock.today(),
        companies=companies,
        accounts=accounts,
        payees=payees,
        counterparties=dict(partners.values_list("code", "name")),
        branches=master.known_branches(branches),
        banks={
            prefix: bank.name
            for prefix in {text[:3] for text in branches}
            if (bank := master.bank_by_prefix(prefix)) is not None
        },
        orders=_orders_there(_texts(rows, cells.DOC_NO), companies),
        limits=_limits({fact.bank_slug for fact in accounts.values()}),
        now=clock.now(),
        calendar=master.calendar(),
    )


def _orders_there(numbers: set[str], companies: Mapping[str, int]) -> dict[OrderKey, str]:
    code_of = {pk: code for code, pk in companies.items()}
    found = selectors.orders_of_documents(numbers, company_ids=code_of)
    return {
        (
            code_of[order.company_id],
            order.erp_doc_type,
            order.erp_doc_no,
            order.erp_line_no,
        ): order.order_no
        for order in found
    }


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


def _new_payees(rows: Sequence[Row]) -> list[dict[str, str]]:
    announced: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        if row.is_new_payee and not row.faults:
            key = (row.text[cells.PAYEE_CODE], row.text[cells.PAYEE_NUMBER])
            announced.setdefault(
                key,
                {
                    "code": key[0],
                    "number": key[1],
                    "name": row.text[cells.PAYEE_NAME],
                    "bank": row.text[cells.PAYEE_BANK],
                    "cnaps": row.text[cells.CNAPS],
                },
            )
    return list(announced.values())


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
    preview.new_payees = _new_payees(rows)


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


def _request(row: Row, preview: ImportSet, registered: str) -> OrderRequest:
    text = row.text
    if row.amount is None or row.wish_date is None:
        raise InvalidInput("此行没有金额或日期", "the row has no amount or date", row=row.row)
    return OrderRequest(
        company_code=text[cells.COMPANY],
        payer_number=checks.normalise_account(text[cells.PAYER]),
        payee_number=text[cells.PAYEE_NUMBER],
        payee_name=registered,  # a differing spelling was shown as a warning
        payee_code=text[cells.PAYEE_CODE],
        payee_bank=text[cells.PAYEE_BANK],
        payee_cnaps=text[cells.CNAPS],
        amount=row.amount,
        currency=text[cells.CURRENCY].upper(),
        wish_date=row.wish_date,
        purpose=text[cells.PURPOSE],
        remark=text[cells.REMARK],
        is_urgent=row.is_urgent,
        invoice_no=text[cells.INVOICE],
        gl_subject=text[cells.SUBJECT],
        cash_flow_item=text[cells.CASH_FLOW],
        source_system=SOURCE,
        erp_doc_type=text[cells.DOC_TYPE],
        erp_doc_no=text[cells.DOC_NO],
        erp_line_no=text[cells.LINE_NO] or "1",
        import_set_id=preview.pk,
        import_row=row.row,
    )


def _stage(preview: ImportSet, actor: User) -> None:
    stage_payees(
        proposals=[
            PayeeProposal(
                code=payee["code"],
                name=payee["name"],
                number=payee["number"],
                bank_name=payee["bank"] or _bank_of(payee["cnaps"]),
                cnaps=payee["cnaps"],
            )
            for payee in preview.new_payees
        ],
        actor=actor,
        source_note=f"导入 {preview.pk}：{preview.file_name}"[:120],
    )


def _create(good: Sequence[Row], preview: ImportSet, actor: User, scope: Scope) -> None:
    """Draft and submit an order for each row; hits of duplicate rules leave the order on hold, anything else stops all."""
    payees = master.payee_accounts({row.text[cells.PAYEE_CODE] for row in good})
    row_of = {}
    for row in good:
        registered = payees[(row.text[cells.PAYEE_CODE], row.text[cells.PAYEE_NUMBER])].name
        try:
            order = draft_order(
                request=_request(row, preview, registered), maker=actor, scope=scope
            )
        except DomainError as refusal:
            raise _at_row(row.row, refusal) from refusal
        row_of[order.pk] = row.row
    drafts = list(lock_orders(row_of, scope=scope).values())
    for pk, error in submit_drafts(drafts, actor=actor, scope=scope).items():
        if not isinstance(error, Held):
            raise _at_row(row_of[pk], error)


def _at_row(number: int, error: DomainError) -> Conflict:
    return Conflict(
        f"第 {number} 行：{error.message}（整个清单未导入）",
        f"row {number}: {error.message_en}",
        code=error.code,
        field=error.field,
        row=number,
    )


def _bank_of(cnaps: str) -> str:
    bank = master.bank_by_prefix(cnaps[:3])
    return bank.name if bank else f"行别 {cnaps[:3]}"


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
    _stage(preview, actor)
    good = [row for row in judged if not row.faults]
    _create(good, preview, actor, scope)
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
    preview.save_changes(["rows", "row_count", "good_count", "totals", "new_payees"])
    return preview


@transaction.atomic(durable=True)
def discard_import(*, import_id: int, version: int, actor: User) -> ImportSet:
    """Drop an undecided preview; its file may be uploaded again. Raises as `confirm_import` does."""
    preview = _lock(import_id, actor, version)
    preview.state = ImportSet.State.DISCARDED
    preview.save_changes(["state"])
    audit.record("payments.import.discarded", actor=actor, subject=preview)
    return preview
