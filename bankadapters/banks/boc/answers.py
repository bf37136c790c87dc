"""Bank of China answers → our values. Whatever is unclear stays UNKNOWN or Unreadable; nothing here guesses a fate.

Source: BOCB2E sheet, sections 3 to 6.
"""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from lxml import etree

from bankadapters.banks.boc import codes
from bankadapters.banks.boc import messages as m
from bankadapters.contract import Balance, Direction, Fate, Outcome, StatementLine
from bankadapters.errors import QueryFailed, Unreadable
from bankadapters.xml import child_text, parse_bank_xml, the_one
from kernel.clock import SHANGHAI
from kernel.errors import InvalidInput
from kernel.money import Money

_TIME = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])")


@dataclass(frozen=True)
class Answer:
    """One answer: the message-level word, and the wrapper that holds the items (None in an error envelope)."""

    operation: str
    trnid: str
    code: str
    words: str
    head_token: str
    wrapper: etree._Element | None

    @property
    def items(self) -> list[etree._Element]:
        """The item elements of this operation, directly below the wrapper."""
        return (
            [] if self.wrapper is None else list(self.wrapper.iterchildren(f"{self.operation}-rs"))
        )

    @property
    def is_error_envelope(self) -> bool:
        """Whether the platform or front-end answered instead of the operation (b2eerror)."""
        return self.wrapper is None

    @property
    def refuses_session(self) -> bool:
        """Whether the whole message was turned away unprocessed because the token is not (or no longer) valid."""
        return self.code in codes.NOT_SIGNED_ON and not self.items


def read_answer(data: bytes, operations: Sequence[str]) -> Answer:
    """The answer to one of these operations, whatever envelope it came in. Raises Unreadable."""
    root = parse_bank_xml(data)
    head_element = the_one(root, "head")
    head = m.Head.parse(head_element) if head_element is not None else m.Head()
    error = the_one(root, "trn-b2eerror-rs")
    if error is not None:
        word = _word(error)
        return Answer("b2eerror", head.trnid, word.code, word.words, "", None)
    found = [
        (name, node) for name in operations if (node := the_one(root, f"trn-{name}-rs")) is not None
    ]
    if len(found) != 1:
        expected = " or ".join(f"trn-{name}-rs" for name in operations)
        raise Unreadable(f"no element {expected} below {root.tag}, at line {root.sourceline}")
    operation, wrapper = found[0]
    word = _word(wrapper)
    return Answer(operation, head.trnid, word.code, word.words, head.token, wrapper)


def session_token(answer: Answer) -> str:
    """The token of a sign-on answer: the body's, else the head's."""
    if answer.wrapper is None:
        return ""
    return m.SessionAnswer.parse(_renamed(answer.wrapper, "session")).token or answer.head_token


def outcomes(
    answer: Answer,
    *,
    final_failures: frozenset[str] = frozenset(),
    not_found: frozenset[str] = frozenset(),
) -> list[Outcome]:
    """The bank's word on every payment it names."""
    found = []
    for node in answer.items:
        item = m.ItemAnswer.parse(_renamed(node, "item-rs"))
        fate = codes.FATES.fate(answer.operation, "item", item.code, final_failures=final_failures)
        is_missing = (
            answer.operation == "b2e0007"
            and item.code in not_found
            and fate in (Fate.UNKNOWN, Fate.FAILED)
        )
        found.append(
            Outcome(
                reference=item.insid,
                fate=Fate.UNKNOWN if is_missing else fate,
                bank_serial=item.obssid,
                code=item.code,
                text=item.words,
                not_found=is_missing,
            )
        )
    return found


def balances(answer: Answer) -> tuple[list[Balance], Answer]:
    """The balances of the answer's good items, and the answer with the word of its first bad item, if it has one."""
    good: list[Balance] = []
    for node in answer.items:
        item = m.BalanceAnswer.parse(_renamed(node, "balance-rs"))
        if item.code not in ("", codes.OK):
            answer = Answer(
                answer.operation, answer.trnid, item.code, item.words, "", answer.wrapper
            )
            continue
        if item.account is None or not item.account.actacn or item.balance is None:
            raise Unreadable(
                f"{answer.operation}-rs without account or balance, at line {node.sourceline}"
            )
        if item.balance.bokbal is None or item.baldat is None:
            raise Unreadable(
                f"{answer.operation}-rs without bokbal or baldat, at line {node.sourceline}"
            )
        good.append(
            Balance(
                account=item.account.actacn,
                currency=_currency(item.account.curcde or ""),
                book=_exact(item.balance.bokbal, item.account.curcde or ""),
                available=None
                if item.balance.avabal is None
                else _exact(item.balance.avabal, item.account.curcde or ""),
                frozen=None
                if item.balance.stpamt is None
                else _exact(item.balance.stpamt, item.account.curcde or ""),
                as_of=item.baldat,
            )
        )
    return good, answer


def statement_lines(answer: Answer, *, account: str = "") -> list[StatementLine]:
    """The rows of a page, seen from `account`; without one, from the side that `direction` says is ours."""
    if answer.wrapper is None:
        return []
    page = m.RowsAnswer.parse(answer.wrapper)
    return [_line(row, number, account) for number, row in enumerate(page.rows, start=1)]


def total_rows(answer: Answer) -> int | None:
    """How many rows match in all, as the bank counts them; a hint only."""
    text = child_text(answer.wrapper, "notenum")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _line(row: m.Row, number: int, account: str) -> StatementLine:
    if row.code not in ("", codes.OK, codes.MORE):
        raise QueryFailed(f"row {number}: {row.words}", code=row.code)
    if row.txndate is None or row.txnamt is None:
        raise Unreadable(f"row {number} of b2e0035-rs has no txndate or no txnamt")
    payer, payee = row.fractn or m.RowFrom(), row.toactn or m.RowTo()
    direction = row.direction or _direction_by_side(account, payer.actacn, payee.actacn, number)
    is_payer = direction is Direction.DEBIT
    if account and (payer.actacn == account) != (payee.actacn == account):
        is_payer = payer.actacn == account
    own = account or (payer.actacn if is_payer else payee.actacn)
    other = (
        (payee.toname, payee.actacn, payee.tobank)
        if is_payer
        else (payer.acntname, payer.actacn, payer.ibkname)
    )
    clock_time = _time(row.txntime, number)
    money = _money(row, number)
    return StatementLine(
        account=own,
        bank_serial=_serial(row, own, direction),
        booked_at=datetime.combine(row.txndate, clock_time, SHANGHAI),
        direction=direction,
        money=money,
        balance_after=None if row.acctbal is None else _exact(row.acctbal, row.trncur),
        counterparty_name=other[0],
        counterparty_account=other[1],
        counterparty_bank=other[2],
        narrative=row.furinfo,
        purpose=row.useinfo,
        reference=row.insid,
    )


def _direction_by_side(account: str, payer: str, payee: str, number: int) -> Direction:
    if account and (payer == account) != (payee == account):
        return Direction.DEBIT if payer == account else Direction.CREDIT
    raise Unreadable(f"row {number} of b2e0035-rs has no direction")


def _serial(row: m.Row, own: str, direction: Direction) -> str:
    """A stable name for the row: the unique voucher number; else journal and record; else a digest of its facts."""
    if row.vouchnum:
        return row.vouchnum
    if row.vchnum or row.transid:
        return "-".join(part for part in (row.vchnum, row.transid) if part)
    other = (row.toactn.actacn if row.toactn else "", row.fractn.actacn if row.fractn else "")
    facts = (own, row.txndate, row.txntime, direction, row.txnamt, row.acctbal, row.insid, *other)
    return "H" + hashlib.sha256("|".join(map(str, facts)).encode()).hexdigest()[:24].upper()


def _money(row: m.Row, number: int) -> Money:
    amount = row.txnamt
    if amount is None or amount <= 0:
        raise Unreadable(f"row {number} of b2e0035-rs: txnamt is not above zero")
    return Money(_exact(amount, row.trncur), _currency(row.trncur))


def _exact(amount: Decimal, currency: str) -> Decimal:
    try:
        return Money(amount, _currency(currency)).amount
    except InvalidInput as error:
        raise Unreadable(f"amount {amount}: {error.message_en}") from error


def _time(text: str, number: int) -> time:
    if not text:
        return time(0, 0, 0)
    found = _TIME.fullmatch(text)
    if found is None:
        raise Unreadable(f"row {number} of b2e0035-rs: txntime {text[:20]!r} is not HHMMSS")
    return time(int(found[1]), int(found[2]), int(found[3]))


def _currency(code: str) -> str:
    return codes.CURRENCY_IN.get(code, code or "CNY")


def _word(node: etree._Element) -> m.Answered:
    """The word on a message or an item; the items beside a message's word are read by themselves."""
    twin = etree.Element("word")
    twin.sourceline = node.sourceline
    twin.extend(copy.copy(child) for child in node if not str(child.tag).endswith("-rs"))
    return m.Word.parse(twin)


def _renamed(node: etree._Element, tag: str) -> etree._Element:
    """The node under the tag its declaration has: one declaration serves several operations."""
    twin = etree.Element(tag)
    twin.sourceline = node.sourceline
    twin.text = node.text
    twin.extend(_copies(node))
    return twin


def _copies(node: etree._Element) -> list[etree._Element]:
    return [copy.copy(child) for child in node]
