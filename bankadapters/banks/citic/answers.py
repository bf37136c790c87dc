"""CITIC answers → our values. Nothing here guesses a fate: what is unclear stays UNKNOWN or Unreadable.

Source: CITIC sheet, sections 3, 4 and 5.
"""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from dataclasses import dataclass

from lxml import etree

from bankadapters.banks.citic import codes
from bankadapters.banks.citic import messages as m
from bankadapters.contract import Balance, Outcome, ReceiptFound, StatementLine
from bankadapters.errors import Unreadable
from bankadapters.leaves import moment
from bankadapters.matching import echoed
from bankadapters.xml import parse_bank_xml, the_one
from kernel import clock
from kernel.money import Money

FILE_BYTES_MAX = 20 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """One answer: status and words of the message, and its document."""

    status: str
    words: str
    root: etree._Element

    def rows(self) -> list[etree._Element]:
        """The rows of its only list."""
        listed = the_one(self.root, "list")
        return [] if listed is None else list(listed.iterchildren("row"))


def read_answer(data: bytes) -> Answer:
    """The stream, whatever of the GB encodings it declares. Raises Unreadable."""
    root = parse_bank_xml(data, default="gbk")
    if root.tag != "stream":
        raise Unreadable(f"root {root.tag} instead of stream, at line {root.sourceline}")
    said = m.Said.parse(root)
    if not said.status:
        raise Unreadable(f"stream without status, at line {root.sourceline}")
    return Answer(said.status, said.words, root)


def status_rows(answer: Answer) -> list[m.StatusRow]:
    """Rows that say where something stands."""
    return [m.StatusRow.parse(node) for node in answer.rows()]


def standing(answer: Answer, reference: str) -> list[Outcome]:
    """The one payment asked about: the answer does not name it."""
    return [
        Outcome(reference, codes.of_payment(row.stt, row.status), code=f"{row.stt}/{row.status}", text=row.words)
        for row in status_rows(answer)
    ]  # fmt: skip


def payrolls(answer: Answer, final: frozenset[str]) -> list[Outcome]:
    """The payrolls of a month, each as a whole; one that paid some of its people only is not decided."""
    return [
        Outcome(
            row.reference, codes.of_row("DLSALCOL", row.status, final), code=row.status, text=row.words,
            money=echoed(row.total), payer_account=row.payer_account,
        )
        for row in status_rows(answer)
    ]  # fmt: skip


# -- accounts -----------------------------------------------------------------------------------------------------


def balances(answer: Answer) -> tuple[list[Balance], str, str]:
    """The balances of the good rows, and status and words of the first bad one."""
    good, code, words = [], "", ""
    for node in answer.rows():
        row = m.BalanceRow.parse(node)
        if row.status != codes.OK:
            code, words = code or row.status or "?", words or row.words
            continue
        if not row.account or row.book is None:
            raise Unreadable(f"row without accountNo or balance, at line {node.sourceline}")
        good.append(
            Balance(row.account, _currency(row.currency), row.book, row.available, row.frozen, clock.today())
        )  # fmt: skip
    return good, code, words


def day_balances(answer: Answer) -> list[Balance]:
    """One balance a day."""
    head, found = m.HistoryHead.parse(answer.root), []
    for node in answer.rows():
        row = m.HistoryRow.parse(node)
        if row.day is None or row.balance is None:
            raise Unreadable(f"row without date or balance, at line {node.sourceline}")
        currency = _currency(head.currency)
        found.append(Balance(head.account, currency, row.balance, None, None, row.day))
    return found


def entries(answer: Answer, begin: int) -> tuple[list[StatementLine], str, int | None]:
    """The entries of a page, the row to go on from, and how many there are in all."""
    head, nodes = m.EntriesHead.parse(answer.root), answer.rows()
    if head.returned is not None and head.returned != len(nodes):
        raise Unreadable(f"returnRecords announces {head.returned} rows, {len(nodes)} are there")
    if nodes and not head.account:
        raise Unreadable("rows without the account they belong to")
    following = begin + len(nodes)
    is_more = bool(nodes) and head.total is not None and following <= head.total
    lines = [_entry(m.EntryRow.parse(node), head.account, node) for node in nodes]
    return lines, str(following) if is_more else "", head.total


def _entry(row: m.EntryRow, account: str, node: etree._Element) -> StatementLine:
    where = f"at line {node.sourceline}"
    if row.side not in codes.SIDE:
        raise Unreadable(f"creditDebitFlag {row.side!r} is neither D nor C, {where}")
    if row.booked_on is None or row.amount is None or row.amount <= 0:
        raise Unreadable(f"row without tranDate or an amount above zero, {where}")
    words = [row.narrative]
    if row.returned == "0":
        words.append(f"退汇 {row.returned_on}".strip())
    if row.original_serial:
        words.append(f"原流水 {row.original_serial}")
    return StatementLine(
        account=account,
        bank_serial="-".join(part for part in (row.teller_serial, row.total_serial) if part),
        booked_at=moment(row.booked_on, row.time, where="tranTime"),
        direction=codes.SIDE[row.side],
        money=Money(row.amount, "CNY"),
        balance_after=row.balance,
        counterparty_name=row.other_name,
        counterparty_account=row.other_account,
        counterparty_bank=row.other_bank,
        narrative=" ".join(word for word in words if word),
        purpose=row.narrative,
        reference=row.reference,
    )


# -- receipts -----------------------------------------------------------------------------------------------------


def receipts(answer: Answer, account: str) -> tuple[list[ReceiptFound], int]:
    """The receipts of a page, each with its kind where a file would be named, and how many there are in all."""
    found = []
    for node in answer.rows():
        row = m.ReceiptRow.parse(node)
        if not row.number:
            raise Unreadable(f"row without bresqNo, at line {node.sourceline}")
        found.append(
            ReceiptFound(
                row.number,
                account,
                row.booked_on,
                echoed(row.amount),
                file=row.kind,
                bank_serial=row.serial,
            )
        )
    return found, m.ReceiptsHead.parse(answer.root).total or 0


def receipt_file(answer: Answer) -> bytes:
    """The only file of the ZIP, or the ZIP itself where it holds several. Raises Unreadable."""
    content = m.ReceiptFile.parse(answer.root).content
    try:
        packed = base64.b64decode("".join(content.split()), validate=True)
    except ValueError as error:
        raise Unreadable(f"fileConTent is not base64: {error}") from error
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            members = archive.infolist()
            if len(members) != 1:
                return packed
            with archive.open(members[0]) as file:
                inside = file.read(FILE_BYTES_MAX + 1)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError) as error:  # fmt: skip
        raise Unreadable(f"fileConTent is no ZIP: {error}") from error
    if len(inside) > FILE_BYTES_MAX:
        raise Unreadable(f"the file in the ZIP is longer than {FILE_BYTES_MAX} bytes")
    return inside


def _currency(code: str) -> str:
    return codes.CURRENCY.get(code, code)
