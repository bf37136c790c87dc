"""Both sides of a hit on the pages people decide on, and the page of rules."""

from __future__ import annotations

from decimal import Decimal

import pytest

from payments.models import RuleHit
from payments.services import instructions, orders
from tests.build_payments import (
    World,
    a_draft,
    act,
    claim,
    fresh,
    released,
    say,
    submitted,
)
from tests.payments.test_pages_orders import acted, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
MUCH = Decimal("60000.00")  # wants an approver


def _paid(world: World, **changes: object) -> None:
    row = released(world, **changes)
    instructions.record_outcomes(claim=claim(world), outcomes=[say(row, "succeeded")])


class TestTheApproversPage:
    def test_shows_both_sides_and_marks_what_differs(self, world: World) -> None:
        first = submitted(world, amount=MUCH, purpose="货款")
        order = act("check", submitted(world, amount=MUCH, purpose="运费"), world["checker"])

        page = signed_in(world["approver"]).get(f"/payments/orders/{order.order_no}/approve/")

        text = page.content.decode()
        assert f'href="/payments/orders/{first.order_no}/"' in text
        assert '<mark class="diff__other">货款</mark>' in text
        assert "须核对" in text

    def test_says_what_is_different_since_the_last_payment(self, world: World) -> None:
        _paid(world, amount=Decimal("700.00"), purpose="货款")
        order = act("check", submitted(world, amount=MUCH, purpose="货款二期"), world["checker"])

        page = signed_in(world["approver"]).get(f"/payments/orders/{order.order_no}/approve/")

        text = page.content.decode()
        assert "与上次付款相比" in text
        assert '<mark class="diff__other">二期</mark>' in text

    def test_wants_the_tick_and_keeps_who_gave_it(self, world: World) -> None:
        submitted(world, amount=MUCH, purpose="货款")
        order = act("check", submitted(world, amount=MUCH, purpose="运费"), world["checker"])
        client = signed_in(world["approver"])
        address = f"/payments/orders/{order.order_no}/approve/"

        acted(client, address)
        refused = fresh(order).state
        acted(client, address, seen_duplicates="yes")

        assert (refused, fresh(order).state) == ("pending_approval", "pending_release")
        hit = RuleHit.objects.get(order=order, rule="D4")
        assert (hit.outcome, hit.decided_by) == ("ticked", world["approver"])

    def test_a_hint_alone_wants_no_tick(self, world: World) -> None:
        order = act("check", submitted(world, amount=MUCH), world["checker"])

        page = signed_in(world["approver"]).get(f"/payments/orders/{order.order_no}/approve/")

        assert "首次向该收款账户付款" in page.content.decode()
        assert "seen_duplicates" not in page.content.decode()


class TestThePageOfRules:
    def test_lists_hits_with_their_outcome(self, world: World) -> None:
        submitted(world, amount=Decimal("500.00"))
        draft = a_draft(world, amount=Decimal("500.00"))
        with pytest.raises(orders.Held):
            orders.submit_order(order_id=draft.pk, version=draft.version, actor=world["maker"])

        text = signed_in(world["treasurer"]).get("/payments/rules/").content.decode()

        assert draft.order_no in text
        assert "D3 相同付款" in text
        assert "待处理" in text

    def test_the_order_itself_tells_them_too(self, world: World) -> None:
        first = submitted(world, amount=Decimal("500.00"))
        draft = a_draft(world, amount=Decimal("500.00"))
        with pytest.raises(orders.Held):
            orders.submit_order(order_id=draft.pk, version=draft.version, actor=world["maker"])
        held = fresh(draft)
        orders.lift_hold(
            order_id=held.pk, version=held.version, actor=world["treasurer"], why="两批货"
        )

        page = signed_in(world["maker"]).get(f"/payments/orders/{draft.order_no}/")

        text = page.content.decode()
        assert "已解除" in text
        assert "两批货" in text
        assert first.order_no in text
