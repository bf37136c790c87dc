"""Payment requests: items of a delivery become orders, all or none, or each on its own. Steps of the taking command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from erpbridge.contract import FIELD_OF, FIELDS, ItemReply, Reply, fault
from kernel.errors import DomainError, NotAllowed
from kernel.scope import Scope
from payments import import_facts
from payments.import_rules import judge
from payments.services import intake

if TYPE_CHECKING:
    from masterdata.models import ApiClient

Errors = list[dict[str, Any]]
CHUNK = 200  # rows drafted together; a refused one costs its chunk one more try


def shape_faults(row: int, item: object) -> Errors:
    """What is wrong with an item before anything is looked up: no object, unknown fields, values that are no text."""
    if not isinstance(item, Mapping):
        return [fault("items", row, "not_an_object", "每一项应为对象", "each item is an object")]
    found = []
    for name, value in item.items():
        if name not in FIELDS:
            found.append(
                fault(str(name), row, "unknown_field", f"未知字段 {name}", f"unknown field {name}")
            )
        elif isinstance(value, float):
            found.append(
                fault(
                    name,
                    row,
                    "number",
                    f'{name} 应为字符串，如 "1234.56"',
                    "write numbers as strings",
                )
            )
        elif value is not None and not isinstance(value, str | int | bool):
            found.append(fault(name, row, "not_a_text", f"{name} 应为字符串", "a string is wanted"))
    return found


def _judged(
    rows: Sequence[tuple[int, Mapping[str, Any]]], scope: Scope
) -> tuple[list[import_facts.Row], set[import_facts.OrderKey]]:
    """The rows judged by the rules of payment lists, and the document lines among them that have an order already."""
    cells = [(row, {FIELDS[name]: value for name, value in item.items()}) for row, item in rows]
    known = intake.known_for(cells, scope=scope, right="payments.make")
    # A line that already has an order is answered by that order, or refused, by draft_order: here it is no fault.
    judged = judge(cells, known=import_facts.Known(**{**vars(known), "orders": {}}))
    return judged, set(known.orders)


def dry_run(scope: Scope, items: Sequence[Any]) -> dict[int, Errors]:
    """What would be wrong with each item, by its row; nothing is made."""
    found = {row: shape_faults(row, item) for row, item in enumerate(items, 1)}
    shaped = [(row, item) for row, item in enumerate(items, 1) if not found[row]]
    for one in _judged(shaped, scope)[0] if shaped else []:
        found[one.row] = _row_faults(one)
    return {row: errors for row, errors in found.items() if errors}


def _row_faults(row: import_facts.Row) -> Errors:
    return [
        fault(FIELD_OF[mark.column], row.row, mark.code, mark.message, mark.message_en)
        for mark in row.faults
    ]


def _create(client: ApiClient, scope: Scope, judged: Sequence[import_facts.Row]) -> Any:
    if client.acts_for is None:
        raise NotAllowed("此接口密钥未指定制单人", "the client acts for nobody", code="no_maker")
    announced = intake.new_payees(judged)
    intake.stage_announced(announced, actor=client, note=f"{client.display_name}")
    made = intake.create_orders(
        judged, maker=client.acts_for, scope=scope, source=client.source_system
    )
    shown = intake.shown_states([order.pk for _, order in made])
    for _, order in made:
        order.shown_state = shown[order.pk]
    return made, announced


def refusal_fault(refusal: DomainError) -> dict[str, Any]:
    """A refusal of ours as a fault."""
    return fault(refusal.field, refusal.row, refusal.code, refusal.message, refusal.message_en)


def take_whole(client: ApiClient, scope: Scope, items: Sequence[Any]) -> Reply:
    """All items or none: 201 with the orders, 422 or 409 with every fault."""
    faults = [error for row, item in enumerate(items, 1) for error in shape_faults(row, item)]
    if faults:
        return Reply(422, {"errors": faults})
    judged, _ = _judged(list(enumerate(items, 1)), scope)
    faults = [error for row in judged for error in _row_faults(row)]
    if len(judged) < len(items):
        faults.append(fault("items", None, "item_empty", "有空的项", "an item is empty"))
    if faults:
        return Reply(422, {"errors": faults})
    try:
        with transaction.atomic():
            made, announced = _create(client, scope, judged)
    except DomainError as refusal:
        status = 409 if refusal.status == 409 else 422
        return Reply(status, {"errors": [refusal_fault(refusal)]})
    orders = [
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
        for row, order in made
    ]
    return Reply(201, {"orders": orders, "new_payees": announced})


def take_each(client: ApiClient, scope: Scope, items: Sequence[Any]) -> list[ItemReply]:
    """Each item on its own: OK with its order, DUP where the same line has the same order already, ERR with its faults."""
    replies: dict[int, ItemReply] = {}
    shaped: list[tuple[int, Mapping[str, Any]]] = []
    for row, item in enumerate(items, 1):
        errors = shape_faults(row, item)
        if errors:
            replies[row] = ItemReply(row, "ERR", errors=tuple(errors))
        else:
            shaped.append((row, item))
    judged, there = _judged(shaped, scope) if shaped else ([], set())
    seen = {one.row for one in judged}
    for row, _ in shaped:
        if row not in seen:
            empty = fault("items", row, "item_empty", "此项为空", "the item is empty")
            replies[row] = ItemReply(row, "ERR", errors=(empty,))
    good = []
    for one in judged:
        if one.faults:
            replies[one.row] = ItemReply(one.row, "ERR", errors=tuple(_row_faults(one)))
        else:
            good.append(one)
    for start in range(0, len(good), CHUNK):
        replies.update(_make(client, scope, good[start : start + CHUNK], there))
    return [replies[row] for row in sorted(replies)]


def _make(
    client: ApiClient,
    scope: Scope,
    rows: Sequence[import_facts.Row],
    there: set[import_facts.OrderKey],
) -> dict[int, ItemReply]:
    """Make what can be made of these rows; each row that refuses is taken out and the rest tried again."""
    left, replies = list(rows), {}
    while left:
        try:
            with transaction.atomic():
                made, _ = _create(client, scope, left)
        except DomainError as refusal:
            bad = next((one for one in left if one.row == refusal.row), left[0])
            alone = refusal.refusal if isinstance(refusal, intake.RowRefused) else refusal
            error = {**refusal_fault(alone), "row": bad.row}
            replies[bad.row] = ItemReply(bad.row, "ERR", errors=(error,))
            left.remove(bad)
            continue
        for row, order in made:
            status = "DUP" if row.key in there else "OK"
            replies[row.row] = ItemReply(row.row, status, order.order_no, order.shown_state)
        return replies
    return replies
