"""What banks that exchange files have in common: their statements are read out of what they left, in any order, more than once.

A closed statement (camt.053, the last page of an MT940) is a day's last word; interim ones (camt.052/054, MT942) speak until
it comes. An entry told twice under one serial is one entry, unless one statement tells it twice. A past day without its closed statement is not an empty day:
the question fails and is asked again, until the day's statement has come, or that of a later day which begins where the one
before ended.
"""

from __future__ import annotations

import io
import re
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import IO

from bankadapters import gaps
from bankadapters.contract import (
    Ability,
    Balance,
    Direction,
    Fate,
    Inquiry,
    Outcome,
    Reading,
    StatementLine,
    StatementPage,
    Verdict,
    WireRequest,
)
from bankadapters.dialect import INQUIRIES, PAYMENTS, Dialect
from bankadapters.errors import Unreadable
from bankadapters.folders import LISTED, Left, opened
from bankadapters.limits import require_account
from bankadapters.paging import Spans, row_of
from bankadapters.profiles import Endpoint, Question
from kernel import clock
from kernel.errors import InvalidInput
from kernel.formats.sections import Section
from kernel.money import Money

Reader = Callable[[IO[bytes]], Iterator[Section]]
PAGE_ROWS = 500
DAYS_MAX = 400  # a statement of more days is not one
BALANCE_DAYS = 14  # how far back a balance is looked for
_SIDES = {
    "CRDT": Direction.CREDIT, "DBIT": Direction.DEBIT, "credit": Direction.CREDIT, "debit": Direction.DEBIT,
}  # fmt: skip
_NOTHING = ("NOTPROVIDED", "NONREF")
ENTRY_FIELDS = 15
ABILITIES = frozenset(
    {
        Ability.BALANCE,
        Ability.HISTORY_BALANCE,
        Ability.TRANSACTIONS,
        Ability.PAY,
        Ability.PAY_BATCH,
        Ability.INQUIRE,
        Ability.INQUIRE_BATCH,
    }
)
FOLDERS = (
    Endpoint(
        "main",
        "发往银行的文件目录（可为 SFTP 挂载）",
        "Folder of files to the bank (may be mounted over SFTP)",
        "file:///mnt/bank/to-bank",
    ),
    Endpoint(
        "answers",
        "银行回传的文件目录",
        "Folder of files from the bank",
        "file:///mnt/bank/from-bank",
    ),
)
MOUNT = Question(
    "传输层的签名或加密由挂载方完成",
    "signatures and encryption of the transport are the mount's",
)


@dataclass
class Told:
    """One statement as the bank told it: its head, and its booked entries."""

    section: Section
    lines: list[StatementLine] = field(default_factory=list)

    @property
    def closed_days(self) -> list[date]:
        """The days this is the last word on; none where it is interim or a page that others follow."""
        last = self.section.closing_day
        if self.section.is_interim or not self.section.is_last_page or last is None:
            return []
        first = self.section.first or last
        if not 0 <= (last - first).days <= DAYS_MAX:
            first = last
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    @property
    def days(self) -> set[date]:
        """Every day it says anything about."""
        held = {one for one in (self.section.held_day, self.section.closing_day) if one is not None}
        return held | set(self.closed_days) | {line.booked_at.date() for line in self.lines}


def statements(data: bytes, read: Reader) -> list[Told]:
    """Every statement of a file. Raises Unreadable."""
    found: list[Told] = []
    try:
        for section in read(io.BytesIO(data)):
            told = Told(section)
            for rows in section.rows:
                told.lines.extend(_lines(rows, section))
            found.append(told)
    except InvalidInput as error:
        raise Unreadable(error.message_en or error.message) from error
    return found


def _lines(rows: bytes, section: Section) -> Iterator[StatementLine]:
    for row in rows.decode("utf-8").split("\n"):
        if row:
            yield _line(row.split("\t"), section)


def _line(cells: Sequence[str], section: Section) -> StatementLine:
    """One entry out of the readers' row: booking day, moment, value day, serial, side, amount, currency, …"""
    if len(cells) != ENTRY_FIELDS:
        raise Unreadable(f"an entry of {len(cells)} fields")
    cells = ["" if one.strip() in _NOTHING else one.strip() for one in cells]
    amount, side = _amount(cells[5]), _SIDES.get(cells[4])
    if side is None or amount <= 0:
        raise Unreadable(f"an entry of {cells[5][:30]!r} that is {cells[4][:20]!r}")
    return StatementLine(
        account=section.account,
        bank_serial=cells[3],
        booked_at=_moment(cells[1]),
        direction=side,
        money=Money(amount, cells[6] or section.currency),
        balance_after=None,
        counterparty_name=cells[8],
        counterparty_account=cells[9],
        counterparty_bank=cells[10],
        narrative=cells[11],
        purpose=cells[12],
        reference=cells[13],
    )


def _amount(text: str) -> Decimal:
    if not re.fullmatch(r"\d{1,18}(\.\d{0,5})?", text):
        raise Unreadable(f"{text[:30]!r} is no amount")
    return Decimal(text)


def _moment(text: str) -> datetime:
    """A day, or a moment; one without a zone is Shanghai's."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Unreadable(f"{text[:40]!r} is no day") from None
    if found.tzinfo is None:
        return found.replace(tzinfo=clock.SHANGHAI)
    return found.astimezone(clock.SHANGHAI)


def labels_of(told: Iterable[Told]) -> set[str]:
    """What statements speak of: `account:`, `day:`, the references of their entries, and what `gaps` has to know."""
    found: set[str] = set()
    for one in told:
        account = one.section.account
        found.add(f"account:{account}")
        found |= {f"day:{account}:{day:%Y%m%d}" for day in one.days}
        found |= set(_ends(one))
        found |= {f"ref:{line.reference}" for line in one.lines if line.reference}
    return found


def _ends(one: Told) -> Iterator[str]:
    """How a statement begins and ends: a page that others follow has the beginning, the last one the end."""
    section, days = one.section, one.closed_days
    if section.is_interim or section.closing_day is None:
        return
    if days and section.closing is not None:
        yield gaps.closed_label(
            section.account, days[0], days[-1], section.closing, section.sequence
        )
    if section.opening is not None and section.page in (None, 0, 1):
        yield gaps.opened_label(
            section.account, section.closing_day, section.opening, section.sequence
        )


class FileDialect(Dialect):
    """A bank whose answers are files: `told` reads the statements among them, each bank its own messages."""

    abilities = ABILITIES
    spans = Spans(days_max=31)
    history_spans = Spans(days_max=31)
    serials_identify = False  # payments booked together share one

    @staticmethod
    @abstractmethod
    def sections(stream: IO[bytes]) -> Iterator[Section]:
        """The statements of a file of this bank. Raises InvalidInput."""

    @abstractmethod
    def payments_told(
        self, operation: Ability, files: Sequence[Left], asked: WireRequest | None
    ) -> Reading:
        """What files say of payments. Raises Unreadable."""

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Payments of one message; those of no known one are asked about each alone."""
        return super().asked_together(inquiry), inquiry.batch_no or inquiry.reference

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What the bank's files say. Raises Unreadable."""
        files = opened(answer)
        if operation in PAYMENTS or operation in INQUIRIES:
            return self.payments_told(operation, files, asked)
        return self.account_words(operation, files, asked)

    def told(self, files: Iterable[Left]) -> list[Told]:
        """The statements of these files, as the bank made them one after another. Raises Unreadable."""
        found = [one for file in files for one in statements(file.data, self.sections)]
        return sorted(found, key=lambda one: (one.section.made, one.section.page or 0))

    def where(self, request: WireRequest) -> str:
        """Where the answer to a question about an account lies. Raises Unencodable."""
        account = require_account(request.the_account().number, most=64)
        if request.operation is Ability.BALANCE:
            first, last = clock.today() - timedelta(days=BALANCE_DAYS), clock.today()
        else:
            first, last = request.the_days()
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        listed = [f"{LISTED}{word}:{account}:" for word in (gaps.CLOSED, gaps.OPENED)]
        return " ".join(["find", *listed, *(f"day:{account}:{day:%Y%m%d}" for day in days)])

    def account_words(
        self, operation: Ability, files: Sequence[Left], asked: WireRequest | None
    ) -> Reading:
        """What files say of balances and entries. Raises Unreadable."""
        told = self.told(one for one in files if one.name != LISTED)
        if operation is Ability.TRANSACTIONS:
            return self._entries(told, _calendar(files), asked)
        wanted = None if asked is None else asked.the_account().number
        held = [one for one in told if wanted in (None, one.section.account)]
        if operation is Ability.HISTORY_BALANCE:
            first, last = asked.the_days() if asked is not None else (date.min, date.max)
            closed = {one.as_of: one for one in _closings(held) if first <= one.as_of <= last}
            return Reading("", "", balances=[closed[day] for day in sorted(closed)])
        latest = {one.account: one for one in sorted(_figures(held), key=lambda one: one.as_of)}
        return Reading("", "", balances=list(latest.values()))

    def _entries(
        self, told: Sequence[Told], known: gaps.Calendar, asked: WireRequest | None
    ) -> Reading:
        if asked is None:
            return Reading("", "", page=StatementPage([line for one in told for line in one.lines]))
        account, (first, last) = asked.the_account().number, asked.the_days()
        yesterday = clock.today() - timedelta(days=1)
        missing = known.untold(
            first,
            min(last, yesterday),
            weekends=self.setting("weekend_statements") == "yes",
            counts=self.setting("counted_statements") == "yes",
        )
        for one in missing:
            return Reading("", f"no statement of {one.day} {one.why}", Verdict.UNDECIDED)
        own = [one for one in told if one.section.account == account]
        lines = [one for one in _of_days(own) if first <= one.booked_at.date() <= last]
        start = row_of(asked.cursor) - 1
        following = str(start + PAGE_ROWS + 1) if len(lines) > start + PAGE_ROWS else ""
        page = StatementPage(lines[start : start + PAGE_ROWS], next=following, total=len(lines))
        return Reading("", "", page=page)

    @staticmethod
    def booked(told: Iterable[Told], inquiries: Sequence[Inquiry]) -> Iterator[Outcome]:
        """What entries say of payments: a debit under our number is a success, the same amount back is a return.

        Back on the account that paid: the payee's account may be one of ours too.
        """
        lines = [line for one in told for line in one.lines if line.reference]
        for asked in inquiries:
            payer = asked.payer_account
            ours = [
                line
                for line in lines
                if line.reference == asked.reference and payer in ("", line.account)
            ]
            out = [line for line in ours if line.direction is Direction.DEBIT]
            if not out:
                continue
            is_back = any(
                line.direction is Direction.CREDIT
                and (line.account, line.money) == (out[0].account, out[0].money)
                for line in ours
            )
            yield Outcome(
                asked.reference,
                Fate.RETURNED if is_back else Fate.SUCCEEDED,
                out[0].bank_serial,
                money=out[0].money,
                payer_account=out[0].account,
            )


def of_message(
    number: str, said: Iterable[Outcome], asked: WireRequest | None
) -> Iterator[Outcome]:
    """A word on the message of this number; a payment that went in another message is not decided by it."""
    went = {one.reference: one.batch_no for one in asked.inquiries} if asked is not None else {}
    for one in said:
        if went.get(one.reference) in (None, "", number):
            yield one
        else:
            yield replace(one, fate=Fate.UNKNOWN, text=f"named under message {number[:35]}")


def combined(said: Sequence[Outcome]) -> list[Outcome]:
    """One word on each payment out of several files, the earlier first: an end stands over what led to it.

    Two ends that contradict each other decide nothing; a return follows a success.
    """
    by_reference: dict[str, list[Outcome]] = {}
    for one in said:
        by_reference.setdefault(one.reference, []).append(one)
    return [_combined(words) for words in by_reference.values()]


def _combined(words: Sequence[Outcome]) -> Outcome:
    ends = {one.fate for one in words if one.fate in (Fate.SUCCEEDED, Fate.FAILED, Fate.RETURNED)}
    if Fate.FAILED in ends and len(ends) > 1:
        return replace(words[-1], fate=Fate.UNKNOWN, text="the bank's files contradict each other")
    for end in (Fate.RETURNED, Fate.SUCCEEDED, Fate.FAILED):
        if end in ends:
            return next(one for one in reversed(words) if one.fate is end)
    certain = [one for one in words if one.fate is not Fate.UNKNOWN]
    return (certain or words)[-1]


def _calendar(files: Sequence[Left]) -> gaps.Calendar:
    """The days of the account that the folder holds closed statements of."""
    listed = [one.data.decode("utf-8", "replace") for one in files if one.name == LISTED]
    return gaps.Calendar(label for one in listed for label in one.split())


def _of_days(told: Sequence[Told]) -> list[StatementLine]:
    """The entries of an account: of closed statements where a day has one, else of whatever speaks of it; each once."""
    final = {day for one in told for day in one.closed_days}
    found: dict[object, StatementLine] = {}
    for number, one in enumerate(told):
        twins: Counter[object] = Counter()  # payments booked together may share serial and amount
        for row, line in enumerate(one.lines):
            if line.booked_at.date() in final and one.section.is_interim:
                continue
            unnamed = (one.section.number or number, one.section.page, row)
            named = (line.bank_serial, line.direction, line.money)
            twins[named] += 1
            found.setdefault((*named, twins[named]) if line.bank_serial else unnamed, line)
    return sorted(found.values(), key=lambda line: line.booked_at)


def _closings(told: Iterable[Told]) -> Iterator[Balance]:
    for one in told:
        section = one.section
        if one.closed_days and section.closing is not None and section.closing_day is not None:
            yield _balance(section, section.closing, section.closing_day)


def _figures(told: Iterable[Told]) -> Iterator[Balance]:
    """Every balance that is told, of days still running too."""
    for one in told:
        section = one.section
        if section.closing is not None and section.closing_day is not None:
            yield _balance(section, section.closing, section.closing_day)
        elif section.held is not None and section.held_day is not None:
            yield _balance(section, section.held, section.held_day)


def _balance(section: Section, book: Decimal, day: date) -> Balance:
    return Balance(section.account, section.currency, book, section.available, None, day)
