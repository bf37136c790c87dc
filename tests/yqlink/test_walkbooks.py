"""The walkthrough's comparison of an account with the bank's own books."""

from __future__ import annotations

from decimal import Decimal

from yqlink.walkbooks import BankAccount, agrees_with


def ours(book: str | None = "90.00", *, entries: int = 1, is_told: bool = True) -> dict:
    debits = "10.00" if entries else "0.00"
    return {"book": book, "debits": debits, "entries": entries, "is_told": is_told}


class TestAgreesWith:
    def test_balance_debits_and_entries_have_to_be_the_banks(self):
        theirs = BankAccount("90.00", Decimal(10), 1)

        assert agrees_with(ours(), theirs)
        assert not agrees_with(ours("91.00"), theirs)
        assert not agrees_with(ours(entries=0), theirs)
        assert not agrees_with(ours(), None)

    def test_a_bank_that_tells_nothing_agrees_while_nothing_moves_there(self):
        quiet, moved = BankAccount("100.00", Decimal(0), 0), BankAccount("90.00", Decimal(10), 1)

        assert agrees_with(ours(None, entries=0, is_told=False), quiet)
        assert not agrees_with(ours(None, entries=0, is_told=False), moved)

    def test_a_figure_that_a_bank_tells_and_we_do_not_hold_is_a_difference(self):
        assert not agrees_with(ours(None, entries=0), BankAccount("100.00", Decimal(0), 0))
