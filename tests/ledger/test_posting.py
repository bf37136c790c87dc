"""Facts become vouchers once, with their journal entries; drafts and reversals take two people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction

from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from ledger.models import JournalEntry, Period, Voucher
from ledger.rules import Template
from ledger.services import posting, vouchers
from ledger.services.posting import Undoing
from ledger.states import VoucherState
from masterdata.roles import Role
from tests.build import a_company, a_user, an_account
from tests.ledger.build import DAY, a_fact, a_template

pytestmark = pytest.mark.django_db
V = VoucherState


@pytest.fixture
def account(frozen_clock):
    return an_account(company=a_company())


@pytest.fixture
def accountant(account):
    return a_user(Role.RECEIPTS, company=account.company)


@pytest.fixture
def second(account):
    return a_user(Role.RECEIPTS, company=account.company)


def post(*facts, actor=None):
    with transaction.atomic():
        return posting.post(facts, actor=actor)


def lock(company, code="2026-11"):
    Period.objects.update_or_create(company=company, code=code, defaults={"state": "locked"})


class TestPost:
    def test_books_the_fact_and_its_journal_entry(self, account):
        a_template()

        (booked,) = post(a_fact(account))

        voucher = Voucher.objects.get()
        entry = JournalEntry.objects.get()
        assert (booked.voucher, booked.is_new, booked.error) == (voucher, True, None)
        assert (voucher.state, voucher.number, voucher.amount) == (
            V.POSTED,
            "付-0001",
            Decimal("1268400.00"),
        )
        assert (entry.account_id, entry.direction, entry.amount) == (
            account.pk,
            "credit",
            voucher.amount,
        )
        assert (entry.voucher_type, entry.voucher_no, entry.opposite_subject) == (
            "付",
            "0001",
            "2202",
        )
        assert (entry.bill_no, entry.reference, entry.period) == ("18000001", "Y000001", "2026-11")

    def test_books_the_same_fact_once(self, account):
        a_template()

        results = [post(a_fact(account), a_fact(account)), post(a_fact(account))]

        assert Voucher.objects.count() == JournalEntry.objects.count() == 1
        assert [one.is_new for one in (*results[0], *results[1])] == [True, False, False]
        assert {one.voucher.pk for one in (*results[0], *results[1])} == {Voucher.objects.get().pk}

    def test_refuses_the_same_key_with_another_content_and_books_the_others(self, account):
        a_template()
        post(a_fact(account))

        changed, other = post(a_fact(account, amount="5.00"), a_fact(account, key="payment:2"))

        assert isinstance(changed.error, Conflict)
        assert changed.error.code == "posting_key_used"
        assert other.voucher.number == "付-0002"

    def test_books_nothing_without_a_template_or_where_one_says_so(self, account):
        (none,) = post(a_fact(account))
        a_template()
        a_template(
            Template(event="payment", voucher_type="付", description="", lines=()),
            company=account.company,
        )
        (off,) = post(a_fact(account))

        assert (none.voucher, off.voucher, none.error, off.error) == (None, None, None, None)
        assert not Voucher.objects.exists()

    def test_numbers_each_company_month_and_type_without_gaps(self, account):
        a_template()
        other = an_account(company=a_company())
        facts = [a_fact(account, key=str(n)) for n in range(3)]
        facts += [a_fact(other, key="x"), a_fact(account, key="d", day=date(2026, 12, 1))]

        numbers = [(one.voucher.period, one.voucher.voucher_no) for one in post(*facts)]

        assert numbers == [
            ("2026-11", 1),
            ("2026-11", 2),
            ("2026-11", 3),
            ("2026-11", 1),
            ("2026-12", 1),
        ]

    def test_books_what_comes_after_the_lock_in_the_month_it_comes_in(self, account, frozen_clock):
        a_template()
        lock(account.company)
        (refused,) = post(a_fact(account))
        frozen_clock.advance(days=10)

        (booked,) = post(a_fact(account))

        assert refused.error.code == "period_locked"
        assert (booked.voucher.day, booked.voucher.period) == (date(2026, 12, 4), "2026-12")
        assert booked.voucher.lines.get(account=account).bill_date == DAY

    def test_says_why_a_fact_cannot_be_booked(self, account):
        a_template()

        (booked,) = post(replace(a_fact(account), account_subject="银行存款"))

        assert isinstance(booked.error, InvalidInput)
        assert "第 2 行" in booked.error.message

    def test_takes_few_statements_however_many_facts(self, account, django_assert_max_num_queries):
        a_template()
        facts = [a_fact(account, key=str(n)) for n in range(200)]

        with transaction.atomic(), django_assert_max_num_queries(20):
            posting.post(facts)

        assert Voucher.objects.filter(state=V.POSTED).count() == 200


class TestReverse:
    def undo(self, voucher, **values):
        with transaction.atomic():
            row = Voucher.objects.select_for_update().get(pk=voucher.pk)
            return posting.reverse([Undoing(row, **{"day": DAY, "why": "退票"} | values)])[0]

    def test_posts_the_same_lines_red_and_brings_the_money_back(self, account):
        a_template()
        (booked,) = post(a_fact(account))

        red = self.undo(booked.voucher, bill_no="18000099")

        first = Voucher.objects.get(pk=booked.voucher.pk)
        entries = list(
            JournalEntry.objects.order_by("pk").values_list(
                "direction", "amount", "is_red", "bill_no"
            )
        )
        assert (first.state, red.state, red.amount, red.number) == (
            V.REVERSED,
            V.POSTED,
            -first.amount,
            "付-0002",
        )
        assert entries == [
            ("credit", first.amount, False, "18000001"),
            ("debit", first.amount, True, "18000099"),
        ]
        assert "付-0001" in red.description

    def test_twice_is_once(self, account):
        a_template()
        (booked,) = post(a_fact(account))

        assert self.undo(booked.voucher) == self.undo(booked.voucher)
        assert Voucher.objects.count() == 2

    def test_never_undoes_a_red_voucher(self, account):
        a_template()
        (booked,) = post(a_fact(account))
        red = self.undo(booked.voucher)

        with pytest.raises(Conflict):
            self.undo(red)


class TestDrafts:
    def draft(self, account, actor):
        a_template()
        with transaction.atomic():
            (booked,) = posting.draft([a_fact(account)], actor=actor)
        return booked.voucher

    def test_another_person_posts_them(self, account, accountant, second):
        voucher = self.draft(account, accountant)
        assert (voucher.number, JournalEntry.objects.count()) == ("", 0)
        with pytest.raises(NotAllowed):
            vouchers.post_draft(voucher_id=voucher.pk, version=1, actor=accountant)

        posted = vouchers.post_draft(voucher_id=voucher.pk, version=1, actor=second)

        assert (posted.number, posted.maker, posted.poster) == ("付-0001", accountant, second)
        assert JournalEntry.objects.count() == 1

    def test_a_void_one_leaves_no_gap_and_its_fact_may_come_again(self, account, accountant):
        voucher = self.draft(account, accountant)

        vouchers.void_draft(voucher_id=voucher.pk, version=1, actor=accountant, why="重复")
        (booked,) = post(a_fact(account))

        assert Voucher.objects.get(pk=voucher.pk).state == V.VOID
        assert booked.voucher.number == "付-0001"

    def test_a_reversal_takes_two_people(self, account, accountant, second):
        a_template()
        (booked,) = post(a_fact(account))
        red = vouchers.ask_reversal(
            voucher_id=booked.voucher.pk, version=booked.voucher.version, day=DAY, actor=accountant, why="记错科目"
        )  # fmt: skip
        assert Voucher.objects.get(pk=booked.voucher.pk).state == V.POSTED

        vouchers.post_draft(voucher_id=red.pk, version=red.version, actor=second)

        assert Voucher.objects.get(pk=booked.voucher.pk).state == V.REVERSED

    def test_a_void_reversal_may_be_asked_for_again(self, account, accountant):
        a_template()
        (booked,) = post(a_fact(account))
        what = {"voucher_id": booked.voucher.pk, "day": DAY, "actor": accountant, "why": "记错"}
        red = vouchers.ask_reversal(version=booked.voucher.version, **what)
        vouchers.void_draft(voucher_id=red.pk, version=red.version, actor=accountant, why="不必")

        assert vouchers.ask_reversal(version=booked.voucher.version, **what).pk != red.pk

    def test_are_nobody_s_business_in_another_company(self, account, accountant):
        voucher = self.draft(account, accountant)
        stranger = a_user(Role.RECEIPTS, company=a_company())

        with pytest.raises(NotFound):
            vouchers.post_draft(voucher_id=voucher.pk, version=1, actor=stranger)

    def test_wait_for_the_month_to_be_open(self, account, accountant, second):
        voucher = self.draft(account, accountant)
        lock(account.company)

        with pytest.raises(Conflict, match="已锁定"):
            vouchers.post_draft(voucher_id=voucher.pk, version=1, actor=second)


def test_the_erp_s_number_is_kept_once(account):
    a_template()
    (booked,) = post(a_fact(account))
    with transaction.atomic():
        counts = [vouchers.acknowledge({booked.voucher.pk: "记-88"}) for _ in range(2)]

    row = Voucher.objects.get()
    assert (counts, row.state, row.erp_voucher_no) == ([1, 0], V.ACKED, "记-88")


@pytest.mark.django_db(transaction=True)
def test_two_posters_at_once_give_dense_numbers(account):
    from concurrent.futures import ThreadPoolExecutor

    a_template()

    def work(name):
        try:
            for n in range(10):
                post(a_fact(account, key=f"{name}:{n}"))
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, "abc"))

    assert list(
        Voucher.objects.order_by("voucher_no").values_list("voucher_no", flat=True)
    ) == list(range(1, 31))
