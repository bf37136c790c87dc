"""Every credit gets one notice, whatever happens; own money is no receipt."""

from __future__ import annotations

import threading
from decimal import Decimal
from itertools import product

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import Entry
from desk.models import ExceptionCase, Notification
from receipts.models import ArrivalNotice, PayerKey
from receipts.services import arriving
from receipts.states import NOTICE, NoticeState
from statements.services import record_entries
from tests.build import an_account
from tests.receipts.build import a_credit, a_world, an_office, fresh

S = NoticeState


class TestTakeArrivals:
    def test_a_credit_becomes_one_notice_told_to_the_office_and_the_accountants(self, world):
        office = an_office(world)

        notice = world.arrive("120000.00")

        assert (notice.state, notice.amount, notice.office) == (
            S.FETCHED,
            Decimal("120000.00"),
            office,
        )
        assert (notice.rule, notice.customer) == ("C3", world.customer)
        told = set(Notification.objects.values_list("user_id", flat=True))
        assert told == {world.clerk.pk, world.accountant.pk, world.other_accountant.pk}
        assert (
            Entry.objects.filter(event="receipts.notice.arrived", subject_id=str(notice.pk)).count()
            == 1
        )

    def test_without_an_office_everybody_who_supplements_is_told(self, world):
        world.arrive()

        assert Notification.objects.filter(user=world.other_clerk).count() == 1

    def test_many_at_once_are_one_line_for_each_person(self, world):
        record_entries(account_id=world.account.pk, lines=[a_credit("10.00"), a_credit("20.00")])

        assert arriving.take_arrivals() == 2
        assert Notification.objects.get(user=world.clerk).title == "新到款 2 笔，合计 CNY 30.00"

    def test_looking_again_makes_nothing(self, world, frozen_clock):
        line = a_credit()
        record_entries(account_id=world.account.pk, lines=[line])
        first = arriving.take_arrivals()
        record_entries(account_id=world.account.pk, lines=[line])
        frozen_clock.advance(minutes=20)

        assert (first, arriving.take_arrivals(), arriving.take_arrivals()) == (1, 0, 0)

    def test_what_is_told_within_the_minute_has_its_notice_at_the_next_look(
        self, world, frozen_clock
    ):
        world.arrive()
        frozen_clock.advance(minutes=20)
        arriving.take_arrivals()
        later = world.arrive("5.00", bank_date=frozen_clock.moment.date())

        assert later.created_at == frozen_clock.moment

    def test_debits_are_no_receipts(self, world):
        record_entries(account_id=world.account.pk, lines=[a_credit(direction="debit")])

        assert arriving.take_arrivals() == 0

    def test_a_transfer_between_own_accounts_is_set_aside(self, world):
        own = an_account(company=world.company)

        notice = world.arrive(counterparty_account=own.number)

        assert (notice.state, notice.nature) == (S.NON_BUSINESS, "internal")
        assert not Notification.objects.exists()

    def test_the_banks_interest_is_set_aside(self, world):
        notice = world.arrive("12.34", counterparty_account="", narrative="存款利息")

        assert (notice.state, notice.nature) == (S.NON_BUSINESS, "interest")

    def test_two_customers_behind_one_account_are_not_chosen_between(self, world):
        for customer in (world.customer, world.other_customer):
            PayerKey.objects.create(kind="account", value="448173920561", customer=customer)

        notice = world.arrive()

        assert (notice.rule, notice.customer) == ("C2", None)

    def test_the_database_keeps_a_second_notice_of_one_credit_out(self, world):
        notice = world.arrive()
        twin = ArrivalNotice.objects.get(pk=notice.pk)
        twin.pk, twin.notice_no, twin.entry_id = None, "D-OTHER", 10**9

        with pytest.raises(DatabaseError), transaction.atomic():
            twin.save(force_insert=True)


class TestAmended:
    def test_the_notice_follows_the_bank_and_what_people_said_is_void(self, world):
        line = a_credit("1000.00")
        record_entries(account_id=world.account.pk, lines=[line])
        arriving.take_arrivals()
        notice = world.supplemented(ArrivalNotice.objects.get())
        amended = a_credit("900.00", bank_serial=line.bank_serial)

        record_entries(account_id=world.account.pk, lines=[amended])
        made = arriving.take_arrivals()

        now = fresh(notice)
        assert (made, now.amount, now.state) == (0, Decimal("900.00"), S.SUPPLEMENTING)
        assert now.entry_id != notice.entry_id

    def test_after_booking_it_is_a_case(self, world):
        line = a_credit("1000.00")
        record_entries(account_id=world.account.pk, lines=[line])
        arriving.take_arrivals()
        notice = world.approved(ArrivalNotice.objects.get())
        world.booked(notice)

        record_entries(
            account_id=world.account.pk, lines=[a_credit("900.00", bank_serial=line.bank_serial)]
        )
        arriving.take_arrivals()

        assert fresh(notice).amount == Decimal("1000.00")
        assert ExceptionCase.objects.filter(kind="receipts.amended_after_booking").count() == 1


@pytest.mark.django_db(transaction=True)
def test_ticks_at_once_make_one_notice_of_each_credit():
    world = a_world()
    record_entries(account_id=world.account.pk, lines=[a_credit(f"{n}.00") for n in range(1, 41)])
    barrier = threading.Barrier(4)

    def look() -> None:
        barrier.wait()
        arriving.take_arrivals()
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert ArrivalNotice.objects.count() == 40
    assert Entry.objects.filter(event="receipts.notice.arrived").count() == 40


def test_the_books_are_reached_through_a_review_only():
    assert {(one.name, one.sources) for one in NOTICE.moves if one.target == S.BOOKED} == {
        ("book", (S.APPROVED,))
    }
    assert {(one.name, one.sources) for one in NOTICE.moves if one.target == S.APPROVED} == {
        ("approve", (S.PENDING_REVIEW,))
    }


def test_the_database_allows_exactly_the_edges_of_the_table(world):
    """Every pair is tried on a row whose parts and vouchers are in order, so that only the edge is judged."""
    notice = world.approved(world.arrive())
    accepted = set()
    for source, target in product(S, S):
        if source == target:
            continue
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL session_replication_role = replica")
                    cursor.execute(
                        "UPDATE receipts_arrivalnotice SET state = %s, voucher_id = 1 WHERE id = %s",
                        [source, notice.pk],
                    )
                    cursor.execute("SET LOCAL session_replication_role = origin")
                ArrivalNotice.objects.filter(pk=notice.pk).update(state=target)
                accepted.add((str(source), str(target)))
                raise _Undo
        except (_Undo, DatabaseError):
            continue

    assert accepted == set(NOTICE.edges())


class _Undo(Exception):
    pass
