"""A journal file beside the books: which rows are new, known, vouchers of our own come back, or faulty. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from desk import selectors as desk_reads
from desk.mappings import Fault
from kernel import clock
from kernel.errors import InvalidInput
from kernel.scope import Scope
from ledger import selectors
from ledger.sheets import JournalRow, read_journal
from masterdata import selectors as masterdata

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

PURPOSE = "ledger.journal"
RIGHT = "ledger.import"
WARNINGS_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a person wants a file read: the account where its rows name none, and the column mapping."""

    account_id: int | None = None
    mapping_id: int | None = None


@dataclass
class Judged:
    """A journal file beside what the books hold already."""

    rows: list[tuple[JournalRow, OwnAccount]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    known: int = 0  # rows the books have from an earlier file
    own: int = 0  # rows that are vouchers of ours, come back from the ERP
    encoding: str = ""
    sheet: str = ""

    @property
    def is_questionable(self) -> bool:
        """Whether taking it in wants a reason."""
        return bool(self.warnings)


def judge(*, data: bytes, filename: str, scope: Scope, wish: Wish) -> Judged:
    """Read the file and set each row beside the books. Raises InvalidInput where it cannot be read at all."""
    mapping = (
        None if wish.mapping_id is None else desk_reads.mapping(wish.mapping_id, purpose=PURPOSE)
    )
    chosen = None
    if wish.account_id is not None:
        chosen = masterdata.get_account(wish.account_id, scope=scope)
        scope.demand(RIGHT, chosen.company_id)
    file = read_journal(data, filename, mapping)
    judged = Judged(faults=file.faults, encoding=file.encoding, sheet=file.sheet)
    accounts = _Accounts(scope, chosen)
    placed: list[tuple[JournalRow, OwnAccount]] = []
    for row in file.rows:
        try:
            placed.append((row, accounts.find(row)))
        except InvalidInput as error:
            judged.faults.append(Fault(row.row, error.field, error.message))
    _refuse_locked(judged, placed)
    judged.warnings += list(file.warnings)
    judged.warnings += _early(placed)
    judged.rows = _new_ones(placed, judged)
    judged.faults.sort(key=lambda fault: fault.row)
    return judged


class _Accounts:
    """The viewer's own accounts by number and by account subject."""

    def __init__(self, scope: Scope, chosen: OwnAccount | None) -> None:
        self._chosen = chosen
        rows = [
            one for one in masterdata.visible_accounts(scope) if scope.has(RIGHT, one.company_id)
        ]
        self._by_number = {one.number: one for one in rows}
        by_subject: dict[str, list[OwnAccount]] = {}
        for one in rows:
            by_subject.setdefault(one.gl_subject, []).append(one)
        self._by_subject = by_subject

    def find(self, row: JournalRow) -> OwnAccount:
        """The account a row is of. Raises InvalidInput (field: the column)."""
        found = self._named(row.account) if row.account else self._chosen
        if found is None:
            raise InvalidInput(
                "文件未写账号，请先选择账户", "the file names no account", field="银行账号或科目"
            )
        if row.currency and row.currency != found.currency:
            raise InvalidInput(
                f"账户 {found.number} 的币种是 {found.currency}", "another currency", field="币种"
            )
        return found

    def _named(self, text: str) -> OwnAccount:
        found = self._by_number.get(text.replace("-", ""))
        if found is None:
            candidates = self._by_subject.get(text, [])
            if self._chosen is not None and self._chosen.gl_subject == text:
                candidates = [self._chosen]
            if len(candidates) > 1:
                raise InvalidInput(
                    f"科目 {text} 对应多个账户，请改用银行账号",
                    "several accounts",
                    field="银行账号或科目",
                )
            found = candidates[0] if candidates else None
        if found is None:
            raise InvalidInput(
                f"账号或科目「{text}」不是您可导入的本单位账户",
                "no account of ours",
                field="银行账号或科目",
            )
        if self._chosen is not None and found.pk != self._chosen.pk:
            raise InvalidInput(
                f"该行是账户 {found.number} 的，所选账户是 {self._chosen.number}",
                "the row is of another account",
                field="银行账号或科目",
            )
        return found


def _refuse_locked(judged: Judged, placed: Sequence[tuple[JournalRow, OwnAccount]]) -> None:
    locked = selectors.locked_months({account.company_id for _, account in placed})
    for row, account in placed:
        if (account.company_id, row.period) in locked:
            judged.faults.append(Fault(row.row, "日期", f"会计期间 {row.period} 已锁定"))


def _early(placed: Sequence[tuple[JournalRow, OwnAccount]]) -> list[str]:
    """Rows of days to come: a year is easily written wrong, and no book of today has them."""
    found = [
        f"第 {row.row} 行：日期 {row.day} 晚于今天" for row, _ in placed if row.day > clock.today()
    ]
    return found[:WARNINGS_SHOWN]


def _new_ones(
    placed: Sequence[tuple[JournalRow, OwnAccount]], judged: Judged
) -> list[tuple[JournalRow, OwnAccount]]:
    """The rows the books have not: of equal rows as many as the file has more than the books."""
    known = selectors.journal_digests({account.pk for _, account in placed})
    books = selectors.journal_vouchers({account.pk for _, account in placed})
    own = _OwnVouchers({account.pk for _, account in placed})
    fresh = []
    for row, account in placed:
        if own.takes(row, account.pk):
            judged.own += 1
            continue
        key = (account.pk, row.digest)
        if known.get(key, 0) > 0:
            known[key] -= 1
            judged.known += 1
            continue
        fresh.append((row, account))
        voucher = (account.pk, row.period, row.voucher_type, row.voucher_no)
        if row.voucher_no and voucher in books and len(judged.warnings) < WARNINGS_SHOWN:
            judged.warnings.append(
                f"第 {row.row} 行：凭证 {row.voucher_type}-{row.voucher_no}（{row.period}）已有其他内容的分录"
            )
    return fresh


class _OwnVouchers:
    """Entries of our own vouchers, each recognised once: by bill number, reference, or the number the ERP gave it."""

    def __init__(self, account_ids: set[int]) -> None:
        self._by_mark: dict[tuple[object, ...], list[int]] = {}
        self._taken: set[int] = set()
        for (
            pk,
            account_id,
            direction,
            amount,
            bill,
            reference,
            period,
            number,
        ) in selectors.voucher_entries(account_ids):
            for mark in self._marks(bill, reference, period, number):
                key = (account_id, direction, amount, *mark)
                self._by_mark.setdefault(key, []).append(pk)

    def _marks(
        self, bill: str, reference: str, period: str, number: str
    ) -> Iterator[tuple[str, ...]]:
        if bill:
            yield "bill", bill
        if reference:
            yield "reference", reference
        if number:
            yield "number", period, number

    def takes(self, row: JournalRow, account_id: int) -> bool:
        """Whether the row is one of them that no earlier row was."""
        number = f"{row.voucher_type}-{row.voucher_no}" if row.voucher_no else ""
        for mark in self._marks(row.bill_no, row.reference, row.period, number):
            key = (account_id, row.direction, abs(row.signed), *mark)
            free = [pk for pk in self._by_mark.get(key, ()) if pk not in self._taken]
            if free:
                self._taken.add(free[0])
                return True
        return False
