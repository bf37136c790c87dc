"""The approval matrix: one row rules or none, what none covers is shown, and rows that contradict are refused at entry."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from approvals import matrix, selectors
from approvals.models import Policy
from approvals.policy import Progress, Rule, Step, Subject, clashes, progress, rule_for, uncovered
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from kernel.money import Money
from kernel.seal import SealBroken
from masterdata.roles import Role
from masterdata.services import dated
from masterdata.services.changes import decide_change
from masterdata.services.dated import Proposal
from tests.build import a_company, a_user, an_account, matrix_row

TYPES, CLASSES, CHAIN, ACCOUNT = ("supplier", "internal"), ("new", "own", "personal"), (3, 2, 1), 30
AMOUNTS = [Decimal(n) for n in (0, 10, 20, 30)]


@st.composite
def rules(draw, most=9):
    """Rows as people could have entered them: one that contradicts an earlier one was refused."""
    kept: list[Rule] = []
    for number in range(draw(st.integers(0, most))):
        low = draw(st.sampled_from(AMOUNTS))
        company, account = draw(
            st.sampled_from(
                [(None, None), (1, None), (2, None), (3, None), (9, None), (None, 30), (3, 30)]
            )
        )
        rule = Rule(
            pk=number + 1,
            line=number + 1,
            kind="payment",
            company_id=company,
            account_id=account,
            types=frozenset(draw(st.sets(st.sampled_from(TYPES), max_size=2))),
            classes=frozenset(draw(st.sets(st.sampled_from(CLASSES), max_size=2))),
            currency=draw(st.sampled_from(["CNY", "USD"])),
            low=low,
            high=draw(
                st.none() | st.sampled_from([one for one in [*AMOUNTS, Decimal(40)] if one > low])
            ),
            steps=(Step(frozenset({"approver"}), number),) if number else (),
        )
        if not any(clashes(rule, other) for other in kept):
            kept.append(rule)
    return kept


@st.composite
def subjects(draw):
    return Subject(
        kind="payment",
        chain=draw(st.sampled_from([CHAIN, (9,)])),
        account_id=draw(st.sampled_from([ACCOUNT, 31, None])),
        payment_type=draw(st.sampled_from(TYPES)),
        payee_class=draw(st.sampled_from(CLASSES)),
        money=Money(
            draw(st.decimals("0.01", "50", places=2)), draw(st.sampled_from(["CNY", "USD"]))
        ),
    )


class TestRuleFor:
    @given(rules(), subjects(), st.randoms())
    def test_does_not_depend_on_the_order_of_rows(self, rows, subject, draw):
        found = rule_for(rows, subject)
        draw.shuffle(rows)

        assert rule_for(rows, subject) == found

    @given(rules(), subjects())
    def test_no_second_row_of_its_level_fits(self, rows, subject):
        found = rule_for(rows, subject)

        if found is not None:
            others = [row for row in rows if row != found and row.account_id == found.account_id]
            level = [
                row for row in others if found.account_id or row.company_id == found.company_id
            ]
            assert rule_for(level, subject) in (
                None,
                *[r for r in level if r.account_id != found.account_id],
            )

    @given(rules(), subjects())
    def test_a_row_is_found_unless_the_page_of_gaps_names_the_amount(self, rows, subject):
        gaps = uncovered(
            rows, chain=subject.chain, currency=subject.money.currency, kind="payment", account_id=subject.account_id,
            payment_type=subject.payment_type, payee_class=subject.payee_class,
        )  # fmt: skip
        amount = subject.money.amount

        is_gap = any(low <= amount and (high is None or amount < high) for low, high in gaps)
        assert is_gap == (rule_for(rows, subject) is None)

    def test_the_nearest_level_rules_alone(self):
        def row(pk, company, account=None):
            none = frozenset()
            return Rule(
                pk, pk, "payment", company, account, none, none, "CNY", Decimal(0), None, ()
            )

        subject = Subject("payment", CHAIN, ACCOUNT, "supplier", "new", Money(Decimal(5)))
        rows = [row(1, None), row(2, 1), row(3, 2), row(4, 3), row(5, None, ACCOUNT)]

        assert [rule_for(rows[: n + 1], subject).pk for n in range(5)] == [1, 2, 3, 4, 5]
        assert rule_for([row(6, 9), row(7, None, 31)], subject) is None


class TestProgress:
    APPROVER, TREASURER = frozenset({"approver"}), frozenset({"treasurer"})

    @pytest.mark.parametrize(
        ("given_", "found"),
        [
            ([], Progress(0, 3, APPROVER)),
            ([APPROVER], Progress(1, 3, APPROVER)),
            ([APPROVER, APPROVER], Progress(2, 3, TREASURER)),
            ([APPROVER, APPROVER, TREASURER], Progress(3, 3, frozenset())),
            (
                [TREASURER],
                Progress(1, 3, APPROVER),
            ),  # given under another matrix: its own step is filled
            ([APPROVER, APPROVER, APPROVER], Progress(2, 3, TREASURER)),
        ],
    )
    def test_fills_the_steps_in_their_order(self, given_, found):
        steps = (Step(self.APPROVER, 2), Step(self.TREASURER, 1))

        assert progress(steps, given_) == found

    @given(
        st.lists(
            st.tuples(st.sets(st.sampled_from("ab"), min_size=1), st.integers(1, 3)), max_size=4
        ),
        st.lists(st.sets(st.sampled_from("ab")), max_size=9),
    )
    def test_never_counts_more_than_was_given_or_asked_for(self, asked, words):
        steps = tuple(Step(frozenset(roles), people) for roles, people in asked)

        now = progress(steps, words)

        assert now.filled <= min(len(words), now.needed)
        assert now.is_complete == (not now.next_roles)


@pytest.fixture
def group(db, frozen_clock):
    return a_company("G")


@pytest.fixture
def admins(group):
    return a_user(Role.ADMIN, company=group), a_user(Role.ADMIN, company=group)


def proposed(admins, line=None, start=None, **values):
    proposal = Proposal(
        values=values, valid_from=start or clock.today(), source_note="董事会决议 8 号", line=line
    )
    return dated.propose(kind_name="approvals.policy", proposal=proposal, actor=admins[0])


def entered(admins, **values):
    change = proposed(admins, **values)
    return decide_change(change_id=change.pk, accept=True, actor=admins[1])


def people_for(amount, *, company, day=None, payee_class="new", account_id=None):
    found = rule_for(
        selectors.rules_on(kind="payment", day=day or clock.today()),
        Subject(
            "payment", (company.pk,), account_id, "supplier", payee_class, Money(Decimal(amount))
        ),
    )
    return None if found is None else found.people


class TestEntry:
    def test_bands_meet_without_gap_or_overlap(self, group):
        with transaction.atomic():
            matrix.lay_down_bands(
                [("0", "50000", 0), ("50000", "5000000", 1), ("5000000", None, 2)],
                source_note="测试",
            )

        amounts = ("0.01", "49999.99", "50000.00", "4999999.99", "5000000.00")
        assert [people_for(one, company=group) for one in amounts] == [0, 0, 1, 1, 2]

    def test_a_row_of_an_account_rules_over_its_companys_and_that_over_the_groups(
        self, group, admins
    ):
        account = an_account(company=group)
        matrix_row(0)
        entered(admins, company=group.pk, steps=[[["approver"], 1]])
        entered(admins, account=account.pk, steps=[[["approver"], 1], [["treasurer"], 1]])

        assert people_for("5", company=a_company("X")) == 0
        assert people_for("5", company=group) == 1
        assert people_for("5", company=group, account_id=account.pk) == 2

    @pytest.mark.parametrize(
        "values",
        [
            {"amount_from": "49999.99"},
            {"amount_below": "0.01", "classes": ["new"]},
            {"types": ["supplier"]},
        ],
    )
    def test_refuses_a_row_that_overlaps_one_of_its_level_and_names_it(self, group, admins, values):
        matrix_row(0, high="50000")

        with pytest.raises(Conflict, match="与第 1 行重叠") as caught:
            proposed(admins, **values)

        assert caught.value.code == "overlap"

    def test_takes_rows_that_part_by_band_class_type_currency_or_level(self, group, admins):
        matrix_row(0, high="50000", classes=["whitelisted"], types=["supplier"])

        for values in (
            {"amount_from": "50000"},
            {"amount_below": "50000", "classes": ["new", "personal"]},
            {"amount_below": "50000", "classes": ["whitelisted"], "types": ["internal"]},
            {"currency": "USD"},
            {"company": group.pk},
        ):
            entered(admins, **values)

        assert Policy.objects.count() == 6

    def test_two_proposals_that_contradict_are_not_both_accepted(self, group, admins):
        first, second = proposed(admins, amount_below="100"), proposed(admins, amount_below="200")
        decide_change(change_id=first.pk, accept=True, actor=admins[1])

        with pytest.raises(Conflict, match="重叠"):
            decide_change(change_id=second.pk, accept=True, actor=admins[1])

    def test_a_new_version_rules_from_its_day_and_the_old_one_until_then(self, group, admins):
        row = matrix_row(0)
        tomorrow = clock.today() + timedelta(days=1)
        entered(admins, line=row.line, start=tomorrow, steps=[[["approver"], 2]])

        assert people_for("5", company=group) == 0
        assert people_for("5", company=group, day=tomorrow) == 2

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"amount_from": "100", "amount_below": "100"}, "amount_below"),
            ({"steps": [[["maker"], 1]]}, "steps"),
            ({"steps": [[["approver"], 0]]}, "steps"),
            ({"steps": [[["approver"], 1]] * 6}, "steps"),
            ({"classes": ["friends"]}, "classes"),
            ({"currency": "RMB"}, "currency"),
            ({"account": 987654}, "account"),
        ],
    )
    def test_names_the_field_that_cannot_be(self, group, admins, values, field):
        with pytest.raises(InvalidInput) as caught:
            proposed(admins, **values)

        assert caught.value.field == field

    def test_a_row_is_neither_changed_nor_deleted(self, group):
        matrix_row(0)

        with pytest.raises(DatabaseError), transaction.atomic():
            Policy.objects.update(amount_from=1)
        with pytest.raises(DatabaseError), transaction.atomic():
            Policy.objects.all().delete()

    @pytest.mark.django_db(transaction=True)
    def test_a_row_altered_behind_the_triggers_stops_every_approval(self, group):
        matrix_row(2)
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE approvals_policy DISABLE TRIGGER USER")
            cursor.execute("UPDATE approvals_policy SET steps = '[]'")
            cursor.execute("ALTER TABLE approvals_policy ENABLE TRIGGER USER")

        with pytest.raises(SealBroken, match=r"approvals\.policy"):
            people_for("5", company=group)

    def test_ends_with_its_last_day(self, group):
        matrix_row(1, valid_to=date(2026, 11, 24))

        assert people_for("5", company=group) == 1
        assert people_for("5", company=group, day=date(2026, 11, 25)) is None
