"""What one person may not do alone: matching above the limit, and ending such a match."""

from __future__ import annotations

import pytest

from kernel.errors import Conflict, NotAllowed
from masterdata.roles import Role
from reconciliation import selectors
from reconciliation.models import MatchLine
from reconciliation.services import matching, two_people
from reconciliation.services.matching import AlreadyMatched, Part, TwoPeople
from tests.build import a_company, a_user, an_account
from tests.reconciliation.build import Told, both, limit_alone

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(frozen_clock):
    return an_account(company=a_company())


@pytest.fixture
def accountant(account):
    return a_user(Role.RECONCILER, company=account.company)


@pytest.fixture
def lines(account):
    return both(account, [Told(day=n) for n in range(3)])


def snapshot(account):
    return list(MatchLine.objects.filter(account_id=account.pk).values_list())


def pair(lines, *places):
    """The lines in these places of both sides."""
    return Part(tuple(lines[0][p] for p in places), tuple(lines[1][p] for p in places))


class TestTwoPeople:
    @pytest.fixture(autouse=True)
    def limit(self, account):
        """Above 150.00 it takes two."""
        limit_alone(account, "150.00")

    def test_one_person_may_not_match_above_the_limit(self, account, accountant, lines):
        with pytest.raises(Conflict, match="第二人"):
            matching.confirm(account_id=account.pk, part=pair(lines, 0, 1), actor=accountant)

    def test_a_second_person_agrees(self, account, accountant, lines):
        second = a_user(Role.TREASURER, company=account.company)
        change = two_people.ask(
            account_id=account.pk, part=pair(lines, 0, 1), actor=accountant, why="两笔合并"
        )

        act = two_people.decide(change_id=change.pk, accept=True, actor=second)

        assert len(selectors.matches_made_by(act)) == 1
        assert "两笔合并" in act.why

    def test_the_proposer_may_not_agree(self, account, accountant, lines):
        change = two_people.ask(
            account_id=account.pk, part=pair(lines, 0, 1), actor=accountant, why="两笔合并"
        )

        with pytest.raises(NotAllowed):
            two_people.decide(change_id=change.pk, accept=True, actor=accountant)

    def test_what_was_matched_meanwhile_is_refused(self, account, accountant, lines):
        second = a_user(Role.TREASURER, company=account.company)
        change = two_people.ask(
            account_id=account.pk, part=pair(lines, 0, 1), actor=accountant, why="两笔合并"
        )
        matching.confirm(account_id=account.pk, part=pair(lines, 1), actor=accountant)

        with pytest.raises(AlreadyMatched):
            two_people.decide(change_id=change.pk, accept=True, actor=second)

    def test_what_two_made_one_does_not_end(self, account, accountant, lines):
        second = a_user(Role.RECONCILER, company=account.company)
        asked = {"account_id": account.pk, "part": pair(lines, 0, 1), "why": "两笔合并"}
        change = two_people.ask(**asked, actor=accountant)
        act = two_people.decide(change_id=change.pk, accept=True, actor=second)
        number = selectors.matches_made_by(act)[0].match_no
        apart = {"account_id": account.pk, "match_no": number, "parts": [pair(lines, 0)]}

        for one in (accountant, second):
            with pytest.raises(TwoPeople):
                matching.undo(act_id=act.pk, actor=one)
            with pytest.raises(TwoPeople):
                matching.split(**apart, actor=one, why="第二笔不是")
        change = two_people.ask_split(**apart, actor=second, why="第二笔不是")
        with pytest.raises(NotAllowed):
            two_people.decide(change_id=change.pk, accept=True, actor=second)
        done = two_people.decide(change_id=change.pk, accept=True, actor=accountant)

        assert [m.bank_ids for m in selectors.matches_made_by(done)] == [(lines[0][0],)]

    def test_what_two_ended_one_does_not_bring_back(self, account, accountant, lines):
        second = a_user(Role.RECONCILER, company=account.company)
        asked = {"account_id": account.pk, "part": pair(lines, 0, 1), "why": "两笔合并"}
        change = two_people.ask(**asked, actor=accountant)
        act = two_people.decide(change_id=change.pk, accept=True, actor=second)
        number = selectors.matches_made_by(act)[0].match_no
        change = two_people.ask_split(account_id=account.pk, match_no=number, parts=[], actor=accountant, why="勾错")  # fmt: skip
        apart = two_people.decide(change_id=change.pk, accept=True, actor=second)

        with pytest.raises(TwoPeople):
            matching.undo(act_id=apart.pk, actor=second)

        assert snapshot(account) == []

    def test_an_undo_asked_for_is_looked_at_again(self, account, accountant, lines):
        second = a_user(Role.TREASURER, company=account.company)
        asked = {"account_id": account.pk, "part": pair(lines, 0, 1), "why": "两笔合并"}
        change = two_people.ask(**asked, actor=accountant)
        act = two_people.decide(change_id=change.pk, accept=True, actor=second)
        number = selectors.matches_made_by(act)[0].match_no
        undo = two_people.ask_undo(act_id=act.pk, actor=accountant, why="勾错")
        apart = two_people.ask_split(account_id=account.pk, match_no=number, parts=[], actor=accountant, why="勾错")  # fmt: skip
        two_people.decide(change_id=apart.pk, accept=True, actor=second)

        with pytest.raises(Conflict, match="后面的操作"):
            two_people.decide(change_id=undo.pk, accept=True, actor=second)
        assert snapshot(account) == []

    def test_below_the_limit_one_is_enough(self, account, accountant, lines):
        act = matching.confirm(account_id=account.pk, part=pair(lines, 0), actor=accountant)

        matching.undo(act_id=act.pk, actor=accountant)

        assert snapshot(account) == []
