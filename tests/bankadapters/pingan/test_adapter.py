"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

from bankadapters.banks.pingan.adapter import PinganAdapter
from bankadapters.contract import Ability
from bankadapters.testing import AdapterContract
from tests.bankadapters.garbage import GarbageContract
from tests.bankadapters.pingan.values import (
    VOUCHER,
    a_batch,
    a_connection,
    echoing,
    fields,
    framed,
    golden,
    result,
    stands,
)


class TestPinganAdapterContract(AdapterContract):
    slug = "pingan"
    references = (VOUCHER,)
    secrets = ()

    def adapter(self, transport, recorder):
        return PinganAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch(operation=Ability.PAY)

    def dressed(self, document):
        return framed(document)

    def before_payment(self):
        return []

    def paid(self):
        return echoing(result(fields(ThirdVoucher=VOUCHER, FrontLogNo="51")))

    def executed(self):
        return framed(result(stands("20")))


class TestGarbage(GarbageContract):
    answers = {
        Ability.BALANCE: framed(golden("balance_answer")),
        Ability.INQUIRE: framed(golden("inquire_answer")),
        Ability.PAY: framed(result(fields(ThirdVoucher=VOUCHER, FrontLogNo="51250115000001"))),
    }

    def reader(self):
        return PinganAdapter(a_connection())
