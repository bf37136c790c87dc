"""The matrix, and who may decide what in which order."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from approvals import selectors, services
from approvals.models import Case, Decision
from approvals.policy import Step
from approvals.rules import CaseView, Done, refusal
from kernel.errors import Conflict, NotAllowed
from tests.approvals.cases import a_case, decide
from tests.build import matrix_row

Act = Decision.Act


APPROVER, TREASURER = frozenset({"approver"}), frozenset({"treasurer"})


def _steps(needed):
    return (Step(APPROVER, needed),) if needed else ()


def _view(acts=(), *, needed=1, is_void=False):
    done = [Done(act, person, APPROVER) for act, person in acts]
    return CaseView("d", "p-maker", is_void, _steps(needed), done)


class TestRefusal:
    @pytest.mark.parametrize(
        ("acts", "needed", "act", "person", "code"),
        [
            ([], 1, "check", "p-maker", "same_person"),
            ([], 1, "approve", "p-a", "out_of_turn"),
            ([], 0, "release", "p-a", "out_of_turn"),
            ([("check", "p-c")], 1, "check", "p-d", "out_of_turn"),
            ([("check", "p-c")], 1, "approve", "p-c", "same_person"),
            ([("check", "p-c")], 1, "release", "p-r", "approvals_missing"),
            ([("check", "p-c"), ("approve", "p-a")], 1, "release", "p-a", "same_person"),
            ([("check", "p-c"), ("approve", "p-a")], 2, "release", "p-r", "approvals_missing"),
            ([("check", "p-c"), ("release", "p-r")], 0, "release", "p-s", "out_of_turn"),
        ],
    )
    def test_refuses(self, acts, needed, act, person, code):
        view = _view(acts, needed=needed)

        error = refusal(view, Done(act, person, APPROVER), digest="d")

        assert error is not None
        assert error.code == code

    def test_refuses_another_digest_and_a_void_case(self):
        changed = refusal(_view(), Done("check", "p-c"), digest="e")
        void = refusal(_view(is_void=True), Done("check", "p-c"), digest="d")

        assert (changed.code, void.code) == ("digest_changed", "case_void")

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["check", "approve", "release"]),
                st.sampled_from("mabcdefg"),
                st.sampled_from([APPROVER, TREASURER, APPROVER | TREASURER, frozenset()]),
            ),
            max_size=16,
        ),
        st.lists(
            st.tuples(
                st.sampled_from([APPROVER, TREASURER, APPROVER | TREASURER]), st.integers(1, 2)
            ),
            max_size=3,
        ),
    )
    def test_whatever_is_tried_a_release_has_the_people_of_every_step(self, tries, asked):
        steps = tuple(Step(roles, people) for roles, people in asked)
        acts: list[Done] = []
        for act, person, roles in tries:
            view = CaseView("d", "m", False, steps, acts)
            if refusal(view, Done(act, person, roles), digest="d") is None:
                acts.append(Done(act, person, roles))

        people = [done.person for done in acts]
        assert len(people) == len(set(people))
        assert "m" not in people
        if any(done.act == "release" for done in acts):
            approved = [done.roles for done in acts if done.act == "approve"]
            wanted = [roles for roles, number in asked for _ in range(number)]
            assert all(
                not roles.isdisjoint(given) for roles, given in zip(wanted, approved, strict=False)
            )
            assert len(approved) >= len(wanted)
            assert acts[0].act == "check"
            assert acts[-1].act == "release"


class TestMatrix:
    def test_no_row_is_a_refusal_that_names_what_is_missing(self, people):
        matrix_row(classes=["whitelisted"])

        with pytest.raises(NotAllowed, match=r"供应商付款 · 新收款方 · CNY 100\.00") as caught:
            a_case(people["maker"], payment_type="supplier", payee_class="new")

        assert caught.value.code == "no_policy"

    def test_the_matrix_of_today_rules_a_case_opened_before(self, people, frozen_clock):
        matrix_row(valid_to=date(2026, 11, 24))
        matrix_row(1, valid_from=date(2026, 11, 25))
        case = a_case(people["maker"])
        decide(case, "check", people["checker"])
        frozen_clock.advance(days=1)

        with pytest.raises(Conflict) as caught:
            decide(case, "release", people["releaser"])

        assert caught.value.code == "approvals_missing"

    def test_what_a_changed_matrix_no_longer_wants_counts_for_nothing(self, people, frozen_clock):
        matrix_row(1, valid_to=date(2026, 11, 24))
        matrix_row(steps=[[["treasurer"], 1]], valid_from=date(2026, 11, 25))
        case = a_case(people["maker"])
        decide(case, "check", people["checker"])
        decide(case, "approve", people["approver"])
        frozen_clock.advance(days=1)

        with pytest.raises(Conflict) as caught:
            decide(case, "release", people["releaser"])
        decide(case, "approve", people["treasurer"])
        decide(case, "release", people["releaser"])

        assert "资金主管" in caught.value.message

    def test_a_case_that_wants_nobody_any_more_goes_on_with_one_word(self, people, frozen_clock):
        matrix_row(2, valid_to=date(2026, 11, 24))
        matrix_row(valid_from=date(2026, 11, 25))
        case = a_case(people["maker"])
        decide(case, "check", people["checker"])
        frozen_clock.advance(days=1)

        decide(case, "approve", people["approver"])
        decide(case, "release", people["releaser"])

        given = [one.act for one in selectors.given(case.pk)]
        assert given == ["check", "approve", "release"]

    def test_the_case_keeps_the_row_it_met(self, people):
        row = matrix_row(1)

        assert a_case(people["maker"]).policy_id == row.pk


class TestSteps:
    @pytest.fixture
    def case(self, people):
        matrix_row(steps=[[["approver"], 2], [["treasurer"], 1]])
        case = a_case(people["maker"])
        decide(case, "check", people["checker"])
        return case

    def test_are_taken_in_their_order_by_their_roles(self, people, case):
        with pytest.raises(NotAllowed) as early:
            decide(case, "approve", people["treasurer"])
        decide(case, "approve", people["approver"])
        decide(case, "approve", people["approver2"])
        decide(case, "approve", people["treasurer"])
        decide(case, "release", people["releaser"])

        assert early.value.code == "role_missing"
        assert [one.roles for one in selectors.given(case.pk)][1:4] == [
            ["approver"],
            ["approver"],
            ["treasurer"],
        ]

    def test_wait_for_their_number_of_people(self, people, case):
        decide(case, "approve", people["approver"])

        with pytest.raises(Conflict, match="需 3 人，已有 1 人"):
            decide(case, "release", people["releaser"])


class TestDecide:
    @pytest.fixture
    def case(self, people):
        matrix_row(1)
        return a_case(people["maker"])

    def test_takes_the_acts_in_their_one_order(self, people, case):
        acts = {Act.CHECK: "checker", Act.APPROVE: "approver", Act.RELEASE: "releaser"}

        for wrong in permutations(acts):
            if wrong[0] != Act.CHECK:
                with pytest.raises(Conflict):
                    decide(case, wrong[0], people[acts[wrong[0]]])
        for act, name in acts.items():
            decide(case, act, people[name])

        assert [one.act for one in selectors.given(case.pk)] == ["check", "approve", "release"]
        assert selectors.acted_people(case.pk) == {
            "p-maker",
            "p-checker",
            "p-approver",
            "p-releaser",
        }

    def test_a_void_case_takes_no_decision_in_the_database_either(self, people, case):
        with transaction.atomic():
            services.void_case(case_id=case.pk, reason="changed")

        with pytest.raises(Conflict):
            decide(case, Act.CHECK, people["checker"])
        with pytest.raises(DatabaseError, match="void"), transaction.atomic():
            Decision.objects.create(
                case=case,
                act="check",
                user=people["checker"],
                person_key="p-checker",
                digest=case.digest,
            )

    def test_a_decision_is_never_changed(self, people, case):
        decide(case, Act.CHECK, people["checker"])

        with pytest.raises(DatabaseError), transaction.atomic():
            Decision.objects.update(note="anders")
        with pytest.raises(DatabaseError), transaction.atomic():
            Case.objects.update(digest="e" * 64)
