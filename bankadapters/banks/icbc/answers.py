"""ICBC answers → our values. Nothing here guesses a fate: what is unclear stays UNKNOWN or Unreadable.

Source: ICBC sheet, sections 1, 3, 4 and 5.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from lxml import etree

from bankadapters.banks.icbc import codes
from bankadapters.banks.icbc import messages as m
from bankadapters.contract import Balance, Direction, Fate, Outcome, StatementLine
from bankadapters.errors import Unreadable
from bankadapters.leaves import moment
from bankadapters.matching import echoed
from bankadapters.signing import unwrapped_base64
from bankadapters.xml import parse_bank_xml, the_one
from kernel import clock
from kernel.money import Money

_ERROR = re.compile(rb"\A\s*errorCode=([^\r\n&]{0,60})")
_DATA = b"reqData="
_PLACE = re.compile(r"[^|]*\|[^|]*\|(\d{5})\|(\d{1,6})")
_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2})-(\d{2})\.(\d{2})\.(\d{2})(?:\.\d+)?")


@dataclass(frozen=True)
class Answer:
    """One answer: package number, code and words, and its `out`; none where the client reports an error of its own."""

    number: str
    serial: str
    code: str
    words: str
    out: etree._Element | None = None

    def rows(self) -> list[etree._Element]:
        """The rows of `out`."""
        return [] if self.out is None else list(self.out.iterchildren("rd"))


def read_answer(data: bytes, *, live: bool) -> Answer:
    """The document behind `reqData=`, or the client's `errorCode=`; a bare document only where it was stored so.

    Raises Unreadable.
    """
    error = _ERROR.match(data)
    if error:
        code = error[1].decode("gb18030", "replace").strip()
        return Answer("", "", f"errorCode={code}", "NetSafe Client 报错")
    begun = data.lstrip()
    if begun.startswith(_DATA):
        data = unwrapped_base64(begun.removeprefix(_DATA).rstrip(b"\r\n"))
    elif live or not begun.startswith(b"<"):
        raise Unreadable("the answer begins neither with reqData= nor with errorCode=")
    root = parse_bank_xml(data, default="gbk")
    pub, out = the_one(root, "pub"), the_one(root, "out")
    if root.tag != "CMS" or pub is None:
        raise Unreadable(f"root {root.tag} with no CMS/eb/pub, at line {root.sourceline}")
    said = m.Answered.parse(pub)
    if not said.code:
        raise Unreadable(f"pub without RetCode, at line {pub.sourceline}")
    return Answer(said.number, said.serial, said.code, said.words, out)


# -- payments -----------------------------------------------------------------------------------------------------


def submitted(answer: Answer, operation: str) -> list[Outcome]:
    """The bank's word on the payments of a package just taken in."""
    return _told(answer, operation, answer.number, answer.serial)


def standing(answer: Answer, operation: str) -> tuple[str, list[Outcome]]:
    """Which package was told of, and the bank's word on each of its payments."""
    if answer.out is None:
        raise Unreadable("an answer without out")
    head = m.Stands.parse(answer.out)
    return head.number, _told(answer, operation, head.number, head.serial)


def _told(answer: Answer, operation: str, package: str, serial: str) -> list[Outcome]:
    rows = [m.ResultRow.parse(node) for node in answer.rows()]
    found = []
    for row in rows:
        order = row.order or row.asked_order
        code = row.bank_code or ("" if row.code == codes.OK else row.code)
        found.append(
            Outcome(
                reference=row.own or (package if len(rows) == 1 else ""),
                fate=codes.fate(operation, row.result),
                bank_serial=f"{serial}/{order}" if serial and order else serial,
                code=f"{row.result}/{code}" if code else row.result,
                text=row.bank_words or row.words,
                money=_money(row.amount, row.currency),
                payer_account=row.payer_account,
            )
        )
    return found


def whole(package: str, items: Sequence[Outcome]) -> Outcome:
    """A payroll as one: ended where all its people ended alike, told by the sum of what the bank names.

    Without the amount of each the sum cannot show that nobody is missing: then nothing ended.
    """
    fates = Counter(item.fate for item in items)
    total = sum((item.money.amount for item in items if item.money is not None), Decimal(0))
    said, words = (items[0].fate if len(fates) == 1 else Fate.UNKNOWN), ""
    if said in (Fate.SUCCEEDED, Fate.FAILED) and any(item.money is None for item in items):
        said = Fate.UNKNOWN
    if len(fates) > 1:
        paid = fates[Fate.SUCCEEDED]
        is_open = fates[Fate.PROCESSING] + fates[Fate.ACCEPTED] + fates[Fate.MANUAL_HANDLING]
        said = Fate.PROCESSING if is_open else Fate.UNKNOWN
        words = f"{paid}/{len(items)} 笔成功"
    serial = items[0].bank_serial.partition("/")[0]
    money = Money(total, "CNY") if total else None
    return Outcome(package, said, serial, text=words, money=money)


# -- accounts -----------------------------------------------------------------------------------------------------


def balances(answer: Answer) -> tuple[list[Balance], str, str]:
    """The balances of the good rows, and code and words of the first bad one."""
    good, code, words = [], "", ""
    for node in answer.rows():
        row = m.BalanceRow.parse(node)
        if row.code != codes.OK:
            code, words = code or row.code or "?", words or row.words
            continue
        if not row.account or row.book is None:
            raise Unreadable(f"rd without AccNo or Balance, at line {node.sourceline}")
        currency = _currency(row.currency)
        good.append(
            Balance(row.account, currency, row.book, row.available, row.frozen, _told_on(row.told_at))
        )  # fmt: skip
    return good, code, words


def _told_on(stamp: str) -> date:
    digits = re.sub(r"\D", "", stamp)[:8]
    if len(digits) < 8:
        return clock.today()
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


def entries(answer: Answer) -> tuple[list[StatementLine], str]:
    """The entries of a page, and the bank's place to go on from."""
    if answer.out is None:
        raise Unreadable("an answer without out")
    head = m.Entries.parse(answer.out)
    nodes = answer.rows()
    if head.rows is not None and head.rows != len(nodes):
        raise Unreadable(f"TotalNum announces {head.rows} rows, {len(nodes)} are there")
    if nodes and not head.account:
        raise Unreadable("rows without the account they belong to")
    return [_entry(m.EntryRow.parse(n), head, n) for n in nodes], head.place


def _entry(row: m.EntryRow, head: m.Entries, node: etree._Element) -> StatementLine:
    where = f"at line {node.sourceline}"
    if row.side not in codes.SIDE:
        raise Unreadable(f"Drcrf {row.side!r} is neither 1 nor 2, {where}")
    direction = codes.SIDE[row.side]
    sided, other = row.debit, row.credit
    if direction is Direction.CREDIT:
        sided, other = other, sided
    amount = row.amount if row.amount is not None else sided
    if other or amount is None or amount <= 0 or (sided and sided != amount):
        raise Unreadable(f"rd without one amount above zero on the side of Drcrf, {where}")
    remark = " ".join(dict.fromkeys(part for part in (row.summary, row.remark, row.refund) if part))
    return StatementLine(
        account=head.account,
        bank_serial=row.serial or _serial_of(row.place),
        booked_at=_booked(row, where),
        direction=direction,
        money=Money(amount, _currency(head.currency)),
        balance_after=row.balance,
        counterparty_name=row.other_name,
        counterparty_account=row.other_account,
        counterparty_bank=row.other_bank_name or row.other_bank or row.other_bank_code,
        narrative=remark,
        purpose=row.purpose,
        reference=row.reference,
    )


def _serial_of(place: str) -> str:
    """Today's entries of the older layout: day of the year and sequence, as OnlySequence will say tomorrow."""
    found = _PLACE.fullmatch(place)
    return f"{found[1]}{found[2].zfill(6)}" if found else ""


def _booked(row: m.EntryRow, where: str) -> datetime:
    """The posting day, which Time's own day may contradict; the time of day where there is one."""
    stamp = _STAMP.fullmatch(row.stamp or row.time)
    if row.booked_on is None and stamp is None:
        raise Unreadable(f"rd without Date or TimeStamp, {where}")
    day = row.booked_on or date.fromisoformat(stamp[1] if stamp else "")
    return moment(day, ":".join(stamp.groups()[1:]) if stamp else "", where="TimeStamp")


def _currency(code: str) -> str:
    return codes.CURRENCY.get(code, code)


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return echoed(amount, _currency(currency))
