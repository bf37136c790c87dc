"""SPDB answers → our values. Nothing here guesses a fate: what is unclear stays UNKNOWN or Unreadable.

Source: SPDB sheet, sections 1 to 5.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from bankadapters.banks.spdb import codes
from bankadapters.banks.spdb import messages as m
from bankadapters.contract import Balance, Direction, Fate, Outcome, StatementLine
from bankadapters.errors import Unreadable
from bankadapters.leaves import moment
from bankadapters.matching import echoed
from bankadapters.xml import child_text, parse_bank_xml, the_one
from kernel import clock
from kernel.money import Money

_HEAD = re.compile(rb"<head>.*?</head>", re.DOTALL)
_BODY = re.compile(rb"<body>.*</body>", re.DOTALL)
_REASON = "|<错误原因:"


@dataclass(frozen=True)
class Answer:
    """One answer: packet number, code and words, and its body; `signature` is that of a body not opened yet."""

    trade: str
    number: str
    code: str
    words: str
    body: etree._Element
    signature: bytes = b""

    def rows(self) -> list[etree._Element]:
        """The rows of its only list."""
        lists = the_one(self.body, "lists")
        return [] if lists is None else list(lists.iterchildren("list"))


def unframed(data: bytes) -> bytes:
    """The packet behind its length. Raises Unreadable where there is none, or where it contradicts the bytes."""
    inside = m.FRAME.strip(data)
    if inside is None:
        raise Unreadable("the answer does not begin with six characters of length")
    return inside


def read_packet(packet: bytes) -> Answer:
    """A packet with its plain body, an unsigned error, or a body still inside its signature. Raises Unreadable."""
    root = parse_bank_xml(packet, override="gb18030")
    head, inside = the_one(root, "head"), the_one(root, "body")
    if root.tag != "packet" or head is None or inside is None:
        raise Unreadable(f"root {root.tag} with no packet/head and packet/body")
    said, error = m.Answered.parse(head), m.Refusal.parse(inside)
    if not said.code:
        raise Unreadable(f"head without returnCode, at line {head.sourceline}")
    code = said.code
    if error.code and error.code != code:
        if code != codes.OK:
            raise Unreadable(f"head says {code[:20]}, body {error.code[:20]}")
        code = error.code
    signature = child_text(inside, "signature")
    signed = signature.encode("ascii", "replace")
    return Answer(said.trade, said.number, code, error.words, inside, signed)


def read_answer(data: bytes, *, live: bool) -> Answer:
    """An answer whose body was opened already, or, where it was stored as it came, still lies in its signature.

    Raises Unreadable.
    """
    packet = data if live else _stored(data)
    said = read_packet(packet)
    if said.signature and not live:
        said = read_packet(with_body(packet, inside_signature(said.signature)))
    if said.signature:
        raise Unreadable("the body is still inside its signature")
    return said


def _stored(data: bytes) -> bytes:
    """A kept packet; storing may have lost a line end, which the document itself then shows to be whole."""
    try:
        return m.FRAME.strip(data) or data
    except Unreadable:
        if data[:6].strip().isdigit() and int(data[:6]) - len(data) == 1:
            return data[6:]
        raise


def with_body(packet: bytes, plain: bytes) -> bytes:
    """The packet with the plain text in the place of its signed body. Raises Unreadable."""
    head = _HEAD.search(packet)
    if head is None or not _BODY.fullmatch(plain.strip()):
        raise Unreadable("what was signed is no body")
    return b"<packet>" + head[0] + plain.strip() + b"</packet>"


def inside_signature(signature: bytes) -> bytes:
    """The body a stored signature holds; it was vouched for when it came. Raises Unreadable."""
    try:
        data = base64.b64decode(re.sub(rb"\s", b"", signature), validate=True)
    except ValueError as error:
        raise Unreadable(f"signature is not base64: {error}") from error
    found = _BODY.search(data)
    if found is None:
        raise Unreadable("the signature holds no body")
    return found[0]


# -- payments -----------------------------------------------------------------------------------------------------


def submitted(answer: Answer, reference: str) -> Outcome:
    """The bank's word on one payment just taken in: 8801 with a status, EG01 with a number only."""
    taken = m.Taken.parse(answer.body)
    status = taken.status or ("A" if taken.business else "")
    return Outcome(
        reference, codes.fate("8801", status), taken.accept or taken.business, taken.status
    )


def accepted(answer: Answer) -> str:
    """The acceptance number of a batch; counts beside it tell no single payment. Raises Unreadable without one."""
    number = m.Taken.parse(answer.body).accept
    if not number:
        raise Unreadable("an accepted batch without acceptNo")
    return number


def standing(answer: Answer, trade: str) -> list[Outcome]:
    """Where payments stand: rows of 8804 and EY03, the only word of EG30."""
    if trade == "EG30":
        one = m.InstantStands.parse(answer.body)
        said = codes.fate("EG30", one.status)
        return [Outcome(one.reference, said, one.business, one.status)] if one.status else []
    found = []
    for node in answer.rows():
        row = m.StatusRow.parse(node)
        _, _, reason = row.note.partition(_REASON)
        reason = reason.rstrip(">")
        code = reason.partition(" ")[0] if reason else ""
        found.append(
            Outcome(
                row.reference, codes.fate(trade, row.status), row.accept, f"{row.status}/{code}" if code else row.status,
                reason, echoed(row.amount), row.account,
            )
        )  # fmt: skip
    return found


def packages(answer: Answer) -> list[Outcome]:
    """Batches as the web bank lists them, each under its own number and the host's.

    One of which only some payments were rejected has not failed: its word is on none of them.
    """
    found = []
    for row in (m.PackageRow.parse(node) for node in answer.rows()):
        said = codes.fate("DO48", row.status)
        is_part = bool(row.rejected) and row.rejected != row.items
        fate = Fate.UNKNOWN if said is Fate.FAILED and is_part else said
        found.append(Outcome(row.number, fate, row.host, row.status))
    return found


# -- accounts -----------------------------------------------------------------------------------------------------


def balances(answer: Answer) -> list[Balance]:
    """The balances the bank tells; available may exceed the book balance where there is an overdraft or a pool."""
    found = []
    for node in answer.rows():
        row = m.BalanceRow.parse(node)
        if not row.account or row.book is None:
            raise Unreadable(f"list without acctNo or balance, at line {node.sourceline}")
        found.append(
            Balance(row.account, "CNY", row.book, row.available, row.frozen, clock.today())
        )
    return found


def entries(
    answer: Answer, account: str, sides: Mapping[str, Direction]
) -> tuple[list[StatementLine], int | None]:
    """The entries of a page, and how many there are in all."""
    head = m.Details.parse(answer.body)
    account = account or head.account
    if head.account and head.account != account:
        raise Unreadable(f"details of account {head.account[:40]}, another one was asked about")
    return [_entry(node, account, sides) for node in answer.rows()], head.total


def _entry(node: etree._Element, account: str, sides: Mapping[str, Direction]) -> StatementLine:
    row, where = m.EntryRow.parse(node), f"at line {node.sourceline}"
    if row.side not in sides:
        raise Unreadable(f"debitFlag {row.side!r} is neither of {sorted(sides)}, {where}")
    if row.booked_on is None or row.amount is None or row.amount <= 0:
        raise Unreadable(f"list without transDate or an amount above zero, {where}")
    serial = row.unique or "-".join(part for part in (row.journal, row.summons) if part)
    narrative = " ".join(part for part in (row.summary, row.remark, row.reason) if part)
    return StatementLine(
        account=account,
        bank_serial=serial,
        booked_at=moment(row.booked_on, row.time, where="transTime"),
        direction=sides[row.side],
        money=Money(row.amount, "CNY"),
        balance_after=row.balance,
        counterparty_bank=row.other_bank or row.other_bank_code,
        narrative=narrative,
        purpose=row.remark,
        reference=row.reference,
    )
