"""The Agricultural Bank of China adapter against its simulator: rows inside the answer, and in files beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bankadapters.contract import Ability, Fate
from tests.bankadapters.simulated import START, SimulatedContract


class AbcContract(SimulatedContract):
    slug = "abc"
    parameters = {"CorpNo": "0000000000000001", "not_found_codes": "9404"}
    operation = Ability.PAY


class TestAbcAgainstItsSimulator(AbcContract):
    def test_what_somebody_at_the_bank_handles_is_asked_for_elsewhere(self, adapter, world, hand):
        item = self.at_home(1, "20000000.00", payer_account=self.own[1].number)
        (taken,) = self.pay(adapter, item)
        waiting = self.ask(adapter, item)[item.reference]
        hand.advance(days=2)

        done = self.ask(adapter, item)[item.reference]

        assert (taken.fate, waiting.fate) == (Fate.MANUAL_HANDLING, Fate.MANUAL_HANDLING)
        assert done.fate is Fate.SUCCEEDED

    def test_journal_numbers_that_begin_anew_every_day_hide_no_entry(self, adapter, world, hand):
        for amounts in (("1.00", "2.00", "3.00"), ("4.00", "5.00")):
            for amount in amounts:
                world.tell("credit", {"account": self.own[0].number, "amount": amount})
            hand.advance(days=1)

        found = self.lines(adapter, START.date(), START.date() + timedelta(days=2))

        assert [line.money.amount for line in found] == [Decimal(n) for n in range(1, 6)]
        assert len({line.bank_serial for line in found}) == 5


class TestWithFiles(AbcContract):
    fault_profiles = ("drop_after_booking",)

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        self.folder = tmp_path / "files"
        monkeypatch.setenv("ABC_SIM_FILES", str(self.folder))
        self.endpoints = {}
        return

    def connection(self, address):
        made = super().connection(address)
        made.endpoints["files"] = f"file://{self.folder}"
        return made

    def test_rows_come_from_files_whole(self, adapter, world, hand):
        world.tell("credit", {"account": self.own[0].number, "amount": "7.00", "purpose": "回款"})

        lines = self.lines(adapter, START.date(), START.date())

        assert [f"{line.money.amount}" for line in lines] == ["7.00"]
        assert [path.suffix for path in self.folder.iterdir()] == [".DETAIL"]
