"""The ledger balances whatever happens to it."""

from __future__ import annotations

import ast
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankadapters.simulator.bank import Options, World
from bankadapters.simulator.books import Books, Party
from bankadapters.simulator.control import open_account
from bankadapters.simulator.faults import Faults, Seeded
from bankadapters.simulator.instructions import Detail, Order
from bankadapters.simulator.ledger import Ledger
from kernel import clock
from tests.bankadapters.simulator.client import ROOT

START = datetime(2026, 3, 10, 9, 30, tzinfo=clock.SHANGHAI)
NAMES = ("样例供应商", "错名公司", "销户公司", "退票公司")
OWN = ("1", "2", "3")


def a_world(path: Path = Path(":memory:"), *, profile: str = "none", delays: bool = True) -> World:
    books, seeded = Books(path=path), Seeded(1)
    faults = Faults(db=books.db, profile=profile, seeded=seeded, slow_s=1.0)
    ledger = Ledger(books=books, faults=faults, seeded=seeded, delays=delays)
    world = World(books, ledger, faults, seeded, Options({}))
    with ledger.transaction():
        for number in OWN:
            open_account(
                world,
                {"number": number, "name": f"公司{number}", "balance": "1000.00"},
            )
    return world


def an_order(
    insid: str, *, amount: int, payer: str = "1", name: str = NAMES[0], home: str = ""
) -> Order:
    return Order(
        insid, "b2e0009", payer, amount, home or "9999", name, "某行", "102290000000", bool(home)
    )


orders = st.builds(
    an_order,
    st.integers(0, 30).map(lambda n: f"P{n}"),
    amount=st.integers(1, 90_000),
    payer=st.sampled_from((*OWN, "unknown")),
    name=st.sampled_from((*NAMES, "公司2")),
    home=st.sampled_from(("", "2")),
)
payrolls = st.builds(
    lambda n, names: Order(
        f"W{n}",
        "payroll",
        "1",
        1000 * len(names),
        details=[Detail(str(i), m, "", "", True, 1000) for i, m in enumerate(names)],
    ),
    st.integers(0, 9),
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("accept"), st.lists(st.one_of(orders, payrolls), min_size=1, max_size=6)),
        st.tuples(st.just("wait"), st.integers(1, 20_000)),
        st.tuples(st.just("credit"), st.integers(1, 50_000)),
        st.tuples(st.just("reopen"), st.just(0)),
    ),
    max_size=12,
)


class TestDoubleEntry:
    @settings(max_examples=60, deadline=None)
    @given(
        steps=steps, profile=st.sampled_from(("none", "fees", "late_returns")), delays=st.booleans()
    )
    def test_sums_to_zero_over_any_run_of_operations(self, steps, profile, delays):
        world = a_world(profile=profile, delays=delays)
        with clock.fixed(START) as hand:
            for what, value in steps:
                with world.ledger.transaction():
                    self.do(world, hand, what, value)
            hand.advance(days=2)
            with world.ledger.transaction():
                world.ledger.settle_due()
        books, db = world.books, world.books.db

        debits, credits, rest = books.sums()
        assert debits == credits
        assert rest == 0
        for account in books.accounts.values():
            lines = db.execute(
                "SELECT credit - debit, balance, day FROM lines WHERE account=? ORDER BY id",
                (account.id,),
            ).fetchall()
            running = 0
            for change, balance, _ in lines:
                running += change
                assert running == balance
            assert running == account.balance
            assert [day for *_, day in lines] == sorted(day for *_, day in lines)
            assert account.kind != "customer" or account.balance >= -500 * 31, (
                "only fees may overdraw"
            )
        twice = "SELECT insid FROM entries WHERE kind IN ('payment','payroll') GROUP BY insid HAVING COUNT(*) > 1"
        assert db.execute(twice).fetchall() == []
        assert db.execute(
            "SELECT COUNT(*) FROM instructions WHERE state='accepted'"
        ).fetchone() == (0,)
        books.close()

    @staticmethod
    def do(world: World, hand: clock.fixed, what: str, value: object) -> None:
        world.ledger.settle_due()
        if what == "accept":
            world.accept(custid="1", orders=value)
        elif what == "wait":
            hand.advance(seconds=value)
        elif what == "credit":
            payer = Party("7", "来款", "某行", "102290000000")
            at = clock.now().timestamp()
            world.ledger.schedule_credit(
                due_at=at, account="1", amount=value, payer=payer, purpose=""
            )
        else:
            world.books.flush()
            world.books.load()
            world.ledger.reload()

    def test_a_transaction_that_breaks_leaves_nothing(self):
        world = a_world()
        with clock.fixed(START) as hand:
            with pytest.raises(KeyError):
                self.accept_and_break(world)
            with world.ledger.transaction():
                world.accept(custid="1", orders=[an_order("P2", amount=7)])
            hand.advance(minutes=5)
            with world.ledger.transaction():
                world.ledger.settle_due()

        assert list(world.known("1", ["P1", "P2"])) == ["P2"]
        assert world.books.accounts["1"].balance == 100_000 - 7

    @staticmethod
    def accept_and_break(world: World) -> None:
        with world.ledger.transaction():
            world.accept(custid="1", orders=[an_order("P1", amount=5)])
            raise KeyError("the machine stops")

    def test_ids_are_unique_within_a_customer_only(self):
        world = a_world()
        with clock.fixed(START), world.ledger.transaction():
            first = world.accept(custid="1", orders=[an_order("P1", amount=5)])
            other = world.accept(custid="2", orders=[an_order("P1", amount=5)])
            again = world.accept(custid="1", orders=[an_order("P1", amount=5)])

        assert first[0] is not None
        assert other[0] is not None
        assert again == [None]

    def test_books_outlive_the_process_in_one_file(self, tmp_path):
        path = tmp_path / "books.sqlite3"
        world = a_world(path)
        with clock.fixed(START) as hand:
            with world.ledger.transaction():
                world.accept(custid="1", orders=[an_order("P1", amount=5)])
            hand.advance(minutes=5)
            reopened = a_world(path)
            with reopened.ledger.transaction():
                settled = reopened.ledger.settle_due()

        assert settled == 1
        assert reopened.books.accounts["1"].balance == 100_000 - 5


def test_the_simulator_shares_no_wire_code_with_the_adapters():
    ours = {"simulator", "banks"}
    files = [
        *(ROOT / "bankadapters/simulator").glob("*.py"),
        *(ROOT / "bankadapters/banks").glob("*/simulator/*.py"),
        *(ROOT / "bankadapters/banks").glob("*/simulator.py"),
    ]

    assert len(files) > 10
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                if name.startswith("bankadapters"):
                    parts = name.split(".")
                    assert parts[1] in ours, (file, name)
                    assert "simulator" in parts, (file, name)
                assert not name.startswith(("lxml", "django"))
