"""The CMBC adapter against its simulator: payments alone, ordinary and instant."""

from __future__ import annotations

from bankadapters.contract import Ability
from kernel.secrets import Secret
from tests.bankadapters.simulated import SimulatedContract

USER = {
    "clientId": "2000000001", "userId": "2000000001001", "debit_type": "1", "credit_type": "2",
    "balance_book": "simBalance", "balance_available": "simAvailable",
}  # fmt: skip


class TestCmbcAgainstItsSimulator(SimulatedContract):
    slug = "cmbc"
    parameters = USER
    secrets = {"userPswd": Secret("demo0000")}
    statement_names_references = False  # details do not bring our number back
    operation = Ability.PAY

    def pay(self, adapter, *items, batch_no="B01000000017"):
        send = super().pay
        return [said for item in items for said in send(adapter, item)]


class TestInstantAndUtf8(TestCmbcAgainstItsSimulator):
    parameters = USER | {"localFlag": "5", "encoding": "UTF-8", "content_type": "bdes"}
    fault_profiles = ("mixed",)
    test_a_statement_is_read_to_its_last_row = None
