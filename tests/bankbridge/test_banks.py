"""Every further bank in the platform's own loop: released, sent, asked about, pulled, tied; both books agree.

A bank is added here with one line.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from bankbridge.models import Exchange
from bankbridge.services import dispatch, inquiry, pull, replay
from kernel import clock
from payments.models import DebitTie, PaymentInstruction
from statements import selectors as told
from statements.models import DayClose
from tests.bankadapters.simulated import RunningWorld
from tests.bankbridge.conftest import MORNING
from tests.bankbridge.world import AtBank, World

pytestmark = pytest.mark.django_db(transaction=True)
START = MORNING.date()
BANKS = [
    AtBank("abc", "11000001040000002", "", {"CorpNo": "0000000000000001"}, ["9404"], product="pay"),
    AtBank(
        "bocom", "310066000000000000002", "",
        {"corp_no": "8000000001", "user_no": "00001", "side_debit": "1", "side_credit": "2"}, product="pay",
    ),
    AtBank(
        "ccb", "11050100000000000022", "110000000", {"CUST_ID": "BJ11000000000000001", "USER_ID": "WLPT09"},
        ["SIM900000006"], {"PASSWORD": "demo0000"}, product="pay",
    ),
    AtBank(
        "icbc",
        "1001000100200300401",
        parameters={"CIS": "100090000000001", "ID": "demo.y.1000"},
        endpoints={"sign": "/"},
        name="示例制造有限公司",
        tells_row_balances=False,
    ),
    AtBank(
        "cgb", "9550880000000000029", "",
        {"cifMaster": "1000000001", "entUserId": "OP01", "balance_element": "balance", "no_rows_codes": "906"}, ["905"],
        {"password": "demo0000"}, product="pay", tells_row_balances=False,
    ),
    AtBank(
        "cib", "117010100100999902", "", {"CID": "1199999999", "USERID": "oper01"}, credentials={"USERPASS": "secret01"},
    ),
    AtBank(
        "cmb", "571900000010102", "57", {"LGNNAM": "OPER01", "interval_pay_s": "0", "interval_query_s": "0"},
    ),
    AtBank("pingan", "11000000000002", "", {"enterprise_code": "00901079800000099000"}, ["SM9404"]),
    AtBank("citic", "8110700013500000002", "", {"userName": "demo_login"}, ["SIM0404"], product="pay"),
    AtBank(
        "cmbc", "600000002", "",
        {
            "clientId": "2000000001", "userId": "2000000001001", "debit_type": "1", "credit_type": "2",
            "balance_book": "simBalance",
        },
        credentials={"userPswd": "demo0000"}, product="pay",
    ),
    AtBank(
        "spdb", "95200000000000000002", "", {"masterID": "2000000001", "debitFlag": "1"}, endpoints={"sign": "/"},
    ),
    AtBank(
        "iso20022", "1400000000000002", "", {"answer_wait_s": "4"}, endpoints={"answers": "/../from-bank"},
        credentials={}, tells_row_balances=False,
    ),
    AtBank(
        "swift_mt", "1500000000000002", "", {"answer_wait_s": "4", "charset": "utf-8"},
        endpoints={"answers": "/../from-bank"}, credentials={}, tells_row_balances=False,
    ),
    AtBank(
        "psbc", "951000010000000025", "", {"unit": "000000000002", "payer_account": "951000010000000025"}, ["25"],
        {"master_key": "0123456789ABCDEF"}, product="pay", payee_bank=("中国邮政储蓄银行", "403100000004"), tells_entries=False,
    ),
]  # fmt: skip


@pytest.fixture(params=BANKS, ids=lambda bank: bank.slug)
def at(request) -> AtBank:
    return request.param


@pytest.fixture
def simulator(tmp_path, moving_clock, at) -> Iterator[RunningWorld]:
    running = RunningWorld(tmp_path / "bank", "--bank", at.slug)
    yield running
    running.close()


@pytest.fixture
def world(transactional_db, simulator, at) -> World:
    made = World(at)
    made.fund("1000000000.00")
    made.reach(simulator.addresses[at.slug])
    return made


class TestTheWholeLoop:
    def test_payments_end_and_both_books_agree(self, world, simulator, moving_clock, at):
        sent, tally = world.queue("100.00", "250.50", "0.01"), replay.Tally()

        while dispatch.tick():
            pass
        assert set(PaymentInstruction.objects.values_list("state", flat=True)) == {"accepted"}
        clock.set_offset(moving_clock, clock.now() + timedelta(hours=1))
        simulator.tell("health")  # a bank that exchanges files makes its round
        assert inquiry.tick() == 3
        assert set(PaymentInstruction.objects.values_list("state", flat=True)) == {"succeeded"}
        assert pull.balances(now=True) == 1
        assert pull.statements(now=True) == (1 if at.tells_entries else 0)

        assert simulator.debits() == {one.bank_ref: [f"{one.amount:.2f}"] for one in sent}
        assert told.latest_balance(world.account.pk).book == Decimal("999999649.49")
        assert not Exchange.objects.exclude(result="answered").exists()
        clock.set_offset(moving_clock, clock.now() + timedelta(days=1))
        assert list(replay.replay(since=START, until=None, bank=at.slug, tally=tally)) == []
        assert tally.read >= 3
        if not at.tells_entries:
            return
        assert DebitTie.objects.filter(role="debit").count() == 3
        day = DayClose.objects.get()
        difference = Decimal("0.00") if at.tells_row_balances else None
        assert (day.debits, day.difference) == (Decimal("350.51"), difference)
