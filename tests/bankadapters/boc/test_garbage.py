"""Noise on the Bank of China's wire."""

from __future__ import annotations

from bankadapters.banks.boc.adapter import BocAdapter
from bankadapters.contract import Ability
from tests.bankadapters.boc.values import a_connection, golden
from tests.bankadapters.garbage import GarbageContract


class TestGarbage(GarbageContract):
    answers = {
        Ability.PAY: golden("pay_answer.xml"),
        Ability.INQUIRE: golden("inquire_answer.xml"),
        Ability.TRANSACTIONS: golden("transactions_answer.xml"),
        Ability.BALANCE: golden("balance_answer.xml"),
        Ability.SIGN_ON: golden("sign_on_answer.xml"),
    }

    def reader(self):
        return BocAdapter(a_connection())
