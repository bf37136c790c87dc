"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

from bankadapters.banks.iso20022.adapter import Iso20022Adapter
from bankadapters.contract import Ability
from bankadapters.testing import AdapterContract
from tests.bankadapters.garbage import GarbageContract
from tests.bankadapters.iso20022.values import (
    NUMBERS,
    a_batch,
    a_connection,
    entry,
    row,
    statement,
    status,
)


class TestIso20022AdapterContract(AdapterContract):
    slug = "iso20022"
    references = NUMBERS
    secrets = ()

    def adapter(self, transport, recorder):
        return Iso20022Adapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def before_payment(self):
        return []

    def paid(self):
        return status(*(row(number, "ACCP") for number in NUMBERS), group="ACCP")

    def executed(self):
        return status(*(row(number, "ACSC") for number in NUMBERS))


class TestGarbage(GarbageContract):
    answers = {
        Ability.BALANCE: statement(kind="052"),
        Ability.HISTORY_BALANCE: statement(),
        Ability.TRANSACTIONS: statement(entry(NUMBERS[0]), entry("NOTPROVIDED", side="CRDT")),
        Ability.INQUIRE: status(row(NUMBERS[0], "ACSC", amount="10.01")),
        Ability.INQUIRE_BATCH: status(*(row(number, "ACSC") for number in NUMBERS)),
        Ability.PAY: status(row(NUMBERS[0], "ACCP"), group="ACCP"),
        Ability.PAY_BATCH: status(*(row(number, "ACCP") for number in NUMBERS), group="ACCP"),
    }

    def reader(self):
        return Iso20022Adapter(a_connection())
