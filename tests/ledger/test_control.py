"""Templates and months change by two people only."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import transaction

from audit.models import Entry
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from ledger import period_selectors
from ledger.models import Period, VoucherTemplate
from ledger.services import periods, templates
from ledger.services.templates import TemplateDraft
from ledger.states import PeriodState
from masterdata.roles import Role
from tests.build import a_company, a_user
from tests.ledger.build import PAYMENT
from tests.ledger.test_guards import a_draft


@pytest.fixture
def company(db, frozen_clock):
    return a_company()


@pytest.fixture
def people(company):
    return [a_user(Role.RECONCILER, company=company) for _ in range(2)]


def a_version(company, **changes):
    values = {
        "template": PAYMENT, "name": "付款", "valid_from": date(2026, 11, 1), "source_note": "财务制度 3 号",
        "company_id": company.pk,
    }  # fmt: skip
    return TemplateDraft(**values | changes)


class TestTemplates:
    def test_come_into_force_by_a_second_person_not_before_today(self, company, people):
        change = templates.propose(draft=a_version(company), actor=people[0])
        assert not VoucherTemplate.objects.exists()

        templates.decide(change_id=change.pk, accept=True, actor=people[1])

        row = VoucherTemplate.objects.get()
        assert (row.number, row.valid_from, row.lines) == (1, date(2026, 11, 24), PAYMENT.plain())
        assert (row.made_by, row.decided_by) == tuple(people)
        assert Entry.objects.filter(event="ledger.template.accepted").count() == 1

    def test_are_not_decided_by_their_proposer(self, company, people):
        change = templates.propose(draft=a_version(company), actor=people[0])

        with pytest.raises(NotAllowed):
            templates.decide(change_id=change.pk, accept=True, actor=people[0])

    def test_keep_every_version(self, company, people):
        for number in (1, 2):
            change = templates.propose(
                draft=a_version(company, name=f"付款 {number}"), actor=people[0]
            )
            templates.decide(change_id=change.pk, accept=True, actor=people[1])

        assert list(VoucherTemplate.objects.values_list("number", flat=True)) == [2, 1]

    def test_wait_one_at_a_time(self, company, people):
        templates.propose(draft=a_version(company), actor=people[0])

        with pytest.raises(Conflict):
            templates.propose(draft=a_version(company), actor=people[1])

    def test_that_do_not_balance_are_refused(self, company, people):
        lame = replace(PAYMENT, lines=PAYMENT.lines[1:])

        with pytest.raises(InvalidInput, match="不能平衡"):
            templates.propose(draft=a_version(company, template=lame), actor=people[0])

    def test_of_the_group_want_people_of_every_company(self, company, people):
        a_company()

        with pytest.raises(NotAllowed):
            templates.propose(draft=a_version(company, company_id=None), actor=people[0])

    def test_of_another_company_are_nobody_s_business(self, company, people):
        with pytest.raises(NotFound):
            templates.propose(draft=a_version(a_company()), actor=people[0])


class TestMonths:
    @pytest.fixture
    def period(self, company):
        return Period.objects.create(company=company, code="2026-11")

    def ask(self, period, actor, kind=periods.LOCK, why="十一月已核对"):
        period.refresh_from_db()
        with transaction.atomic():
            return periods.stage(period=period, kind=kind, actor=actor, why=why)

    @transaction.atomic
    def decide(self, change, actor, accept=True, why=""):
        done = periods.settle(change_id=change.pk, accept=accept, actor=actor, why=why)
        if accept:
            period = period_selectors.lock_period(int(change.subject_id))
            periods.apply(period=period, change=done, actor=actor)

    def test_are_locked_and_reopened_by_two_people_with_a_reason(self, period, people):
        change = self.ask(period, people[0])
        with pytest.raises(NotAllowed):
            self.decide(change, people[0])
        self.decide(change, people[1])
        period.refresh_from_db()
        assert (period.state, period.asked_by, period.decided_by) == (PeriodState.LOCKED, *people)

        change = self.ask(period, people[1], periods.REOPEN, "漏记一笔手续费")
        self.decide(change, people[0])

        period.refresh_from_db()
        assert (period.state, period.reason) == (PeriodState.OPEN, "漏记一笔手续费")
        events = Entry.objects.filter(subject_kind="ledger.period").order_by("pk")
        assert [one.event for one in events] == ["ledger.period.locked", "ledger.period.reopened"]

    def test_are_not_locked_over_drafts(self, period, people):
        a_draft(period.company, "a")

        with pytest.raises(Conflict, match="1 张未记账"):
            self.ask(period, people[0])

    def test_are_not_locked_over_a_draft_made_since_it_was_asked(self, period, people):
        change = self.ask(period, people[0])
        a_draft(period.company, "a")

        with pytest.raises(Conflict, match="1 张未记账"):
            self.decide(change, people[1])

    def test_want_a_reason_and_the_right_state(self, period, people):
        with pytest.raises(InvalidInput, match="原因"):
            self.ask(period, people[0], why=" ")
        with pytest.raises(Conflict):
            self.ask(period, people[0], periods.REOPEN)

    def test_stay_as_they_are_when_refused(self, period, people):
        change = self.ask(period, people[0])
        self.decide(change, people[1], accept=False, why="还有未达")

        period.refresh_from_db()
        assert period.state == PeriodState.OPEN
