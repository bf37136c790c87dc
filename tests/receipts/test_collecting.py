"""Schedules of head office: each moment once, a missed one made up once, whatever dies in between."""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.models import ExceptionCase
from kernel import clock
from kernel.clock import SHANGHAI, Calendar
from kernel.errors import Conflict, InvalidInput, NotAllowed
from masterdata.models import StagedChange
from masterdata.roles import Role
from payments.models import PaymentOrder
from receipts.models import CollectionRun, CollectionSchedule
from receipts.services import (
    ageing,
    collecting,
    offices,
    refunding,
    reversing,
    schedules,
    supplementing,
)
from receipts.services.offices import OfficeDraft
from receipts.services.schedules import ScheduleDraft
from receipts.services.supplementing import Line, Said
from receipts.states import RunState
from receipts.timetable import moments
from statements.services import record_entries
from tests.build import a_payee, a_user
from tests.receipts.build import a_credit, a_world, an_office, fresh

R = RunState
CALENDAR = Calendar(holidays=frozenset({date(2026, 11, 26)}), makeup_days=frozenset({date(2026, 11, 28)}))  # fmt: skip


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


class TestMoments:
    def of(self, after, until, **values):
        said = {
            "times": [time(16, 0), time(9, 30)], "days": "every", "valid_from": date(2026, 1, 1),
            "valid_to": None, "calendar": CALENDAR,
        }  # fmt: skip
        return moments(after=after, until=until, **(said | values))

    def test_are_those_beyond_the_last_look(self):
        assert self.of(at(24, 9, 30), at(25, 10)) == [at(24, 16), at(25, 9, 30)]

    def test_leave_holidays_out_and_keep_make_up_days(self):
        found = self.of(at(25, 23), at(29, 23), days="working", times=[time(9)])

        assert found == [at(27, 9), at(28, 9)]

    def test_the_end_of_the_month_is_its_last_working_day(self):
        assert self.of(at(1, 0), at(30, 23), days="month_end", times=[time(9)]) == [at(30, 9)]

    def test_keep_within_the_days_the_schedule_holds(self):
        found = self.of(
            at(1, 0), at(30, 0), valid_from=date(2026, 11, 10), valid_to=date(2026, 11, 10)
        )

        assert found == [at(10, 9, 30), at(10, 16)]

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.integers(1, 3000), min_size=1, max_size=12))
    def test_however_often_one_looks_each_moment_comes_once_property(self, steps):
        looked, seen = at(2, 0), []
        for step in steps:
            until = looked + timedelta(minutes=step)
            seen += self.of(looked, until)
            looked = until

        assert seen == self.of(at(2, 0), looked)


def a_schedule(world, *times: str, **values) -> CollectionSchedule:
    office = an_office(world)
    said = {
        "office_id": office.pk, "title": "每日两次", "times": list(times) or ["10:00", "15:00"], "days": "every",
        "valid_from": "2026-01-01", "valid_to": None, "is_active": True, "schedule_id": None,
    }  # fmt: skip
    with transaction.atomic():
        return schedules.write(said | values)


def states():
    rows = CollectionRun.objects.order_by("scheduled_at")
    return [(one.scheduled_at.astimezone(SHANGHAI).strftime("%d %H:%M"), one.state) for one in rows]


class TestPlanRuns:
    def test_a_moment_that_came_is_one_run(self, world, frozen_clock):
        a_schedule(world)
        assert collecting.plan_runs() == 0
        frozen_clock.advance(minutes=31)

        assert (collecting.plan_runs(), collecting.plan_runs()) == (1, 0)
        assert states() == [("24 10:00", R.WAITING)]

    def test_what_was_missed_is_made_up_once(self, world, frozen_clock):
        a_schedule(world)
        frozen_clock.advance(days=1, hours=6)

        collecting.plan_runs()
        collecting.plan_runs()

        assert states() == [
            ("24 10:00", R.COVERED),
            ("24 15:00", R.COVERED),
            ("25 10:00", R.COVERED),
            ("25 15:00", R.WAITING),
        ]
        assert CollectionRun.objects.get(state=R.WAITING).is_late is True

    def test_a_schedule_taken_back_into_force_makes_nothing_up_from_before(
        self, world, frozen_clock
    ):
        row = a_schedule(world)
        frozen_clock.advance(days=3)
        with transaction.atomic():
            schedules.write(schedules.plain(row))

        assert collecting.plan_runs() == 0

    def test_the_database_keeps_a_second_run_of_a_moment_out(self, world, frozen_clock):
        a_schedule(world)
        frozen_clock.advance(minutes=31)
        collecting.plan_runs()
        run = CollectionRun.objects.get()
        run.pk = None

        with pytest.raises(DatabaseError), transaction.atomic():
            run.save(force_insert=True)


class TestRun:
    def due(self, world, frozen_clock):
        a_schedule(world)
        frozen_clock.advance(minutes=31)
        collecting.plan_runs()

    def test_says_how_many_credits_came_with_it(self, world, frozen_clock):
        self.due(world, frozen_clock)
        run = collecting.claim_run()
        frozen_clock.advance(seconds=5)
        record_entries(account_id=world.account.pk, lines=[a_credit("1.00"), a_credit("2.00")])

        collecting.finish_run(run_id=run.pk)

        made = CollectionRun.objects.get()
        assert (made.state, made.arrivals) == (R.DONE, 2)
        assert collecting.claim_run() is None

    def test_a_bank_that_does_not_answer_is_asked_again_and_then_it_is_a_case(
        self, world, frozen_clock
    ):
        self.due(world, frozen_clock)
        for _ in range(len(collecting.RETRY_S) + 1):
            run = collecting.claim_run()
            collecting.finish_run(run_id=run.pk, error="银行未应答")
            assert collecting.claim_run() is None
            frozen_clock.advance(minutes=6)

        assert CollectionRun.objects.get().state == R.FAILED
        assert ExceptionCase.objects.filter(kind=collecting.FAILED, closed_at=None).count() == 1

    def test_a_fetcher_that_dies_loses_nothing(self, world, frozen_clock):
        self.due(world, frozen_clock)
        dead = collecting.claim_run()
        frozen_clock.advance(minutes=11)

        again = collecting.claim_run()
        collecting.finish_run(run_id=again.pk)
        collecting.finish_run(run_id=dead.pk, error="迟到")

        assert (again.pk, CollectionRun.objects.get().state) == (dead.pk, R.DONE)


@pytest.mark.django_db(transaction=True)
def test_fetchers_and_planners_at_once_make_each_run_once(frozen_clock):
    world = a_world()
    a_schedule(world)
    frozen_clock.advance(minutes=31)
    claimed: list[int] = []

    def work() -> None:
        collecting.plan_runs()
        while (run := collecting.claim_run()) is not None:
            claimed.append(run.pk)
            collecting.finish_run(run_id=run.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert claimed == [CollectionRun.objects.get().pk]


class TestProposals:
    def test_one_schedule_an_account(self, world):
        held = a_schedule(world)
        other = ScheduleDraft(
            office_id=held.office_id, title="又一个", times=[time(9)], days="every", valid_from=clock.today()
        )  # fmt: skip

        with pytest.raises(InvalidInput):
            schedules.propose(draft=other, actor=world.accountant)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"card_number": "1.23E+18"}, "number"),
            ({"customer_codes": ["NOBODY"]}, "customers"),
            ({"people": [0]}, "people"),
            ({"name": " "}, "name"),
        ],
    )
    def test_an_offices_particulars_are_checked(self, world, change, field):
        draft = OfficeDraft(
            **{"company_id": world.company.pk, "code": "A1", "name": "甲", **change}
        )

        with pytest.raises(InvalidInput) as refused:
            offices.propose(draft=draft, actor=world.accountant)

        assert refused.value.field == field

    def test_a_clerk_proposes_none(self, world):
        draft = OfficeDraft(company_id=world.company.pk, code="A1", name="甲")

        with pytest.raises(NotAllowed):
            offices.propose(draft=draft, actor=world.clerk)
        assert not StagedChange.objects.exists()


class TestAgeing:
    def test_what_nobody_claims_becomes_a_case_and_a_claim_closes_it(self, world, frozen_clock):
        notice = world.arrive()
        frozen_clock.advance(days=2)
        assert ageing.ring() == 0
        frozen_clock.advance(days=1)
        assert (ageing.ring(), ageing.ring()) == (1, 1)
        assert ExceptionCase.objects.filter(kind=ageing.KIND, closed_at=None).count() == 1

        supplementing.claim(notice_id=notice.pk, actor=world.clerk)

        assert not ExceptionCase.objects.filter(closed_at=None).exists()


class TestRefund:
    def suspended(self, world):
        line = Line(amount=Decimal("1000"), subject="2241")
        return world.approved(
            world.arrive(counterparty_account="6222000777"),
            Said(kind="suspense", lines=[line], note="查无"),
        )

    def test_is_a_payment_to_where_it_came_from_with_its_own_approval(self, world):
        notice = self.suspended(world)
        payee = a_payee(company=world.company, number="6222000777")

        made = refunding.refund(
            notice_id=notice.pk, version=notice.version, payee_account_id=payee.pk, amount=Decimal("400.00"),
            why="付款方要求退回", actor=world.clerk,
        )  # fmt: skip

        order = PaymentOrder.objects.get()
        assert (order.order_no, order.amount, order.payee_number) == (made.order_no, Decimal("400"), "6222000777")  # fmt: skip
        assert (order.state, order.gl_subject, order.erp_doc_no) == (
            "draft",
            "2241",
            notice.notice_no,
        )
        assert refunding.refundable(notice) == Decimal("600.00")
        with pytest.raises(Conflict):
            supplementing.claim(notice_id=notice.pk, actor=world.clerk)

    def test_never_more_than_came_nor_to_another_account(self, world):
        notice = self.suspended(world)
        right = a_payee(company=world.company, number="6222000777")
        wrong = a_payee(company=world.company)
        for payee, amount in ((right, "1000.01"), (wrong, "10.00"), (right, "0.00")):
            with pytest.raises(InvalidInput):
                refunding.refund(
                    notice_id=notice.pk, version=fresh(notice).version, payee_account_id=payee.pk,
                    amount=Decimal(amount), why="退", actor=world.clerk,
                )  # fmt: skip

        assert not PaymentOrder.objects.exists()

    @pytest.mark.parametrize(
        ("now", "left"),
        [
            ({"shown_state": "failed"}, "0.00"),  # it may be paid again
            ({"shown_state": "returned"}, "0.00"),
            ({"state": "void", "shown_state": "void", "is_paid_outside": True}, "0.00"),
            ({"state": "void", "shown_state": "void"}, "1000.00"),
        ],
    )
    def test_only_a_payment_that_will_never_be_made_frees_its_money(self, world, now, left):
        notice = self.suspended(world)
        payee = a_payee(company=world.company, number="6222000777")
        refunding.refund(
            notice_id=notice.pk, version=notice.version, payee_account_id=payee.pk,
            amount=Decimal("1000.00"), why="退", actor=world.clerk,
        )  # fmt: skip
        PaymentOrder.objects.update(**now)

        assert refunding.refundable(fresh(notice)) == Decimal(left)
        if left == "0.00":
            with pytest.raises(Conflict) as refused:
                supplementing.claim(notice_id=notice.pk, actor=world.clerk)
            assert refused.value.code == "refunding"
        else:
            assert supplementing.claim(notice_id=notice.pk, actor=world.clerk)

    def test_what_is_being_refunded_is_not_reversed_and_booked_anew(self, world):
        notice = self.suspended(world)
        payee = a_payee(company=world.company, number="6222000777")
        refunding.refund(
            notice_id=notice.pk, version=notice.version, payee_account_id=payee.pk,
            amount=Decimal("1000.00"), why="退", actor=world.clerk,
        )  # fmt: skip

        with pytest.raises(Conflict) as refused:
            reversing.reverse(
                notice_id=notice.pk, version=fresh(notice).version, why="误记", actor=world.other_accountant
            )  # fmt: skip
        assert (refused.value.code, fresh(notice).state) == ("refunding", "suspense")

    def test_an_accountant_makes_no_payment(self, world):
        notice = self.suspended(world)
        payee = a_payee(company=world.company, number="6222000777")
        accountant = a_user(Role.RECEIPTS, company=world.company)

        with pytest.raises(NotAllowed):
            refunding.refund(
                notice_id=notice.pk, version=notice.version, payee_account_id=payee.pk,
                amount=Decimal("10"), why="退", actor=accountant,
            )  # fmt: skip
