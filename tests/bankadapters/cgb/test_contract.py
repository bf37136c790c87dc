"""The China Guangfa Bank adapter against its simulator."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bankadapters import registry
from bankadapters.contract import Ability
from bankadapters.errors import Unreadable
from kernel.secrets import Secret
from tests.bankadapters.simulated import SimulatedContract


class TestCgbAgainstItsSimulator(SimulatedContract):
    slug = "cgb"
    parameters = {
        "cifMaster": "1000000001", "entUserId": "OP01", "balance_element": "balance", "available_element": "usableBalance",
        "no_rows_codes": "906", "not_found_codes": "905",
    }  # fmt: skip
    secrets = {"password": Secret("demo0000")}
    operation = Ability.PAY
    statement_names_references = False  # no element of an entry carries our number

    def test_without_its_element_a_balance_is_not_guessed_and_the_names_are_told(self, world):
        told = self.parameters | {"balance_element": ""}
        connection = replace(self.connection(world.addresses["cgb"]), parameters=told)

        with pytest.raises(Unreadable, match="balance, usableBalance"):
            registry.open(connection).balances([self.own[0]])


class TestByCode(TestCgbAgainstItsSimulator):
    parameters = TestCgbAgainstItsSimulator.parameters | {"inAccBank": "cnaps", "status": "0022"}
    fault_profiles = ("wrong_echo",)
