"""Event and template → balanced lines, whatever the figures; what cannot balance is refused by row and field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import InvalidInput
from ledger.rules import (
    EVENTS,
    Rated,
    Template,
    TemplateLine,
    check_balance,
    check_template,
    choose,
    fill,
    make_entry,
    month_ends,
    red,
    template_of,
)
from tests.ledger.build import DAY, PAYMENT, a_fact

ACCOUNT = SimpleNamespace(pk=7, company_id=1)
cents = st.integers(0, 10**15).map(lambda minor: Decimal(minor).scaleb(-2))


def line(side="debit", subject="2202", **values):
    return TemplateLine(side=side, subject=subject, **values)


def template(*lines, event="payment", description="付款"):
    return Template(event=event, voucher_type="付", description=description, lines=lines)


BANK = line("credit", "{account_subject}", is_bank=True)


class TestCheckTemplate:
    def test_takes_the_payment_template(self):
        check_template(PAYMENT)

    def test_takes_one_that_books_nothing(self):
        check_template(template())

    @pytest.mark.parametrize(
        ("lines", "field", "row"),
        [
            ((line(), line(is_bank=True)), "lines", None),  # two debits
            ((line(figure="amount+amount"), BANK), "lines", None),  # twice as much on one side
            ((line(), line("credit", "1002")), "lines", None),  # no bank line
            ((line(subject="{account_subject}", is_bank=True), BANK), "lines", None),  # two of them
            ((line(figure="fee"), BANK), "figure", 1),
            ((line(subject="应付账款"), BANK), "subject", 1),
            ((line(description="{payee}"), BANK), "description", 1),
            ((line(), replace(BANK, supplier="{narrative")), "supplier", 2),
            ((line("left"), BANK), "side", 1),
        ],
    )
    def test_names_the_row_and_the_field(self, lines, field, row):
        with pytest.raises(InvalidInput) as refusal:
            check_template(template(*lines))

        assert (refusal.value.field, refusal.value.row) == (field, row)

    def test_knows_its_events_and_voucher_types(self):
        with pytest.raises(InvalidInput, match="业务事件"):
            check_template(replace(PAYMENT, event="lottery"))
        with pytest.raises(InvalidInput, match="凭证字"):
            check_template(replace(PAYMENT, voucher_type="转账"))

    @given(
        st.lists(st.sampled_from(["amount", "fee", "prepaid", "amount+fee"]), max_size=5),
        st.lists(st.sampled_from(["amount", "fee", "prepaid", "amount+fee"]), max_size=5),
        cents, cents, cents,
    )  # fmt: skip
    def test_lets_through_only_what_balances_with_any_figures_property(
        self, debits, credits, amount, fee, prepaid
    ):
        lines = [line("debit", figure=figure) for figure in debits]
        lines += [line("credit", figure=figure) for figure in credits]
        if lines:
            lines[0] = replace(lines[0], is_bank=True)
        made = template(*lines, event="receipt")
        try:
            check_template(made)
        except InvalidInput:
            return
        fact = replace(
            a_fact(ACCOUNT),
            event="receipt",
            figures={"amount": amount, "fee": fee, "prepaid": prepaid},
        )
        try:
            entry = make_entry(made, fact)
        except InvalidInput:
            values = {"amount": amount, "fee": fee, "prepaid": prepaid}
            used = {name for figure in debits + credits for name in figure.split("+")}
            assert not any(values[name] for name in used)
            return

        check_balance(entry.lines)
        assert all(bool(one.debit) != bool(one.credit) for one in entry.lines)


class TestMakeEntry:
    def test_books_a_payment_as_the_books_say(self):
        entry = make_entry(PAYMENT, a_fact(ACCOUNT))

        debit, credit = entry.lines
        assert (entry.voucher_type, entry.description) == ("付", "付江阴恒源化工有限公司 货款")
        assert (debit.subject, debit.debit, debit.supplier) == (
            "2202",
            Decimal("1268400.00"),
            "V00001",
        )
        assert (credit.subject, credit.credit, credit.account_id) == (
            "1002.01",
            Decimal("1268400.00"),
            7,
        )
        assert (credit.bill_no, credit.reference, credit.settlement_method) == (
            "18000001",
            "Y000001",
            "网银",
        )
        assert (credit.bill_date, debit.account_id, debit.bill_no) == (DAY, None, "")

    def test_takes_the_subject_the_order_names_before_the_template_s_own(self):
        fact = a_fact(ACCOUNT)
        fact = replace(fact, words={**fact.words, "order_subject": "6601.05"})

        assert make_entry(PAYMENT, fact).lines[0].subject == "6601.05"

    def test_leaves_out_a_line_without_amount(self):
        with_fee = template(
            line("debit", "1002", is_bank=True),
            line("debit", "6603", figure="fee"),
            line("credit", "1122", figure="amount+fee"),
            event="receipt",
        )
        fact = replace(a_fact(ACCOUNT), event="receipt", figures={"amount": Decimal("5.00")})

        assert [one.subject for one in make_entry(with_fee, fact).lines] == ["1002", "1122"]

    def test_refuses_a_subject_that_stays_empty(self):
        with pytest.raises(InvalidInput, match="第 1 行"):
            make_entry(template(line(subject="{order_subject}"), BANK), a_fact(ACCOUNT))

    def test_refuses_a_fact_without_amount(self):
        with pytest.raises(InvalidInput, match="金额为零"):
            make_entry(PAYMENT, replace(a_fact(ACCOUNT), figures={"amount": Decimal(0)}))


class TestRed:
    def test_is_the_same_entry_with_a_minus(self):
        lines = make_entry(PAYMENT, a_fact(ACCOUNT, amount="100.00")).lines

        undone = red(lines)

        assert [(one.subject, one.debit, one.credit) for one in undone] == [
            ("2202", Decimal("-100.00"), 0),
            ("1002.01", 0, Decimal("-100.00")),
        ]
        check_balance(undone)
        assert red(undone) == lines


class TestChoose:
    def rated(self, pk, company=None, subject="", number=1, since=date(2020, 1, 1)):
        return Rated(pk, company, subject, number, since, PAYMENT)

    def chosen(self, *templates):
        found = choose(templates, event="payment", company_id=1, subject="1002.01", day=DAY)
        return None if found is None else found.id

    def test_prefers_the_company_then_the_longest_subject_then_the_latest(self):
        group, own = self.rated(1), self.rated(2, company=1)
        account = self.rated(3, company=1, subject="1002.01")
        newer = self.rated(4, company=1, subject="1002.01", number=2, since=DAY)
        later = self.rated(5, company=1, subject="1002.01", number=3, since=date(2026, 12, 1))

        assert self.chosen(group) == 1
        assert self.chosen(own, group) == 2
        assert self.chosen(account, own, group) == 3
        assert self.chosen(later, newer, account, own, group) == 4

    def test_finds_nothing_of_others(self):
        assert self.chosen(self.rated(1, company=9), self.rated(2, subject="1012")) is None


class TestTemplateOf:
    def test_reads_what_plain_wrote(self):
        assert template_of("payment", "付", PAYMENT.plain()) == PAYMENT

    @pytest.mark.parametrize(
        "lines", [None, [1], [{"side": "debit"}], [{"side": "d", "subject": "1", "x": 1}]]
    )
    def test_refuses_anything_else(self, lines):
        with pytest.raises(InvalidInput):
            template_of("payment", "付", {"lines": lines})


def test_fill_drops_empty_words_and_takes_what_stands_behind_the_bar():
    assert fill("付{a|某}{b}", {"a": "", "b": "款"}) == "付某款"


@pytest.mark.parametrize("code", ["2026-13", "2026", "2026-11-01", "x"])
def test_month_ends_refuses_what_is_no_month(code):
    with pytest.raises(InvalidInput):
        month_ends(code)


@pytest.mark.parametrize(
    ("code", "last"), [("2026-11", 30), ("2026-12", 31), ("2028-02", 29), ("2027-02", 28)]
)
def test_month_ends_knows_the_calendar(code, last):
    first, end = month_ends(code)

    assert (first.day, end.day, end.month) == (1, last, first.month)


def test_every_event_names_its_amount():
    assert all("amount" in kind.figures for kind in EVENTS.values())
