"""What the pages of orders and batches show, prepared: timeline, acts on offer, evidence. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from approvals import selectors as approvals
from audit.words import words_of as event_words
from desk.formats import time_text
from desk.words import words_of
from kernel import clock
from kernel.errors import Finding
from kernel.scope import Scope
from payments import selectors, trail
from payments.acts import ACTS, Act, offered
from payments.models import PaymentInstruction, PaymentOrder
from payments.services import ruling
from statements import receipt_selectors
from statements import selectors as statements


@dataclass(frozen=True)
class Node:
    """One node of a timeline (see the timeline component)."""

    title: str
    when: datetime | None = None
    who: str = ""
    note: str = ""
    tone: str = "ok"
    future: bool = False
    url: str = ""
    url_label: str = ""
    duration: str = ""


def _since(earlier: datetime | None, later: datetime | None) -> str:
    if earlier is None or later is None:
        return ""
    seconds = int((later - earlier).total_seconds())
    if seconds < 0:
        return ""
    if seconds < 60:
        return _("历时 %(n)s 秒") % {"n": seconds}
    if seconds < 3600:
        return _("历时 %(m)s 分 %(s)s 秒") % {"m": seconds // 60, "s": seconds % 60}
    return _("历时 %(h)s 小时 %(m)s 分") % {"h": seconds // 3600, "m": seconds % 3600 // 60}


def _people_nodes(order: PaymentOrder) -> list[Node]:
    source = f"{order.erp_doc_type} {order.erp_doc_no}-{order.erp_line_no}"
    nodes = [
        Node(
            _("制单"),
            order.created_at,
            str(order.maker or order.source_system),
            source,
            url=reverse("payments:import_preview", args=[order.import_set_id])
            if order.import_set_id
            else "",
            url_label=_("导入清单第 %(row)s 行") % {"row": order.import_row},
        )
    ]
    made = approvals.given(order.approval_id) if order.approval_id else []
    last = order.created_at
    approvals_done = 0
    for decision in made:
        title = str(decision.get_act_display())
        if decision.act == "approve":
            approvals_done += 1
            title = f"{title} {approvals_done}/{order.approvals_needed}"
        nodes.append(
            Node(
                title,
                decision.at,
                decision.who,
                decision.note,
                duration=_since(last, decision.at),
            )
        )
        last = decision.at
    return nodes + _coming_people(order, {decision.act for decision in made})


def _coming_people(order: PaymentOrder, done: set[str]) -> list[Node]:
    """What stopped the order, if anything did, and who is next."""
    nodes: list[Node] = []
    held = order.shown_state in ("held", "rejected", "void", "cancelled")
    if held:
        why = order.return_reason or "；".join(
            str(one.get("message", "")) for one in order.hold_reasons
        )
        words = words_of(order.shown_state)
        nodes.append(Node(str(words.word), order.updated_at, "", why, tone=words.tone))
    if order.shown_state in ("void", "cancelled"):
        return nodes
    coming = [("check", _("复核")), ("approve", _("审批")), ("release", _("授权"))]
    if order.approvals_given >= order.approvals_needed and "check" in done:
        coming.pop(1)
    nexts = [title for act, title in coming if act not in done or act == "approve"]
    if "release" in done:
        nexts = []
    nodes += [
        Node(title, future=True, tone="closed", note=_("下一步") if not index and not held else "")
        for index, title in enumerate(nexts)
    ]
    return nodes


def _first_times(instruction: PaymentInstruction, scope: Scope) -> dict[str, datetime]:
    times: dict[str, datetime] = {}
    for entry in trail.of_instruction(instruction, scope=scope):
        state = entry.after.get("state")
        if isinstance(state, str):
            times.setdefault(state, entry.at)
    return times


def _send_node(instruction: PaymentInstruction, sent: datetime | None) -> Node:
    state, earliest = str(instruction.state), instruction.not_before
    if state in ("queued", "held") or sent is None:
        waits = state == "queued" and earliest is not None and earliest > clock.now()
        note = _("最早 %(when)s 发送") % {"when": time_text(earliest)} if waits else ""
        return Node(_("发送"), tone="busy", note=instruction.hold_reason or note, future=True)
    batch = instruction.batch
    return Node(
        _("发送"),
        sent,
        _("系统"),
        f"{_('指令流水号')} {instruction.instr_no}",
        url=reverse("payments:batch", args=[batch.batch_no]) if batch else "",
        url_label=f"{_('批次')} {batch.batch_no}" if batch else "",
    )


def _result_node(
    instruction: PaymentInstruction,
    times: dict[str, datetime],
    sent: datetime | None,
    exchanges: str,
) -> Node | None:
    state = str(instruction.state)
    words = words_of(state)
    said = [instruction.bank_code, instruction.bank_text]
    if state in ("accepted", "manual_handling", "unknown", "sending"):
        note = " ".join(filter(None, [instruction.unknown_why, *said]))
        if instruction.next_inquiry_at:
            note += " " + _("下次自动查询 %(when)s，第 %(n)s 次") % {
                "when": time_text(instruction.next_inquiry_at),
                "n": instruction.inquiries + 1,
            }
        return Node(
            _("等待银行结果") if state == "accepted" else str(words.word),
            times.get(state),
            "",
            note.strip(),
            tone=words.tone,
            url=exchanges,
            url_label=_("银行报文"),
        )
    if instruction.final_at:
        return Node(
            str(words.word),
            instruction.final_at,
            _("银行"),
            " ".join(filter(None, said)),
            tone=words.tone,
            url=exchanges,
            url_label=_("银行报文"),
            duration=_since(sent, instruction.final_at),
        )
    return None if state == "cancelled" else Node(_("结果"), tone="closed", future=True)


def _bank_nodes(instruction: PaymentInstruction, scope: Scope) -> list[Node]:
    state, times = str(instruction.state), _first_times(instruction, scope)
    sent = instruction.sent_at or times.get("sending")
    nodes = [_send_node(instruction, sent)]
    taken = next((times[s] for s in ("accepted", "manual_handling") if s in times), None)
    exchanges = f"{reverse('bankbridge:exchanges')}?" + urlencode(
        {"kind": "payments.batch", "subject": instruction.batch_id or 0}
    )
    if taken or instruction.bank_serial:
        serial = f"{_('银行流水号')} {instruction.bank_serial}" if instruction.bank_serial else ""
        nodes.append(
            Node(
                _("银行受理"),
                taken,
                _("银行"),
                serial,
                url=exchanges,
                url_label=_("银行报文"),
                duration=_since(sent, taken),
            )
        )
    elif state not in ("failed", "returned", "cancelled"):
        nodes.append(Node(_("银行受理"), tone="closed", future=True))
    result = _result_node(instruction, times, sent, exchanges)
    return [*nodes, result] if result else nodes


def _receipt_nodes(entry_ids: list[int]) -> list[Node]:
    """The electronic receipts of these entries, each once."""
    found = {
        receipt.pk: receipt
        for receipts in receipt_selectors.receipts_of_entries(entry_ids).values()
        for receipt in receipts
    }
    return [
        Node(
            _("电子回单"),
            receipt.listed_at,
            _("系统"),
            receipt.receipt_no,
            url=f"/statements/receipts/{receipt.pk}/",
            url_label=_("查看回单"),
        )
        for receipt in found.values()
    ]


def timeline(order: PaymentOrder, *, scope: Scope) -> list[Node]:
    """The story of an order: people, sending, the bank, the result, the statement; coming nodes are marked future."""
    nodes = _people_nodes(order)
    instruction = order.instruction
    released = order.state == "released" or (
        instruction is not None and order.shown_state == "cancelled"
    )
    if instruction is None or not released:
        if order.shown_state not in ("void", "cancelled"):
            names = (_("发送"), _("银行受理"), _("结果"), _("对账"))
            nodes += [Node(name, future=True, tone="closed") for name in names]
        return nodes
    nodes += _bank_nodes(instruction, scope)
    ties = list(selectors.ties_of([instruction.pk]))
    for tie in ties:
        nodes.append(
            Node(
                _("对账") if tie.role == "debit" else _("退票入账"),
                tie.made_at,
                _("系统"),
                _("已与银行流水核对一致（规则 %(rule)s）") % {"rule": tie.rule},
                url=f"/statements/entries/{tie.entry_id}/",
                url_label=_("银行流水"),
            )
        )
    nodes += _receipt_nodes([tie.entry_id for tie in ties])
    if not ties and order.shown_state not in ("failed", "cancelled"):
        nodes.append(Node(_("对账"), future=True, tone="closed", note=_("等待银行流水")))
    return nodes


def story(order: PaymentOrder, *, scope: Scope) -> dict[str, Any]:
    """Everything an order's page shows beside the order itself."""
    attempts = list(selectors.instructions_of(order.pk, scope=scope))
    told = trail.of_order(order, attempts, scope=scope)
    ties = list(selectors.ties_of([one.pk for one in attempts]))
    ids = [tie.entry_id for tie in ties]
    entries = {entry.pk: entry for entry in statements.entries_of(ids)}
    receipts = receipt_selectors.receipts_of_entries(ids)
    return {
        "timeline": timeline(order, scope=scope),
        "attempts": attempts,
        "ties": [(tie, entries.get(tie.entry_id), receipts.get(tie.entry_id, [])) for tie in ties],
        "trail": [(entry, event_words(entry.event)) for entry in told],
        "acts": offered(order, scope=scope),
        "is_first_payment": is_first_payment(order, scope=scope),
    }


def findings(order: PaymentOrder) -> list[Finding]:
    """Hits of the duplicate rules on an order as it stands, lifted ones left out."""
    return ruling.findings([order], stage=ruling.SUBMIT)[order.pk]


def is_first_payment(order: PaymentOrder, *, scope: Scope) -> bool:
    """Whether nothing the viewer may see was ever paid to this payee account."""
    paid = selectors.visible_orders(scope).filter(
        payee_number=order.payee_number, shown_state="succeeded"
    )
    return not paid.exclude(pk=order.pk).exists()


def first_payments(orders: Sequence[PaymentOrder], *, scope: Scope) -> list[PaymentOrder]:
    """Those of the orders whose payee account was never paid."""
    numbers = {order.payee_number for order in orders}
    rows = selectors.visible_orders(scope).filter(payee_number__in=numbers, shown_state="succeeded")
    paid = set(rows.order_by().values_list("payee_number", flat=True))
    return [order for order in orders if order.payee_number not in paid]


def act_named(name: str) -> Act | None:
    """An act by its name in addresses."""
    return ACTS.get(name)
