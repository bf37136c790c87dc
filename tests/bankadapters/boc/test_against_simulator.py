"""The adapter over HTTP against the bank's simulator, which shares no wire code with it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from bankadapters import registry
from bankadapters.contract import AccountRef, BankAdapter, Batch, Connection, Fate, Inquiry
from bankadapters.errors import BankError
from kernel import clock
from kernel.money import Money
from kernel.secrets import Secret
from tests.bankadapters.boc.values import an_instruction

OWN = {
    "number": "440012345678",
    "name": "示例贸易有限公司",
    "ibknum": "40303",
    "currency": "CNY",
    "balance": "1000.00",
    "custid": "30011223",
    "role": "own",
}
ACCOUNT = AccountRef("440012345678", branch="40303")


@pytest.fixture
def bank(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[BankAdapter]:
    """An adapter connected to a simulator of its own, with the fault profile of the test's parameter."""
    accounts = tmp_path / "accounts.json"
    accounts.write_text(json.dumps([OWN], ensure_ascii=False), "utf-8")
    command = [
        sys.executable,
        "-m",
        "bankadapters.simulator",
        "--bank",
        "boc",
        "--port",
        "0",
        "--no-delays",
    ]
    command += ["--operator", "30011223:OPR01:pw123456", "--accounts", str(accounts)]
    command += ["--data", str(tmp_path / "books"), "--faults", getattr(request, "param", "none")]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = re.search(r"http://\S+", server.stdout.readline()).group(0)
        parameters = {"front_end_ip": "127.0.0.1", "custid": "30011223", "cusopr": "OPR01"}
        secrets = {"oprpwd": Secret("pw123456")}
        connection = Connection("boc", {"main": address}, parameters, secrets, read_timeout_s=5)
        yield registry.open(connection)
    finally:
        server.terminate()
        server.wait(10)


def a_payment(number: int, amount: str):
    money = Money(Decimal(amount))
    return an_instruction(reference=f"Y{number:011d}", money=money, day=clock.today())


def test_payments_balance_and_statement_agree(bank):
    batch = Batch("B1", [a_payment(1, "10.01"), a_payment(2, "20.02")])

    accepted = bank.pay(batch)
    executed = bank.inquire([Inquiry(i.reference) for i in batch.instructions])
    lines = bank.transactions(ACCOUNT, clock.today(), clock.today()).lines
    (balance,) = bank.balances([ACCOUNT])
    bank.sign_off()

    assert {o.fate for o in accepted} == {Fate.ACCEPTED}
    assert {o.fate for o in executed} == {Fate.SUCCEEDED}
    assert {line.reference: line.money.amount for line in lines} == {
        "Y00000000001": Decimal("10.01"),
        "Y00000000002": Decimal("20.02"),
    }
    assert len({line.bank_serial for line in lines}) == 2
    assert balance.book == Decimal("1000.00") - Decimal("30.03")


@pytest.mark.parametrize("bank", ["quirks"], indirect=True)
def test_the_banks_quirks_are_understood(bank):
    (accepted,) = bank.pay(Batch("B1", [a_payment(1, "10.01")]))
    (executed,) = bank.inquire([Inquiry("Y00000000001")])

    assert (accepted.fate, executed.fate) == (Fate.ACCEPTED, Fate.SUCCEEDED)


@pytest.mark.parametrize(
    "bank",
    ["truncated", "garbage", "wrong_encoding", "http_500", "mixed", "wrong_echo"],
    indirect=True,
)
def test_faults_never_fail_a_payment_or_pay_it_twice(bank):
    for number in range(1, 9):
        try:
            said = bank.pay(Batch(f"B{number}", [a_payment(number, "1.00")]))
        except BankError:
            continue
        assert all(o.fate in (Fate.ACCEPTED, Fate.PROCESSING, Fate.UNKNOWN) for o in said)
    for _ in range(6):
        try:
            executed = bank.inquire([Inquiry(f"Y{n:011d}") for n in range(1, 9)])
            lines = bank.transactions(ACCOUNT, clock.today(), clock.today()).lines
        except BankError:
            continue
        assert all(o.fate is not Fate.FAILED for o in executed)
        assert len({line.reference for line in lines}) == len(lines)
