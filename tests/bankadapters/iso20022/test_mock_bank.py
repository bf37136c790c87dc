"""Against mock-bank, a bank that somebody else wrote: two folders, its own ledger, a clock it is told to advance.

Its pain.002 accepts or rejects and never says "paid": what was paid comes as a camt.054 and stands in the night's camt.053.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from stdnum import iban

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
)
from bankadapters.errors import OutcomeUnknown
from kernel import clock
from kernel.money import Money

MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=clock.SHANGHAI)
OPENING = 5_000_000_00
SETTINGS = {"answer_wait_s": "5", "weekend_statements": "no"}  # it makes none on weekends


def iban_of(number: str) -> str:
    return f"CN{iban.calc_check_digits('CN00' + number)}{number}"


PAYER, SUPPLIER = iban_of("1400000000000001"), iban_of("6222020200112233")


class MockBank:
    """The program and its control interface."""

    def __init__(self, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.out, self.answers = home / "out", home / "in"
        for folder in (self.out, self.answers):
            folder.mkdir()
        self.url = f"http://127.0.0.1:{port}"
        self.program = subprocess.Popen(
            [sys.executable, "-m", "mockbank", "--port", str(port), "--clock", "2026-11-23T09:30", "--timezone",
             "Asia/Shanghai", "--drop-dir", str(self.out), "--pickup-dir", str(self.answers), "--drop-settle-ms", "0",
             "--drop-interval-ms", "50", "-q"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 20
        while True:
            try:
                self.tell("GET", "health")
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def tell(self, method: str, path: str, body: object | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self.url}/_mock/{path}", data, headers, method=method)
        with urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def open_account(self, number: str, **more: object) -> None:
        told = {
            "id": f"A{number[-6:]}",
            "iban": number,
            "name": "Jade Trading",
            "currency": "CNY",
            "balance": OPENING,
        }
        self.tell("POST", "accounts", told | more)

    def close(self) -> None:
        self.program.terminate()
        self.program.wait(20)


@pytest.fixture
def hand() -> Iterator[clock.fixed]:
    with clock.fixed(MONDAY) as hand:
        yield hand


@pytest.fixture
def bank(tmp_path, hand) -> Iterator[MockBank]:
    running = MockBank(tmp_path)
    yield running
    running.close()


@pytest.fixture
def adapter(bank) -> BankAdapter:
    endpoints = {"main": f"file://{bank.out}", "answers": f"file://{bank.answers}"}
    return registry.open(Connection("iso20022", endpoints, SETTINGS))


def payment(number: int, amount: str = "10.01", **changes: Any) -> Instruction:
    values: dict[str, Any] = {
        "reference": f"Y{number:011d}", "payer_account": PAYER, "payer_name": "Jade Trading", "payee_account": SUPPLIER,
        "payee_name": "样例供应商有限公司", "payee_bank": "中国农业银行上海分行", "cnaps": "103290000007",
        "money": Money(Decimal(amount)), "purpose": "货款", "day": clock.today(),
    }  # fmt: skip
    return Instruction(**(values | changes))


def fates(adapter: BankAdapter, batch: Batch) -> dict[str, Fate]:
    asked = [
        Inquiry(one.reference, "", one.day, batch.operation, batch.batch_no, PAYER, one.money)
        for one in batch.instructions
    ]
    return {one.reference: one.fate for one in adapter.inquire(asked)}


class TestADayWithMockBank:
    def test_payments_statement_and_balance_agree_with_its_own_ledger(self, bank, adapter, hand):
        bank.open_account(PAYER)
        batch = Batch("B01000000017", [payment(1), payment(2, "250.50")], Ability.PAY_BATCH)

        said = adapter.pay(batch)
        bank.tell("POST", "advance?days=1")
        hand.advance(days=1)

        assert {one.fate for one in said} == {Fate.ACCEPTED}
        assert set(fates(adapter, batch).values()) == {Fate.SUCCEEDED}
        day = MONDAY.date()
        lines = adapter.transactions(AccountRef(PAYER), day, day).lines
        assert {(one.reference, one.money.amount, one.direction) for one in lines} == {
            ("Y00000000001", Decimal("10.01"), Direction.DEBIT),
            ("Y00000000002", Decimal("250.50"), Direction.DEBIT),
        }
        (closing,) = adapter.history_balances(AccountRef(PAYER), day, day)
        held = next(one for one in bank.tell("GET", "accounts") if one["iban"] == PAYER)
        assert closing.book == Decimal(held["balance"]).scaleb(-2) == Decimal("4999739.49")
        assert adapter.balances([AccountRef(PAYER)])[0].book == closing.book

    def test_what_it_rejects_fails_and_the_others_go_on(self, bank, adapter, hand):
        bank.open_account(PAYER)
        closed = iban_of("6222020200999999")
        bank.open_account(closed, behaviour="closed-account")
        batch = Batch(
            "B01000000017", [payment(1), payment(2, payee_account=closed)], Ability.PAY_BATCH
        )

        said = {one.reference: (one.fate, one.code) for one in adapter.pay(batch)}

        assert said["Y00000000001"][0] is Fate.ACCEPTED
        assert said["Y00000000002"] == (Fate.FAILED, "AC04")

    def test_the_same_message_again_is_refused_as_a_repeat_and_fails_nothing(
        self, bank, adapter, hand
    ):
        bank.open_account(PAYER)
        batch = Batch("B01000000017", [payment(1)], Ability.PAY_BATCH)
        adapter.pay(batch)
        self.gone(bank)

        again = adapter.pay(batch)
        bank.tell("POST", "drop/scan")
        bank.tell("POST", "advance?days=1")
        hand.advance(days=1)

        assert not {one.fate for one in again} & {Fate.FAILED, Fate.SUCCEEDED}
        assert fates(adapter, batch) == {"Y00000000001": Fate.SUCCEEDED}
        held = next(one for one in bank.tell("GET", "accounts") if one["iban"] == PAYER)
        assert held["balance"] == OPENING - 1001

    def test_a_silent_bank_leaves_it_unknown_until_the_debit_comes(self, bank, adapter, hand):
        bank.open_account(PAYER, behaviour="silent")
        batch = Batch("B01000000017", [payment(1)], Ability.PAY_BATCH)
        adapter.carrier("main").wait_s = 0.3

        with pytest.raises(OutcomeUnknown):
            adapter.pay(batch)
        bank.tell("POST", "drop/scan")
        bank.tell("POST", "advance?days=1")
        hand.advance(days=1)

        assert fates(adapter, batch) == {"Y00000000001": Fate.SUCCEEDED}

    def test_money_it_sends_back_days_later_is_a_return(self, bank, adapter, hand):
        bank.open_account(PAYER, behaviour="return-later")
        batch = Batch("B01000000017", [payment(1)], Ability.PAY_BATCH)
        adapter.pay(batch)
        bank.tell("POST", "advance?days=1")
        hand.advance(days=1)
        paid = fates(adapter, batch)

        bank.tell("POST", "advance?days=6")
        hand.advance(days=6)

        assert paid == {"Y00000000001": Fate.SUCCEEDED}
        assert fates(adapter, batch) == {"Y00000000001": Fate.RETURNED}
        lines = [
            line
            for line in adapter.transactions(
                AccountRef(PAYER), MONDAY.date(), date(2026, 11, 29)
            ).lines
            if line.money.amount == Decimal("10.01")
        ]
        assert [line.direction for line in lines] == [Direction.DEBIT, Direction.CREDIT]

    @staticmethod
    def gone(bank: MockBank) -> None:
        """Wait until the bank has taken what was put."""
        until = time.monotonic() + 10
        while any(one.is_file() for one in bank.out.iterdir()) and time.monotonic() < until:
            time.sleep(0.02)
