"""The strategy: who decides it, whom it rules from when on, and that nobody changes it in place."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed
from kernel.seal import SealBroken
from masterdata.models import StagedChange, StrategyRow
from masterdata.roles import Role
from masterdata.selectors import strategy
from masterdata.services import dated
from masterdata.services.changes import decide_change
from masterdata.services.dated import Proposal
from masterdata.services.strategy import decide_once
from payments.topics import DuplicateRules
from tests.build import a_company, a_user

pytestmark = pytest.mark.django_db
KIND = "strategy.payments.duplicates"


@pytest.fixture
def group(frozen_clock):
    return a_company("G")


@pytest.fixture
def admins(group):
    return a_user(Role.ADMIN, company=group), a_user(Role.ADMIN, company=group)


def _days(company=None, subject="", days=7, start=None, **more):
    values = {
        "company": company.pk if company else None,
        "subject": subject,
        "d3_working_days": days,
    }
    return Proposal(
        values=values, valid_from=start or clock.today(), source_note="财务部〔2026〕12 号", **more
    )


def _decided(admins, proposal):
    change = dated.propose(kind_name=KIND, proposal=proposal, actor=admins[0])
    return decide_change(change_id=change.pk, accept=True, actor=admins[1])


def _window(company, subject="", on=None):
    return strategy(DuplicateRules, company, subject, on or clock.today())[0].d3_working_days


class TestStrategy:
    def test_without_a_row_the_built_in_value_rules_as_version_zero(self, group):
        value, version = strategy(DuplicateRules, group, "1002", clock.today())

        assert (value.d3_working_days, version) == (5, 0)

    def test_the_nearest_row_rules_from_subject_to_company_to_parent_to_group(self, group):
        division = a_company("D", parent=group)
        plant = a_company("P", parent=division)
        with transaction.atomic():
            for company, subject, days in (
                (None, "", 11), (group, "", 12), (division, "1002.02", 13), (plant, "", 14),
                (plant, "1002.01", 15),
            ):  # fmt: skip
                decide_once(
                    DuplicateRules, {"d3_working_days": days}, company=company, subject=subject,
                    source_note="测试",
                )  # fmt: skip
        stranger = a_company("X")

        assert _window(plant, "1002.01") == 15
        assert _window(plant, "1002.02") == 14
        assert _window(division, "1002.02") == 13
        assert _window(division, "1002.09") == 12
        assert _window(stranger, "1002.01") == 11

    def test_names_the_version(self, group, admins):
        _decided(admins, _days(group))

        assert strategy(DuplicateRules, group, "", clock.today())[1] == StrategyRow.objects.get().pk

    def test_a_version_for_a_while_gives_way_to_the_one_before(self, group, admins):
        today = clock.today()
        _decided(admins, _days(group, days=7))
        _decided(
            admins,
            _days(
                group, days=3, start=today + timedelta(days=2), valid_to=today + timedelta(days=4)
            ),
        )

        assert [_window(group, on=today + timedelta(days=n)) for n in range(6)] == [
            7,
            7,
            3,
            3,
            3,
            7,
        ]

    def test_withdrawn_means_the_parents_value_again(self, group, admins):
        plant = a_company("P", parent=group)
        _decided(admins, _days(group, days=9))
        _decided(admins, _days(plant, days=4))
        _decided(admins, _days(plant, days=4, is_withdrawn=True))

        assert _window(plant) == 9

    @pytest.mark.django_db(transaction=True)
    def test_a_row_altered_behind_the_triggers_rules_nobody(self, group, admins):
        _decided(admins, _days(group))
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE masterdata_strategyrow DISABLE TRIGGER USER")
            cursor.execute('UPDATE masterdata_strategyrow SET value = \'{"d3_action": "off"}\'')
            cursor.execute("ALTER TABLE masterdata_strategyrow ENABLE TRIGGER USER")

        with pytest.raises(SealBroken, match="strategyrow"):
            _window(group)


class TestPropose:
    def test_changes_nothing_by_itself(self, group, admins):
        dated.propose(kind_name=KIND, proposal=_days(group), actor=admins[0])

        assert _window(group) == 5

    def test_keeps_before_and_after_side_by_side(self, group, admins):
        _decided(admins, _days(group, days=7))
        change = dated.propose(kind_name=KIND, proposal=_days(group, days=8), actor=admins[0])

        assert change.before["values"]["d3_working_days"] == 7
        assert change.after["values"]["d3_working_days"] == 8

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"d3_working_days": 0}, "d3_working_days"),
            ({"d3_working_days": "7"}, "d3_working_days"),
            ({"d3_action": "maybe"}, "d3_action"),
            ({"subject": "1002"}, "company"),  # a subject without its company
            ({"company": 987654}, "company"),
        ],
    )
    def test_names_the_field_that_cannot_be(self, group, admins, values, field):
        proposal = Proposal(values=values, valid_from=clock.today(), source_note="测试")

        with pytest.raises(InvalidInput) as caught:
            dated.propose(kind_name=KIND, proposal=proposal, actor=admins[0])

        assert caught.value.field == field

    def test_wants_a_source(self, group, admins):
        proposal = Proposal(values={"company": group.pk}, valid_from=clock.today(), source_note=" ")

        with pytest.raises(InvalidInput) as caught:
            dated.propose(kind_name=KIND, proposal=proposal, actor=admins[0])

        assert caught.value.field == "source_note"

    def test_one_proposal_of_a_line_at_a_time(self, group, admins):
        _decided(admins, _days(group, days=7))
        dated.propose(kind_name=KIND, proposal=_days(group, days=8), actor=admins[0])

        with pytest.raises(Conflict):
            dated.propose(kind_name=KIND, proposal=_days(group, days=9), actor=admins[1])

    def test_refuses_what_changes_nothing(self, group, admins):
        _decided(admins, _days(group, days=7))

        with pytest.raises(InvalidInput):
            dated.propose(kind_name=KIND, proposal=_days(group, days=7), actor=admins[0])

    def test_is_for_administrators_and_the_group_only_for_those_of_all_companies(self, group):
        plant = a_company("P", parent=group)
        maker = a_user(Role.MAKER, company=group)
        local = a_user(Role.ADMIN, company=plant)

        with pytest.raises(NotAllowed):
            dated.propose(kind_name=KIND, proposal=_days(group), actor=maker)
        with pytest.raises(NotAllowed):
            dated.propose(kind_name=KIND, proposal=_days(), actor=local)
        assert dated.propose(kind_name=KIND, proposal=_days(plant), actor=local).pk


class TestDecide:
    def test_never_by_the_proposers_own_person(self, group, admins):
        twin = a_user(Role.ADMIN, company=group, person_key=admins[0].person_key)
        change = dated.propose(kind_name=KIND, proposal=_days(group), actor=admins[0])

        for actor in (admins[0], twin):
            with pytest.raises(NotAllowed):
                decide_change(change_id=change.pk, accept=True, actor=actor)
        assert _window(group) == 5

    def test_what_was_asked_for_a_day_gone_by_rules_from_today(self, group, admins, frozen_clock):
        asked_for = clock.today()
        change = dated.propose(kind_name=KIND, proposal=_days(group), actor=admins[0])
        frozen_clock.advance(days=3)
        decide_change(change_id=change.pk, accept=True, actor=admins[1])

        assert StrategyRow.objects.get().valid_from == asked_for + timedelta(days=3)

    def test_a_refusal_writes_no_row(self, group, admins):
        change = dated.propose(kind_name=KIND, proposal=_days(group), actor=admins[0])
        decide_change(change_id=change.pk, accept=False, actor=admins[1], why="窗口过短")

        assert not StrategyRow.objects.exists()
        assert StagedChange.objects.get().why == "窗口过短"


class TestRows:
    def test_are_neither_changed_nor_deleted(self, group, admins):
        _decided(admins, _days(group))

        with pytest.raises(DatabaseError), transaction.atomic():
            StrategyRow.objects.update(valid_from=date(2020, 1, 1))
        with pytest.raises(DatabaseError), transaction.atomic():
            StrategyRow.objects.all().delete()

    def test_are_laid_down_once(self, group):
        for _ in range(2):
            with transaction.atomic():
                decide_once(DuplicateRules, {"d3_working_days": 6}, source_note="安装")

        assert StrategyRow.objects.count() == 1
