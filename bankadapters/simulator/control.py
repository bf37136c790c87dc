"""The simulators' own JSON interface under /_sim/: what tests and walkthroughs read and steer. No bank has one.

Every port of the world answers it alike, for all banks together.

GET  ledger, instructions, faults, next-due, health, connections, homes
POST accounts, credit, settle
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from bankadapters.simulator.books import Party, moment
from bankadapters.simulator.homes import HOMES, home_of
from bankadapters.simulator.instructions import COLUMNS, Instruction
from bankadapters.simulator.wire import yuan
from bankadapters.simulator.world import World
from kernel import clock

_AMOUNT = re.compile(r"\d{1,15}(\.\d{1,2})?")
DEBIT_KINDS = ("payment", "payroll")


class ControlError(Exception):
    """A control request that cannot be served; carries the HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def _iso(at: float | None) -> str | None:
    return None if at is None else moment(at).isoformat(timespec="milliseconds")


def fen(value: object) -> int:
    """An amount in yuan as written, in fen. Raises ControlError."""
    text = str(value)
    if not _AMOUNT.fullmatch(text):
        raise ControlError(422, f"not an amount: {text!r}")
    return int(Decimal(text).scaleb(2))


def open_account(world: World, wanted: Mapping[str, object]) -> bool:
    """Open the account that is described: {number, name, bank, balance, ibknum, currency, custid, role, closed}.

    `bank` is a slug or a name, the world's own bank without one. `role` is customer (default) or payee: known by name,
    not served. False when the number exists already; then nothing changes but `closed`. Call inside a transaction.
    Raises ControlError.
    """
    number, name = str(wanted.get("number", "")), str(wanted.get("name", ""))
    if not number or not name:
        raise ControlError(422, "number and name are wanted")
    balance = fen(wanted.get("balance") or "0")
    told = str(wanted.get("bank") or world.home.slug)
    home = home_of(told)
    books, fresh = world.books, world.books.account(number) is None
    account = books.ensure(
        number,
        name=name,
        kind="payee" if wanted.get("role") == "payee" else "customer",
        bank=told if home is None else home.name,
        slug=told if home is None else home.slug,
        ibknum=str(wanted.get("ibknum") or ""),
        currency=str(wanted.get("currency") or "CNY"),
        custid=str(wanted.get("custid") or ""),
    )
    if fresh:
        books.open_with(account, balance=balance)
    if "closed" in wanted:
        account.closed = int(bool(wanted["closed"]))
        books.db.execute("UPDATE accounts SET closed=? WHERE id=?", (account.closed, account.id))
    return fresh


class Control:
    """Answers control requests from the world's books; `addresses` and `connections` are those of its banks, filled in as they open."""

    def __init__(self, *, world: World) -> None:
        self.world = world
        self.addresses: dict[str, str] = {}
        self.connections: dict[str, Mapping[str, object]] = {}
        self.rounds: list[Callable[[], None]] = []  # of banks that exchange files

    def answer(
        self, *, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes
    ) -> Mapping[str, object]:
        """The JSON answer, after everything due was settled and every file told it. Raises ControlError."""
        self._make_rounds()
        answer = self._answer(method=method, path=path, query=query, body=body)
        self._make_rounds()
        return answer

    def _make_rounds(self) -> None:
        for make in self.rounds:
            make()

    def _answer(
        self, *, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes
    ) -> Mapping[str, object]:
        name = path.removeprefix("/_sim/").strip("/")
        with self.world.ledger.transaction():
            settled = self.world.ledger.settle_due()
            if method == "GET":
                return self._read(name, query)
            if method != "POST":
                raise ControlError(405, "GET or POST")
            if name == "settle":
                return {"settled": settled}
            return self._write(name, body)

    def _read(self, name: str, query: Mapping[str, Sequence[str]]) -> Mapping[str, object]:
        self.world.books.flush()
        if name == "ledger":
            after = (query.get("after") or ["0"])[0]
            if not after.isdecimal():
                raise ControlError(422, "after wants the number of an entry")
            return self._ledger(after=int(after))
        if name == "instructions":
            return {"instructions": self._instructions(set(query.get("insid", ())))}
        if name == "faults":
            return {
                "profile": self.world.faults.name,
                "seed": self.world.seeded.seed,
                "faults": self._faults(),
            }
        if name == "next-due":
            return {"next_due": _iso(self.world.ledger.next_due()), "now": clock.now().isoformat()}
        if name == "homes":
            return {one.prefix: one.slug for one in HOMES.values() if one.prefix}
        if name == "connections":
            return {slug: self._connection(slug) for slug in self.connections}
        if name == "health":
            return {
                "ok": True,
                "bank": self.world.home.slug,
                "banks": self.addresses,
                "profile": self.world.faults.name,
                "now": clock.now().isoformat(),
            }
        raise ControlError(404, f"no {name} here")

    def _write(self, name: str, body: bytes) -> Mapping[str, object]:
        try:
            wanted = json.loads(body)
        except ValueError as error:
            raise ControlError(422, "not JSON") from error
        rows = wanted if isinstance(wanted, list) else [wanted]
        if not all(isinstance(row, dict) for row in rows):
            raise ControlError(422, "an object is wanted")
        if name == "accounts":
            return {"opened": [row["number"] for row in rows if open_account(self.world, row)]}
        if name == "credit":
            return self._credit(rows[0])
        raise ControlError(404, f"no {name} here")

    def _credit(self, wanted: Mapping[str, object]) -> Mapping[str, object]:
        """{account, amount, name, number, bank, ibknum, purpose}: a stranger pays in, now."""
        account = self.world.books.account(str(wanted.get("account", "")))
        if account is None or account.kind != "customer":
            raise ControlError(422, "account is not known")
        payer = Party(
            str(wanted.get("number") or "6222020000000001"),
            str(wanted.get("name") or "来款客户"),
            str(wanted.get("bank") or "中国工商银行"),
            str(wanted.get("ibknum") or "102100099996"),
        )
        ledger, now = self.world.ledger, clock.now().timestamp()
        purpose = str(wanted.get("purpose") or "货款")
        amount = fen(wanted.get("amount"))
        if not amount:
            raise ControlError(422, "amount must be above zero")
        ledger.schedule_credit(
            due_at=now, account=account.number, amount=amount, payer=payer, purpose=purpose
        )
        ledger.settle_due()
        return {"account": account.number, "balance": yuan(account.balance)}

    def _connection(self, slug: str) -> Mapping[str, object]:
        accounts = [
            {"number": a.number, "name": a.name, "branch": a.ibknum, "custid": a.custid}
            for a in self.world.books.accounts.values()
            if a.kind == "customer" and a.slug == slug and not a.closed
        ]
        return {**self.connections[slug], "accounts": accounts}

    def _ledger(self, *, after: int) -> Mapping[str, object]:
        books = self.world.books
        debits, credits, rest = books.sums()
        rows = books.db.execute(
            """SELECT e.id, e.at, e.kind, e.insid, e.amount, d.number, c.number, d.kind, e.payee_number, e.payee_name,
                      e.purpose, e.remark, COALESCE(i.state, ''), COALESCE(i.obssid, ''), COALESCE(i.insid, '')
               FROM entries e JOIN lines x ON x.entry=e.id AND x.debit>0 JOIN accounts d ON d.id=x.account
               JOIN lines y ON y.entry=e.id AND y.credit>0 JOIN accounts c ON c.id=y.account
               LEFT JOIN instructions i ON i.id=e.instruction WHERE e.id>? ORDER BY e.id""",
            (after,),
        )
        names = "id at kind insid amount debit_account credit_account debit_kind payee_account payee_name purpose remark"
        keys = [*names.split(), "state", "obssid", "of_insid"]
        journal = [dict(zip(keys, row, strict=True)) for row in rows]
        for row in journal:
            row["at"], row["amount"] = _iso(row["at"]), yuan(row["amount"])
        return {
            "as_of": clock.now().isoformat(),
            "accounts": [
                {"number": a.number, "name": a.name, "bank": a.slug, "kind": a.kind, "currency": a.currency, "balance": yuan(a.balance)}
                for a in books.accounts.values()
            ],
            "sums": {"debits": yuan(debits), "credits": yuan(credits), "balances": yuan(rest)},
            "debits": [
                {"insid": r["insid"], "account": r["debit_account"], "amount": r["amount"], "time": r["at"],
                 "state": r["state"], "obssid": r["obssid"], "kind": r["kind"], "payee_account": r["payee_account"],
                 "payee_name": r["payee_name"]}
                for r in journal if r["kind"] in DEBIT_KINDS
            ],
            "journal": journal,
        }  # fmt: skip

    def _instructions(self, wanted: set[str]) -> dict[str, object]:
        db, faults = self.world.books.db, self.world.faults.per_insid()
        marks = ",".join("?" * len(DEBIT_KINDS))
        counts = dict(
            db.execute(
                f"SELECT instruction, COUNT(*) FROM entries WHERE kind IN ({marks}) GROUP BY instruction",  # noqa: S608
                DEBIT_KINDS,
            )
        )
        found: dict[str, object] = {}
        for row in db.execute(f"SELECT {COLUMNS} FROM instructions ORDER BY id"):  # noqa: S608
            item = Instruction(*row)
            if wanted and item.insid not in wanted:
                continue
            key = item.insid if item.insid not in found else f"{item.bank}/{item.custid}/{item.key}"
            found[key] = self._describe(
                item, debits=counts.get(item.id, 0), faults=faults.pop(item.insid, [])
            )
        for insid, names in faults.items():
            if insid not in found and (not wanted or insid in wanted):
                found[insid] = {"insid": insid, "state": "absent", "debits": 0, "faults": names}
        return found

    def _describe(self, item: Instruction, *, debits: int, faults: list[str]) -> dict[str, object]:
        return {
            "insid": item.insid, "bank": item.bank, "batch": item.batch, "custid": item.custid, "obssid": item.obssid, "operation": item.operation,
            "state": item.state, "reason": item.reason, "amount": yuan(item.amount), "payer": item.payer,
            "payee": item.payee, "payee_name": item.payee_name, "accepted_at": _iso(item.accepted_at),
            "due_at": _iso(item.due_at), "settled_at": _iso(item.settled_at), "return_at": _iso(item.return_at),
            "returned_at": _iso(item.returned_at), "debits": debits, "faults": faults,
        }  # fmt: skip

    def _faults(self) -> list[dict[str, object]]:
        db = self.world.books.db
        touched: dict[int, list[str]] = {}
        for fault, insid in db.execute("SELECT fault, insid FROM fault_items"):
            touched.setdefault(fault, []).append(insid)
        rows = db.execute("SELECT id, at, fault, operation, detail FROM faults ORDER BY id")
        return [
            {
                "at": _iso(at),
                "fault": fault,
                "operation": op,
                "detail": detail,
                "insids": touched.get(ident, []),
            }
            for ident, at, fault, op, detail in rows
        ]
