"""支付状态查询: what is known of each payment on one line, who did which step, and payments open for too long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kernel import clock
from payments.models import PaymentInstruction, PaymentOrder
from tests.build_payments import World, released, submitted
from tests.payments.test_pages_orders import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def rows(world: World, **given: str) -> list[str]:
    """The lines of the report."""
    text = signed_in(world["maker"]).get("/payments/status/", given).content.decode()
    return text.split('id="list"')[1].split('<tr data-id="')[1:]


class TestStatusReport:
    def test_names_everybody_who_acted_in_order(self, world: World) -> None:
        instruction = released(world)

        (row,) = rows(world, number=instruction.order.order_no)

        names = [world[who].display_name for who in ("maker", "checker", "releaser")]
        places = [row.index(name) for name in names]
        assert places == sorted(places)
        assert instruction.instr_no in row

    def test_shows_an_order_without_an_instruction(self, world: World) -> None:
        order = submitted(world)

        (row,) = rows(world, number=order.order_no)

        assert "待复核" in row

    def test_finds_what_is_open_for_longer_than_some_hours(self, world: World) -> None:
        instruction = released(world)
        PaymentInstruction.objects.filter(pk=instruction.pk).update(
            sent_at=clock.now() - timedelta(hours=5)
        )
        PaymentOrder.objects.filter(pk=instruction.order_id).update(shown_state="unknown")

        assert len(rows(world, open="4")) == 1
        assert rows(world, open="6") == []
        assert rows(world, open="lange") == []

    def test_is_narrowed_to_the_paying_bank(self, world: World) -> None:
        order = submitted(world)
        prefix = order.payer_account.bank.prefix

        assert len(rows(world, bank=prefix)) == 1
        assert rows(world, bank="999") == []

    def test_finds_a_payment_by_any_of_its_numbers(self, world: World) -> None:
        instruction = released(world)
        PaymentInstruction.objects.filter(pk=instruction.pk).update(bank_serial="BS-77")
        order = instruction.order

        for number in (order.order_no, order.erp_doc_no, instruction.instr_no, "BS-77"):
            assert len(rows(world, number=number)) == 1
        assert rows(world, number="BS-78") == []
