"""Double-entry books of the simulated banks, in one SQLite file that survives a killed process.

Every account belongs to a bank of the world, and one number names one account of it. Every entry has one debit line and one credit line of the same amount. An account's balance is its credits less its
debits, so the balances of all accounts, the bank's own included, always add up to zero. Amounts are whole fen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kernel import clock

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts(
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, bank TEXT NOT NULL, ibknum TEXT NOT NULL,
  currency TEXT NOT NULL, kind TEXT NOT NULL, custid TEXT NOT NULL, closed INTEGER NOT NULL, balance INTEGER NOT NULL,
  slug TEXT NOT NULL DEFAULT 'boc');
CREATE TABLE IF NOT EXISTS entries(
  id INTEGER PRIMARY KEY, at REAL NOT NULL, day TEXT NOT NULL, time TEXT NOT NULL, kind TEXT NOT NULL,
  instruction INTEGER, insid TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0),
  purpose TEXT NOT NULL, remark TEXT NOT NULL,
  payer_number TEXT NOT NULL, payer_name TEXT NOT NULL, payer_bank TEXT NOT NULL, payer_ibk TEXT NOT NULL,
  payee_number TEXT NOT NULL, payee_name TEXT NOT NULL, payee_bank TEXT NOT NULL, payee_ibk TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entries_by_instruction ON entries(instruction);
CREATE TABLE IF NOT EXISTS lines(
  id INTEGER PRIMARY KEY, entry INTEGER NOT NULL, account INTEGER NOT NULL, day TEXT NOT NULL,
  debit INTEGER NOT NULL, credit INTEGER NOT NULL, balance INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS lines_by_account ON lines(account, day, id, debit, credit);
"""
OPENED_AT = datetime(2000, 1, 1, tzinfo=clock.SHANGHAI).timestamp()  # before every statement


@dataclass(slots=True)
class Account:
    """One account of the books; `kind` is customer, payee, clearing, suspense, income or capital; `slug` its bank's."""

    id: int
    number: str
    name: str
    bank: str
    ibknum: str
    currency: str
    kind: str
    custid: str
    closed: int
    balance: int
    slug: str = "boc"


_COLUMNS = "id, number, name, bank, ibknum, currency, kind, custid, closed, balance, slug"


@dataclass(frozen=True, slots=True)
class Party:
    """One side of an entry as statements print it."""

    number: str
    name: str
    bank: str
    ibk: str


@dataclass(frozen=True, slots=True)
class Posting:
    """What an entry says beside its accounts, its amount and its moment."""

    kind: str
    payer: Party
    payee: Party
    insid: str = ""
    instruction: int | None = None
    purpose: str = ""
    remark: str = ""


def add_columns(db: sqlite3.Connection, table: str, wanted: Mapping[str, str]) -> None:
    """Give books of an earlier version the columns they lack."""
    there = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
    for name, declaration in wanted.items():
        if name not in there:
            db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {declaration}")


def moment(at: float) -> datetime:
    """Shanghai time of an epoch second."""
    return datetime.fromtimestamp(at, clock.SHANGHAI)


def party_of(account: Account) -> Party:
    """The account as a side of an entry."""
    return Party(account.number, account.name, account.bank, account.ibknum)


class Books:
    """Accounts and journal. Writes happen inside `transaction()` only; one thread owns the object."""

    def __init__(self, *, path: Path) -> None:
        self.path = path
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute(
            "PRAGMA synchronous=NORMAL"
        )  # a killed process loses nothing; only a power cut could
        self.db.execute("PRAGMA busy_timeout=10000")
        self.db.executescript(SCHEMA)
        add_columns(self.db, "accounts", {"slug": "TEXT NOT NULL DEFAULT 'boc'"})
        self.accounts: dict[str, Account] = {}
        self._entries: list[tuple[object, ...]] = []
        self._lines: list[tuple[object, ...]] = []
        self._touched: dict[int, Account] = {}
        self._depth = 0
        self.load()

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.db.close()

    def load(self) -> None:
        """Take accounts and counters from the file, forgetting what memory held."""
        rows = self.db.execute(f"SELECT {_COLUMNS} FROM accounts").fetchall()  # noqa: S608 - constant columns
        self.accounts = {row[1]: Account(*row) for row in rows}
        self._next_account = 1 + max((row[0] for row in rows), default=0)
        self._next_entry = 1 + int(
            self.db.execute("SELECT COALESCE(MAX(id),0) FROM entries").fetchone()[0]
        )
        self._entries.clear()
        self._lines.clear()
        self._touched.clear()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, in the file and in memory; an inner transaction joins the outer one."""
        if self._depth:
            yield
            return
        self._depth = 1
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.flush()
            self.db.execute("COMMIT")
        except BaseException:
            self.db.execute("ROLLBACK")
            self.load()
            raise
        finally:
            self._depth = 0

    def flush(self) -> None:
        """Send buffered lines to the file; the transaction stays open."""
        if not self._entries:
            return
        self.db.executemany(f"INSERT INTO entries VALUES({','.join('?' * 18)})", self._entries)
        self.db.executemany(
            "INSERT INTO lines(entry, account, day, debit, credit, balance) VALUES(?,?,?,?,?,?)",
            self._lines,
        )
        changes = [(a.balance, a.id) for a in self._touched.values()]
        self.db.executemany("UPDATE accounts SET balance=? WHERE id=?", changes)
        self._entries.clear()
        self._lines.clear()
        self._touched.clear()

    @property
    def written(self) -> int:
        """How many entries and accounts there are: whether anything was booked since somebody looked."""
        return self._next_entry + self._next_account

    def account(self, number: str) -> Account | None:
        """The account of that number, whatever its kind."""
        return self.accounts.get(number)

    def ensure(
        self,
        number: str,
        *,
        name: str,
        kind: str,
        bank: str = "",
        ibknum: str = "",
        currency: str = "CNY",
        custid: str = "",
        slug: str = "boc",
    ) -> Account:
        """The account of that number, opened with these particulars if there is none yet."""
        found = self.accounts.get(number)
        if found is not None:
            return found
        account = Account(
            self._next_account, number, name, bank, ibknum, currency, kind, custid, 0, 0, slug
        )
        self._next_account += 1
        self.db.execute(
            f"INSERT INTO accounts({_COLUMNS}) VALUES(?,?,?,?,?,?,?,?,0,0,?)",
            (account.id, number, name, bank, ibknum, currency, kind, custid, slug),
        )
        self.accounts[number] = account
        return account

    def open_with(self, account: Account, *, balance: int) -> None:
        """Give a new account the funds it comes with, from the bank's capital, dated before every statement."""
        if balance <= 0:
            return
        capital = self.ensure(
            f"CAPITAL-{account.slug}-{account.currency}",
            name="开户资金",
            kind="capital",
            slug=account.slug,
        )
        words = Posting("opening", party_of(capital), party_of(account), remark="开户")
        self.post(debit=capital, credit=account, amount=balance, at=OPENED_AT, words=words)

    def post(
        self, *, debit: Account, credit: Account, amount: int, at: float, words: Posting
    ) -> int:
        """Book one balanced entry and return its number; balances in memory follow at once."""
        if amount <= 0:
            raise ValueError("an entry needs an amount above zero")
        number = self._next_entry
        self._next_entry += 1
        when = moment(at)
        day, clock_time = f"{when:%Y%m%d}", f"{when:%H%M%S}"
        payer, payee = words.payer, words.payee
        self._entries.append(
            (
                number,
                at,
                day,
                clock_time,
                words.kind,
                words.instruction,
                words.insid,
                amount,
                words.purpose,
                words.remark,
                payer.number,
                payer.name,
                payer.bank,
                payer.ibk,
                payee.number,
                payee.name,
                payee.bank,
                payee.ibk,
            )
        )
        debit.balance -= amount
        self._lines.append((number, debit.id, day, amount, 0, debit.balance))
        credit.balance += amount
        self._lines.append((number, credit.id, day, 0, amount, credit.balance))
        self._touched[debit.id] = debit
        self._touched[credit.id] = credit
        return number

    def balance_on(self, account: Account, day: str) -> int:
        """Balance at the end of a day (YYYYMMDD); zero before the account's first entry."""
        row = self.db.execute(
            "SELECT balance FROM lines WHERE account=? AND day<=? ORDER BY day DESC, id DESC LIMIT 1",
            (account.id, day),
        ).fetchone()
        return int(row[0]) if row else 0

    def sums(self) -> tuple[int, int, int]:
        """(all debits, all credits, sum of all balances): equal, equal, zero, or the books are broken."""
        debits, credits = self.db.execute(
            "SELECT COALESCE(SUM(debit),0), COALESCE(SUM(credit),0) FROM lines"
        ).fetchone()
        return int(debits), int(credits), sum(a.balance for a in self.accounts.values())
