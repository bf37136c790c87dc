"""China Construction Bank answers → our values. Nothing here guesses a fate: what is unclear stays UNKNOWN.

Source: CCB sheet, sections 3 to 6.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from bankadapters.banks.ccb import codes
from bankadapters.banks.ccb import messages as m
from bankadapters.contract import Balance, Direction, Fate, Outcome, StatementLine
from bankadapters.errors import Unreadable
from bankadapters.leaves import moment
from bankadapters.xml import child_text, parse_bank_xml, the_one
from kernel import clock
from kernel.money import Money

_LISTS = ("ERROR_LIST", "SUCCESS_LIST")


@dataclass(frozen=True)
class Answer:
    """One answer: its head's words and its body."""

    number: str
    transaction: str
    code: str
    words: str
    body: etree._Element | None

    @property
    def info(self) -> etree._Element:
        """TX_INFO. Raises Unreadable where there is none."""
        if self.body is None:
            raise Unreadable("an answer without TX_INFO")
        return self.body


def read_answer(data: bytes) -> Answer:
    """The TX document: decoded as GB18030 whatever it declares. Raises Unreadable."""
    root = parse_bank_xml(data, override="gb18030")
    if root.tag != "TX":
        raise Unreadable(f"root {root.tag} instead of TX, at line {root.sourceline}")
    head = m.AnswerHead.parse(root)
    if not head.code:
        raise Unreadable(f"TX without RETURN_CODE, at line {root.sourceline}")
    body = the_one(root, "TX_INFO")
    return Answer(head.number, head.transaction, head.code, head.words, body)


# -- payments -----------------------------------------------------------------------------------------------------


def taken(answer: Answer, reference: str) -> list[Outcome]:
    """A single payment or one person of a payroll: taken, never paid."""
    row = m.Taken.parse(answer.info)
    _require_ours(row.ours, reference)
    if answer.transaction == "6W1303":
        fate = Fate.ACCEPTED
    else:
        fate = codes.fate(answer.transaction or "6W8010", "DEAL_TYPE", row.kind)
    return [Outcome(reference or answer.number, fate, row.serial, row.kind, answer.words)]


def _require_ours(told: str, reference: str) -> None:
    if reference and told and told != reference:
        raise Unreadable(f"answer names CST_PAY_NO {told[:30]!r}, ours is {reference}")


def batch_taken(answer: Answer, serials: dict[str, str], *, errors_fail: bool) -> list[Outcome]:
    """A batch: an item of SUCCESS_LIST was taken, one of ERROR_LIST was not, as far as we know."""
    found = []
    for node in answer.info.iter("SERIAL_NUM"):
        kind = next((str(one.tag) for one in node.iterancestors() if one.tag in _LISTS), "")
        serial = (node.text or "").strip().rjust(6, "0")
        reference = serials.get(serial, serial)
        if kind == "SUCCESS_LIST":
            found.append(Outcome(reference, Fate.ACCEPTED, "", "SUCCESS_LIST"))
        elif kind == "ERROR_LIST":
            fate = Fate.FAILED if errors_fail else Fate.UNKNOWN
            found.append(Outcome(reference, fate, "", "ERROR_LIST", _message_of(node)))
    return found


def _message_of(serial: etree._Element) -> str:
    following = serial.getnext()
    if following is None or following.tag != "ERROR_MSG":
        return child_text(serial.getparent(), "ERROR_MSG")
    return (following.text or "").strip()


def standing(answer: Answer, reference: str, default: str) -> list[Outcome]:
    """One payment asked about; the transaction of the answer says what its digit means."""
    row = m.Standing.parse(answer.info)
    _require_ours(row.ours, reference)
    fate = codes.fate(answer.transaction or default, "DEAL_RESULT", row.result)
    return [Outcome(reference or row.ours, fate, row.serial, row.result, row.words)]


@dataclass(frozen=True)
class BatchLayout:
    """How the bank lays out the answer of 6W0800, as the operator was told; empty where nobody has asked."""

    row: str
    serial: str
    result: str
    success: Collection[str]
    failure: Collection[str]

    @property
    def is_known(self) -> bool:
        """Whether a row can be read."""
        return bool(self.row and self.serial and self.result)


def batch_standing(answer: Answer, serials: dict[str, str], layout: BatchLayout) -> list[Outcome]:
    """The items of a batch; nothing at all where the layout of the answer is not known."""
    if not layout.is_known:
        return []
    found = []
    for node in answer.info.iter(layout.row):
        serial = child_text(node, layout.serial).rjust(6, "0")
        result = child_text(node, layout.result)
        fate = Fate.PROCESSING if result else Fate.UNKNOWN
        if result in layout.success and result not in layout.failure:
            fate = Fate.SUCCEEDED
        elif result in layout.failure and result not in layout.success:
            fate = Fate.FAILED
        words = child_text(node, "ERROR_MSG", "MESSAGE")
        found.append(Outcome(serials.get(serial, serial), fate, "", result, words))
    return found


# -- accounts -----------------------------------------------------------------------------------------------------


def balance(answer: Answer, currency: str) -> list[Balance]:
    """6W0100: the answer has no currency, it is the account's."""
    row = m.BalanceAnswer.parse(answer.info)
    if not row.account or row.book is None:
        raise Unreadable("6W0100 without ACC_NO or BALANCE")
    return [Balance(row.account, currency, row.book, row.available, None, clock.today())]


def entries(answer: Answer) -> tuple[list[StatementLine], str]:
    """6WY101: the rows of a page and the place of the next one."""
    page = m.EntriesAnswer.parse(answer.info)
    lines = []
    for n, node in enumerate(answer.info.iter("DETAILINFO"), 1):
        row = m.Entry.parse(node)
        direction, money, booked_at = _facts(row, page.currency, n)
        lines.append(
            StatementLine(
                account=page.account,
                bank_serial="-".join(part for part in (row.serial, row.number) if part),
                booked_at=booked_at,
                direction=direction,
                money=money,
                balance_after=row.balance,
                counterparty_name=row.other_name,
                counterparty_account=row.other_account,
                narrative=" ".join(part for part in (row.words, row.detail) if part),
                reference=row.ours,
            )
        )
    return lines, _next(page.page, page.pages, page.context)


def history(answer: Answer) -> tuple[list[StatementLine], str]:
    """6W0300: the rows of a page and the place of the next one."""
    page = m.HistoryAnswer.parse(answer.info)
    lines = []
    for n, node in enumerate(answer.info.iter("DETAIL"), 1):
        row = m.HistoryEntry.parse(node)
        direction, money, booked_at = _facts(row, page.currency, n)
        lines.append(
            StatementLine(
                account=page.account,
                bank_serial=row.serial,
                booked_at=booked_at,
                direction=direction,
                money=money,
                balance_after=row.balance,
                counterparty_name=row.other_name,
                counterparty_account=row.other_account,
                narrative=row.words,
            )
        )
    return lines, _next(page.page, page.pages, page.context)


def _facts(
    row: m.Entry | m.HistoryEntry, currency: str, number: int
) -> tuple[Direction, Money, datetime]:
    """Side, amount and moment of a row. Raises Unreadable where one of them is not told."""
    if row.booked_on is None or row.side not in codes.SIDE:
        raise Unreadable(f"row {number} has no day, or a side that is neither 0 nor 1")
    if row.amount is None or row.amount <= 0:
        raise Unreadable(f"row {number}: the amount is not above zero")
    money = Money(row.amount, codes.CURRENCY.get(currency, currency))
    return codes.SIDE[row.side], money, moment(row.booked_on, row.time)


def _next(page: int | None, pages: int | None, context: str) -> str:
    """The place after a page, "" after the last one. Raises Unreadable where the answer does not say which it is."""
    if page is None or pages is None:
        raise Unreadable("a page without its number or the number of all pages")
    return f"{page + 1}:{context}" if page < pages else ""
