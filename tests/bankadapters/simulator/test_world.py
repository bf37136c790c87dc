"""Many banks in one world: a payment leaves one and arrives at another, or comes back; the books of all agree."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bankadapters import registry
from bankadapters.contract import (
    AccountRef,
    BankAdapter,
    Batch,
    Connection,
    Direction,
    Fate,
    Inquiry,
    Instruction,
)
from bankadapters.simulator.__main__ import BANKS
from bankadapters.simulator.homes import HOMES, home_of, home_of_code
from kernel import clock
from kernel.money import Money
from kernel.secrets import Secret
from tests.bankadapters.simulated import RunningWorld

START = datetime(2026, 3, 10, 9, 30, tzinfo=clock.SHANGHAI)
BOC, CMB = AccountRef("440012345678", branch="40303"), AccountRef("571900000010101", branch="57")


@pytest.fixture
def hand() -> Iterator[clock.fixed]:
    with clock.fixed(START) as hand:
        yield hand


@pytest.fixture
def world(hand: clock.fixed, tmp_path: Path) -> Iterator[RunningWorld]:
    running = RunningWorld(tmp_path, "--all")
    yield running
    running.close()


@pytest.fixture
def boc(world: RunningWorld) -> BankAdapter:
    parameters = {"front_end_ip": "127.0.0.1", "custid": "30011223", "cusopr": "OPR01"}
    secrets = {"oprpwd": Secret("any")}
    return registry.open(Connection("boc", {"main": world.addresses["boc"]}, parameters, secrets))


@pytest.fixture
def cmb(world: RunningWorld) -> BankAdapter:
    return registry.open(Connection("cmb", {"main": world.addresses["cmb"]}, {"LGNNAM": "OPER01"}))


def from_boc(number: int, amount: str, *, name: str = "示例贸易有限公司") -> Instruction:
    """A payment from a Bank of China account to one at China Merchants Bank."""
    return Instruction(
        f"Y{number:011d}", BOC.number, "示例贸易有限公司", CMB.number, name, "招商银行杭州分行", "308331012038",
        Money(Decimal(amount)), "货款", clock.today(), payer_branch=BOC.branch,
    )  # fmt: skip


def entries(adapter: BankAdapter, account: AccountRef) -> list[tuple[str, str, str]]:
    lines = adapter.transactions(account, clock.today(), clock.today()).lines
    return [(str(line.direction), f"{line.money.amount}", line.counterparty_name) for line in lines]


def balanced(world: RunningWorld) -> bool:
    sums = world.tell("ledger")["sums"]
    return sums["balances"] == "0.00" and sums["debits"] == sums["credits"]


class TestOneWorld:
    def test_a_payment_between_two_banks_shows_in_both_statements(self, world, boc, cmb, hand):
        boc.pay(Batch("B1", [from_boc(1, "10.01")]))
        hand.advance(minutes=5)

        (theirs,) = cmb.transactions(CMB, START.date(), START.date()).lines
        (ours,) = boc.transactions(BOC, START.date(), START.date()).lines

        assert (ours.direction, ours.money, ours.reference) == (
            Direction.DEBIT, Money(Decimal("10.01")), "Y00000000001",
        )  # fmt: skip
        assert (theirs.direction, theirs.money) == (Direction.CREDIT, ours.money)
        assert (theirs.counterparty_account, theirs.counterparty_bank) == (BOC.number, "中国银行")
        assert theirs.reference == "", "another bank's number is not known here"
        assert [b.book for b in cmb.balances([CMB])] == [Decimal("1250010.01")]
        assert balanced(world)

    def test_a_wrong_name_at_the_other_bank_comes_back_hours_later(self, world, boc, cmb, hand):
        boc.pay(Batch("B1", [from_boc(1, "10.01", name="示例贸易公司")]))
        hand.advance(minutes=5)
        (told,) = boc.inquire([Inquiry("Y00000000001")])
        before = entries(boc, BOC)
        hand.advance(hours=7)

        assert told.fate is Fate.SUCCEEDED, "the paying bank sent it out"
        assert [direction for direction, *_ in before] == ["debit"]
        assert [direction for direction, *_ in entries(boc, BOC)] == ["debit", "credit"]
        assert entries(cmb, CMB) == []
        assert boc.balances([BOC])[0].book == Decimal("1250000.00")
        assert balanced(world)

    def test_each_bank_knows_its_own_accounts_and_numbers_only(self, world, boc, cmb, hand):
        boc.pay(Batch("B1", [from_boc(1, "10.01")]))

        (told,) = cmb.inquire([Inquiry("Y00000000001", day=clock.today())])

        assert told.not_found
        assert {found.account for found in cmb.account_list()} == {
            "571900000010101", "571900000010102",
        }  # fmt: skip

    def test_every_bank_says_where_it_is(self, world):
        health = world.tell("health")

        assert health["banks"] == world.addresses
        assert sorted(health["banks"]) == sorted(BANKS)


class TestHomes:
    def test_banks_are_found_by_slug_name_and_code(self):
        assert home_of("cmb") is home_of("招商银行杭州分行") is home_of_code("308331012038")
        assert home_of("某村镇银行") is None
        assert home_of_code("30833") is None
        assert {home.prefix for home in HOMES.values()} == {
            home.head_office[:3] for home in HOMES.values()
        }


def test_the_program_opens_every_bank_and_ends_cleanly(tmp_path):
    ports = tmp_path / "ports.json"
    command = [sys.executable, "-m", "bankadapters.simulator", "--all", "--ports-file", str(ports)]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        said = [program.stdout.readline() for _ in BANKS]
        assert [line.split()[0] for line in said] == sorted(BANKS)
        program.terminate()
        assert program.wait(10) == 0
    finally:
        program.kill()
        program.stdout.close()

    assert ports.exists()
