"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

from bankadapters.banks.cgb.adapter import CgbAdapter
from bankadapters.contract import Ability
from bankadapters.testing import AdapterContract
from tests.bankadapters.cgb.values import (
    CIPHER,
    NUMBER,
    SECRET,
    a_batch,
    a_connection,
    answer,
    echoing,
    fields,
    stands,
)
from tests.bankadapters.garbage import GarbageContract


class TestCgbAdapterContract(AdapterContract):
    slug = "cgb"
    references = (NUMBER,)
    secrets = (SECRET.encode(), CIPHER.encode())

    def adapter(self, transport, recorder):
        return CgbAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def before_payment(self):
        return []

    def paid(self):
        return echoing(fields(traceNo="306000000001"))

    def executed(self):
        return answer("0004", stands("6"))


class TestGarbage(GarbageContract):
    answers = {
        Ability.BALANCE: answer("0001", fields(account="1", balance="1.00")),
        Ability.INQUIRE: answer("0004", stands("6")),
        Ability.INQUIRE_BATCH: answer("0034", "<records><record><bankstatus>B</bankstatus></record></records>"),
        Ability.PAY: answer("0021", fields(traceNo="306000000001")),
    }  # fmt: skip

    def reader(self):
        return CgbAdapter(a_connection(parameters={"balance_element": "balance"}))
