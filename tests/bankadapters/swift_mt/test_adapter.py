"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

from bankadapters.banks.swift_mt.adapter import SwiftMtAdapter
from bankadapters.contract import Ability
from bankadapters.testing import AdapterContract
from tests.bankadapters.garbage import GarbageContract
from tests.bankadapters.swift_mt.values import (
    NUMBERS,
    a_batch,
    a_connection,
    acknowledged,
    entry,
    files,
    statement,
)


class TestSwiftMtAdapterContract(AdapterContract):
    slug = "swift_mt"
    references = NUMBERS
    secrets = ()
    stranger = "Y09999999999"

    def adapter(self, transport, recorder):
        return SwiftMtAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def before_payment(self):
        return []

    def paid(self):
        return acknowledged(*NUMBERS)

    def executed(self):
        return statement(*(entry(number, serial=number) for number in NUMBERS))


class TestGarbage(GarbageContract):
    answers = {
        Ability.BALANCE: statement(),
        Ability.HISTORY_BALANCE: statement(),
        Ability.TRANSACTIONS: statement(entry(NUMBERS[0]), entry("NONREF", side="C")),
        Ability.INQUIRE: statement(entry(NUMBERS[0])),
        Ability.INQUIRE_BATCH: files(acknowledged(*NUMBERS), statement(entry(NUMBERS[0]))),
        Ability.PAY: acknowledged(NUMBERS[0]),
        Ability.PAY_BATCH: acknowledged(*NUMBERS),
    }

    def reader(self):
        return SwiftMtAdapter(a_connection())
