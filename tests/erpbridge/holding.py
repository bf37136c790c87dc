"""What a finance system of these tests holds and lists, handed to the one service that takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from erpbridge.contract import Delivery, Kind
from erpbridge.models import Comparison
from erpbridge.services import comparing, taking
from kernel import clock
from payments.models import PaymentOrder
from tests.build_payments import act, claim, fresh, say
from tests.erpbridge.lanes import Lane, an_item

OURS: dict[str, Any] = {
    "what": "payment",
    "doc_type": "付款申请单",
    "line_no": "1",
    "currency": "CNY",
}


def a_list(*rows: Mapping[str, str], list_no: str = "L1", total: int = 0) -> list[dict[str, str]]:
    """A list drawn now, of all documents of the month."""
    head = {
        "list_no": list_no, "as_of": clock.now().isoformat(), "first_day": "2026-11-01",
        "list_rows": str(total or len(rows)), "company_code": "1000",
    }  # fmt: skip
    return [head | dict(row) for row in rows]


def document(number: str = "FK1", state: str = "open", **changes: str) -> dict[str, str]:
    return OURS | {"doc_no": number, "amount": "1234.50", "state": state} | changes


def take(lane: Lane, kind: Kind, items: Sequence[Mapping[str, str]], key: str = "K1") -> Any:
    reply, _ = taking.take(client=lane.client, delivery=Delivery(kind, key, items, style="file"))
    return reply.body


def order_of(lane: Lane, fate: str = "", **changes: str) -> PaymentOrder:
    """One order asked for an hour and more ago, walked to what the bank answered."""
    from payments.services import instructions

    item = an_item(lane.world, **changes)
    take(lane, Kind.PAYMENT_REQUEST, [item], key=f"P{item['doc_no']}")
    order = PaymentOrder.objects.latest("pk")
    if fate:
        act("check", order, lane.world["checker"])
        act("release", order, lane.world["releaser"])
        row_of = fresh(order)
        batch = claim(lane.world)
        row = row_of.instruction
        assert row is not None
        instructions.record_outcomes(claim=batch, outcomes=[say(row, fate, bank_serial="B1")])
    return fresh(order)


def compared(lane: Lane, *rows: Mapping[str, str], list_no: str = "L1") -> Comparison:
    """Two hours later the other side's list comes, and is compared."""
    take(lane, Kind.HOLDING, a_list(*rows, list_no=list_no), key=list_no)
    comparing.compare_due()
    return Comparison.objects.latest("pk")


def found(made: Comparison) -> list[str]:
    return sorted(made.found.values_list("code", flat=True))
