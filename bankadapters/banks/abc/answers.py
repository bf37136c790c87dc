"""Agricultural Bank of China answers → our values. Nothing here guesses a fate or a direction.

An answer may be followed by the rows of its companion file: they are what comes after `</ap>`.  Source: ABC sheet,
sections 3 to 6.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from lxml import etree

from bankadapters import encodings
from bankadapters.banks.abc import codes
from bankadapters.banks.abc import messages as m
from bankadapters.contract import AccountRef, Balance, Direction, Fate, Outcome, StatementLine
from bankadapters.errors import Unreadable
from bankadapters.leaves import moment
from bankadapters.messages import Record
from bankadapters.xml import parse_bank_xml
from kernel import clock
from kernel.money import Money

END = b"</ap>"
FIELDS = 33
_BARE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);)")
Group = TypeVar("Group", bound=Record)


@dataclass(frozen=True)
class Answer:
    """One answer: its head, its groups, and the rows of its companion file."""

    head: m.AnswerHead
    root: etree._Element
    file: bytes

    @property
    def transaction(self) -> str:
        """The transaction it answers, "" where it does not say. Raises Unreadable where it names two."""
        names = {self.head.transaction, self.head.also_transaction} - {""}
        if len(names) > 1:
            raise Unreadable(f"an answer of {' and '.join(sorted(names))} at once")
        return names.pop() if names else ""

    @property
    def words(self) -> str:
        """What it says to people."""
        said = (self.head.words, self.head.more_words)
        return " ".join(dict.fromkeys(part for part in said if part))

    def group(self, kind: type[Group], tag: str) -> Group | None:
        """A group of the answer, None where it has none. Raises Unreadable for two of them."""
        found = list(self.root.iterchildren(tag))
        if len(found) > 1:
            raise Unreadable(f"group {tag} appears twice, again at line {found[1].sourceline}")
        return kind.parse(found[0]) if found else None

    def packed(self, name: str) -> str:
        """A packed text of Cmp with its inner blanks, "" where there is none."""
        found = list(self.root.iterfind(f"Cmp/{name}"))
        if len(found) > 1 or any(len(node) for node in found):
            raise Unreadable(f"Cmp/{name} is not one text, at line {found[-1].sourceline}")
        return (found[0].text or "").strip("\r\n\t") if found else ""


def read_answer(data: bytes, *, has_rows: bool = False) -> Answer:
    """The document and what follows it. With `has_rows` a bare `&` in its texts is forgiven. Raises Unreadable."""
    at = data.rfind(END)
    document, file = (data[: at + len(END)], data[at + len(END) :]) if at >= 0 else (data, b"")
    if file.strip() and not has_rows:
        raise Unreadable("something follows the answer")
    if has_rows:
        document = _BARE.sub(b"&amp;", document)
    root = parse_bank_xml(document, default="gb18030")
    if root.tag != "ap":
        raise Unreadable(f"root {root.tag} instead of ap, at line {root.sourceline}")
    head = m.AnswerHead.parse(root)
    if not head.code:
        raise Unreadable(f"ap without RespCode, at line {root.sourceline}")
    return Answer(head, root, file)


# -- payments -----------------------------------------------------------------------------------------------------


def taken(answer: Answer, reference: str) -> list[Outcome]:
    """What was taken, or is handled by hand; never a success, and nothing where the answer has no Corp."""
    table, transaction = codes.TABLE, answer.transaction or "CFRT02"
    if answer.head.code == codes.BY_HAND:
        fate = table.fate(transaction, "RespCode", codes.BY_HAND)
    else:
        corp = answer.group(m.Taken, "Corp")
        fate = table.fate(transaction, "WaitFlag", corp.waits) if corp is not None else Fate.UNKNOWN
    return [Outcome(reference, fate, answer.head.serial, answer.head.code, answer.words)]


def standing(answer: Answer, reference: str) -> list[Outcome]:
    """CQRT04: two inner codes that have to agree."""
    packed = answer.packed("RespPrvData")
    if len(packed) < 22:
        raise Unreadable(f"RespPrvData has {len(packed)} of 26 characters")
    row = m.Standing.cut(packed.ljust(26).encode("gb18030"), charset="gb18030", where="RespPrvData")
    corp = answer.group(m.Used, "Corp")
    fate = codes.standing(row.code, row.host_code)
    words = corp.words if corp is not None else ""
    return [Outcome(reference, fate, row.serial, f"{row.code}/{row.host_code}", words)]


def by_hand(answer: Answer, reference: str) -> list[Outcome]:
    """CQRA61: whether somebody at the bank has let it go."""
    corp = answer.group(m.Used, "Corp")
    state = corp.state if corp is not None else ""
    return [Outcome(reference, codes.TABLE.fate("CQRA61", "UseState", state), "", state)]


# -- accounts -----------------------------------------------------------------------------------------------------


def joined(province: str, account: str) -> str:
    """An account as one number, whether the bank split it or not."""
    return province + account if len(account) == 15 and len(province) == 2 else account


def _is(asked: AccountRef | None, number: str) -> str:
    """The account's number in our writing, where it is the one that was asked about."""
    if asked is not None and (not number or asked.number.replace("-", "") == number):
        return asked.number
    return number


def balance(answer: Answer, asked: AccountRef | None) -> list[Balance]:
    """CQRA06: the group of newer front-ends, else the packed line."""
    acc, cmp_ = answer.group(m.BalanceGroup, "Acc"), answer.group(m.AccountGroup, "Cmp")
    if acc is not None and acc.book is not None:
        number = joined(cmp_.province, cmp_.account) if cmp_ is not None else ""
        currency = cmp_.currency if cmp_ is not None else ""
        book, available, frozen = acc.book, acc.available, acc.frozen
    else:
        packed = answer.packed("RespPrvData1")
        line = m.BalanceLine.parse(packed, where="RespPrvData1")
        number, currency = joined(line.province, line.account), line.currency
        if line.book is None or line.code not in ("", codes.OK):
            raise Unreadable(f"RespPrvData1 tells no balance, its code is {line.code[:10]!r}")
        book, available, frozen = line.book, line.available, None
    account = _is(asked, number)
    if not account:
        raise Unreadable("CQRA06 names no account")
    money = codes.CURRENCY.get(currency, currency)
    return [Balance(account, money, book, available, frozen, clock.today())]


@dataclass(frozen=True)
class Sides:
    """Values of AmtIndex as the operator was told, and the one of ContFlag that ends a list."""

    debit: Collection[str] = ()
    credit: Collection[str] = ()
    end: str = ""


def row_count(answer: Answer) -> int | None:
    """How many rows the answer announces."""
    counts = answer.group(m.Counts, "Cme")
    return counts.rows if counts is not None else None


def file_name(answer: Answer) -> str:
    """The companion file that holds the rows, "" where they are inside or there are none."""
    if answer.head.file != "1" or row_count(answer) == 0 or answer.packed("BatchFileData").strip():
        return ""
    cmp_ = answer.group(m.AccountGroup, "Cmp")
    return cmp_.file if cmp_ is not None else ""


def entries(
    answer: Answer, asked: AccountRef | None, place: str, sides: Sides
) -> tuple[list[StatementLine], str]:
    """The rows of CQRA10, from the answer or the file behind it, and the journal number to go on from."""
    name, inside = file_name(answer), answer.packed("BatchFileData")
    if name and not answer.file.strip():
        raise Unreadable(f"the rows stand in the file {name[:60]!r}, which is not there")
    text = inside if inside.strip() else encodings.decode(answer.file, "gb18030")
    counts = answer.group(m.Counts, "Cme")
    width = counts.fields if counts is not None and counts.fields is not None else FIELDS
    texts = [one for one in text.splitlines() if one.strip()]
    if counts is None or counts.rows is None or counts.rows != len(texts):
        raise Unreadable(f"{len(texts)} rows, and not the number that Cme/RecordNum announces")
    lines, journal = [], place
    for n, one in enumerate(texts, 1):
        row = _row(one, width, n)
        lines.append(_entry(row, asked, sides, n))
        journal = row.journal
    return lines, "" if _ends(answer, sides) or journal == place else journal


def _ends(answer: Answer, sides: Sides) -> bool:
    cmp_, cme = answer.group(m.AccountGroup, "Cmp"), answer.group(m.Counts, "Cme")
    flags = {cmp_.goes_on, cmp_.goes_on_too} if cmp_ is not None else set()
    flags |= {cme.goes_on} if cme is not None else set()
    return bool(sides.end) and flags - {""} == {sides.end}


def _row(text: str, width: int, number: int) -> m.Entry:
    values = text.strip("\r\n").split("|")
    if len(values) == width + 1 and not values[-1].strip():
        values.pop()  # a bar after the last value
    if width < FIELDS or len(values) != width:
        raise Unreadable(f"row {number} has {len(values)} values, announced are {width}")
    return m.Entry.from_values(values, where=f"row {number}")


def _entry(row: m.Entry, asked: AccountRef | None, sides: Sides, number: int) -> StatementLine:
    if row.booked_on is None or row.amount is None or row.amount == 0 or not row.journal:
        raise Unreadable(f"row {number} lacks its day, its amount or its journal number")
    digits = row.stamp[:6] if row.stamp[:6].isdigit() and len(row.stamp) >= 6 else ""
    currency = codes.CURRENCY.get(row.currency, row.currency)
    return StatementLine(
        account=_is(asked, joined(row.province, row.account)),
        bank_serial=f"{row.booked_on:%Y%m%d}-{row.journal}",
        booked_at=_moment(row, digits),
        direction=_direction(row, row.amount, sides, number),
        money=Money(abs(row.amount), currency),
        balance_after=row.balance,
        counterparty_name=row.other_name,
        counterparty_account=joined(row.other_province, row.other_account),
        counterparty_bank=row.other_bank,
        narrative=" ".join(part for part in (row.abstract, row.postscript) if part),
        reference=row.ours,
    )


def _moment(row: m.Entry, digits: str) -> datetime:
    if row.booked_on is None:
        raise Unreadable("a row without a day")
    return moment(row.booked_on, digits)


def _direction(row: m.Entry, amount: Decimal, sides: Sides, number: int) -> Direction:
    """By the change of the balance and by what the operator knows of AmtIndex; where both speak they must agree."""
    told = set()
    if row.balance is not None and row.balance_before is not None:
        change = row.balance - row.balance_before
        if abs(change) == abs(amount):
            told.add(Direction.CREDIT if change > 0 else Direction.DEBIT)
    if row.side and row.side in sides.debit:
        told.add(Direction.DEBIT)
    if row.side and row.side in sides.credit:
        told.add(Direction.CREDIT)
    if len(told) != 1:
        why = "two directions" if told else "no direction"
        raise Unreadable(f"row {number} tells {why}: AmtIndex is {row.side[:10]!r}")
    return told.pop()
