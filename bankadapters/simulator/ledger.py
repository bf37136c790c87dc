"""Instructions at a simulated bank: taken in, worked on, settled, refused, sometimes sent back.

Nothing happens on a timer. Whatever fell due by `kernel.clock.now()` is settled, in the order of its moments, at the
next request; moving CLOCK_FILE forward therefore settles. The payer is debited when an instruction is executed.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from bankadapters.simulator.books import Account, Books, Party, Posting, party_of
from bankadapters.simulator.faults import Faults, Seeded
from bankadapters.simulator.instructions import (
    COLUMN_COUNT,
    COLUMNS,
    SCHEMA,
    Detail,
    Instruction,
    Order,
    detail_row,
    row_of,
    same_name,
)
from kernel import clock

FEE = 500
SETTLE, RETURN, CREDIT = "settle", "return", "credit"


class Ledger:
    """Books plus the instructions that move them; one thread owns it, writes only inside `books.transaction()`."""

    def __init__(self, *, books: Books, faults: Faults, seeded: Seeded, delays: bool) -> None:
        self.books, self.faults, self.seeded = books, faults, seeded
        self.delays = delays
        books.db.executescript(SCHEMA)
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

    def known(self, custid: str, insids: Iterable[str]) -> dict[str, Instruction]:
        """The instructions of a customer that carry one of these ids, by id."""
        return self._find("custid=? AND insid", insids, first=(custid,), key="insid")

    def by_serial(self, custid: str, serials: Iterable[str]) -> dict[str, Instruction]:
        """The instructions of a customer with one of these bank serials, by serial."""
        return self._find("custid=? AND obssid", serials, first=(custid,), key="obssid")

    def _find(
        self, where: str, values: Iterable[str], *, first: tuple[str, ...], key: str
    ) -> dict[str, Instruction]:
        wanted, found = list(dict.fromkeys(values)), {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            query = f"SELECT {COLUMNS} FROM instructions WHERE {where} IN ({marks})"  # noqa: S608
            for row in self.books.db.execute(query, (*first, *part)):
                item = Instruction(*row)
                found[str(getattr(item, key))] = item
        return found

    def accept(self, *, custid: str, orders: Sequence[Order]) -> list[Instruction | None]:
        """Take payments in; None stands for an id this customer has used before (also earlier in the same list)."""
        now = clock.now().timestamp()
        used = set(self.known(custid, (o.insid for o in orders)))
        taken: list[Instruction | None] = []
        for order in orders:
            if order.insid in used:
                taken.append(None)
                continue
            used.add(order.insid)
            item = self._new(custid, order, now)
            taken.append(item)
        fresh = [item for item in taken if item is not None]
        marks = ",".join("?" * COLUMN_COUNT)
        self.books.db.executemany(f"INSERT INTO instructions VALUES({marks})", map(row_of, fresh))
        for entry, order in zip(taken, orders, strict=True):
            if entry is not None and order.details:
                self._keep_details(entry, order.details)
        for item in fresh:
            if item.state == "accepted":
                self._schedule(item)
        if not self.delays:
            self.settle_due()
        return taken

    def _new(self, custid: str, order: Order, now: float) -> Instruction:
        ident = self._next_id
        self._next_id += 1
        serial = f"18{int(now) % 10**8:08d}{ident:09d}"
        item = Instruction(
            ident, custid, order.insid, serial, order.operation, order.payer, order.payee, order.payee_name,
            order.payee_bank, order.payee_ibk, order.at_home, order.amount, order.purpose, now, now,
        )  # fmt: skip
        payer = self.books.account(order.payer)
        if (
            payer is None
            or payer.kind != "customer"
            or payer.closed
            or payer.custid not in ("", custid)
        ):
            item.state, item.reason = "refused", "payer_unknown"
        start = max(now, order.not_before)
        item.due_at = start + (self._delay(order) if self.delays else 0.0)
        return item

    def _delay(self, order: Order) -> float:
        low, high = (3.0, 20.0) if order.at_home else (20.0, 90.0)
        return order.extra_s + self.seeded.between(low, high, "delay", order.insid)

    def _keep_details(self, item: Instruction, details: Iterable[Detail]) -> None:
        rows = [(item.id, *detail_row(d)) for d in details]
        columns = "instruction, number, name, bank, ibk, at_home, amount, reason"
        self.books.db.executemany(f"INSERT INTO details({columns}) VALUES(?,?,?,?,?,?,?,?)", rows)

    def details_of(self, item: Instruction) -> list[Detail]:
        """The payees of a payroll batch, in the order they were sent."""
        query = "SELECT number, name, bank, ibk, at_home, amount, reason FROM details WHERE instruction=? ORDER BY id"
        return [Detail(*row) for row in self.books.db.execute(query, (item.id,))]

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
                self._execute(item, at)
            else:
                self._send_back(item, at)
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

    def _execute(self, item: Instruction, at: float) -> None:
        item.settled_at = at
        payer = self.books.accounts[item.payer]
        if item.operation == "payroll":
            item.reason = self._pay_staff(item, payer, at)
        else:
            item.reason = self._verdict(item.payee, item.payee_name, at_home=item.at_home)
            if not item.reason and payer.balance < item.amount:
                item.reason = "no_funds"
            if not item.reason:
                self._book_payment(item, payer, at)
        item.state = "failed" if item.reason else "settled"
        if item.state == "settled" and item.return_at is not None:
            self._schedule(item)

    def _verdict(self, number: str, name: str, *, at_home: bool) -> str:
        """Why this payee cannot be paid, or ''. A payee at this bank is compared with the books."""
        if "错名" in name or "户名不符" in name:
            return "wrong_name"
        if "销户" in name:
            return "payee_closed"
        known = self.books.account(number) if at_home else None
        if known is None or known.kind not in ("customer", "payee"):
            return ""
        if known.closed:
            return "payee_closed"
        return "" if same_name(known.name, name) else "wrong_name"

    def _target(self, number: str, ibk: str, *, at_home: bool) -> Account:
        """The account credited: the payee's own if the books have it, else a clearing account."""
        own = self.books.account(number) if at_home else None
        if own is not None and own.kind in ("customer", "payee"):
            return own
        head = "HOME" if at_home else (ibk[:3] if len(ibk) == 12 else "OTHER")
        return self.books.ensure(f"CLEARING-{head}", name=f"清算资金往来 {head}", kind="clearing")

    def _book_payment(self, item: Instruction, payer: Account, at: float) -> None:
        target = self._target(item.payee, item.payee_ibk, at_home=item.at_home)
        payee = Party(item.payee, item.payee_name, item.payee_bank, item.payee_ibk)
        words = Posting(
            "payment",
            party_of(payer),
            payee,
            item.insid,
            item.id,
            purpose=item.purpose,
            remark=item.purpose,
        )
        self.books.post(debit=payer, credit=target, amount=item.amount, at=at, words=words)
        if self.faults.switch("fees") and not item.at_home:
            income = self.books.ensure("FEE-INCOME", name="手续费收入", kind="income")
            fee = Posting(
                "fee",
                party_of(payer),
                party_of(income),
                instruction=item.id,
                remark="跨行汇款手续费",
            )
            self.books.post(debit=payer, credit=income, amount=FEE, at=at, words=fee)
        if target.kind == "clearing" and self._comes_back(item):
            item.return_at = at + self.seeded.between(2 * 3600, 6 * 3600, "return", item.insid)

    def _comes_back(self, item: Instruction) -> bool:
        return "退票" in item.payee_name or self.faults.item("late_returns", item.payee)

    def _send_back(self, item: Instruction, at: float) -> None:
        payer = self.books.accounts[item.payer]
        source = self._target(item.payee, item.payee_ibk, at_home=item.at_home)
        sender = Party(item.payee, item.payee_name, item.payee_bank, item.payee_ibk)
        remark = f"退票 原业务{item.obssid} {item.insid} 账号户名不符"
        words = Posting(
            "return", sender, party_of(payer), instruction=item.id, purpose="退票", remark=remark
        )
        self.books.post(debit=source, credit=payer, amount=item.amount, at=at, words=words)
        item.returned_at, item.state = at, "returned"
        if self.faults.item("late_returns", item.payee):
            self.faults.record("late_returns", operation=item.operation, insids=[item.insid])

    def _pay_staff(self, item: Instruction, payer: Account, at: float) -> str:
        """One debit for the whole batch, one credit back for the details that failed."""
        details = self.details_of(item)
        for detail in details:
            detail.reason = self._verdict(detail.number, detail.name, at_home=detail.at_home)
        failed = [d for d in details if d.reason]
        if len(failed) == len(details):
            return "all_details_failed"
        if payer.balance < item.amount:
            return "no_funds"
        suspense = self.books.ensure("PAYROLL-SUSPENSE", name="代发工资过渡户", kind="suspense")
        into = Posting(
            "payroll",
            party_of(payer),
            party_of(suspense),
            item.insid,
            item.id,
            item.purpose,
            item.purpose,
        )
        self.books.post(debit=payer, credit=suspense, amount=item.amount, at=at, words=into)
        for detail in details:
            if not detail.reason:
                target = self._target(detail.number, detail.ibk, at_home=detail.at_home)
                to = Party(detail.number, detail.name, detail.bank, detail.ibk)
                words = Posting(
                    "payroll_detail", party_of(payer), to, "", item.id, purpose=item.purpose
                )
                self.books.post(
                    debit=suspense, credit=target, amount=detail.amount, at=at, words=words
                )
        self._refund(item, payer, suspense, failed, at)
        return ""

    def _refund(
        self, item: Instruction, payer: Account, suspense: Account, failed: list[Detail], at: float
    ) -> None:
        if not failed:
            return
        marks = [(d.reason, item.id, d.number, d.name) for d in failed]
        update = "UPDATE details SET reason=? WHERE instruction=? AND number=? AND name=?"
        self.books.db.executemany(update, marks)
        remark = f"代发失败退回 {item.insid} {len(failed)}笔"
        words = Posting(
            "payroll_refund", party_of(suspense), party_of(payer), "", item.id, "代发退回", remark
        )
        amount = sum(d.amount for d in failed)
        self.books.post(debit=suspense, credit=payer, amount=amount, at=at, words=words)

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
        source = self._target("", ibk, at_home=False)
        words = Posting(
            "credit", Party(number, name, bank, ibk), party_of(own), purpose=purpose, remark=purpose
        )
        self.books.post(debit=source, credit=own, amount=amount, at=at, words=words)
        self.books.db.execute("UPDATE credits SET done=1 WHERE id=?", (ident,))
