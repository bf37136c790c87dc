"""The walkthrough's comparison of an account with the bank's own books."""

from __future__ import annotations

from decimal import Decimal

from yqlink.walkbooks import BankAccount, agrees_with, untold_debits

TOLD = {"number": "1", "book": "90.00", "debits": "10.00", "entries": 1, "is_told": True}
UNTOLD = {"number": "2", "book": None, "debits": "0.00", "entries": 0, "is_told": False}


def paid(*states: str) -> dict:
    orders = [{"state": one, "payer_account": "2", "amount": "10.00"} for one in states]
    return untold_debits({"accounts": [TOLD, UNTOLD], "orders": orders})


class TestAgreesWith:
    def test_balance_debits_and_entries_have_to_be_the_banks(self):
        theirs = BankAccount("90.00", Decimal(10), 1)

        assert agrees_with(TOLD, theirs, paid())
        assert not agrees_with(TOLD | {"book": "91.00"}, theirs, paid())
        assert not agrees_with(TOLD | {"entries": 0}, theirs, paid())
        assert not agrees_with(TOLD | {"book": None}, theirs, paid())
        assert not agrees_with(TOLD, None, paid())

    def test_where_a_bank_tells_no_entries_what_we_paid_has_to_have_left_there(self):
        theirs = BankAccount("80.00", Decimal(20), 2)

        assert agrees_with(UNTOLD, theirs, paid("succeeded", "returned", "failed"))
        assert not agrees_with(UNTOLD, theirs, paid("succeeded"))
        assert not agrees_with(UNTOLD, theirs, paid())
