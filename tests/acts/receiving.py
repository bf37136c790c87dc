"""Receipts: what a supplement must say, how it is booked, and how long money may lie unclaimed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client

from kernel import clock
from kernel.errors import InvalidInput
from ledger.models import JournalEntry, Voucher
from receipts.services import ageing, booking, supplementing
from receipts.services.supplementing import Line, Said
from receipts.topics import Receiving
from tests.acts import Act
from tests.receipts.build import World, a_world, fresh

Values = Mapping[str, Any]
KIND = f"strategy.{Receiving.key}"


def vouchers(values: Values, world: World) -> int:
    """How many vouchers two receipts become."""
    world.decide(**values)
    world.booked(*(world.approved(world.arrive(amount)) for amount in ("100.00", "200.00")))
    return Voucher.objects.count()


def by_itself(values: Values, world: World) -> str:
    """What becomes of a reviewed receipt at the next tick."""
    world.decide(**values)
    notice = world.approved(world.arrive())
    booking.book_by_strategy()
    return fresh(notice).state


def taken(values: Values, world: World) -> str:
    """Whether a bare supplement with a fee of 5.00 is taken, or which field it lacks."""
    world.decide(**({"fee_tolerance": "10.00"} | dict(values)))
    notice = world.arrive()
    amounts = {"amount": Decimal("1000.00"), "fee": Decimal("5.00")}
    line = Line(subject="1122", customer_code=world.customer.code, **amounts)
    try:
        world.supplemented(notice, Said(lines=[line]))
    except InvalidInput as error:
        return error.field
    return "taken"


def offered(values: Values, world: World) -> bool:
    """Whether the page of a supplement offers subject 2203."""
    world.decide(**values)
    notice = world.arrive()
    supplementing.claim(notice_id=notice.pk, actor=world.clerk)
    client = Client()
    client.force_login(world.clerk)
    page = client.get(f"/receipts/notices/{notice.notice_no}/supplement/")
    return 'value="2203"' in page.content.decode()


def suspended(values: Values, world: World) -> list[str]:
    """What a receipt identified after it lay in suspense is debited to."""
    world.decide(**values)
    line = Line(amount=Decimal("1000.00"), subject="2241")
    notice = world.approved(world.arrive(), Said(kind="suspense", lines=[line], note="查无此客户"))
    world.booked(world.approved(notice, world.said(notice, why="客户来电")))
    newest = Voucher.objects.latest("pk")
    return [one.subject for one in newest.lines.filter(debit__gt=0)]


def rung(values: Values, world: World) -> int:
    """How many receipts of four days ago are reported as unclaimed."""
    world.decide(**values)
    world.arrive()
    with clock.fixed(clock.now() + timedelta(days=4)):
        return ageing.ring()


def settled(values: Values, world: World) -> str:
    """The settlement method in the book."""
    world.decide(**values)
    world.booked(world.approved(world.arrive()))
    return JournalEntry.objects.get().settlement_method


def _act(field: str, one: tuple[Any, Any], other: tuple[Any, Any], see: Any) -> Act:
    return Act(KIND, field, one, other, see, world=a_world)


ACTS = [
    _act("booking", ("batch", 1), ("single", 2), vouchers),
    _act("books_by_itself", (True, "booked"), (False, "approved"), by_itself),
    _act("needs_contract", (True, "contract_no"), (False, "taken"), taken),
    _act("needs_invoice", (True, "invoice_no"), (False, "taken"), taken),
    _act("needs_cash_flow", (True, "cash_flow_item"), (False, "taken"), taken),
    _act("customer_subject", ("2203", True), ("1122", False), offered),
    _act("suspense_subject", ("2203", ["2203"]), ("2241", ["2241"]), suspended),
    _act("fee_tolerance", ("5.00", "taken"), ("4.99", "fee"), taken),
    _act("unclaimed_days", (3, 1), (7, 0), rung),
    _act("settlement_method", ("301", "301"), ("网银", "网银"), settled),
]
