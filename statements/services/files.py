"""Statement files taken in: every statement of a file, its arithmetic judged, each of its days checked. Steps, and the
command for files on disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from django.utils.module_loading import import_string

from audit import services as audit
from desk.mappings import Mapping
from kernel import clock
from kernel.errors import InvalidInput
from kernel.formats.sections import Section, ahead
from kernel.scope import Scope
from masterdata import selectors as masterdata
from statements import continuity, selectors
from statements.formats import sheets
from statements.ingest import Load
from statements.models import BankStatement, DayClose
from statements.rules import CAMT, SHEET, SWIFT, BalanceFigure, missing_between
from statements.services.recording import check_day, keep_balances, take_in

if TYPE_CHECKING:
    from masterdata.models import OwnAccount, User

RIGHT = "statements.import"
DAYS_SHOWN = 60
DAYS_MAX = 400  # one statement covers no more
KINDS = {CAMT: "camt.053", SWIFT: "MT940", SHEET: "CSV / Excel"}
_READERS = {CAMT: "kernel.formats.camt.read", SWIFT: "kernel.formats.mt940.read"}


@dataclass
class Taken:
    """One statement of a file and what came of it."""

    account: OwnAccount
    section: Section
    load: Load
    findings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def first(self) -> date | None:
        """Its first day: as the file says, else of its entries, else of its balance."""
        return (
            self.section.first
            or self.load.first
            or self.section.opening_day
            or self.section.closing_day
        )

    @property
    def last(self) -> date | None:
        """Its last day."""
        return self.section.last or self.load.last or self.section.closing_day


def kind_of(head: bytes, filename: str) -> str:
    """Which kind of statement file begins like this. Raises InvalidInput."""
    text = head[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    if text.startswith(b"<"):
        return CAMT
    if b":20:" in head[:4096] and b":25:" in head[:8192]:
        return SWIFT
    if filename.lower().endswith((".csv", ".txt", ".xlsx")) or text[:2] == b"PK":
        return SHEET
    raise InvalidInput(
        "无法识别的文件：请上传 camt.053（XML）、MT940、CSV 或 Excel（.xlsx）对账单",
        "neither camt.053 nor MT940 nor a sheet",
        code="file_kind",
        field="file",
    )


def _sections(
    stream: IO[bytes], filename: str, kind: str, mapping: Mapping | None, account: OwnAccount | None
) -> Iterator[Section]:
    if kind != SHEET:
        sections: Iterator[Section] = import_string(_READERS[kind])(stream)
        return sections
    number, currency = (account.number, account.currency) if account else ("", "CNY")
    sheet = sheets.read_sheet(stream.read(), filename, mapping, account=number, currency=currency)
    if sheet.faults:
        raise Faulty(sheet.faults)
    return sheets.sections(dict(sheet.by_account))


class Faulty(InvalidInput):
    """Rows of a sheet that cannot be read; `faults` names them all."""

    code = "rows_faulty"

    def __init__(self, faults: list[Any]) -> None:
        rows = len({fault.row for fault in faults})
        first = faults[0]
        super().__init__(
            f"有 {rows} 行无法识别，文件未导入；例如第 {first.row} 行「{first.column}」：{first.message}",
            f"{rows} rows are unreadable, for example row {first.row}, {first.column}",
            field="file",
            row=first.row,
        )
        self.faults = faults


def _own_account(number: str, scope: Scope, chosen: OwnAccount | None) -> OwnAccount:
    """The account a statement is of; one out of scope looks exactly like one that is not ours."""
    account = masterdata.account_by_number(number, scope=scope)
    if account is None or not scope.has(RIGHT, account.company_id):
        raise InvalidInput(
            f"文件中的账号 {number or '（空）'} 不是您可导入的本单位账户",
            "the account of the file is none you may import for",
            code="account_unknown",
            field="file",
        )
    if chosen is not None and account.pk != chosen.pk:
        raise InvalidInput(
            f"文件是账户 {number} 的，所选账户是 {chosen.number}",
            "the file is of another account",
            code="account_other",
            field="account",
        )
    return account


def take_all(
    stream: IO[bytes],
    filename: str,
    kind: str,
    *,
    scope: Scope,
    chosen: OwnAccount | None,
    mapping: Mapping | None,
) -> list[Taken]:
    """Step: take every statement of the file in. Raises InvalidInput for the whole file."""
    taken: list[Taken] = []
    for section in _sections(stream, filename, kind, mapping, chosen):
        account = _own_account(section.account.replace(" ", ""), scope, chosen)
        load = take_in(account_id=account.pk, chunks=ahead(section.rows), source=kind)
        if load.currencies - {account.currency} or section.currency not in ("", account.currency):
            other = sorted((load.currencies | {section.currency}) - {account.currency, ""})
            raise InvalidInput(
                f"账户 {account.number} 的币种是 {account.currency}，文件中有 {'、'.join(other)}",
                "another currency than the account's",
                code="currency_other",
                field="file",
            )
        _join(taken, Taken(account, section, load))
    if not taken:
        raise InvalidInput(
            "文件中没有对账单", "no statement in the file", code="file_empty", field="file"
        )
    for one in taken:
        one.findings += _judge(one)
    return taken


def _join(taken: list[Taken], fresh: Taken) -> None:
    """Pages of one statement become one: the next page's opening is the page's closing."""
    before = taken[-1] if taken else None
    page = fresh.section.page or 1
    if before is None or before.section.is_last_page or before.account.pk != fresh.account.pk:
        if page > 1:
            fresh.findings.append(("page", f"缺少第 1–{page - 1} 页"))
        taken.append(fresh)
        return
    if page != (before.section.page or 1) + 1:
        before.findings.append(("page", f"第 {before.section.page} 页之后是第 {page} 页"))
    if before.section.closing != fresh.section.opening:
        words = f"第 {before.section.page} 页期末 {before.section.closing} 与下页期初 {fresh.section.opening} 不符"
        before.findings.append(("page", words))
    whole, more = before.section, fresh.section
    whole.page, whole.is_last_page = more.page, more.is_last_page
    whole.closing, whole.closing_day = more.closing, more.closing_day
    whole.count, whole.skipped = whole.count + more.count, whole.skipped + more.skipped
    into = before.load
    for name in ("count", "new", "credits", "debits"):
        setattr(into, name, getattr(into, name) + getattr(fresh.load, name))
    into.amended_ids += fresh.load.amended_ids
    into.first = min(filter(None, (into.first, fresh.load.first)), default=None)
    into.last = max(filter(None, (into.last, fresh.load.last)), default=None)


def _judge(one: Taken) -> list[tuple[str, str]]:
    """What does not fit: the statement's own arithmetic, its totals, its number, the day before."""
    section, load = one.section, one.load
    found: list[tuple[str, str]] = []
    net = load.credits - load.debits
    if section.opening is not None and section.closing is not None:
        difference = section.opening + net - section.closing
        if difference:
            found.append(
                (
                    "sum",
                    f"期初 {section.opening:,} ＋收－付 {net:,} 与期末 {section.closing:,} 相差 {difference:,}",
                )
            )
    for told, is_now, words in (
        (section.told_count, load.count, "笔数"),
        (section.told_credits, load.credits, "收入合计"),
        (section.told_debits, load.debits, "支出合计"),
    ):
        if told is not None and told != is_now:
            found.append(("totals", f"文件写明{words} {told:,}，实际 {is_now:,}"))
    if not section.is_last_page:
        found.append(("page", "缺少最后一页"))
    _require_possible(one)
    return found if section.is_interim else found + judge_place(one)


def _require_possible(one: Taken) -> None:
    """Raise InvalidInput for a statement without days, of too many, or whose entries cannot be told from known ones."""
    first, last = one.first, one.last
    if first is None or last is None:
        raise InvalidInput(
            "对账单没有日期", "a statement without a day", code="file_unreadable", field="file"
        )
    if last < first or last - first > timedelta(days=DAYS_MAX):
        raise InvalidInput(
            f"对账单期间 {first} 至 {last} 不合理",
            "an impossible period",
            code="file_unreadable",
            field="file",
        )
    tomorrow = clock.today() + timedelta(days=1)  # a bank may close its day before ours does
    if not one.section.is_interim and last > tomorrow:
        raise InvalidInput(
            f"对账单日期 {last} 晚于今天，请核对年份",
            "a statement of a day to come",
            code="file_future",
            field="file",
        )
    load = one.load
    overlap = continuity.unsettled_overlap(one.account.pk, load.source, after_id=load.start_id)
    if overlap is not None:
        raise InvalidInput(
            f"文件中的明细没有银行流水号，而 {overlap} 的明细已由其他来源取得，无法判断是否相同；请使用含流水号的文件",
            "entries without serials on days another source has told",
            code="serial_missing",
            field="file",
        )


def judge_place(one: Taken) -> list[tuple[str, str]]:
    """Whether the statement follows the day before and the number before, and what it tells differently."""
    section, load, found = one.section, one.load, []
    first = one.first or date.min
    before = selectors.closing_before(one.account.pk, first)
    if section.opening is not None and before not in (None, section.opening):
        found.append(("opening", f"期初 {section.opening:,} 与上日期末 {before:,} 不符"))
    number = continuity.last_sequence(one.account.pk, load.source, before=first)
    if missing := missing_between(number, section.sequence):
        found.append(("number", f"缺少对账单 {missing}"))
    if load.amended_ids:
        words = f"{len(load.amended_ids)} 笔与先前取得的内容不同，两个版本均保留"
        found.append(("amended", words))
    return found


def keep(one: Taken, *, file_id: int | None, file_name: str, **mark: Any) -> BankStatement:
    """Step: the statement's row (with its `mark`), its closing balance, and the check of every day it speaks of."""
    section, load, account = one.section, one.load, one.account
    first, last = one.first or date.min, one.last or date.min
    row = BankStatement.objects.create(
        account=account,
        company_id=account.company_id,
        source=load.source,
        number=section.number,
        sequence=section.sequence,
        page=section.page,
        first_day=first,
        last_day=last,
        currency=account.currency,
        opening=section.opening,
        closing=section.closing,
        credits=load.credits,
        debits=load.debits,
        entry_count=load.count,
        new_count=load.new,
        amended_count=len(load.amended_ids),
        skipped_count=section.skipped,
        is_interim=section.is_interim,
        findings=[list(pair) for pair in one.findings],
        file_id=file_id,
        file_name=file_name[-200:],
        **mark,
    )
    if section.closing is not None and not section.is_interim:
        figure = BalanceFigure(
            account_id=account.pk,
            currency=account.currency,
            book=section.closing,
            available=None,
            frozen=None,
            as_of=section.closing_day or last,
            is_day_closing=True,
        )
        keep_balances(figures=[figure])
    for step in range((last - first).days + 1):
        check_day(account_id=account.pk, day=first + timedelta(days=step))
    following = last + timedelta(days=1)  # it may have waited for this statement
    if DayClose.objects.filter(account_id=account.pk, day=following).exists():
        check_day(account_id=account.pk, day=following)
    return row


def summary(one: Taken) -> dict[str, Any]:
    section, load = one.section, one.load

    def figure(value: Decimal | None) -> str | None:
        return None if value is None else f"{value:.2f}"

    return {
        "account": one.account.number,
        "account_name": one.account.name,
        "currency": one.account.currency,
        "number": section.number,
        "sequence": section.sequence,
        "first": str(one.first),
        "last": str(one.last),
        "opening": figure(section.opening),
        "closing": figure(section.closing),
        "credits": figure(load.credits),
        "debits": figure(load.debits),
        "count": load.count,
        "new": load.new,
        "amended": len(load.amended_ids),
        "seen": load.count - load.new - len(load.amended_ids),
        "skipped": section.skipped,
        "is_interim": section.is_interim,
        "findings": [list(pair) for pair in one.findings],
    }


def days_of(one: Taken) -> list[list[str]]:
    """The days that do not fit once the file is in: day, status, words."""
    rows = continuity.days_between(one.account.pk, one.first or date.min, one.last or date.min)
    odd = rows.exclude(status__in=[DayClose.Status.COMPLETE, DayClose.Status.PROVISIONAL])
    return [[str(row.day), row.status, row.note] for row in odd[:DAYS_SHOWN]]


def note(rows: list[BankStatement], taken: list[Taken], *, actor: User | None, why: str) -> None:
    audit.record_many(
        [
            audit.Fact("statements.file.imported", row, after=summary(one), why=why)
            for row, one in zip(rows, taken, strict=True)
        ],
        actor=actor,
    )
