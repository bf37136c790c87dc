"""CMBC answers → our values. Nothing here guesses a fate: what is unclear stays UNKNOWN or Unreadable.

Source: CMBC sheet, sections 3 to 6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

from bankadapters.banks.cmbc import codes
from bankadapters.banks.cmbc import messages as m
from bankadapters.contract import Balance, Direction, Fate, Outcome, StatementLine
from bankadapters.errors import Unreadable
from bankadapters.leaves import LEAVES, moment
from bankadapters.xml import child_text, parse_bank_xml, the_one
from kernel import clock
from kernel.money import Money

_CLOCK = re.compile(r"(?:^|[^0-9:])([0-2]\d:[0-5]\d:[0-5]\d)")


@dataclass(frozen=True)
class Answer:
    """One answer: code, severity and words of its head, and its body, which an error may leave out."""

    code: str
    severity: str
    words: str
    body: etree._Element | None

    @property
    def number(self) -> str:
        """Our message number where the body echoes it."""
        return child_text(self.body, "trnId")


def read_answer(data: bytes) -> Answer:
    """The CMBC document; its direction is told by its head, never by the attribute of that name. Raises Unreadable."""
    root = parse_bank_xml(data, default="gb18030")
    head = the_one(root, "responseHeader")
    if root.tag != "CMBC" or head is None:
        raise Unreadable(f"root {root.tag} with no CMBC/responseHeader, at line {root.sourceline}")
    status = m.ResponseHeader.parse(head).status
    if status is None or not status.code:
        raise Unreadable(f"responseHeader without status/code, at line {head.sourceline}")
    return Answer(status.code, status.severity, status.words, the_one(root, "xDataBody"))


def submitted(answer: Answer, reference: str) -> Outcome:
    """The bank's word on a payment just taken in; its echo, where there is one, must name what was sent."""
    taken = m.Taken() if answer.body is None else m.Taken.parse(answer.body)
    said = codes.FATES.fate("Xfer", "code", answer.code)
    return Outcome(_named(taken.reference, reference), said, taken.serial, answer.code, answer.words)  # fmt: skip


def standing(answer: Answer, reference: str) -> Outcome | None:
    """Where the payment asked about stands; None where the answer does not say. Raises Unreadable."""
    told = m.Stands() if answer.body is None else m.Stands.parse(answer.body)
    name = _named(told.reference, reference)
    if answer.code != codes.OK:
        said = codes.FATES.fate("qryXfer", "code", answer.code)
        is_other = told.status is not None and codes.of_status(told.status.code) is not said
        fate = Fate.UNKNOWN if is_other and said is Fate.FAILED else said
        return Outcome(name, fate, told.serial, answer.code, answer.words)
    if told.status is None:
        return None
    status = told.status
    return Outcome(name, codes.of_status(status.code), told.serial, status.code, status.words)


def _named(told: str, reference: str) -> str:
    if told and reference and told != reference:
        raise Unreadable(f"answer about {told[:30]!r}, another payment was asked about")
    return told or reference


def balances(answer: Answer, names: Mapping[str, str]) -> list[Balance]:
    """Balances under the element names that the connection gives: account, book, available."""
    found = []
    for node in () if answer.body is None else answer.body.iter():
        account, book = child_text(node, names["account"]), child_text(node, names["book"])
        if not account or not book:
            continue
        available = child_text(node, names["available"]) if names["available"] else ""
        found.append(
            Balance(account, "CNY", _amount(book), _amount(available) if available else None, None, clock.today())
        )  # fmt: skip
    return found


def _amount(text: str) -> Decimal:
    amount: Decimal = LEAVES["yuan"].read(text)
    return amount


def entries(
    answer: Answer, account: str, sides: Mapping[str, Direction]
) -> tuple[list[StatementLine], int | None]:
    """The entries of a page, and how many there are in all."""
    told = m.EntriesTold() if answer.body is None else m.EntriesTold.parse(answer.body)
    rows = told.listed.rows if told.listed is not None else []
    return [_entry(row, account, sides) for row in rows], told.total


def _entry(row: m.EntryRow, account: str, sides: Mapping[str, Direction]) -> StatementLine:
    if row.side not in sides:
        raise Unreadable(f"type {row.side!r} is none of {sorted(sides)}")
    if row.booked_on is None or row.amount is None or row.amount <= 0:
        raise Unreadable("dtlInfo without actDate or an amount above zero")
    when = _CLOCK.search(row.stamp)
    return StatementLine(
        account=row.account or account,
        bank_serial="-".join(part for part in (row.serial, row.sequence) if part),
        booked_at=moment(row.booked_on, when[1] if when else "", where="timestamp"),
        direction=sides[row.side],
        money=Money(row.amount, "CNY"),
        balance_after=row.balance,
        counterparty_name=row.other_name,
        counterparty_account=row.other_account,
        counterparty_bank=row.other_bank,
        narrative=row.purpose,
        purpose=row.purpose,
    )
