"""What bars a payment because of its payee: the account moved on, is too young to be paid much, or was denied. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from kernel.clock import SHANGHAI
from kernel.errors import Finding
from masterdata.payee_selectors import Standing
from payments.topics import PayeeControl


@dataclass(frozen=True)
class Payee:
    """The payee of one order as the order says it."""

    account_id: int | None
    version_no: int
    number: str
    name: str
    cnaps: str
    is_personal: bool
    amount: Decimal
    was_paid: bool  # this account in this version


def moved(payee: Payee, now: Standing | None) -> str:
    """Why the order's payee is no longer what its people saw; "" while it is. A staged account is not in use yet."""
    if now is None:
        return ""
    if now.state == "rejected":
        return f"收款账户「{payee.name}」未通过确认"
    if now.state == "closed":
        return f"收款账户「{payee.name}」已停用"
    told = (payee.number, payee.name, payee.cnaps, payee.is_personal)
    if now.state == "staged" and told == (now.number, now.name, now.cnaps, now.is_personal):
        return ""
    if payee.version_no == now.version_no and told == (
        now.number,
        now.name,
        now.cnaps,
        now.is_personal,
    ):
        return ""
    return f"收款账户「{payee.name}」的登记信息已变更（现为第 {now.version_no} 版）"


def cooling(
    payee: Payee, now: Standing, control: PayeeControl, *, moment: datetime
) -> list[Finding]:
    """A denied account is never paid; one nobody paid yet waits, or is called back, before more than the limit goes out."""
    if now.call == "denied":
        text = f"收款方「{payee.name}」在回拨核实中否认此账户，不能付款"
        return [Finding("DENIED", "block", text, "the payee denied this account")]
    if payee.was_paid or now.call == "confirmed" or payee.amount <= control.first_payment_limit:
        return []
    since = now.since or moment
    until = since + timedelta(hours=control.cool_down_hours)
    if moment >= until:
        return []
    waiting = "（已有回拨记录待第二人确认）" if now.call == "proposed" else ""
    text = (
        f"收款账户「{payee.name}」首次付款超过 {control.first_payment_limit:,.2f}，须先回拨核实"
        f"{waiting}，或等冷静期于 {until.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 结束"
    )
    return [Finding("COOLING", "block", text, "call the payee back first, or wait")]


def unregistered(name: str, amount: Decimal, control: PayeeControl) -> list[Finding]:
    """A payee typed freely is paid no more than the limit of first payments: nobody can be called back about it."""
    if amount <= control.first_payment_limit:
        return []
    text = (
        f"手工录入的收款方「{name}」最多付 {control.first_payment_limit:,.2f}，"
        "超过的须先在基础数据登记并确认"
    )
    return [Finding("COOLING", "block", text, "register the payee first")]
