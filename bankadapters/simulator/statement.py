"""Reading an account's statement out of the books: filters, paging, and rows as both sides see them."""

from __future__ import annotations

from dataclasses import dataclass

from bankadapters.simulator.books import Account, Books, Party

NIGHTLY = ("interest",)  # kinds that a night batch posts


@dataclass(frozen=True)
class Search:
    """Which rows are wanted: days YYYYMMDD, amounts in fen; direction 0 all, 1 incoming, 2 outgoing."""

    account: Account
    start: str
    end: str
    direction: str = "0"
    low: int = 0
    high: int = 10**20 - 1
    nightly: bool = False
    after: int = 0  # rows of the books up to this one are not wanted any more


@dataclass(frozen=True)
class Row:
    """One line of an account's statement; amounts in fen, `balance` after the row."""

    payer: Party
    payee: Party
    day: str
    time: str
    amount: int
    balance: int
    incoming: bool
    insid: str
    purpose: str
    remark: str
    voucher: str
    transaction: str
    unique: str
    line: int  # number of the row in the books, rising through an account's days
    kind: str  # payment, return, fee, credit, payroll, payroll_refund, …
    serial: str  # the bank's own serial of the instruction behind the row, "" where there is none


def search(books: Books, wanted: Search, *, skip: int, limit: int) -> tuple[int, list[Row]]:
    """(how many rows match, the rows from `skip` on, oldest first, at most `limit`)."""
    where = "l.account=? AND l.day BETWEEN ? AND ? AND l.debit + l.credit BETWEEN ? AND ?"
    bounds = (min(wanted.low, 2**62), min(wanted.high, 2**62))
    values: list[object] = [wanted.account.id, wanted.start, wanted.end, *bounds]
    if wanted.direction in ("1", "2"):
        where += " AND l.credit > 0" if wanted.direction == "1" else " AND l.debit > 0"
    if wanted.after:
        where += " AND l.id > ?"
        values.append(wanted.after)
    if wanted.nightly:
        kinds = ",".join("?" * len(NIGHTLY))
        where += f" AND l.entry IN (SELECT id FROM entries WHERE kind IN ({kinds}))"  # noqa: S608
        values += NIGHTLY
    count = f"SELECT COUNT(*) FROM lines l WHERE {where}"  # noqa: S608 - marks only
    total = int(books.db.execute(count, values).fetchone()[0])
    columns = """l.id, l.credit, l.balance, e.id, e.day, e.time, e.amount, e.insid, e.purpose, e.remark,
        e.payer_number, e.payer_name, e.payer_bank, e.payer_ibk, e.payee_number, e.payee_name, e.payee_bank, e.payee_ibk,
        e.kind, COALESCE(i.bank, ''), COALESCE(i.obssid, '')"""
    page = f"SELECT l.id FROM lines l WHERE {where} ORDER BY l.day, l.id LIMIT ? OFFSET ?"  # noqa: S608
    tables = f"({page}) p JOIN lines l ON l.id=p.id JOIN entries e ON e.id=l.entry LEFT JOIN instructions i ON i.id=e.instruction"
    query = f"SELECT {columns} FROM {tables} ORDER BY l.day, l.id"  # noqa: S608
    rows = books.db.execute(query, (*values, limit, skip))
    return total, [_row(r, wanted.account.slug) for r in rows]


def _row(r: tuple[object, ...], slug: str) -> Row:
    line, credit, balance, entry, amount = (int(str(r[i])) for i in (0, 1, 2, 3, 6))
    day, time, insid, purpose, remark = (str(r[i]) for i in (4, 5, 7, 8, 9))
    if str(r[19]) != slug:  # another bank's instruction: its number is not known here
        insid = ""
    journal, record = f"{entry % 10**9:09d}", f"{line % 10**9:09d}"
    return Row(
        payer=Party(*map(str, r[10:14])), payee=Party(*map(str, r[14:18])), day=day, time=time, amount=amount,
        balance=balance, incoming=credit > 0, insid=insid, purpose=purpose, remark=remark,
        line=line, kind=str(r[18]), serial=str(r[20]) if str(r[19]) == slug else "",
        voucher=f"{journal}{line % 1000:03d}", transaction=f"{journal}{journal}{record}", unique=f"V{day}{record}",
    )  # fmt: skip
