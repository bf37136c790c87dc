"""Recurring payments: two people plan, each date is drafted once, and only the planned is exempt from duplicate rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from kernel.errors import Conflict, InvalidInput, NotAllowed
from masterdata.models import CounterpartyAccount
from payments.models import PaymentOrder, RecurringSchedule
from payments.services import orders, schedules
from payments.services.schedules import Plan
from tests import build
from tests.build import an_account
from tests.build_payments import World, a_request, fresh

DAYS = [date(2026, 11, 25), date(2026, 11, 26), date(2026, 12, 25)]
RENT = Decimal("8000.00")


def a_plan(world: World, **changes: object) -> Plan:
    payee = CounterpartyAccount.objects.get(number=world.payee_number)
    plan = Plan(
        title="厂房租金", payer_account_id=world.account.pk, payee_account_id=payee.pk,
        amount=RENT, purpose="房租", dates=DAYS,
    )  # fmt: skip
    return replace(plan, **changes)  # type: ignore[arg-type]  # a table of fields


def proposed(world: World, **changes: object) -> RecurringSchedule:
    return schedules.propose_schedule(plan=a_plan(world, **changes), actor=world["maker"])


def confirmed(world: World) -> RecurringSchedule:
    plan = proposed(world)
    return schedules.decide_schedule(
        schedule_id=plan.pk, version=plan.version, confirm=True, actor=world["checker"]
    )


def submit(order: PaymentOrder, world: World) -> PaymentOrder:
    return orders.submit_order(order_id=order.pk, version=order.version, actor=world["maker"])


def planned(plan: RecurringSchedule, day: date, world: World) -> PaymentOrder:
    return schedules.draft_planned(schedule_id=plan.pk, day=day, actor=world["maker"])


class TestProposeSchedule:
    @pytest.mark.parametrize(
        "dates", [[], [DAYS[0], DAYS[0]], [date(2026, 11, 23)]], ids=["none", "twice", "past"]
    )
    def test_wants_different_days_to_come(self, world, dates):
        with pytest.raises(InvalidInput) as caught:
            proposed(world, dates=dates)

        assert caught.value.field == "dates"


class TestDecideSchedule:
    def test_is_never_who_made_it(self, world):
        plan = proposed(world)
        world["checker"].person_key = world["maker"].person_key
        world["checker"].save()

        with pytest.raises(NotAllowed) as caught:
            schedules.decide_schedule(
                schedule_id=plan.pk, version=plan.version, confirm=True, actor=world["checker"]
            )

        assert caught.value.code == "same_person"

    def test_nothing_is_drafted_before_it(self, world):
        with pytest.raises(InvalidInput):
            planned(proposed(world), DAYS[0], world)


class TestPlannedPayments:
    def test_go_through_side_by_side(self, world):
        plan = confirmed(world)

        made = [submit(planned(plan, day, world), world) for day in DAYS]

        assert {order.state for order in made} == {"pending_check"}

    def test_each_date_once(self, world):
        plan = confirmed(world)
        planned(plan, DAYS[0], world)

        with pytest.raises(Conflict) as caught:
            planned(plan, DAYS[0], world)

        assert caught.value.code == "planned_taken"

    def test_a_voided_one_may_be_drafted_again(self, world):
        plan = confirmed(world)
        order = planned(plan, DAYS[0], world)
        orders.void_order(
            order_id=order.pk, version=order.version, actor=world["maker"], why="改期"
        )

        assert planned(plan, DAYS[0], world).pk != order.pk

    @pytest.mark.parametrize(
        "other",
        [{"amount": RENT + 1}, {"wish_date": date(2026, 11, 27)}, {"payee_code": "V00001", "currency": "CNY", "wish_date": date(2027, 1, 1)}],
    )  # fmt: skip
    def test_nothing_else_may_name_the_plan(self, world, other):
        plan = confirmed(world)
        exact = {"amount": RENT, "wish_date": DAYS[0], "schedule_code": plan.code}

        with pytest.raises(InvalidInput) as caught:
            orders.create_order(request=a_request(world, **(exact | other)), maker=world["maker"])

        assert caught.value.code == "not_planned"

    def test_no_other_account_of_the_company_pays_it(self, world):
        plan = confirmed(world)
        other = an_account(company=world.company, number="320766250077")

        with pytest.raises(InvalidInput) as caught:
            orders.create_order(
                request=a_request(
                    world,
                    amount=RENT,
                    wish_date=DAYS[0],
                    schedule_code=plan.code,
                    payer_number=other.number,
                ),
                maker=world["maker"],
            )

        assert caught.value.code == "not_planned"

    def test_another_companys_plan_looks_like_none(self, world):
        plan = confirmed(world)
        RecurringSchedule.objects.update(company=build.a_company())
        told = []
        for code in (plan.code, "R-none"):
            exact = {"amount": RENT, "wish_date": DAYS[0], "schedule_code": code}
            with pytest.raises(InvalidInput) as caught:
                orders.create_order(request=a_request(world, **exact), maker=world["maker"])
            told.append(caught.value.message.replace(code, "…"))

        assert told[0] == told[1]

    def test_one_beside_the_plan_is_held(self, world):
        plan = confirmed(world)
        by_hand = a_request(world, amount=RENT, purpose="房租", wish_date=DAYS[0])
        submit(orders.create_order(request=by_hand, maker=world["maker"]), world)

        order = planned(plan, DAYS[0], world)
        with pytest.raises(orders.Held):
            submit(order, world)

        assert fresh(order).state == "held"

    def test_a_closed_plan_gives_nothing_more(self, world):
        plan = confirmed(world)
        schedules.close_schedule(
            schedule_id=plan.pk, version=plan.version, actor=world["maker"], why="退租"
        )

        with pytest.raises(InvalidInput):
            planned(plan, DAYS[0], world)


class TestPages:
    def test_from_the_form_to_the_draft(self, world):
        maker, checker = Client(), Client()
        maker.force_login(world["maker"])
        checker.force_login(world["checker"])
        payee = CounterpartyAccount.objects.get(number=world.payee_number)
        form = {
            "payee": payee.pk, "title": "厂房租金", "account": world.account.pk,
            "amount": "8,000.00", "purpose": "房租", "dates": "2026-11-25\n2026-12-25",
        }  # fmt: skip

        wrong = maker.post("/payments/schedules/new/", form | {"dates": "每月 25 日"})
        maker.post("/payments/schedules/new/", form)
        plan = RecurringSchedule.objects.get()
        page = f"/payments/schedules/{plan.code}/"
        checker.post(f"{page}decide/", {"version": plan.version, "decision": "confirm"})
        maker.post(f"{page}draft/", {"day": "2026-11-25"})

        assert wrong.status_code == 422
        order = PaymentOrder.objects.get()
        assert (order.schedule_id, order.wish_date) == (plan.pk, date(2026, 11, 25))
        assert order.order_no in maker.get(page).content.decode()
        assert plan.code in maker.get("/payments/schedules/").content.decode()
