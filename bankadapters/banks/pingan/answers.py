"""Ping An Bank answers → our values. The header speaks first; Yhcljg and batchSTT never decide anything.

Source: PingAn sheet, sections 3 to 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lxml import etree

from bankadapters.banks.pingan import codes
from bankadapters.banks.pingan import messages as m
from bankadapters.contract import Balance, Direction, Fate, Outcome, ReceiptFound, StatementLine
from bankadapters.errors import Unreadable
from bankadapters.leaves import moment
from bankadapters.matching import echoed
from bankadapters.xml import parse_bank_xml
from kernel import clock
from kernel.money import Money


@dataclass(frozen=True)
class Answer:
    """One answer: the header's word, and the body. A bare body has no header: its code is "" then."""

    code: str
    words: str
    serial: str
    operation: str
    body: etree._Element | None
    has_header: bool

    @property
    def result(self) -> etree._Element:
        """The body. Raises Unreadable where the answer has none."""
        if self.body is None:
            raise Unreadable("an answer without a body")
        return self.body


def read_answer(data: bytes) -> Answer:
    """Header and body by the header's byte length, or a bare body. Raises Unreadable."""
    framed = m.FRAME.strip(data)
    if framed is None:
        return Answer("", "", "", "", _body(data, ""), has_header=False)
    header = m.Header.cut(framed[:222], charset="gb18030", where="header")
    if header.service == "01":
        raise Unreadable("the header is that of a request, not of a reply")
    body = framed[222 : 222 + m.FRAME.length_of(framed[:222])]
    encoding = codes.ENCODINGS.get(header.encoding)
    if body.strip() and encoding is None:
        raise Unreadable(f"header encoding {header.encoding!r} is neither GBK nor UTF-8")
    parsed = _body(body, encoding or "") if body.strip() else None
    words = header.words.lstrip(":").strip()
    return Answer(header.result, words, header.serial, header.code, parsed, has_header=True)


def _body(data: bytes, encoding: str) -> etree._Element:
    root = parse_bank_xml(data, default="gb18030", override=encoding)
    if root.tag != "Result":
        raise Unreadable(f"root {root.tag} instead of Result, at line {root.sourceline}")
    return root


# -- payments -----------------------------------------------------------------------------------------------------


def taken(answer: Answer) -> m.Taken:
    """What the bank took: its number, and an echo of ours."""
    return m.Taken.parse(answer.result)


def standing(answer: Answer) -> list[Outcome]:
    """4005: one payment."""
    row = m.Standing.parse(answer.result)
    return [_stands(row, "4005", row.reference or row.item)]


def batch_standing(answer: Answer) -> tuple[list[Outcome], str, bool]:
    """4015: the items of a page, the batch they belong to, and whether it was the last page."""
    whole = m.BatchAnswer.parse(answer.result)
    rows = [
        m.Standing.parse_like(node)
        for node in answer.result.iterchildren("list", "HOResultSet4015R")
    ]
    found = [_stands(row, "4015", row.item) for row in rows]
    return found, whole.reference, whole.ends != "N"


def _stands(row: m.Standing, operation: str, reference: str) -> Outcome:
    said = codes.fate(operation, row.stt, row.is_back)
    words = " ".join(part for part in (row.why_back, row.words, row.host_error) if part)
    return Outcome(
        reference=reference,
        fate=said,
        bank_serial=row.serial,
        code=row.stt,
        text=words,
        money=echoed(row.amount),
        payer_account=row.payer_account,
    )


def all_taken(references: list[str], fate: Fate, answer: Answer, serial: str = "") -> list[Outcome]:
    """The same word on every payment of a message that has no items of its own."""
    return [Outcome(one, fate, serial, answer.code, answer.words) for one in references]


# -- accounts -----------------------------------------------------------------------------------------------------


def balance(answer: Answer) -> list[Balance]:
    """4001: `Balance` is what is available, `TotalAmount` the book balance."""
    row = m.BalanceAnswer.parse(answer.result)
    if not row.account or row.book is None:
        raise Unreadable("4001 without Account or TotalAmount")
    currency = codes.CURRENCY.get(row.currency, row.currency)
    return [Balance(row.account, currency, row.book, row.available, None, clock.today())]


def day_balance(answer: Answer, account: str, day: date | None) -> list[Balance]:
    """4012: the day and the account are those that were asked about, where the answer leaves them out."""
    row = m.BalanceAnswer.parse(answer.result)
    number, on = row.account or account, row.day or day
    if row.history_book is None or on is None:
        raise Unreadable("4012 without HisBookBalance, or of no day")
    currency = codes.CURRENCY.get(row.currency, row.currency)
    return [Balance(number, currency, row.history_book, row.history, None, on)]


def entries(answer: Answer) -> tuple[list[StatementLine], str]:
    """The rows of a page, and the number of the page that follows."""
    page = m.EntriesAnswer.parse(answer.result)
    lines = [_entry(row, page.account, n) for n, row in enumerate(page.rows, 1)]
    if page.ends not in ("Y", "N"):
        raise Unreadable("4013 without EndFlag Y or N")
    if page.ends == "Y":
        return lines, ""
    if page.page is None:
        raise Unreadable("4013 goes on without a PageNo")
    return lines, str(page.page + 1)


def _entry(row: m.Entry, account: str, number: int) -> StatementLine:
    if row.booked_on is None or row.side not in codes.SIDE:
        raise Unreadable(f"row {number} of 4013 has no AcctDate or no DcFlag")
    if row.amount is None or row.amount <= 0:
        raise Unreadable(f"row {number} of 4013: TranAmount is not above zero")
    direction = codes.SIDE[row.side]
    other = (
        (row.in_name, row.in_account, row.in_bank)
        if direction is Direction.DEBIT
        else (row.out_name, row.out_account, row.out_bank)
    )
    currency = codes.CURRENCY.get(row.currency, row.currency)
    return StatementLine(
        account=account,
        bank_serial="-".join(part for part in (row.trace, row.detail or row.business) if part),
        booked_at=moment(row.booked_on, row.time, where="TxTime"),
        direction=direction,
        money=Money(row.amount, currency),
        balance_after=row.balance,
        counterparty_name=other[0],
        counterparty_account=other[1],
        counterparty_bank=other[2],
        narrative=row.more_narrative or row.narrative,
        purpose=row.purpose,
        reference=row.voucher,
    )


def receipt_file(answer: Answer, account: str, day: date | None) -> list[ReceiptFound]:
    """F001: one file with the receipts of a day."""
    row = m.ReceiptAnswer.parse(answer.result)
    if not row.name:
        return []
    place = "/".join(part for part in (row.path.rstrip("/"), row.name) if part)
    return [ReceiptFound(row.name, account, day, file=place, covers_day=True)]
