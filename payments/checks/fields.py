"""Field rules of an order, and what the payer's bank can carry: values in, findings out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from kernel.errors import Finding

if TYPE_CHECKING:
    from payments.models import PaymentOrder


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
