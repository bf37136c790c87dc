"""The Ping An adapter against its simulator, over TCP and over HTTP."""

from __future__ import annotations

from bankadapters.contract import Ability
from tests.bankadapters.simulated import SimulatedContract


class TestPinganAgainstItsSimulator(SimulatedContract):
    slug = "pingan"
    parameters = {"enterprise_code": "00901079800000099000", "not_found_codes": "SM9404"}
    statement_names_references = False  # the bank returns the customer voucher number empty


class TestSinglePaymentsOverHttp(TestPinganAgainstItsSimulator):
    operation = Ability.PAY
    fault_profiles = ("drop_after_booking", "mixed", "not_found_first", "unknown_codes")

    def connection(self, address):
        return super().connection(address.replace("tcp://", "http://") + "/")
