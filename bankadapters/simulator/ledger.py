"""Instructions at the simulated banks: taken in, worked on, settled, refused, sometimes sent back.

One ledger serves all banks of the world. Nothing happens on a timer. Whatever fell due by `kernel.clock.now()` is
settled, in the order of its moments, at the next request; moving CLOCK_FILE forward therefore settles.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from bankadapters.simulator.books import Account, Books, Party, add_columns
from bankadapters.simulator.faults import Faults, Seeded
from bankadapters.simulator.homes import Home
from bankadapters.simulator.instructions import (
    COLUMN_COUNT,
    COLUMNS,
    INDEXES,
    LATER,
    SCHEMA,
    Detail,
    Instruction,
    Order,
    detail_row,
    row_of,
)
from bankadapters.simulator.settling import Settling
from kernel import clock

SETTLE, RETURN, CREDIT = "settle", "return", "credit"
MANUAL_S = 600.0
Serial = Callable[
    [int, float], str
]  # a bank's serial of an instruction, from its number and the moment


def long_serial(number: int, at: float) -> str:
    """Nineteen digits, as the Bank of China's."""
    return f"18{int(at) % 10**8:08d}{number:09d}"


class Ledger:
    """Books plus the instructions that move them; one thread owns it, writes only inside `books.transaction()`."""

    def __init__(self, *, books: Books, faults: Faults, seeded: Seeded, delays: bool) -> None:
        self.books, self.faults, self.seeded = books, faults, seeded
        self.delays = delays
        books.db.executescript(SCHEMA)
        add_columns(books.db, "instructions", LATER)
        books.db.executescript(INDEXES)
        self.settling = Settling(books, faults, seeded, self.details_of)
        self.reload()

    def reload(self) -> None:
        """Rebuild the agenda from the file: after a start, and after a transaction that was rolled back."""
        db = self.books.db
        self._live: dict[int, Instruction] = {}
        self._agenda: list[tuple[float, int, str]] = []
        waiting = "state='accepted' OR (state='settled' AND return_at IS NOT NULL)"
        for row in db.execute(f"SELECT {COLUMNS} FROM instructions WHERE {waiting}"):  # noqa: S608
            self._schedule(Instruction(*row))
        for ident, due_at in db.execute("SELECT id, due_at FROM credits WHERE done=0"):
            heapq.heappush(self._agenda, (due_at, ident, CREDIT))
        self._next_id = 1 + int(
            db.execute("SELECT COALESCE(MAX(id),0) FROM instructions").fetchone()[0]
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, for the books and for the agenda."""
        try:
            with self.books.transaction():
                yield
        except BaseException:
            self.reload()
            raise

    def _schedule(self, item: Instruction) -> None:
        self._live[item.id] = item
        if item.state == "accepted":
            heapq.heappush(self._agenda, (item.due_at, item.id, SETTLE))
        elif item.state == "settled" and item.return_at is not None:
            heapq.heappush(self._agenda, (item.return_at, item.id, RETURN))

    def next_due(self) -> float | None:
        """Epoch second of the next event on the agenda."""
        return self._agenda[0][0] if self._agenda else None

    # taking in -----------------------------------------------------------------------------------------------

    def find(self, bank: str, custid: str, column: str, values: Iterable[str]) -> list[Instruction]:
        """The instructions of a bank's customer whose `column` (key, obssid or batch) is one of these, oldest first."""
        if column not in ("key", "obssid", "batch"):
            raise ValueError(f"nothing is looked for by {column}")
        wanted = list(dict.fromkeys(values))
        found: list[Instruction] = []
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            query = f"SELECT {COLUMNS} FROM instructions WHERE bank=? AND custid=? AND {column} IN ({marks})"  # noqa: S608
            rows = self.books.db.execute(f"{query} ORDER BY id", (bank, custid, *part))
            found.extend(Instruction(*row) for row in rows)
        return found

    def between(self, bank: str, custid: str, start: float, end: float) -> list[Instruction]:
        """The instructions a bank's customer gave from one moment to before another, oldest first."""
        query = f"SELECT {COLUMNS} FROM instructions WHERE bank=? AND custid=? AND accepted_at>=? AND accepted_at<? ORDER BY id"  # noqa: S608
        rows = self.books.db.execute(query, (bank, custid, start, end))
        return [Instruction(*row) for row in rows]

    def accept(
        self, home: Home, *, custid: str, orders: Sequence[Order], serial: Serial = long_serial
    ) -> list[Instruction | None]:
        """Take payments in; None stands for a key this customer has used before (also earlier in the same list)."""
        now = clock.now().timestamp()
        keys = [order.key or order.insid for order in orders]
        used = {item.key for item in self.find(home.slug, custid, "key", keys)}
        taken: list[Instruction | None] = []
        for order, key in zip(orders, keys, strict=True):
            taken.append(None if key in used else self._new(home, custid, order, now, serial))
            used.add(key)
        fresh = [item for item in taken if item is not None]
        marks = ",".join("?" * COLUMN_COUNT)
        insert = f"INSERT INTO instructions({COLUMNS}) VALUES({marks})"
        self.books.db.executemany(insert, map(row_of, fresh))
        for entry, order in zip(taken, orders, strict=True):
            if entry is not None and order.details:
                self._keep_details(entry, order.details)
        for item in fresh:
            if item.state == "accepted":
                self._schedule(item)
        if not self.delays:
            self.settle_due()
        return taken

    def _new(
        self, home: Home, custid: str, order: Order, now: float, serial: Serial
    ) -> Instruction:
        ident = self._next_id
        self._next_id += 1
        item = Instruction(
            ident, custid, order.insid, serial(ident, now), order.operation, order.payer, order.payee,
            order.payee_name, order.payee_bank, order.payee_ibk, order.at_home, order.amount, order.purpose, now, now,
            bank=home.slug, key=order.key or order.insid, batch=order.batch, manual=order.manual,
        )  # fmt: skip
        if self.serves(home, order.payer, custid) is None:
            item.state, item.reason = "refused", "payer_unknown"
        start = max(now, order.not_before)
        item.due_at = start + (self._delay(order) if self.delays else 0.0)
        return item

    def serves(self, home: Home, number: str, custid: str) -> Account | None:
        """The customer's open account at that bank, None for any other."""
        account = self.books.account(number)
        if account is None or account.kind != "customer" or account.closed:
            return None
        is_theirs = account.slug == home.slug and account.custid in ("", custid)
        return account if is_theirs else None

    def _delay(self, order: Order) -> float:
        low, high = (3.0, 20.0) if order.at_home else (20.0, 90.0)
        extra = order.extra_s + (MANUAL_S if order.manual else 0.0)
        return extra + self.seeded.between(low, high, "delay", order.insid)

    def _keep_details(self, item: Instruction, details: Iterable[Detail]) -> None:
        rows = [(item.id, *detail_row(d)) for d in details]
        columns = "instruction, number, name, bank, ibk, at_home, amount, reason"
        self.books.db.executemany(f"INSERT INTO details({columns}) VALUES(?,?,?,?,?,?,?,?)", rows)

    def details_of(self, item: Instruction) -> list[Detail]:
        """The payees of a payroll batch, in the order they were sent."""
        query = "SELECT number, name, bank, ibk, at_home, amount, reason FROM details WHERE instruction=? ORDER BY id"
        return [Detail(*row) for row in self.books.db.execute(query, (item.id,))]

    # what falls due ------------------------------------------------------------------------------------------

    def settle_due(self) -> int:
        """Do everything that fell due by now, in order of its moments; returns how much that was."""
        now, done = clock.now().timestamp(), 0
        changed: dict[int, Instruction] = {}
        while self._agenda and self._agenda[0][0] <= now:
            at, ident, what = heapq.heappop(self._agenda)
            done += 1
            if what == CREDIT:
                self._book_credit(ident, at)
                continue
            item = self._live.pop(ident)
            changed[ident] = item
            if what == SETTLE:
                self.settling.execute(item, at)
                if item.state == "settled" and item.return_at is not None:
                    self._schedule(item)
            else:
                self.settling.send_back(item, at)
        rows = [
            (i.state, i.reason, i.settled_at, i.return_at, i.returned_at, i.id)
            for i in changed.values()
        ]
        self.books.db.executemany(
            "UPDATE instructions SET state=?, reason=?, settled_at=?, return_at=?, returned_at=? WHERE id=?",
            rows,
        )
        self.books.flush()  # what follows in the same request reads the file
        return done

    def schedule_credit(
        self, *, due_at: float, account: str, amount: int, payer: Party, purpose: str
    ) -> None:
        """A payment that a stranger will make to one of the accounts. `amount` in fen."""
        words = json.dumps(
            [account, amount, payer.number, payer.name, payer.bank, payer.ibk, purpose],
            ensure_ascii=False,
        )
        cursor = self.books.db.execute(
            "INSERT INTO credits(due_at, words, done) VALUES(?,?,0)", (due_at, words)
        )
        heapq.heappush(self._agenda, (due_at, int(cursor.lastrowid or 0), CREDIT))

    def _book_credit(self, ident: int, at: float) -> None:
        row = self.books.db.execute("SELECT words FROM credits WHERE id=?", (ident,)).fetchone()
        account, amount, number, name, bank, ibk, purpose = json.loads(row[0])
        own = self.books.accounts[account]
        payer = Party(number, name, bank, ibk)
        self.settling.credit(own, payer, amount, purpose, at)
        self.books.db.execute("UPDATE credits SET done=1 WHERE id=?", (ident,))
