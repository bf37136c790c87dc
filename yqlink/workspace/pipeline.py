"""Where everything is, and what comes next: the figures behind GET /api/v1/pipeline. Gathers from the apps' selectors."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from kernel import clock
from kernel.scope import Scope
from ledger import selectors as ledger
from masterdata import payee_selectors as payees
from masterdata import selectors as master
from masterdata.bank_selectors import abilities_by_bank
from payments import payee_facts
from payments import selectors as payments
from statements import selectors as statements

ITEMS_MAX = 20_000
BOOKED_BY = "payments.paymentinstruction"
_BEFORE_RELEASE = ("pending_check", "pending_approval", "pending_release", "held")
_NOTHING = (Decimal(0), 0)
_TOLD = frozenset({"balance", "transactions"})


def _vouchers(orders: Sequence[Any]) -> dict[str, dict[str, str]]:
    """The voucher of each instruction that was booked: its state, both numbers, and what it comes to."""
    ids = [order.instruction_id for order in orders if order.instruction_id]
    found = ledger.vouchers_of(BOOKED_BY, ids).prefetch_related("lines")
    return {
        one.source_id: {
            "state": one.state,
            "number": one.number,
            "erp_no": one.erp_voucher_no,
            "amount": f"{sum((line.debit for line in one.lines.all()), Decimal(0)):.2f}",
        }
        for one in found
        if not one.is_red
    }


def _item(order: Any, tied: set[int], vouchers: dict[str, dict[str, str]]) -> dict[str, Any]:
    one = order.instruction
    asked = one is not None and one.next_inquiry_at is not None
    return {
        "id": order.pk,
        "order_no": order.order_no,
        "row": order.import_row,
        "company": order.company.code,
        "payer_account": order.payer_account.number,
        "state": order.shown_state,
        "amount": f"{order.amount:.2f}",
        "currency": order.currency,
        "instr_no": one.instr_no if one else "",
        "reference": one.bank_ref if one else "",
        "bank_serial": one.bank_serial if one else "",
        "bank_code": one.bank_code if one else "",
        "unknown_why": one.unknown_why if one else "",
        "inquiries": one.inquiries if one else 0,
        "next_inquiry_at": one.next_inquiry_at.astimezone(clock.SHANGHAI).isoformat()
        if asked
        else None,
        "holds": [str(hold.get("rule", "")) for hold in order.hold_reasons],
        "is_tied": one is not None and one.pk in tied,
        "document": [order.erp_doc_type, order.erp_doc_no, order.erp_line_no],
        "voucher": vouchers.get(str(one.pk)) if one else None,
    }


def _accounts(scope: Scope) -> list[dict[str, Any]]:
    latest = {row.pk: row for row in statements.latest_balances(scope)}
    tellers = {slug for slug, can in abilities_by_bank().items() if can >= _TOLD}
    found = []
    linked = master.visible_accounts(scope).filter(is_direct_link=True)
    for account in linked.select_related("connection"):
        entries = statements.in_force(statements.visible_entries(scope).filter(account=account))
        by_side = entries.order_by().values("direction").annotate(sum=Sum("amount"), n=Count("pk"))
        sums = {row["direction"]: (row["sum"], row["n"]) for row in by_side}
        debits, credits = sums.get("debit", _NOTHING), sums.get("credit", _NOTHING)
        balance = latest.get(account.pk)
        found.append(
            {
                "number": account.number,
                "is_told": bool(account.connection and account.connection.bank_slug in tellers),
                "book": f"{balance.book:.2f}" if balance else None,
                "fetched_at": balance.fetched_at.isoformat() if balance else None,
                "debits": f"{debits[0]:.2f}",
                "credits": f"{credits[0]:.2f}",
                "entries": debits[1] + credits[1],
                "day_differences": [
                    f"{close.day} {close.difference}"
                    for close in statements.visible_day_closes(scope).filter(account=account)
                    if close.difference
                ],
            }
        )
    return found


def _payees_to_call(orders: Sequence[Any]) -> list[dict[str, Any]]:
    """Payee accounts too young for what these orders would pay them, and the call that waits for its second person."""
    open_orders = [order for order in orders if order.state in _BEFORE_RELEASE]
    barred = payee_facts.young(open_orders)
    ids = {order.payee_account_id for order in open_orders if order.pk in barred}
    return [
        {"id": one.account_id, "version": one.version, "open_call": one.open_call}
        for one in payees.to_be_called(ids)
    ]


def pipeline(scope: Scope, *, import_id: int | None = None, source: str = "") -> dict[str, Any]:
    """Counts by state, the next due moment and, for one import or source system, each of its orders.

    Amounts are texts with two decimals.
    """
    body: dict[str, Any] = {
        "now": clock.now().isoformat(),
        "next_due": due.astimezone(clock.SHANGHAI).isoformat()
        if (due := payments.next_due(scope))
        else None,
        "states": payments.counts_by_state(scope),
        "staged_payees": [
            row.pk
            for row in master.visible_payees(scope)
            .filter(state="staged")
            .order_by("pk")[:ITEMS_MAX]
        ],
        "accounts": _accounts(scope),
    }
    if import_id is not None or source:
        rows = payments.visible_orders(scope)
        rows = rows.filter(source_system=source) if source else rows.filter(import_set_id=import_id)
        orders = list(rows.select_related("company", "payer_account", "instruction")[:ITEMS_MAX])
        ties = payments.ties_of([order.instruction_id for order in orders if order.instruction_id])
        tied = {tie.instruction_id for tie in ties}
        vouchers = _vouchers(orders)
        body["orders"] = [_item(order, tied, vouchers) for order in orders]
        body["payees_to_call"] = _payees_to_call(orders)
    return body
