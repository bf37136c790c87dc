"""The simulator as a program: killed, stopped, started again, steered while it runs."""

from __future__ import annotations

import signal
import threading
from decimal import Decimal

import httpx
import pytest

from tests.bankadapters.simulator.client import Sim, ids, outcomes


@pytest.fixture
def sim(run) -> Sim:
    return run()


class TestProgram:
    def test_books_continue_after_kill_9(self, sim):
        insids = ids(30)
        sim.pay(insids)
        before = sim.get("ledger")["sums"]

        sim.stop(signal.SIGKILL)
        sim.start()
        sim.later(minutes=5)

        assert set(sim.inquire(insids).values()) == {"B001"}, (
            "the session outlives the process as well"
        )
        assert {code for _, code in outcomes(sim.pay(insids), "b2e0009")} == {"S901"}
        after = sim.get("ledger")
        assert before["balances"] == after["sums"]["balances"] == "0.00"
        assert after["sums"]["debits"] == after["sums"]["credits"]
        assert len(after["debits"]) == 30

    def test_kills_in_the_middle_of_work_never_pay_twice_and_lose_nothing_answered(self, run):
        sim = run("--no-delays")
        answered: set[str] = set()
        for life in range(5):
            killer = threading.Timer(0.05 + 0.02 * life, sim.process.kill)
            killer.start()
            for number in range(life * 200, life * 200 + 200):
                insids = [f"K{number:04d}{letter}" for letter in "abcdefghijklmnopqrst"]
                try:
                    sim.pay(insids, trnamt="0.01")
                except httpx.TransportError:
                    break
                answered.update(insids)
            killer.join()
            sim.process.wait(10)
            sim.start()

        ledger = sim.get("ledger")
        paid = [d["insid"] for d in ledger["debits"]]
        assert len(answered) >= 100
        assert len(paid) == len(set(paid))
        assert answered <= set(paid)
        assert {state["state"] for state in sim.get("instructions")["instructions"].values()} == {
            "settled"
        }
        assert ledger["sums"]["balances"] == "0.00"
        assert sim.balance() == str(Decimal("1000000.00") - Decimal("0.01") * len(paid))

    def test_it_ends_cleanly_when_told_to(self, sim):
        assert sim.stop(signal.SIGTERM) == 0

    def test_accounts_are_opened_and_closed_while_it_runs(self, sim):
        account = {"number": "777", "name": "丁公司", "ibknum": "44433", "balance": "5.00"}

        assert sim.post("accounts", account) == {"opened": ["777"]}
        assert sim.post("accounts", account | {"closed": True}) == {"opened": []}
        assert sim.balance("777") == "5.00"
        sim.pay(["P1"], payee="777", toibkn="44433", toname="丁公司")
        sim.later(minutes=5)
        assert sim.inquire(["P1"]) == {"P1": "S905"}

    def test_no_delays_settles_at_once(self, run):
        sim = run("--no-delays")

        sim.pay(ids(10))

        assert set(sim.inquire(ids(10)).values()) == {"B001"}
        assert sim.get("next-due")["next_due"] is None

    def test_background_credits_come_once_in_the_life_of_the_books(self, run):
        sim = run("--background-credits", "5")
        sim.stop()
        sim.start()
        sim.later(hours=3)

        credits = [e for e in sim.get("ledger")["journal"] if e["kind"] == "credit"]

        assert len(credits) == 5
