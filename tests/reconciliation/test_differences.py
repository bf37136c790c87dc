"""In what outstanding lines differ: a fixture for each class that names it, and none that names it wrongly."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.urls import reverse

from desk.models import ExceptionCase
from masterdata.roles import Role
from reconciliation.differences import Line, judge
from reconciliation.models import FoundDifferences
from reconciliation.services import running, warning
from tests.build import a_company, a_user, an_account
from tests.reconciliation.build import Told, bank_lines, book_lines
from tests.reconciliation.signing import LAST, begin
from tests.reconciliation.test_statement_pages import signed_in, text

D = date(2026, 11, 10)


def line(
    pk, amount="100.00", *, bank=True, outgo=True, day=0, ref="", name="", words="", serial=""
):
    return Line(
        is_bank=bank, id=pk, day=D + timedelta(days=day), is_outgo=outgo, amount=Decimal(amount), name=name,
        text=words, references=(ref,), serial=serial,
    )  # fmt: skip


def book(pk, amount="100.00", **more):
    return line(pk, amount, bank=False, **more)


def kinds(lines, alike=()):
    """The class of each line, as `{("bank", id): kind}`."""
    return {
        ("bank" if is_bank else "book", pk): one.kind
        for (is_bank, pk), one in judge(lines, alike).items()
    }


# class: an open line of either side, and what both are called
PAIRS = {
    "another amount under one reference": (line(1, ref="P0001A"), book(1, "110.00", ref="P0001A"), "amount"),
    "another amount under a number the bank mentions": (line(1, words="发票INV20077货款"), book(1, "99.00", ref="INV20077"), "amount"),
    "swapped digits of one party": (line(1, "1243.00", name="恒通化工"), book(1, "1234.00", name="恒通化工", day=2), "amount"),
    "a slipped decimal point": (line(1, "100.00", name="恒通化工"), book(1, "1000.00", name="恒通化工"), "amount"),
    "the other way under one reference": (line(1, ref="P0001A"), book(1, outgo=False, ref="P0001A"), "sign"),
    "the other way with one party": (line(1, name="恒通（化工）"), book(1, outgo=False, name="恒通(化工)", day=9), "sign"),
    "the other way and nothing else of that amount": (line(1), book(1, outgo=False, name="恒通化工", day=1), "sign"),
    "a far day of one party": (line(1, name="恒通化工"), book(1, name="恒通化工", day=12), "date"),
    "a far day and nothing else of that amount": (line(1), book(1, day=20), "date"),
}  # fmt: skip
STRANGERS = {
    "two parties": (line(1, name="恒通化工"), book(1, outgo=False, name="江阴电力")),
    "one number, months apart": (line(1, ref="HT2026001"), book(1, "110.00", ref="HT2026001", day=40)),
    "one party, quite other sums": (line(1, "100.00", name="恒通化工"), book(1, "7.35", name="恒通化工")),
    "only a day in common": (line(1, "100.00", words="20261110"), book(1, "7.00", words="20261110")),
    "an amount of last month": (line(1), book(1, day=-40)),
}  # fmt: skip


class TestJudge:
    @pytest.mark.parametrize("name", PAIRS)
    def test_names_what_a_pair_differs_in(self, name):
        bank, booked, kind = PAIRS[name]

        found = judge([bank, booked], ())

        assert kinds([bank, booked]) == {("bank", 1): kind, ("book", 1): kind}
        assert found[True, 1].other is booked
        assert found[False, 1].other is bank

    @pytest.mark.parametrize("name", STRANGERS)
    def test_leaves_strangers_to_their_side(self, name):
        assert kinds(STRANGERS[name]) == {("bank", 1): "bank_only", ("book", 1): "book_only"}

    def test_names_no_pair_where_one_of_several_might_be_meant(self):
        lines = [line(1, name="恒通化工"), book(1, name="恒通化工", day=12), book(2, name="恒通化工", day=14)]  # fmt: skip

        assert set(kinds(lines).values()) == {"bank_only", "book_only"}

    @pytest.mark.parametrize("side", [line, book])
    def test_calls_the_later_of_two_equal_lines_a_duplicate(self, side):
        other = book if side is line else line
        first, again = side(1, name="恒通化工", words="货款"), side(2, name="恒通化工", words="货款", day=1)  # fmt: skip

        found = judge([again], [first, again, other(9, name="恒通化工")])

        ((key, one),) = found.items()
        assert (key[1], one.kind, one.other) == (2, "duplicate", first)

    def test_calls_a_reference_paid_twice_a_duplicate_whatever_the_book_says(self):
        lines = [line(1, ref="P0001A"), line(2, ref="P0001A", day=1)]

        assert kinds(lines) == {("bank", 1): "bank_only", ("bank", 2): "duplicate"}

    def test_calls_no_twins_duplicates_that_both_sides_have_or_only_one_knows_of(self):
        fees = [line(n, "5.00", words="手续费") for n in (1, 2)]
        twins = [side(n, name="恒通化工") for n in (3, 4) for side in (line, book)]

        assert set(kinds(fees).values()) == {"bank_only"}
        assert set(kinds(twins).values()) == {"waiting"}
        assert "duplicate" not in kinds([*fees, book(1, "5.00", day=9)]).values()

    def test_says_the_same_in_whatever_order_lines_come(self):
        lines = [
            line(1, ref="P0001A"), line(2, ref="P0001A"), book(3, "90.00", name="恒通化工"), line(4, "99.00", name="恒通化工"),
        ]  # fmt: skip

        told = [kinds(list(order)) for order in permutations(lines)]

        assert all(one == told[0] for one in told)


@pytest.fixture
def account(db, frozen_clock):
    found = an_account(company=a_company())
    begin(found)
    return found


@pytest.fixture
def world(account):
    """One line of each class on the account."""
    bank_lines(
        account,
        Told("3.33", text="手续费", name="银行"),
        Told("500.00", ref="P0AMOUNT1"),
        Told("71.00", ref="P0SIGN001"),
        Told("64.00", name="江阴电力"),
        *(Told("82.00", name="宜兴纸业", text="货款") for _ in range(2)),
    )
    book_lines(
        account,
        Told("4.44", name="无锡物流", text="运费"),
        Told("550.00", ref="P0AMOUNT1"),
        Told("71.00", outgo=False, ref="P0SIGN001"),
        Told("64.00", day=12, name="江阴电力"),
        Told("82.00", name="宜兴纸业", text="货款"),
    )
    running.run(account_id=account.pk)
    return account


CLASSES = ("疑似重复", "方向相反", "金额不符", "日期不符", "待人工勾对", "仅银行有", "仅账面有")


@pytest.mark.django_db(transaction=True)
class TestWarnings:
    def test_every_class_is_named_beside_its_line(self, world):
        desk = signed_in(a_user(Role.RECONCILER, company=world.company))
        url = reverse("reconciliation:items")
        shown = text(desk.get(url, {"day": str(LAST)}))

        for title in CLASSES:
            assert title in shown.split("<tbody>")[1]
        assert "两方记录互相矛盾" in shown
        assert "550.00" in text(desk.get(url, {"day": str(LAST), "difference": "amount"}))
        assert "3.33" not in text(desk.get(url, {"day": str(LAST), "difference": "amount"}))

    def test_a_case_is_open_while_the_sides_contradict_each_other(self, world):
        assert warning.warn_due() == 1
        assert warning.warn_due() == 0  # nobody matched since

        case = ExceptionCase.objects.get(kind="reconciliation.differences", closed_at=None)
        for words in ("疑似重复 1 笔", "方向相反 2 笔", "金额不符 2 笔", "日期不符 2 笔"):
            assert words in case.title
        assert "仅一方记录的 2 笔" in case.reason
        assert f"account={world.pk}" in case.page
        assert FoundDifferences.objects.get().counts["sign"] == 2

    def test_the_case_ends_once_nothing_contradicts(self, account):
        bank_lines(account, Told("500.00", ref="P0AMOUNT1"))
        (wrong,) = book_lines(account, Told("550.00", ref="P0AMOUNT1"))
        running.run(account_id=account.pk)
        warning.warn_due()
        assert ExceptionCase.objects.filter(kind="reconciliation.differences", closed_at=None)

        book_lines(account, Told("500.00", ref="P0AMOUNT1"))
        running.run(account_id=account.pk)
        warning.warn_due()

        assert wrong
        assert not ExceptionCase.objects.filter(kind="reconciliation.differences", closed_at=None)

    def test_lines_of_one_side_alone_open_no_case(self, account):
        bank_lines(account, Told("3.33", text="手续费"))
        book_lines(account, Told("9.99", day=1))
        running.run(account_id=account.pk)

        warning.warn_due()

        assert not ExceptionCase.objects.filter(kind="reconciliation.differences")
        assert FoundDifferences.objects.get().counts == {"bank_only": 1, "book_only": 1}
