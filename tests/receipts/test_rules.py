"""Whose credit it is and what it pays: C1–C5 with their reasons, and splits that always add up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from receipts.rules import (
    Credit,
    Guess,
    Invoice,
    Known,
    age_bucket,
    allocate,
    exact_sum,
    is_interest,
    whose,
)

A, B = 1, 2
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def a_credit(amount="1000.00", **values):
    said = {"payer_name": "上海远东（集团）公司", "payer_account": "4481 7392"}
    return Credit(**{"amount": Decimal(amount), **said, **values})


def an_invoice(number, amount, *, customer=A, day=1):
    return Invoice(
        customer_id=customer, invoice_no=number, issued_on=date(2026, 10, day), open_amount=Decimal(amount)
    )  # fmt: skip


class TestWhose:
    @pytest.mark.parametrize(
        ("known", "rule"),
        [
            (Known(references={"VA-000123": frozenset({A})}), "C1"),
            (Known(accounts={"44817392": frozenset({A})}), "C2"),
            (Known(names={"上海远东(集团)公司": frozenset({A})}), "C3"),
            (Known(proxies={"上海远东(集团)公司": {A: True}}), "C4"),
            (Known(invoices=[an_invoice("INV-0012", "5.00")]), "C5"),
        ],
    )
    def test_each_rule_names_the_customer_and_its_reason(self, known, rule):
        (guess,) = whose(a_credit(text="货款 va-000123 发票INV-0012号"), known)

        assert (guess.customer_id, guess.rule, guess.is_certain) == (A, rule, True)
        assert guess.basis

    def test_the_first_rule_that_hits_gives_the_reason(self):
        known = Known(
            accounts={"44817392": frozenset({A})}, names={"上海远东(集团)公司": frozenset({A})}
        )

        assert whose(a_credit(), known) == [Guess(A, "C2", "44817392")]

    def test_two_customers_of_one_account_are_both_told_and_neither_is_certain(self):
        found = whose(a_credit(), Known(accounts={"44817392": frozenset({A, B})}))

        assert [(one.customer_id, one.is_certain) for one in found] == [(A, False), (B, False)]

    def test_a_later_rule_that_names_another_makes_it_uncertain(self):
        known = Known(
            accounts={"44817392": frozenset({A})},
            invoices=[an_invoice("INV-0099", "1.00", customer=B)],
        )

        found = whose(a_credit(text="付INV-0099"), known)

        assert [(one.customer_id, one.rule, one.is_certain) for one in found] == [
            (A, "C2", False),
            (B, "C5", False),
        ]

    def test_who_pays_for_another_without_a_proof_is_only_proposed(self):
        (guess,) = whose(a_credit(), Known(proxies={"上海远东(集团)公司": {A: False}}))

        assert not guess.is_certain

    def test_nobody_known_is_nobody(self):
        assert whose(a_credit(), Known()) == []


class TestAllocate:
    def test_named_invoices_that_add_up_win(self):
        made = allocate(
            a_credit(text="INV-0001 INV-0002"),
            [
                an_invoice("INV-0001", "400"),
                an_invoice("INV-0002", "600"),
                an_invoice("INV-3", "1000"),
            ],
        )

        assert (made.how, [part.invoice_no for part in made.parts]) == (
            "named",
            ["INV-0001", "INV-0002"],
        )
        assert made.is_certain

    def test_the_one_invoice_of_that_amount(self):
        made = allocate(a_credit(), [an_invoice("A", "1000"), an_invoice("B", "999")])

        assert (made.how, made.is_certain) == ("single", True)

    def test_two_invoices_of_that_amount_are_not_chosen_between(self):
        made = allocate(a_credit(), [an_invoice("A", "1000"), an_invoice("B", "1000", day=2)])

        assert (made.how, made.is_certain) == ("oldest", False)

    def test_a_fee_within_tolerance_was_kept_back(self):
        made = allocate(a_credit("995.00"), [an_invoice("A", "1000")], tolerance=Decimal("5.00"))

        assert (made.how, made.parts[0].fee) == ("fee", Decimal("5.00"))

    def test_beyond_tolerance_it_is_a_part_payment(self):
        made = allocate(a_credit("995.00"), [an_invoice("A", "1000")], tolerance=Decimal("4.99"))

        assert (made.how, made.parts[0].fee, made.is_certain) == ("oldest", 0, False)

    def test_the_only_sum_that_fits(self):
        made = allocate(
            a_credit(), [an_invoice("A", "300"), an_invoice("B", "700"), an_invoice("C", "5")]
        )

        assert (made.how, {part.invoice_no for part in made.parts}) == ("sum", {"A", "B"})

    def test_what_exceeds_all_invoices_is_on_account(self):
        made = allocate(a_credit(), [an_invoice("A", "300")])

        assert [(part.invoice_no, part.amount) for part in made.parts] == [
            ("A", Decimal("300")),
            ("", Decimal("700.00")),
        ]

    def test_without_invoices_it_is_on_account(self):
        assert allocate(a_credit(), []).how == "on_account"

    @PATIENT
    @given(
        st.decimals("0.01", "9999.99", places=2),
        st.lists(st.decimals("0.01", "5000.00", places=2), max_size=12),
        st.decimals("0", "10.00", places=2),
    )
    def test_the_parts_always_add_up_to_the_cent_property(self, amount, opens, tolerance):
        invoices = [an_invoice(f"I{n:04d}", value, day=n % 28 + 1) for n, value in enumerate(opens)]

        made = allocate(a_credit(str(amount)), invoices, tolerance=tolerance)

        assert sum(part.amount for part in made.parts) == amount
        open_of = {one.invoice_no: one.open_amount for one in invoices}
        assert all(
            part.amount + part.fee <= open_of[part.invoice_no]
            for part in made.parts
            if part.invoice_no
        )


class TestExactSum:
    @PATIENT
    @given(st.lists(st.integers(1, 40), min_size=2, max_size=10), st.integers(2, 120))
    def test_agrees_with_trying_every_set_property(self, opens, wanted):
        invoices = [an_invoice(f"I{n}", str(value)) for n, value in enumerate(opens)]

        found = exact_sum(Decimal(wanted), invoices)

        fitting = [
            some
            for size in range(2, 7)
            for some in combinations(invoices, size)
            if sum(one.open_amount for one in some) == wanted
        ]
        if len(fitting) == 1:
            assert {one.invoice_no for one in found} == {one.invoice_no for one in fitting[0]}
        else:
            assert found == []

    def test_gives_up_rather_than_search_for_ever(self):
        many = [an_invoice(f"I{n}", f"{1000 + n}.{n:02d}") for n in range(40)]

        assert exact_sum(Decimal("6123.37"), many) == []


@pytest.mark.parametrize(
    ("account", "text", "expected"),
    [("", "存款利息", True), ("", "结息", True), ("123", "利息", False), ("", "货款", False)],
)
def test_interest_is_the_banks_own_word_without_another_account(account, text, expected):
    assert is_interest(a_credit(payer_account=account, text=text)) is expected


@pytest.mark.parametrize(
    ("days", "bucket"), [(0, "3"), (3, "3"), (4, "7"), (30, "30"), (31, "90"), (91, "more")]
)
def test_ages_fall_into_their_columns(days, bucket):
    assert age_bucket(days) == bucket
