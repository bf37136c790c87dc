"""The matrix, and who may decide what in which order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from approvals import selectors, services
from approvals.models import Case, Decision, Policy
from approvals.rules import CaseView, refusal
from kernel.errors import Conflict, NotAllowed
from kernel.money import Money
from masterdata.models import User
from tests.build import step_up
from tests.signing import signer_of

Act = Decision.Act


def _view(acts=(), *, needed=1, is_void=False):
    return CaseView("d", "p-maker", is_void, needed, list(acts))


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
            ([("check", "p-c")], 0, "approve", "p-a", "out_of_turn"),
            ([("check", "p-c"), ("approve", "p-a")], 1, "release", "p-a", "same_person"),
            ([("check", "p-c"), ("approve", "p-a")], 2, "release", "p-r", "approvals_missing"),
            ([("check", "p-c"), ("release", "p-r")], 0, "release", "p-s", "out_of_turn"),
        ],
    )
    def test_refuses(self, acts, needed, act, person, code):
        error = refusal(_view(acts, needed=needed), act=act, person=person, digest="d")

        assert error is not None
        assert error.code == code

    def test_refuses_another_digest_and_a_void_case(self):
        changed = refusal(_view(), act="check", person="p-c", digest="e")
        void = refusal(_view(is_void=True), act="check", person="p-c", digest="d")

        assert (changed.code, void.code) == ("digest_changed", "case_void")

    @given(
        st.lists(
            st.tuples(st.sampled_from(["check", "approve", "release"]), st.sampled_from("mabcde")),
            max_size=12,
        ),
        st.integers(0, 2),
    )
    def test_whatever_is_tried_a_release_has_as_many_different_people_as_it_wants(
        self, tries, needed
    ):
        acts: list[tuple[str, str]] = []
        for act, person in tries:
            if (
                refusal(CaseView("d", "m", False, needed, acts), act=act, person=person, digest="d")
                is None
            ):
                acts.append((act, person))

        people = [person for _, person in acts]
        assert len(people) == len(set(people))
        assert "m" not in people
        if any(act == "release" for act, _ in acts):
            assert [act for act, _ in acts] == ["check", *["approve"] * needed, "release"]


@pytest.fixture
def people(db):
    return {
        name: User.objects.create(username=name, display_name=name, person_key=f"p-{name}")
        for name in ("maker", "checker", "approver", "releaser")
    }


def _case(people, amount="100.00"):
    with transaction.atomic():
        return services.open_case(
            kind="payment",
            subject_id=7,
            company_id=1,
            digest="d" * 64,
            money=Money(Decimal(amount)),
            maker=people["maker"],
        )


def _decide(case, act, actor, digest="d" * 64):
    signing = services.Signing(signer=signer_of(actor), stepup=step_up(actor))
    with transaction.atomic():
        return services.decide(
            case_id=case.pk, act=act, actor=actor, digest=digest, signing=signing
        )


class TestMatrix:
    def test_bands_meet_without_gap_or_overlap(self, people):
        services.seed_matrix(
            kind="payment",
            bands=[("0", "50000", 0), ("50000", "5000000", 1), ("5000000", None, 2)],
            source_note="demo",
        )

        rows = selectors.policies_on(kind="payment", day=date(2026, 11, 24))
        needed = [
            selectors.matching_policy(rows, company_id=1, money=Money(Decimal(amount))).approvers
            for amount in ("0.01", "49999.99", "50000.00", "4999999.99", "5000000.00")
        ]

        assert needed == [0, 0, 1, 1, 2]

    def test_a_companys_own_row_rules_over_the_row_for_all(self, people):
        from tests.statements.rows import a_company

        company = a_company()
        Policy.objects.create(kind="payment", approvers=0, valid_from=date(2020, 1, 1))
        Policy.objects.create(
            kind="payment", approvers=2, valid_from=date(2020, 1, 1), company=company
        )
        rows = selectors.policies_on(kind="payment", day=date(2026, 11, 24))

        assert (
            selectors.matching_policy(
                rows, company_id=company.pk, money=Money(Decimal(1))
            ).approvers
            == 2
        )
        assert (
            selectors.matching_policy(
                rows, company_id=company.pk + 1, money=Money(Decimal(1))
            ).approvers
            == 0
        )

    def test_no_row_is_a_refusal(self, people):
        with pytest.raises(NotAllowed) as caught:
            _case(people)

        assert caught.value.code == "no_policy"

    def test_the_matrix_of_today_rules_a_case_opened_before(self, people, frozen_clock):
        Policy.objects.create(
            kind="payment", approvers=0, valid_from=date(2020, 1, 1), valid_to=date(2026, 11, 24)
        )
        Policy.objects.create(kind="payment", approvers=1, valid_from=date(2026, 11, 25))
        case = _case(people)
        _decide(case, Act.CHECK, people["checker"])
        frozen_clock.advance(days=1)

        with pytest.raises(Conflict) as caught:
            _decide(case, Act.RELEASE, people["releaser"])

        assert caught.value.code == "approvals_missing"


class TestDecide:
    @pytest.fixture
    def case(self, people):
        Policy.objects.create(kind="payment", approvers=1, valid_from=date(2020, 1, 1))
        return _case(people)

    def test_takes_the_acts_in_their_one_order(self, people, case):
        acts = {Act.CHECK: "checker", Act.APPROVE: "approver", Act.RELEASE: "releaser"}

        for wrong in permutations(acts):
            if wrong[0] != Act.CHECK:
                with pytest.raises(Conflict):
                    _decide(case, wrong[0], people[acts[wrong[0]]])
        for act, name in acts.items():
            _decide(case, act, people[name])

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
            _decide(case, Act.CHECK, people["checker"])
        with pytest.raises(DatabaseError, match="void"), transaction.atomic():
            Decision.objects.create(
                case=case,
                act="check",
                user=people["checker"],
                person_key="p-checker",
                digest=case.digest,
            )

    def test_a_decision_is_never_changed(self, people, case):
        _decide(case, Act.CHECK, people["checker"])

        with pytest.raises(DatabaseError), transaction.atomic():
            Decision.objects.update(note="anders")
        with pytest.raises(DatabaseError), transaction.atomic():
            Case.objects.update(digest="e" * 64)
