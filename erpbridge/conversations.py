"""What the interface log says of conversations with finance systems beside their own columns: numbers, sizes, attempts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Func, IntegerField, OuterRef, Q, Subquery, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from erpbridge.contract import Kind
from erpbridge.models import Inbox, Outbox
from kernel.scope import Scope
from kernel.vault import SEALED_EXTRA_BYTES
from ledger import selectors as ledger
from payments import selectors as payments
from receipts import selectors as receipts

# what a message's first item is called over here: an arrival, a voucher, a statement entry, a partner
_NUMBERS = ("notice_no", "posting_key", "bank_serial", "code")
_ABOUT_MAX = 50


@dataclass(frozen=True)
class Told:
    """What the interface log says of a conversation beside its own columns: our numbers in it, its sizes, which attempt it was."""

    numbers: str = ""
    request_bytes: int | None = None
    answer_bytes: int | None = None
    attempt: int | None = None


class _Bytes(Func):
    function = "octet_length"
    output_field = IntegerField()


def _first(*paths: str) -> Coalesce:
    """The first of these texts inside a JSON column that is there."""
    return Coalesce(*(KT(path) for path in paths), Value(""), output_field=TextField())


def told_of_deliveries(delivery_ids: Collection[int]) -> dict[int, Told]:
    """Of these deliveries: the number of ours that the first item became and how many more items, what was sent and answered in
    bytes, and how often they were taken before. System look-up: the caller was allowed to list them."""
    earlier = Inbox.objects.filter(replay_of_id=OuterRef("replay_of_id"), pk__lte=OuterRef("pk"))
    count = earlier.order_by().values("replay_of_id").annotate(n=Count("pk")).values("n")
    rows = Inbox.objects.filter(pk__in=delivery_ids).order_by().annotate(
        number=_first("reply__orders__0__order_no", "reply__results__0__ours"),
        sent=_Bytes("content"),
        answered=_Bytes(Cast("reply", TextField())),
        before=Subquery(count),
    )  # fmt: skip
    found = {}
    for pk, items, number, sent, answered, before in rows.values_list(
        "pk", "items", "number", "sent", "answered", "before"
    ):
        more = f" +{items - 1}" if number and items > 1 else ""
        size = sent - SEALED_EXTRA_BYTES if sent else None
        found[pk] = Told(f"{number}{more}", size, answered, 1 + (before or 0))
    return found


def told_of_messages(message_ids: Collection[int]) -> dict[int, Told]:
    """Of these messages: the number of what they tell, and their size. System look-up: the caller was allowed to list them."""
    rows = Outbox.objects.filter(pk__in=message_ids).order_by().annotate(
        number=_first("payload__order_no", *(f"payload__items__0__{name}" for name in _NUMBERS)),
        size=_Bytes(Cast("payload", TextField())),
    )  # fmt: skip
    return {pk: Told(number, size) for pk, number, size in rows.values_list("pk", "number", "size")}


def about(number: str, *, scope: Scope) -> Q:
    """The messages that tell of this order (by its number, its document's over there, or an instruction's), arrival or voucher."""
    orders = payments.visible_orders(scope).filter(pk__in=payments.orders_numbered(number))
    notices = receipts.visible_notices(scope).filter(notice_no=number)
    vouchers = ledger.visible_vouchers(scope).filter(posting_key=number)
    found = Q(pk__in=[])
    for kind, rows in (
        (Kind.PAYMENT_RESULT, orders),
        (Kind.ARRIVAL_NOTICE, notices),
        (Kind.VOUCHER, vouchers),
    ):
        if ids := list(rows.order_by().values_list("pk", flat=True)[:_ABOUT_MAX]):
            found |= Q(kind=kind, subject_id__in=ids)
    return found
