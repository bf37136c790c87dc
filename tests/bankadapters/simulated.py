"""What every bank's adapter does against its simulator: a suite to inherit, over real sockets, on a movable clock.

The simulator runs in a thread of the test and shares its fixed clock, so that a day passes in no time.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from urllib.request import Request, urlopen

import pytest

from bankadapters import registry
from bankadapters.contract import (
    Ability,
    AccountRef,
    BankAdapter,
    Batch,
    Connection,
    Direction,
    Fate,
    Inquiry,
    Instruction,
    StatementLine,
)
from bankadapters.errors import BankError
from bankadapters.simulator.__main__ import build, parser
from kernel import clock
from kernel.money import Money

START = datetime(2026, 3, 10, 9, 30, tzinfo=clock.SHANGHAI)
FINAL = (Fate.SUCCEEDED, Fate.FAILED, Fate.RETURNED)


class RunningWorld:
    """The simulators of one world, listening in a thread of their own."""

    def __init__(self, home: Path, *arguments: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.opened = build(parser().parse_args([*arguments, "--data", str(home)]), data=home)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        ports = self._run(self.opened.listen(host="127.0.0.1", port=0))
        self.addresses = self.opened.control.addresses
        self.control = f"http://127.0.0.1:{next(iter(ports.values()))}/_sim/"

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def close(self) -> None:
        for server in self.opened.servers.values():
            self._run(server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()
        self.opened.books.close()

    def tell(self, name: str, body: object | None = None) -> Any:
        """Read from (or, with a body, write to) the control interface."""
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.control + name, data=data), timeout=20) as answer:
            return json.loads(answer.read())

    def debits(self) -> dict[str, list[str]]:
        """Amounts debited, by our reference."""
        found: dict[str, list[str]] = {}
        for row in self.tell("ledger")["debits"]:
            found.setdefault(row["insid"], []).append(row["amount"])
        return found


class SimulatedStage:
    """An adapter and its bank's simulator, and what tests do with them. A bank's class says how to connect and whom to pay."""

    slug: ClassVar[str]
    parameters: ClassVar[dict[str, str]] = {}
    secrets: ClassVar[dict[str, Any]] = {}
    endpoints: ClassVar[dict[str, str]] = {}  # role → path below the simulator's address
    fault_profiles: ClassVar[Sequence[str]] = (
        "truncated", "garbage", "wrong_encoding", "http_500", "drop_after_booking", "wrong_echo", "missing_items",
        "duplicate_answers", "unknown_codes", "not_found_first", "mixed",
    )  # fmt: skip
    statement_names_references: ClassVar[bool] = True
    operation: ClassVar[Ability] = Ability.PAY_BATCH

    # -- the stage ------------------------------------------------------------------------------------------------

    @pytest.fixture
    def hand(self) -> Iterator[clock.fixed]:
        """The clock of test and bank: Tuesday morning, moved by hand."""
        with clock.fixed(START) as hand:
            yield hand

    @pytest.fixture
    def world(
        self, hand: clock.fixed, tmp_path: Path, request: pytest.FixtureRequest
    ) -> Iterator[RunningWorld]:
        profile = getattr(request, "param", "none")
        running = RunningWorld(
            tmp_path, "--bank", self.slug, "--faults", profile, "--slow-s", "0.1", "--seed", "7"
        )
        yield running
        running.close()

    @pytest.fixture
    def adapter(self, world: RunningWorld) -> BankAdapter:
        return registry.open(self.connection(world.addresses[self.slug]))

    def connection(self, address: str) -> Connection:
        endpoints = {"main": address} | {
            role: address.rstrip("/") + path for role, path in self.endpoints.items()
        }
        return Connection(
            self.slug,
            endpoints,
            self.parameters,
            self.secrets,
            connect_timeout_s=2,
            read_timeout_s=3,
        )

    @property
    def own(self) -> tuple[AccountRef, AccountRef]:
        from bankadapters.simulator.__main__ import bank_class

        first, second = bank_class(self.slug).demo_accounts
        return AccountRef(first[0], branch=first[1]), AccountRef(second[0], branch=second[1])

    def payment(self, number: int, amount: str = "10.01", **changes: Any) -> Instruction:
        """A payment from the first demo account to a supplier at another bank."""
        payer, _ = self.own
        values: dict[str, Any] = {
            "reference": f"Y{number:011d}", "payer_account": payer.number, "payer_name": "示例贸易有限公司",
            "payer_branch": payer.branch, "payee_account": "6222020200112233445", "payee_name": "样例供应商有限公司",
            "payee_bank": "中国农业银行上海分行", "cnaps": "103290000007", "money": Money(Decimal(amount)),
            "purpose": "货款", "day": clock.today(),
        }  # fmt: skip
        return Instruction(**(values | changes))

    def at_home(self, number: int, amount: str = "10.01", **changes: Any) -> Instruction:
        """A payment to the second demo account, at the same bank."""
        profile = registry.profile(self.slug)
        from bankadapters.simulator.homes import HOMES

        home = HOMES[self.slug]
        values = {
            "payee_account": self.own[1].number, "payee_name": "示例制造有限公司", "payee_bank": home.name,
            "cnaps": home.head_office if profile.cnaps_prefix else "",
        }  # fmt: skip
        return self.payment(number, amount, **(values | changes))

    def pay(self, adapter: BankAdapter, *items: Instruction, batch_no: str = "B01000000017"):
        """Everything, in as many messages as the bank wants."""
        said, rest, number = [], list(items), 0
        while rest:
            batch = Batch(f"{batch_no[:-2]}{number:02d}", rest, self.operation)
            chosen = list(adapter.together(batch))
            said.extend(adapter.pay(replace(batch, instructions=chosen)))
            rest = [item for item in rest if item not in chosen]
            self.sent.extend((item, batch.batch_no) for item in chosen)
            number += 1
        return said

    @pytest.fixture(autouse=True)
    def _nothing_sent(self) -> None:
        self.sent: list[tuple[Instruction, str]] = []

    def ask(self, adapter: BankAdapter, *items: Instruction, serials: dict[str, str] | None = None):
        """What became of them, by reference."""
        batches = {item.reference: batch for item, batch in self.sent}
        asked = [
            Inquiry(
                item.reference, (serials or {}).get(item.reference, ""), item.day, self.operation,
                batches.get(item.reference, ""), item.payer_account, item.money,
            )
            for item in items
        ]  # fmt: skip
        return {outcome.reference: outcome for outcome in adapter.inquire(asked)}

    def lines(self, adapter: BankAdapter, first: date, last: date) -> list[StatementLine]:
        """Every entry of these days, from all pages."""
        found, cursor = [], ""
        for _ in range(200):
            page = adapter.transactions(self.own[0], first, last, cursor=cursor)
            found += page.lines
            if not page.next:
                return found
            assert page.next != cursor
            cursor = page.next
        raise AssertionError("pages without end")


class SimulatedContract(SimulatedStage):
    """Promises between an adapter and its bank's simulator."""

    def test_payments_balance_and_statement_agree(self, adapter, world, hand):
        (before,) = adapter.balances([self.own[0]])
        items = [
            self.payment(1, "10.01"),
            self.at_home(2, "20.02"),
            self.payment(3, "30.03", urgent=True),
        ]
        accepted = self.pay(adapter, *items)
        hand.advance(minutes=20)

        executed = self.ask(adapter, *items)
        (after,) = adapter.balances([self.own[0]])

        assert {o.reference for o in accepted} == {i.reference for i in items}
        assert {o.fate for o in accepted} <= {Fate.ACCEPTED, Fate.PROCESSING, Fate.MANUAL_HANDLING}
        assert {o.fate for o in executed.values()} == {Fate.SUCCEEDED}
        assert len(executed) == 3
        assert before.book - after.book == Decimal("60.06")
        if Ability.TRANSACTIONS not in adapter.abilities:
            return
        lines = self.lines(adapter, START.date(), START.date())
        debits = [line for line in lines if line.direction is Direction.DEBIT]
        assert sorted(line.money.amount for line in debits) == [i.money.amount for i in items]
        assert len({line.bank_serial for line in debits}) == 3
        if registry.profile(self.slug).statement_names_counterparty:
            assert {line.counterparty_account for line in debits} == {
                i.payee_account for i in items
            }
        if self.statement_names_references:
            assert {line.reference for line in debits} == {i.reference for i in items}
        if debits[-1].balance_after is not None:
            assert debits[-1].balance_after == after.book

    def test_a_repeated_number_is_paid_once_and_not_failed(self, adapter, world, hand):
        item = self.payment(1)
        self.pay(adapter, item)

        try:
            again = adapter.pay(Batch(self.sent[0][1], [item], self.operation))
        except BankError:
            again = []
        hand.advance(minutes=20)

        assert not any(o.fate in FINAL for o in again)
        assert self.ask(adapter, item)[item.reference].fate is Fate.SUCCEEDED
        assert world.debits() == {item.reference: ["10.01"]}

    def test_what_the_bank_refuses_is_failed_only_when_it_says_so(self, adapter, world, hand):
        item = self.at_home(1, payee_name="错名公司")
        said = self.pay(adapter, item)
        hand.advance(minutes=20)

        told = self.ask(adapter, item)

        assert not any(o.fate is Fate.SUCCEEDED for o in said)
        assert told[item.reference].fate in (Fate.FAILED, Fate.UNKNOWN)
        assert told[item.reference].fate is Fate.FAILED or registry.profile(self.slug).slug == "boc"
        assert world.debits() == {}

    def test_a_payment_nobody_sent_is_not_known_and_not_failed(self, adapter, world):
        item = self.payment(99)

        try:
            told = self.ask(adapter, item)
        except BankError:
            return

        assert all(o.fate is Fate.UNKNOWN for o in told.values())

    def test_money_that_comes_back_is_seen(self, adapter, world, hand):
        item = self.payment(1, payee_name="退票公司")
        self.pay(adapter, item)
        hand.advance(minutes=20)
        paid = self.ask(adapter, item)[item.reference].fate
        hand.advance(hours=7)

        told = self.ask(adapter, item)[item.reference].fate
        assert paid is Fate.SUCCEEDED
        assert told in (Fate.SUCCEEDED, Fate.RETURNED)
        if Ability.TRANSACTIONS not in adapter.abilities:
            return
        lines = self.lines(adapter, START.date(), START.date())
        assert {line.direction for line in lines} == {Direction.DEBIT, Direction.CREDIT}
        assert {line.money.amount for line in lines} == {Decimal("10.01")}

    def test_a_statement_is_read_to_its_last_row(self, adapter, world, hand):
        if Ability.TRANSACTIONS not in adapter.abilities:
            pytest.skip("this bank tells no entries")
        account = self.own[0].number
        for number in range(230):
            world.tell(
                "credit", {"account": account, "amount": f"{number + 1}.00", "purpose": "回款"}
            )

        today = self.lines(adapter, START.date(), START.date())
        hand.advance(days=1)
        history = self.lines(adapter, START.date(), START.date())

        for lines in (today, history):
            assert sorted(line.money.amount for line in lines) == [
                Decimal(n + 1) for n in range(230)
            ]
            assert {line.direction for line in lines} == {Direction.CREDIT}
            assert len({(line.bank_serial, line.money) for line in lines}) == 230

    def test_yesterdays_closing_is_todays_opening(self, adapter, world, hand):
        if Ability.HISTORY_BALANCE not in adapter.abilities:
            pytest.skip("this bank tells no history balances")
        world.tell("credit", {"account": self.own[0].number, "amount": "77.00"})
        (today,) = adapter.balances([self.own[0]])
        hand.advance(days=1)

        history = adapter.history_balances(self.own[0], START.date(), START.date())

        assert [(b.as_of, b.book) for b in history] == [(START.date(), today.book)]

    @pytest.mark.parametrize("world", ["quirks"], indirect=True)
    def test_every_oddity_seen_in_real_answers_is_understood(self, adapter, world, hand):
        items = [self.payment(1), self.at_home(2)]
        accepted = self.pay(adapter, *items)
        hand.advance(minutes=20)

        assert {o.fate for o in accepted} <= {Fate.ACCEPTED, Fate.PROCESSING, Fate.MANUAL_HANDLING}
        assert {o.fate for o in self.ask(adapter, *items).values()} == {Fate.SUCCEEDED}
        if Ability.TRANSACTIONS in adapter.abilities:
            assert len(self.lines(adapter, START.date(), START.date())) == 2
        assert len(adapter.balances([self.own[0]])) == 1

    def test_faults_never_fail_a_payment_or_pay_it_twice(self, hand, tmp_path):
        for profile in self.fault_profiles:
            world = RunningWorld(
                tmp_path / profile,
                "--bank",
                self.slug,
                "--faults",
                profile,
                "--slow-s",
                "0.1",
                "--seed",
                "7",
            )
            try:
                self.suffer(
                    registry.open(self.connection(world.addresses[self.slug])), world, hand, profile
                )
            finally:
                world.close()

    def suffer(
        self, adapter: BankAdapter, world: RunningWorld, hand: clock.fixed, profile: str
    ) -> None:
        """Eight payments under one fault; whatever happens, the bank's own books and our words agree."""
        self.sent = []
        items = [self.payment(number) for number in range(1, 9)]
        for number, item in enumerate(items):
            batch = Batch(f"B0100000{number:04d}", [item], self.operation)
            self.sent.append((item, batch.batch_no))
            try:
                said = adapter.pay(batch)
            except BankError:
                continue
            assert not any(o.fate in FINAL for o in said), profile
        told: dict[str, Fate] = {}
        times: Counter[str] = Counter()
        for _ in range(12):
            hand.advance(minutes=5)
            for item in items:
                if times[item.reference] == 3:  # it has said so three times
                    continue
                try:
                    answer = self.ask(adapter, item)
                except BankError:
                    continue
                final = {r: o.fate for r, o in answer.items() if o.fate in FINAL}
                told |= final
                times.update(list(final))
        debits = world.debits()
        assert all(len(amounts) == 1 for amounts in debits.values()), profile
        assert set(told.values()) <= {Fate.SUCCEEDED, Fate.RETURNED}, profile
        assert set(told) == set(debits), profile
