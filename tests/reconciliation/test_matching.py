"""What people match, split and undo, and that an undo leaves nothing behind."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Entry
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from ledger.models import Period
from masterdata.roles import Role
from masterdata.selectors import scope_of
from reconciliation import selectors
from reconciliation.models import Act, EndedLine, MatchLine
from reconciliation.services import matching
from reconciliation.services.matching import AlreadyMatched, Part
from tests.build import a_company, a_user, an_account
from tests.reconciliation.build import Told, bank_lines, book_lines, both

pytestmark = pytest.mark.django_db
COLUMNS = ("account_id", "match_no", "place", "act_id", "rung", "basis", "bank_id", "book_id")


@pytest.fixture
def account(frozen_clock):
    return an_account(company=a_company())


@pytest.fixture
def accountant(account):
    return a_user(Role.RECONCILER, company=account.company)


@pytest.fixture
def lines(account):
    return both(account, [Told(ref=f"YQ00000{n}", day=n) for n in range(6)])


def snapshot(account):
    """Every live line of the account, to the last column."""
    return sorted(MatchLine.objects.filter(account_id=account.pk).values_list(*COLUMNS))


def pair(lines, *places):
    """The lines in these places of both sides."""
    return Part(tuple(lines[0][p] for p in places), tuple(lines[1][p] for p in places))


class TestConfirm:
    def test_matches_many_to_many_and_leaves_a_trail(self, account, accountant, lines):
        act = matching.confirm(
            account_id=account.pk, part=pair(lines, 0, 1), actor=accountant, why="合同核对"
        )

        (match,) = selectors.matches_made_by(act)
        assert (match.rung, match.bank_ids, match.book_ids) == (
            "M10",
            tuple(lines[0][:2]),
            tuple(lines[1][:2]),
        )
        entry = Entry.objects.get(event="reconciliation.match.confirmed")
        assert (entry.actor_id, entry.why) == (accountant.pk, "合同核对")

    def test_matches_two_lines_of_one_side_that_cancel_out(self, account, accountant):
        ids = bank_lines(account, Told(), Told(outgo=False))

        act = matching.confirm(account_id=account.pk, part=Part(tuple(ids)), actor=accountant)

        assert selectors.matches_made_by(act)[0].bank_ids == tuple(ids)

    def test_refuses_sums_that_differ_and_says_by_how_much(self, account, accountant, lines):
        (other,) = book_lines(account, Told("99.50"))

        with pytest.raises(InvalidInput, match="相差 -0"):
            matching.confirm(
                account_id=account.pk, part=Part((lines[0][0],), (other,)), actor=accountant
            )

    def test_refuses_a_matched_line(self, account, accountant, lines):
        matching.confirm(account_id=account.pk, part=pair(lines, 0), actor=accountant)

        with pytest.raises(AlreadyMatched):
            matching.confirm(
                account_id=account.pk, part=Part((lines[0][1],), (lines[1][0],)), actor=accountant
            )

    def test_refuses_lines_of_another_account(self, account, accountant, lines):
        (other,) = book_lines(an_account(company=account.company), Told())

        with pytest.raises(InvalidInput, match="不属于该账户"):
            matching.confirm(
                account_id=account.pk, part=Part((lines[0][0],), (other,)), actor=accountant
            )

    def test_refuses_an_entry_the_bank_amended(self, account, accountant, lines):
        (old,) = bank_lines(account, Told("7.00", doc="SERIAL000001"))
        bank_lines(account, Told("8.00", doc="SERIAL000001"))
        (book,) = book_lines(account, Told("7.00"))

        with pytest.raises(InvalidInput, match="已被更正"):
            matching.confirm(account_id=account.pk, part=Part((old,), (book,)), actor=accountant)

    def test_refuses_a_locked_month(self, account, accountant, lines):
        Period.objects.filter(company=account.company).update(state="locked")

        with pytest.raises(Conflict, match="已锁定"):
            matching.confirm(account_id=account.pk, part=pair(lines, 0), actor=accountant)

    def test_an_account_out_of_scope_looks_absent(self, account, lines):
        stranger, viewer = (
            a_user(Role.RECONCILER, company=a_company()),
            a_user(Role.VIEWER, company=account.company),
        )

        with pytest.raises(NotFound):
            matching.confirm(account_id=account.pk, part=pair(lines, 0), actor=stranger)
        with pytest.raises(NotAllowed):
            matching.confirm(account_id=account.pk, part=pair(lines, 0), actor=viewer)


class TestSplit:
    def test_ends_the_match_and_makes_its_parts(self, account, accountant, lines):
        act = matching.confirm(account_id=account.pk, part=pair(lines, 0, 1, 2), actor=accountant)
        number = selectors.matches_made_by(act)[0].match_no

        done = matching.split(account_id=account.pk, match_no=number, parts=[pair(lines, 0), pair(lines, 1)],
                              actor=accountant, why="第三笔不是")  # fmt: skip

        assert [m.bank_ids for m in selectors.matches_made_by(done)] == [
            (lines[0][0],),
            (lines[0][1],),
        ]
        assert selectors.match_nos_holding(account.pk, bank_ids=[lines[0][2]]) == {}

    def test_takes_apart_a_match_all_of_whose_lines_were_amended(self, account, accountant):
        told = [Told("70.00", doc="S1"), Told("70.00", doc="S2", outgo=False)]
        both_ways = bank_lines(account, *told)
        act = matching.confirm(account_id=account.pk, part=Part(tuple(both_ways)), actor=accountant)
        bank_lines(account, *(replace(one, text="更正") for one in told))

        matching.split(
            account_id=account.pk,
            match_no=selectors.matches_made_by(act)[0].match_no,
            parts=[],
            actor=accountant,
            why="",
        )

        assert selectors.matches_made_by(act) == []

    def test_takes_no_line_from_elsewhere(self, account, accountant, lines):
        act = matching.confirm(account_id=account.pk, part=pair(lines, 0, 1), actor=accountant)
        before, number = snapshot(account), selectors.matches_made_by(act)[0].match_no

        with pytest.raises(InvalidInput, match="原勾对"):
            matching.split(
                account_id=account.pk,
                match_no=number,
                parts=[pair(lines, 4)],
                actor=accountant,
                why="",
            )

        assert snapshot(account) == before


class TestUndo:
    def test_frees_what_was_matched(self, account, accountant, lines):
        act = matching.confirm(account_id=account.pk, part=pair(lines, 0), actor=accountant)

        matching.undo(act_id=act.pk, actor=accountant, why="勾错")

        assert snapshot(account) == []
        assert EndedLine.objects.get().act_id == act.pk

    def test_brings_a_split_match_back(self, account, accountant, lines):
        act = matching.confirm(account_id=account.pk, part=pair(lines, 0, 1), actor=accountant)
        before, number = snapshot(account), selectors.matches_made_by(act)[0].match_no
        done = matching.split(
            account_id=account.pk, match_no=number, parts=[pair(lines, 0)], actor=accountant, why=""
        )

        matching.undo(act_id=done.pk, actor=accountant)

        assert snapshot(account) == before

    def test_refuses_while_a_later_act_stands_on_it(self, account, accountant, lines):
        act = matching.confirm(account_id=account.pk, part=pair(lines, 0, 1), actor=accountant)
        number = selectors.matches_made_by(act)[0].match_no
        done = matching.split(
            account_id=account.pk, match_no=number, parts=[pair(lines, 0)], actor=accountant, why=""
        )
        matching.confirm(account_id=account.pk, part=pair(lines, 1), actor=accountant)

        for earlier in (act, done):
            with pytest.raises(Conflict, match="后面的操作"):
                matching.undo(act_id=earlier.pk, actor=accountant)

    def test_is_done_once(self, account, accountant, lines):
        act = matching.confirm(account_id=account.pk, part=pair(lines, 0), actor=accountant)
        matching.undo(act_id=act.pk, actor=accountant)

        with pytest.raises(Conflict, match="已撤销"):
            matching.undo(act_id=act.pk, actor=accountant)

    def test_refuses_a_locked_month(self, account, accountant, lines):
        act = matching.confirm(account_id=account.pk, part=pair(lines, 0), actor=accountant)
        Period.objects.filter(company=account.company).update(state="locked")

        with pytest.raises(Conflict, match="已锁定"):
            matching.undo(act_id=act.pk, actor=accountant)

    @settings(
        max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        steps=st.lists(
            st.tuples(
                st.sampled_from(["confirm", "split", "undo"]), st.integers(0, 5), st.integers(0, 5)
            ),
            max_size=10,
        )
    )
    def test_undone_backwards_any_sequence_of_acts_leaves_each_former_state_property(
        self, account, accountant, lines, steps
    ):
        history = []
        for kind, one, other in steps:
            before = snapshot(account)
            act = self._try(account, accountant, lines, kind, one, other, history)
            if act is not None:
                history.append((act, before))

        while history:
            act, before = history.pop()
            matching.undo(act_id=act.pk, actor=accountant)
            assert snapshot(account) == before
        assert snapshot(account) == []

    def _try(self, account, accountant, lines, kind, one, other, history):
        """An act, where it is allowed; an undo takes the newest act off the history."""
        try:
            if kind == "confirm":
                return matching.confirm(
                    account_id=account.pk, part=pair(lines, *{one, other}), actor=accountant
                )
            live = MatchLine.objects.filter(account_id=account.pk, bank_id=lines[0][one]).first()
            if kind == "split" and live is not None:
                return matching.split(
                    account_id=account.pk,
                    match_no=live.match_no,
                    parts=[pair(lines, one)],
                    actor=accountant,
                    why="",
                )
        except (Conflict, InvalidInput):
            return None
        if kind == "undo" and history:
            act, before = history.pop()
            matching.undo(act_id=act.pk, actor=accountant)
            assert snapshot(account) == before
        return None


class TestExplain:
    def test_names_rule_values_and_tolerances(self, account, accountant, lines):
        act = matching.confirm(
            account_id=account.pk, part=pair(lines, 0, 1), actor=accountant, why="合同核对"
        )
        number = selectors.matches_made_by(act)[0].match_no

        told = selectors.explain(account.pk, number, scope=scope_of(accountant))

        assert (told.rule.rung, told.version, told.residual) == ("M10", 1, Decimal(0))
        assert told.compared == (("sum", ("-200.00",), ("-200.00",)),)
        assert told.act.why == "合同核对"

    def test_tells_an_ended_match_too(self, account, accountant, lines):
        act = matching.confirm(account_id=account.pk, part=pair(lines, 0), actor=accountant)
        number = selectors.matches_made_by(act)[0].match_no
        matching.undo(act_id=act.pk, actor=accountant)

        assert selectors.explain(account.pk, number, scope=scope_of(accountant)).match.bank_ids == (
            lines[0][0],
        )

    def test_a_match_out_of_scope_looks_absent(self, account, accountant, lines):
        matching.confirm(account_id=account.pk, part=pair(lines, 0), actor=accountant)

        with pytest.raises(NotFound):
            selectors.explain(
                account.pk, 1, scope=scope_of(a_user(Role.RECONCILER, company=a_company()))
            )


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_gets_the_line(account, accountant, lines):
    outcomes = []

    def choose(part):
        try:
            outcomes.append(
                matching.confirm(account_id=account.pk, part=part, actor=accountant).kind
            )
        except Conflict as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    parts = [pair(lines, 0), Part((lines[0][0],), (lines[1][1],))]
    threads = [threading.Thread(target=choose, args=[part]) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["already_matched", "confirm"]
    assert Act.objects.count() == 1
