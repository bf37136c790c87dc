"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

from bankadapters.banks.psbc.adapter import PsbcAdapter
from bankadapters.contract import Ability
from bankadapters.testing import AdapterContract
from tests.bankadapters.garbage import GarbageContract
from tests.bankadapters.psbc.values import (
    MASTER,
    NUMBER,
    PAYEE,
    PAYER,
    SEALED,
    a_batch,
    a_connection,
    framed,
    key,
    repeating,
    reply,
)


class TestPsbcAdapterContract(AdapterContract):
    slug = "psbc"
    references = (NUMBER,)
    secrets = (MASTER.encode(), SEALED.encode())
    stranger = "10000099"

    def adapter(self, transport, recorder):
        return PsbcAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def dressed(self, document):
        return framed(document.decode("latin-1"))

    def before_payment(self):
        return [key]

    def paid(self):
        return repeating()

    def executed(self):
        return reply("772030")


class TestGarbage(GarbageContract):
    answers = {
        Ability.BALANCE: reply("772000", account=PAYER, more="000000500000000000480000"),
        Ability.INQUIRE: reply("772030", fen=30000),
        Ability.PAY: reply("774000", account=PAYEE, fen=30000),
        Ability.SIGN_ON: reply("770020", more=SEALED),
    }

    def reader(self):
        return PsbcAdapter(a_connection())
