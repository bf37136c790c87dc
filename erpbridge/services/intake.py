"""Requests from outside: one Inbox row each, the first answer kept and replayed, documents handed to payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from erpbridge.contract import FIELD_OF, FIELDS, Reply
from erpbridge.models import Inbox
from kernel import clock, seal
from kernel.errors import Conflict, DomainError, InvalidInput, NotAllowed
from kernel.scope import Scope
from masterdata.selectors import scope_of_client
from payments import import_facts
from payments.import_rules import judge
from payments.services import intake

if TYPE_CHECKING:
    from masterdata.models import ApiClient

ITEMS_MAX = 100
KEY_MAX = 100


def _claim(client: ApiClient, key: str, digest: str, origin: str) -> Inbox:
    """The Inbox row of this key, locked; a second caller of the same key waits for the first."""
    system = client.name[:60]
    Inbox.objects.bulk_create(
        [Inbox(system=system, key=key, kind="payment_orders", digest=digest, origin=origin[:120])],
        ignore_conflicts=True,
    )
    return Inbox.objects.select_for_update().get(system=system, key=key)


@transaction.atomic(durable=True)
def take_payment_orders(
    *, client: ApiClient, key: str, body: Mapping[str, Any], origin: str = ""
) -> tuple[Reply, bool]:
    """Orders for the items of `body`, all or none; answers (reply, whether it is a replay).

    The same key with the same body gives the first answer again. Raises Conflict (key_reused) for another body,
    InvalidInput without a usable key, NotAllowed for a client that stands for nobody.
    """
    if not 1 <= len(key) <= KEY_MAX or not key.isascii() or not key.isprintable():
        raise InvalidInput(
            "请求头 Idempotency-Key 必填，1 至 100 个可见 ASCII 字符",
            "the header Idempotency-Key is mandatory",
            code="idempotency_key",
            field="Idempotency-Key",
        )
    scope = scope_of_client(client)
    scope.demand("payments.make")
    digest = seal.digest(seal.canonical(body))
    row = _claim(client, key, digest, origin)
    if row.digest != digest:
        raise Conflict(
            "该 Idempotency-Key 已用于内容不同的请求",
            "the key was used for another body",
            code="key_reused",
        )
    if row.status:
        return Reply(row.status, row.reply or {}), True
    reply = _answer(client, scope, body)
    row.status, row.reply, row.received_at = reply.status, reply.body, clock.now()
    row.save(update_fields=["status", "reply", "received_at"])
    return reply, False


def _answer(client: ApiClient, scope: Scope, body: Mapping[str, Any]) -> Reply:
    items = body.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= ITEMS_MAX:
        return _errors(
            [
                _error(
                    "items",
                    None,
                    "items_count",
                    f"items 应为 1 至 {ITEMS_MAX} 项",
                    f"1 to {ITEMS_MAX} items",
                )
            ]
        )
    shape = [error for at, item in enumerate(items, 1) for error in _shape(at, item)]
    if shape:
        return _errors(shape)
    rows = [
        (at, {FIELDS[name]: value for name, value in item.items()})
        for at, item in enumerate(items, 1)
    ]
    known = intake.known_for(rows, scope=scope, right="payments.make")
    # A line that already has an order is answered by that order, or refused, by draft_order: here it is no fault.
    judged = judge(rows, known=import_facts.Known(**{**vars(known), "orders": {}}))
    faults = [
        _error(FIELD_OF[mark.column], row.row, mark.code, mark.message, mark.message_en)
        for row in judged
        for mark in row.faults
    ]
    if len(judged) < len(items):
        faults.append(_error("items", None, "item_empty", "有空的项", "an item is empty"))
    if faults:
        return _errors(faults)
    try:
        with transaction.atomic():
            return _create(client, scope, judged)
    except DomainError as refusal:
        error = _error(
            refusal.field, refusal.row, refusal.code, refusal.message, refusal.message_en
        )
        return Reply(409 if refusal.status == 409 else 422, {"errors": [error]})


def _create(client: ApiClient, scope: Scope, judged: Sequence[import_facts.Row]) -> Reply:
    if client.acts_for is None:
        raise NotAllowed("此接口密钥未指定制单人", "the client acts for nobody", code="no_maker")
    announced = intake.new_payees(judged)
    intake.stage_announced(announced, actor=client, note=f"{client.display_name}")
    made = intake.create_orders(
        judged, maker=client.acts_for, scope=scope, source=client.source_system
    )
    orders = []
    for row, order in made:
        order.refresh_from_db(fields=["shown_state", "version"])
        orders.append(
            {
                "row": row.row,
                "doc_type": order.erp_doc_type,
                "doc_no": order.erp_doc_no,
                "line_no": order.erp_line_no,
                "order_no": order.order_no,
                "state": order.shown_state,
                "amount": f"{order.amount:.2f}",
                "href": f"/api/v1/payment-orders/{order.order_no}",
                "warnings": [mark.as_json() for mark in row.warnings],
            }
        )
    return Reply(201, {"orders": orders, "new_payees": announced})


def _error(field: str, row: int | None, code: str, zh: str, en: str) -> dict[str, Any]:
    return {"code": code, "field": field, "row": row, "message_zh": zh, "message_en": en}


def _errors(errors: list[dict[str, Any]]) -> Reply:
    return Reply(422, {"errors": errors})


def _shape(at: int, item: object) -> list[dict[str, Any]]:
    if not isinstance(item, dict):
        return [_error("items", at, "not_an_object", "每一项应为对象", "each item is an object")]
    found = []
    for name, value in item.items():
        if name not in FIELDS:
            found.append(
                _error(str(name), at, "unknown_field", f"未知字段 {name}", f"unknown field {name}")
            )
        elif isinstance(value, float):
            found.append(
                _error(
                    name,
                    at,
                    "number",
                    f'{name} 应为字符串，如 "1234.56"',
                    "write numbers as strings",
                )
            )
        elif value is not None and not isinstance(value, str | int | bool):
            found.append(_error(name, at, "not_a_text", f"{name} 应为字符串", "a string is wanted"))
    return found
