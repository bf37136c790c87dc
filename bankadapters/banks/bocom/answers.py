"""Bank of Communications answers → our values. Nothing here guesses a fate or a direction.

Source: BOCOM sheet, sections 3 to 6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from lxml import etree

from bankadapters.banks.bocom import codes
from bankadapters.banks.bocom import messages as m
from bankadapters.contract import Balance, Direction, Fate, Outcome, StatementLine
from bankadapters.errors import Unreadable
from bankadapters.leaves import moment
from bankadapters.matching import echoed
from bankadapters.packed import Packed
from bankadapters.xml import parse_bank_xml
from kernel import clock
from kernel.money import Money

Row = TypeVar("Row", bound=Packed)


@dataclass(frozen=True)
class Answer:
    """One answer: its head and its bodies; an error may have none."""

    head: m.AnswerHead
    bodies: list[etree._Element]

    @property
    def body(self) -> etree._Element:
        """The only body. Raises Unreadable for none or several."""
        if len(self.bodies) != 1:
            raise Unreadable(f"an answer with {len(self.bodies)} bodies instead of one")
        return self.bodies[0]


def read_answer(data: bytes, encoding: str) -> Answer:
    """Head and bodies. Raises Unreadable."""
    root = parse_bank_xml(data, default=encoding)
    if root.tag != "ap":
        raise Unreadable(f"root {root.tag} instead of ap, at line {root.sourceline}")
    heads = list(root.iterchildren("head"))
    if len(heads) != 1:
        raise Unreadable(f"an answer with {len(heads)} heads")
    return Answer(m.AnswerHead.parse(heads[0]), list(root.iterchildren("body")))


def table(body: etree._Element, kind: type[Row]) -> list[Row]:
    """The rows of a table; what comes as a file is not there. Raises Unreadable."""
    told = m.Table.parse(body)
    if not told.record:
        if told.rows or (told.file_flag == "1" and told.file):
            raise Unreadable(
                f"the {told.rows or ''} rows stand in the file {told.file[:60]!r}, which is not known how to read"
            )
        return []
    return kind.table(told.record, width=told.fields, rows=told.rows, where="serial_record")


# -- payments -----------------------------------------------------------------------------------------------------


def payroll(answer: Answer, reference: str, cards: Collection[str]) -> list[Outcome]:
    """330002: the whole by its people, who all have to agree; then each of them by card number."""
    if not answer.bodies:
        return [Outcome(reference, Fate.ACCEPTED, answer.head.serial, answer.head.result)]
    people = m.PayrollAnswer.parse(answer.body).people
    rows = people.rows if people is not None else []
    fates = [codes.TABLE.fate("330002", "sucFlg", row.flag) for row in rows]
    numbers = [row.card for row in rows]
    is_whole = bool(rows) and (not cards or sorted(numbers) == sorted(cards))
    whole = fates[0] if is_whole and len(set(fates)) == 1 else Fate.UNKNOWN
    if not rows:
        whole = Fate.ACCEPTED
    flags = ",".join(dict.fromkeys(row.flag for row in rows))
    return [
        Outcome(reference, whole, answer.head.serial, flags or answer.head.result),
        *(
            Outcome(row.card, fate, row.serial, row.flag)
            for row, fate in zip(rows, fates, strict=True)
        ),
    ]


def standing(answer: Answer, asked: str) -> list[Outcome]:
    """310204: one payment, whose numbers all have to be the one asked about."""
    row = m.Standing.parse(answer.body)
    numbers = {row.number, row.reference} - {""}
    if asked and numbers - {asked}:
        raise Unreadable(f"answer about {sorted(numbers)}, asked was {asked}")
    if len(numbers) > 1:
        raise Unreadable(f"answer about {sorted(numbers)} at once")
    reference = asked or (numbers.pop() if numbers else "")
    fate = codes.TABLE.fate("310204", "stat", row.stat)
    return [
        Outcome(
            reference=reference,
            fate=fate,
            code=row.stat,
            text=row.words,
            money=echoed(row.amount),
            payer_account=row.payer_account,
            not_found=row.stat == codes.NOT_FOUND,
        )
    ]


# -- accounts -----------------------------------------------------------------------------------------------------


def balances(answer: Answer) -> tuple[list[Balance], str]:
    """310101: the rows that succeeded, and the words of those that did not."""
    found: list[Balance] = []
    words: list[str] = []
    for body in answer.bodies:
        for row in table(body, m.BalanceRow):
            if row.flag != "0":
                words.append(row.words or f"{row.account}: 成功标志 {row.flag}")
                continue
            if not row.account or row.book is None:
                raise Unreadable("310101: a row without account or balance")
            currency = codes.CURRENCY.get(row.currency, row.currency)
            found.append(
                Balance(row.account, currency, row.book, row.available, None, clock.today())
            )
    return found, "; ".join(words)


@dataclass(frozen=True)
class Words:
    """What the operator was told of the values in a statement."""

    debit: Collection[str]
    credit: Collection[str]
    normal: Collection[str]

    def direction(self, side: str, number: int) -> Direction:
        """The direction of a row. Raises Unreadable for a value that is on neither list, or on both."""
        told = [
            direction
            for direction, values in (
                (Direction.DEBIT, self.debit),
                (Direction.CREDIT, self.credit),
            )
            if side and side in values
        ]
        if len(told) != 1:
            raise Unreadable(
                f"row {number}: 收支标志 is {side[:10]!r}, which the connection does not explain"
            )
        return told[0]


def entries(answer: Answer, words: Words) -> list[StatementLine]:
    """310201 and 310301: all rows at once."""
    rows: Iterator[m.Entry] = (row for body in answer.bodies for row in table(body, m.Entry))
    return [_entry(row, words, n) for n, row in enumerate(rows, 1)]


def _entry(row: m.Entry, words: Words, number: int) -> StatementLine:
    if row.state and row.state not in words.normal:
        raise Unreadable(
            f"row {number}: 状态 is {row.state[:10]!r}, which the connection does not explain"
        )
    if row.booked_on is None or row.amount is None or row.amount <= Decimal(0) or not row.account:
        raise Unreadable(f"row {number} lacks its day or account, or its amount is not above zero")
    return StatementLine(
        account=row.account,
        bank_serial="-".join(part for part in (row.serial, row.part) if part),
        booked_at=moment(row.booked_on, row.time),
        direction=words.direction(row.side, number),
        money=Money(row.amount, codes.CURRENCY.get(row.currency, row.currency)),
        balance_after=row.balance,
        counterparty_name=row.other_name,
        counterparty_account=row.other_account,
        counterparty_bank=row.other_bank,
        narrative=" ".join(part for part in (row.postscript, row.remark) if part),
        purpose=row.postscript,
    )
