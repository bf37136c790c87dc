"""M0: what one side undid itself, and what only looks like it."""

from __future__ import annotations

from tests.reconciliation.matching import matched
from tests.reconciliation.test_rules import HENG, bank, book, says


class TestM0:
    def test_nets_a_reversal_the_book_knows_nothing_of(self):
        pair = bank(
            {"ref": "YQ000001"}, {"ref": "YQ000001", "direction": "credit", "day": "2026-10-14"}
        )

        assert matched(pair, []) == says("M0", "B1 B2", "")

    def test_nets_a_red_entry_in_the_book(self):
        assert matched(
            [], book({"ref": "YQ000001"}, {"ref": "YQ000001", "amount": "-100.00"})
        ) == says("M0", "", "K1 K2")

    def test_leaves_the_pair_where_the_book_carries_the_payment(self):
        pair = bank({"ref": "YQ000001"}, {"ref": "YQ000001", "direction": "credit"})

        assert matched(pair, book({"ref": "YQ000001"})) == says("M1", "B1", "K1")

    def test_nets_a_red_voucher_of_one_bill(self):
        red = book(HENG | {"bill_no": "FP123456"}, HENG | {"bill_no": "FP123456", "amount": -100})

        assert matched([], red) == says("M0", "", "K1 K2")

    def test_leaves_a_bill_beside_anything_of_its_amount(self):
        red = book(HENG | {"bill_no": "FP123456"}, HENG | {"bill_no": "FP123456", "amount": -100})

        assert matched(bank({"day": "2026-10-20"}), red) == set()

    def test_a_payment_and_its_return_that_the_bank_tells_without_the_reference_are_a_persons(self):
        assert matched(bank(HENG, HENG | {"direction": "credit"}),
                       book(HENG | {"ref": "YQ000001"}, HENG | {"ref": "YQ000001", "amount": -100})) == set()  # fmt: skip

    def test_nets_a_reversal_that_names_the_serial(self):
        pair = bank(
            {"bank_serial": "S0000017"}, {"direction": "credit", "narrative": "冲正原流水S0000017"}
        )

        assert matched(pair, []) == says("M0", "B1 B2", "")

    def test_nets_what_a_red_voucher_took_back_before_the_right_amount(self):
        book_side = [HENG | {"ref": "YQ000001", "amount": amount} for amount in (90, -90, 100)]

        assert matched(bank(HENG | {"ref": "YQ000001"}), book(*book_side)) == says(
            "M1", "B1", "K3"
        ) | says("M0", "", "K1 K2")

    def test_leaves_a_red_voucher_where_the_right_one_has_the_same_amount(self):
        book_side = [HENG | {"ref": "YQ000001", "amount": amount} for amount in (100, -100, 100)]

        assert matched(bank(HENG | {"ref": "YQ000001"}), book(*book_side)) == set()

    def test_leaves_a_pair_more_than_five_days_apart(self):
        assert (
            matched(
                bank(
                    {"ref": "YQ000001"},
                    {"ref": "YQ000001", "direction": "credit", "day": "2026-10-18"},
                ),
                [],
            )
            == set()
        )
