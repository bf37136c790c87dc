"""No approval and no release without the actor's own second factor, and the record of how it was given."""

from __future__ import annotations

from decimal import Decimal

import pytest

from approvals.models import Decision
from masterdata.services.stepup import StepUpNeeded
from payments.services import orders
from tests.build import step_up
from tests.build_payments import World, act, fresh, item, submitted
from tests.signing import signer_of

pytestmark = pytest.mark.django_db(transaction=True)


def one_approval(world: World):
    """An order that waits for its only approver."""
    return act("check", submitted(world, amount=Decimal("60000.00")), world["checker"])


class TestApproveOrders:
    def test_refuses_without_the_factor_or_with_anothers(self, world: World) -> None:
        order = one_approval(world)

        signer = signer_of(world["approver"])
        for given in (None, step_up(world["approver2"])):
            hand = orders.Hand(signer, given)
            with pytest.raises(StepUpNeeded):
                orders.approve_orders(items=[item(order)], actor=world["approver"], hand=hand)

        assert fresh(order).state == "pending_approval"

    def test_keeps_how_it_was_given(self, world: World) -> None:
        order = act("approve", one_approval(world), world["approver"])

        decision = Decision.objects.get(case_id=order.approval_id, act="approve")
        assert (decision.factor_method, decision.factor_id) == ("totp", "totp:0")
        assert decision.factor_at is not None


class TestReleaseOrder:
    def test_refuses_before_anything_is_touched(self, world: World) -> None:
        order = act("approve", one_approval(world), world["approver"])
        pk, version, digest = item(order)

        with pytest.raises(StepUpNeeded):
            orders.release_order(
                order_id=pk,
                version=version,
                actor=world["releaser"],
                digest=digest,
                hand=orders.Hand(signer_of(world["releaser"])),
            )

        assert (fresh(order).state, fresh(order).version) == ("pending_release", version)
