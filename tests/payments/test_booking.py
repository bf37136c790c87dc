"""Payments in the books: a success that stands on the statement is booked once, a return is booked back, by strategy."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from desk.models import ExceptionCase
from ledger.models import JournalEntry, Period, Voucher
from ledger.services import vouchers
from ledger.topics import Booking
from masterdata.services.strategy import decide_once
from payments.services import booking, evidence
from statements import services as statements
from tests.build_payments import a_world, sent
from tests.ledger.build import a_template
from tests.statements.rows import DAY, a_line


@pytest.fixture
def world(db, frozen_clock):
    return a_world()


@pytest.fixture
def books(world):
    """The company books its payments."""
    a_template()
    _decide(world.company, books_payments=True)
    return world


def _decide(company, **values):
    with transaction.atomic():
        decide_once(Booking, values, company=company, source_note="财务制度")


def _on_statement(world, row, *, direction="debit", serial="S1", day=DAY):
    line = a_line(serial, str(row.amount), direction=direction, reference=row.bank_ref, day=day)
    recorded = statements.record_entries(account_id=world.account.pk, lines=[line])
    evidence.tie_entries(account_id=world.account.pk, entry_ids=recorded.new_ids)
    row.refresh_from_db()
    return row


def _paid(world, **changes):
    return _on_statement(world, sent(world, "succeeded", **changes))


def _status(row):
    row.refresh_from_db()
    return row.voucher_status


class TestBookPaid:
    def test_books_what_succeeded_and_stands_on_the_statement(self, books):
        row = _paid(books)

        assert booking.book_paid() == 1

        voucher, entry = Voucher.objects.get(), JournalEntry.objects.get()
        debit, credit = voucher.lines.order_by("line_no")
        assert (_status(row), voucher.state, voucher.day) == ("posted", "posted", DAY)
        assert (debit.subject, debit.debit, debit.supplier) == (
            "2202",
            row.amount,
            books.payee_code,
        )
        assert (credit.subject, credit.credit) == (books.account.gl_subject, row.amount)
        assert (credit.settlement_method, credit.bill_no) == ("网银", "S1")
        assert (entry.direction, entry.reference, entry.account_id) == (
            "credit",
            row.bank_ref,
            books.account.pk,
        )
        assert voucher.source_id == str(row.pk)

    def test_takes_the_subject_the_order_names(self, books):
        _paid(books, gl_subject="6601.05")
        booking.book_paid()

        assert Voucher.objects.get().lines.get(line_no=1).subject == "6601.05"

    def test_books_each_once_however_often_it_runs(self, books):
        _paid(books)

        assert [booking.book_paid(), booking.book_paid()] == [1, 0]
        assert Voucher.objects.count() == 1

    @pytest.mark.parametrize("fate", ["succeeded", "accepted", "failed", ""])
    def test_books_nothing_the_statement_does_not_show(self, books, fate):
        row = sent(books, fate)

        assert booking.book_paid() == 0
        assert _status(row) == "none"

    def test_books_nothing_where_the_company_does_not_want_it(self, world):
        a_template()
        row = _paid(world)

        assert booking.book_paid() == 0
        assert (_status(row), Voucher.objects.count()) == ("off", 0)

    def test_obeys_the_switch_of_the_account_subject_before_the_company_s(self, books):
        with transaction.atomic():
            decide_once(
                Booking,
                {"books_payments": False},
                company=books.company,
                subject=books.account.gl_subject,
                source_note="该账户由财务手工记账",
            )
        row = _paid(books)
        booking.book_paid()

        assert _status(row) == "off"

    def test_writes_the_settlement_method_that_was_decided(self, world):
        a_template()
        _decide(world.company, books_payments=True, settlement_method="301")
        _paid(world)
        booking.book_paid()

        assert JournalEntry.objects.get().settlement_method == "301"

    def test_opens_a_case_where_it_cannot_and_closes_it_once_it_can(self, books, frozen_clock):
        Period.objects.create(company=books.company, code="2026-11", state="locked")
        row = _paid(books)
        assert booking.book_paid() == 0
        case = ExceptionCase.objects.get(kind=booking.FAILED)
        assert (_status(row), case.closed_at) == ("exception", None)
        assert "2026-11 已锁定" in case.reason
        Period.objects.update(state="open")
        assert booking.retry_failed() == 0

        frozen_clock.advance(hours=2)
        booking.keep_books()

        case.refresh_from_db()
        assert (_status(row), case.closed_at is None) == ("posted", False)


class TestBookReturned:
    def test_books_it_back_under_the_serial_of_the_credit(self, books):
        row = _paid(books)
        booking.book_paid()
        _on_statement(books, row, direction="credit", serial="S9", day=date(2026, 11, 26))

        assert booking.book_returned() == 1

        first, red = Voucher.objects.order_by("pk")
        back = JournalEntry.objects.get(is_red=True)
        assert (_status(row), first.state, red.amount) == ("reversed", "reversed", -row.amount)
        assert (back.direction, back.amount, back.bill_no, back.day) == (
            "debit", row.amount, "S9", date(2026, 11, 26),
        )  # fmt: skip
        assert booking.book_returned() == 0

    def test_books_both_where_it_came_back_before_it_was_booked(self, books):
        row = _paid(books)
        _on_statement(books, row, direction="credit", serial="S9")
        booking.keep_books()

        assert _status(row) == "reversed"
        moved = [
            e.amount if e.direction == "debit" else -e.amount for e in JournalEntry.objects.all()
        ]
        assert (len(moved), sum(moved)) == (2, Decimal(0))


def test_a_payment_says_that_the_erp_took_its_voucher(books):
    row = _paid(books)
    booking.book_paid()
    assert booking.follow_acknowledged() == 0
    with transaction.atomic():
        vouchers.acknowledge({Voucher.objects.get().pk: "记-1"})

    assert booking.follow_acknowledged() == 1
    assert _status(row) == "acked"
