"""Industrial Bank answers → our values: sign-on, accounts, entries, receipts. Payments are read in `payments`.

Source: CIB sheet, sections 3, 4 and 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from lxml import etree

from bankadapters.banks.cib import codes
from bankadapters.banks.cib import messages as m
from bankadapters.contract import Balance, Direction, ReceiptFound, StatementLine
from bankadapters.errors import Unreadable
from bankadapters.leaves import LEAVES, moment
from bankadapters.messages import Record
from bankadapters.xml import child_text, parse_bank_xml, the_one
from kernel import clock
from kernel.money import Money

_WRAPPERS = ("SECURITIES_MSGSRSV1", "SECURITIES_MSGSV1")
_SIDES = {"DEBIT": Direction.DEBIT, "CREDIT": Direction.CREDIT}
_OTHER = {Direction.DEBIT: Direction.CREDIT, Direction.CREDIT: Direction.DEBIT}
Body = TypeVar("Body", bound=Record)


@dataclass(frozen=True)
class Answer:
    """One answer: the result of the sign-on, and the function's own where there is one."""

    sign_on: m.Status
    function: str
    number: str
    status: m.Status
    node: etree._Element | None

    def body(self, *tags: str) -> etree._Element | None:
        """The function's body under one of these names. Raises Unreadable for two of them."""
        if self.node is None:
            return None
        found = [child for child in self.node if child.tag in tags]
        if len(found) > 1:
            raise Unreadable(f"{found[1].tag} appears twice, at line {found[1].sourceline}")
        return found[0] if found else None

    def record(self, kind: type[Body], *tags: str) -> Body:
        """The body as a record. Raises Unreadable where the answer has none."""
        node = self.body(*tags)
        if node is None:
            raise Unreadable(f"{self.function} without {' or '.join(tags)}")
        return kind.parse(node) if node.attrib else kind.parse_like(node)


def read_answer(data: bytes) -> Answer:
    """Sign-on and function, each with its own result. Raises Unreadable."""
    root = parse_bank_xml(data, default="gb18030")
    if root.tag != "FOX":
        raise Unreadable(f"root {root.tag} instead of FOX, at line {root.sourceline}")
    signed = the_one(root, "SONRS")
    if signed is None:
        raise Unreadable("FOX without SONRS")
    wrappers = [child for child in root if child.tag in _WRAPPERS]
    nodes = [node for wrapper in wrappers for node in wrapper]
    if len(nodes) > 1:
        raise Unreadable(f"FOX answers {len(nodes)} functions, asked was one")
    sign_on = _status(signed)
    if not nodes:
        return Answer(sign_on, "", "", m.Status(), None)
    tag = str(nodes[0].tag)
    if not tag.endswith("RS"):
        raise Unreadable(f"{tag} is no answer, at line {nodes[0].sourceline}")
    number = child_text(nodes[0], "TRNUID")
    return Answer(sign_on, tag[:-2], number, _status(nodes[0]), nodes[0])


def _status(parent: etree._Element) -> m.Status:
    found = list(parent.iterchildren("STATUS"))
    if len(found) != 1:
        raise Unreadable(f"{parent.tag} has {len(found)} results instead of one")
    status = m.Status.parse(found[0])
    if not status.code:
        raise Unreadable(f"{parent.tag} has a result without CODE")
    return status


# -- accounts -----------------------------------------------------------------------------------------------------


def balance(answer: Answer) -> list[Balance]:
    """CURRACCTQUERYTRN."""
    row = answer.record(m.BalanceAnswer, "RSBODY")
    if not row.account or row.book is None:
        raise Unreadable("CURRACCTQUERYTRN without ACCTID or BALAMT")
    currency = codes.CURRENCY.get(row.currency, row.currency)
    return [Balance(row.account, currency, row.book, row.available, row.frozen, clock.today())]


def day_balances(answer: Answer, account: str) -> list[Balance]:
    """HISBALQUERYTRN: the days it tells, none where it refuses."""
    info = answer.record(m.HistoryAnswer, "HISBALQUERYRS").info
    if info is None or info.days is None:
        return []
    found = []
    for row in info.days.rows:
        if row.book is None or row.day is None:
            raise Unreadable("HISBALQUERYTRN: a day without its date or balance")
        found.append(Balance(info.account or account, "CNY", row.book, None, None, row.day))
    return found


def entries(answer: Answer, page: str) -> tuple[list[StatementLine], str]:
    """SCUSTSTMTTRN: the rows of a page, and the number of the next one."""
    told = answer.record(m.EntriesAnswer, "SCUSTSTMTRS")
    account = told.account.account if told.account is not None else ""
    if told.entries is None:
        return [], ""
    lines = [_entry(row, account, told.currency, n) for n, row in enumerate(told.entries.rows, 1)]
    if told.entries.more not in ("Y", "N"):
        raise Unreadable(f"TRANLIST says MORE={told.entries.more[:5]!r}, not Y or N")
    return lines, str(int(page or "1") + 1) if told.entries.more == "Y" else ""


def _entry(row: m.Entry, account: str, currency: str, number: int) -> StatementLine:
    side = _SIDES.get(row.side)
    if side is None or row.amount is None or row.amount == 0:
        raise Unreadable(f"row {number} has no side DEBIT or CREDIT, or no amount")
    currency = row.currency or currency
    narrative = (row.summary or row.description, row.memo)
    return StatementLine(
        account=account,
        bank_serial=row.unique or row.core or row.teller,
        booked_at=booked(row.booked_at),
        direction=side if row.amount > 0 else _OTHER[side],  # a negative amount is a reversal
        money=Money(abs(row.amount), codes.CURRENCY.get(currency, currency)),
        balance_after=row.balance,
        counterparty_name=row.other_name,
        counterparty_account=row.other_account,
        counterparty_bank=row.other_bank,
        narrative=" ".join(dict.fromkeys(part for part in narrative if part)),
        purpose=row.purpose,
    )


def booked(value: str) -> datetime:
    """A moment as YYYY-MM-DDTHH:MM:SS, with a blank instead of the T, with short numbers, or a day alone."""
    day_text, _, time_text = value.replace(" ", "T").partition("T")
    day: date | None = LEAVES["day"].read(day_text)
    if day is None:
        raise Unreadable("a row without DTACCT")
    parts = [part.rjust(2, "0") for part in time_text.split(":")] if time_text else []
    return moment(day, "".join(parts))


# -- receipts -----------------------------------------------------------------------------------------------------


def receipt_job(answer: Answer) -> str:
    """How a job stands: 0 waiting, 1 running, 2 done, 3 failed."""
    return answer.record(m.JobAnswer, "RSBODY").status


def receipt_files(
    answer: Answer, account: str, day: date | None
) -> tuple[list[ReceiptFound], bool]:
    """The files of a job, and whether there are more. A receipt's PDF bears the entry's ATTACHINFO (section 4g)."""
    node = answer.body("RSBODY")
    if node is None:
        raise Unreadable("ASYNRECEIPTINFOTRN without RSBODY")
    told = m.ReceiptFiles.parse(node)
    number = told.account or account
    found = [
        ReceiptFound(row.file, number, day, file=row.name, bank_serial=row.file)
        for row in told.rows
        if row.file
    ]
    return found, told.more == "Y"
