"""What stops a payment, decided from values alone: field rules, duplicates D1–D5, payee, funds, switches (DOMAIN §3.6–3.7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from kernel.clock import SHANGHAI, Calendar
from kernel.errors import Finding

if TYPE_CHECKING:
    from payments.models import PaymentOrder

D3_WORKING_DAYS = 5
D4_DAYS = 3
D5_DAYS = 365
_HELD = "held"


@dataclass(frozen=True)
class Twin:
    """Another order a duplicate rule looks at; column order as `selectors.twins` reads it."""

    order_id: int
    order_no: str
    company_id: int
    payee_number: str
    amount: Decimal
    currency: str
    purpose: str
    invoice_no: str
    state: str
    shown_state: str
    created_at: datetime
    lifted_rules: Sequence[Mapping[str, object]] = field(default_factory=list)

    @property
    def day(self) -> date:
        """The day it was made."""
        return self.created_at.astimezone(SHANGHAI).date()


@dataclass(frozen=True)
class Surroundings:
    """What else decides whether an order may be released now."""

    is_gate_open: bool
    gate_reason: str
    is_account_live: bool  # active, direct link on, connected
    is_account_frozen: bool
    is_connection_frozen: bool
    payee_fault: str  # empty: confirmed and unchanged
    has_live_instruction: bool
    available: Decimal | None  # None: no balance was ever told, so nothing is released
    reserved: Decimal
    waits_for_funding: bool = (
        False  # a leg of a linked payment: its funds are looked for when its turn comes
    )


def _is_lifted(order: PaymentOrder, twin: Twin, rule: str) -> bool:
    """A hit a treasurer lifted on either side is lifted for the pair."""
    mine = any(
        hit.get("rule") == rule and hit.get("order_no") == twin.order_no
        for hit in order.lifted_rules
    )
    theirs = any(
        hit.get("rule") == rule and hit.get("order_no") == order.order_no
        for hit in twin.lifted_rules
    )
    return mine or theirs


def _hit(
    rule: str, level: str, twin: Twin, order: PaymentOrder, message: str, message_en: str
) -> Finding:
    details = {
        "order_no": twin.order_no,
        "order_id": str(twin.order_id),
        "this": order.order_no,
        "version": "1",
    }
    return Finding(rule, level, message, message_en, details=details)


def duplicates(
    order: PaymentOrder, twins: Iterable[Twin], *, today: date, calendar: Calendar
) -> list[Finding]:
    """Hits of D3 (hold), D4 (warn) and D5 (hold). D1 and D2 are the database's: unique keys, not questions.

    A twin that is itself held does not hold this one: of two equal orders the later one waits.
    """
    d3_since = calendar.minus_working_days(today, D3_WORKING_DAYS)
    found = []
    for twin in twins:
        if twin.order_id == order.pk or twin.state == _HELD:
            continue
        is_same_payee = (twin.payee_number, twin.amount, twin.currency) == (
            order.payee_number,
            order.amount,
            order.currency,
        )
        if is_same_payee and twin.company_id == order.company_id and twin.purpose == order.purpose:
            if twin.day >= d3_since and not _is_lifted(order, twin, "D3"):
                text = f"与 {twin.order_no} 付款公司、收款账号、金额、用途相同（5 个工作日内），疑似重复付款"
                found.append(
                    _hit("D3", "hold", twin, order, text, f"looks like {twin.order_no} paid twice")
                )
        elif is_same_payee and twin.day >= today - timedelta(days=D4_DAYS):
            text = f"与 {twin.order_no} 收款账号、金额相同（3 天内），请核对"
            found.append(
                _hit("D4", "warn", twin, order, text, f"same payee and amount as {twin.order_no}")
            )
        if (
            order.invoice_no
            and twin.invoice_no == order.invoice_no
            and twin.day >= today - timedelta(days=D5_DAYS)
            and not _is_lifted(order, twin, "D5")
        ):
            text = f"发票号 {order.invoice_no} 已用于 {twin.order_no}，疑似重复付款"
            found.append(
                _hit("D5", "hold", twin, order, text, f"invoice already paid by {twin.order_no}")
            )
    return found


def measured(text: str, unit: str) -> int:
    """The length of `text` in a bank's own unit: "chars", "boc" (a Chinese character counts 2), "bytes:<codec>"."""
    if unit == "chars":
        return len(text)
    if unit == "boc":
        return sum(1 if ord(letter) < 128 else 2 for letter in text)
    return len(text.encode(unit.partition(":")[2] or "utf-8", errors="replace"))


# The bank contract's names of the fields people fill in.
_WIRE_NAMES = {
    "payee_account": "payee_number",
    "payee_name": "payee_name",
    "payee_bank": "payee_bank",
    "cnaps": "payee_cnaps",
    "purpose": "purpose",
    "remark": "remark",
}
_LABELS = {
    "payee_number": "收款账号",
    "payee_name": "收款户名",
    "payee_bank": "收款银行",
    "payee_cnaps": "联行号",
    "purpose": "用途",
    "remark": "附言",
}


def fields_fit(
    order: PaymentOrder,
    *,
    limits: Mapping[str, Sequence[object]],
    forbidden: Mapping[str, str],
    unsent: Collection[str] = (),
) -> list[Finding]:
    """Fields the payer's bank cannot carry: too long in the bank's own unit, or with a character it refuses."""
    found = []
    for wire, name in _WIRE_NAMES.items():
        if wire in unsent:
            continue
        text = str(getattr(order, name))
        label = _LABELS[name]
        if wire in limits:
            most, unit = int(str(limits[wire][0])), str(limits[wire][1])
            if measured(text, unit) > most:
                message = f"{label}超过付款银行允许的长度（{most}）"
                found.append(
                    Finding("FIELD", "block", message, f"{name} is too long for the bank", name)
                )
        bad = sorted(set(text) & set(forbidden.get(wire, "")))
        if bad:
            message = f"{label}含有付款银行不接受的字符：{' '.join(bad)}"
            found.append(
                Finding("FIELD", "block", message, f"{name} has characters the bank refuses", name)
            )
    return found


def before_submit(order: PaymentOrder) -> list[Finding]:
    """Field rules of a draft that go to a checker."""
    found = []
    for name in ("payee_number", "payee_name", "payee_cnaps", "purpose"):
        if not getattr(order, name):
            label = _LABELS[name]
            found.append(Finding("FIELD", "block", f"{label}未填写", f"{name} is missing", name))
    if order.amount <= 0:
        found.append(
            Finding("FIELD", "block", "金额必须大于零", "amount must be above zero", "amount")
        )
    return found


def before_release(order: PaymentOrder, around: Surroundings) -> list[Finding]:
    """What bars the release at this moment; every finding blocks, and goes away with its cause."""
    claims = [
        (
            "GATE",
            around.is_gate_open,
            f"对外支付总闸已关闭：{around.gate_reason}",
            "the outbound gate is closed",
        ),
        (
            "SWITCH",
            around.is_account_live,
            "付款账户未开通直联",
            "the account is not on direct link",
        ),
        (
            "FROZEN",
            not around.is_account_frozen,
            "付款账户已被冻结对外支付",
            "the account is frozen",
        ),
        (
            "FROZEN",
            not around.is_connection_frozen,
            "银行连接已冻结",
            "the bank connection is frozen",
        ),
        (
            "PAYEE",
            not around.payee_fault,
            around.payee_fault,
            "the payee is not confirmed or has changed",
        ),
        (
            "D2",
            not around.has_live_instruction,
            "该付款单已有在途指令",
            "there is a live instruction",
        ),
    ]
    found = [
        Finding(rule, "block", text, english)
        for rule, is_clear, text, english in claims
        if not is_clear
    ]
    return found + _funds(order, around)


def _funds(order: PaymentOrder, around: Surroundings) -> list[Finding]:
    if around.waits_for_funding:
        return []
    if around.available is None:
        text = "付款账户尚未取得余额，请先取余额再授权"
        return [Finding("BALANCE", "block", text, "no balance of the account was told yet")]
    if around.available - around.reserved >= order.amount:
        return []
    text = f"可用余额不足：可用 {around.available:,.2f}，已占用 {around.reserved:,.2f}，本笔 {order.amount:,.2f}"
    return [Finding("FUNDS", "block", text, "not enough available funds")]
