"""The matrix at work on payments: the payee's class, whose desk an order lies on, and a matrix that changes under it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from approvals.matrix import KIND
from approvals.models import Policy
from kernel import clock
from kernel.errors import NotAllowed
from masterdata.models import CounterpartyAccount, OwnAccount
from masterdata.selectors import scope_of
from masterdata.services import changes
from masterdata.services.dated import Proposal, version_of
from payments import selectors
from payments.acts import offered
from payments.models import PaymentOrder
from payments.payee_facts import classes_of
from payments.services import waiting
from tests.build import matrix_row
from tests.build_payments import a_draft, a_person, act, fresh, sent, submitted

BIG = Decimal("60000.00")  # one approver in the world's matrix


def class_of(order):
    return classes_of([order])[order.pk]


def change_row(low, **values):
    """A version of the row that begins at `low`, from today on, as if two people had decided it."""
    row = Policy.objects.filter(amount_from=low).latest("number")
    proposal = Proposal(
        values=KIND.raw(row) | values, line=row.line, valid_from=clock.today(), source_note="测试"
    )
    return version_of(KIND, proposal, earliest=clock.today()).write()


def on_the_desk(who, order):
    rows = selectors.worklist("payments.approve", scope=scope_of(who))
    return order.pk in rows.values_list("pk", flat=True)


class TestPayeeClass:
    def test_is_new_until_paid_and_again_after_its_particulars_changed(self, world, frozen_clock):
        assert class_of(a_draft(world)) == "new"
        sent(world, "succeeded")
        assert class_of(a_draft(world)) == "whitelisted"

        frozen_clock.advance(minutes=1)
        payee = CounterpartyAccount.objects.get(number=world.payee_number)
        admin2 = a_person("admin2", person="p-admin2", role="admin", company=world.company)
        values = {"name": payee.name, "bank_name": "中国工商银行江阴支行", "cnaps": payee.cnaps, "is_personal": False}  # fmt: skip
        change = changes.propose_payee_edit(
            account_id=payee.pk, version=payee.version, values=values, actor=world["maker"]
        )
        changes.decide_change(change_id=change.pk, accept=True, actor=admin2)

        assert class_of(a_draft(world)) == "new"

    def test_knows_own_accounts_of_the_company_and_of_the_group(self, world):
        own = world.account
        sister = world.company.__class__.objects.create(
            code="1010", name="子公司", short_name="子", path=f"{world.company.path}99/", parent=world.company
        )  # fmt: skip
        for company, number in ((world.company, "320766259991"), (sister, "320766259992")):
            OwnAccount.objects.create(
                company=company, bank=own.bank, cnaps=own.cnaps, branch_name="中国银行", number=number,
                name=company.name, gl_subject="100202",
            )  # fmt: skip

        found = [
            class_of(
                a_draft(world, kind="internal", payee_code="", payee_name="", payee_number=number)
            )
            for number in ("320766259991", "320766259992")
        ]

        assert found == ["own", "group"]

    def test_a_person_is_personal_however_often_paid(self, world):
        sent(world, "succeeded")
        CounterpartyAccount.objects.update(is_personal=True)

        assert class_of(a_draft(world)) == "personal"

    def test_is_kept_with_the_order(self, world):
        assert fresh(submitted(world)).payee_class == "new"


class TestSteps:
    @pytest.fixture
    def order(self, world):
        change_row("50000", steps=[[["treasurer"], 1], [["approver"], 1]])
        return act("check", submitted(world, amount=BIG), world["checker"])

    def test_lie_on_the_desk_of_whoever_is_next(self, world, order):
        assert on_the_desk(world["treasurer"], order)
        assert not on_the_desk(world["approver"], order)
        assert "approve" not in {
            one.name for one in offered(order, scope=scope_of(world["approver"]))
        }

        act("approve", order, world["treasurer"])

        assert on_the_desk(world["approver"], order)
        assert not on_the_desk(world["treasurer2"], order)
        act("approve", order, world["approver"])
        assert fresh(order).state == "pending_release"

    def test_are_refused_out_of_their_order(self, world, order):
        with pytest.raises(NotAllowed, match="须由「资金主管」审批"):
            act("approve", order, world["approver"])


class TestFollowMatrix:
    def test_a_pending_order_moves_to_the_desk_the_changed_matrix_names(self, world):
        order = act("check", submitted(world, amount=BIG), world["checker"])
        assert waiting.follow_matrix() == 0
        change_row("50000", steps=[[["treasurer"], 2]])

        assert waiting.follow_matrix() == 1

        found = fresh(order)
        assert (found.approvals_needed, found.next_roles) == (2, ["treasurer"])
        assert on_the_desk(world["treasurer"], order)
        assert waiting.follow_matrix() == 0

    def test_an_order_that_wants_nobody_any_more_goes_on_with_one_word(self, world):
        order = act("check", submitted(world, amount=BIG), world["checker"])
        change_row("50000", steps=[])
        waiting.follow_matrix()

        act("approve", order, world["approver"])

        assert PaymentOrder.objects.get(pk=order.pk).state == "pending_release"


def test_an_account_of_its_own_row_has_its_own_steps(world):
    matrix_row(2, account=world.account.pk)

    assert submitted(world).approvals_needed == 2
