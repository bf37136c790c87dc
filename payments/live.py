"""Checks shown beside the form while a payment is made: payee, duplicates, balance after, route. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from kernel import clock
from kernel.money import amount_in_words
from kernel.scope import Scope
from masterdata import selectors as master
from payments import funds, selectors
from payments.arriving import forecast
from payments.checks import paper_of
from payments.content import OrderRequest
from payments.inforce import InForce
from payments.models import PaymentOrder
from payments.services import ruling


@dataclass(frozen=True)
class Check:
    """One line of the rail; `tone` is ok, you or bad."""

    title: str
    text: str
    tone: str = "ok"


def _balance(account_id: int, amount: Decimal) -> Check:
    told = funds.of_account(account_id)
    if told.told_at is None:
        return Check(_("付款后余额"), _("尚未取得余额"), "you")
    after, when = told.free - amount, f"{told.told_at.astimezone(clock.SHANGHAI):%H:%M}"
    tone = "bad" if after < 0 else "ok"
    return Check(
        _("付款后余额"),
        _("%(after)s（截至 %(when)s）") % {"after": f"{after:,.2f}", "when": when},
        tone,
    )


def _route(order: PaymentOrder, rules: InForce) -> Check:
    found = forecast(order, now=clock.now(), rules=rules)
    return Check(_("路由与到账"), found.text, found.tone)


def _switches(order: PaymentOrder, rules: InForce) -> list[Check]:
    return [Check(_("上线控制"), one.message, "you") for one in rules.switches(order.payer_account)]


def checks(request: OrderRequest | None, *, scope: Scope) -> list[Check]:
    """The rail's lines for what is typed so far; empty until payer, payee and amount are there."""
    if request is None:
        return []
    account = master.account_by_number(request.payer_number, scope=scope)
    if account is None:
        return []
    order = PaymentOrder(
        company=account.company,
        payer_account=account,
        payee_number=request.payee_number,
        payee_cnaps=request.payee_cnaps,
        amount=request.amount,
        currency=request.currency,
        purpose=request.purpose,
        invoice_no=request.invoice_no,
        is_urgent=request.is_urgent,
        wish_date=request.wish_date,
    )
    rules = InForce()
    found = [
        Check(_("大写金额"), amount_in_words(request.amount)),
        _balance(account.pk, request.amount),
        _route(order, rules),
        *_switches(order, rules),
    ]
    branch = master.branch(request.payee_cnaps)
    found.append(
        Check(
            _("联行号"),
            branch.name if branch else _("不在行名库中，请核对"),
            "ok" if branch else "you",
        )
    )
    hits = ruling.findings_of(paper_of(order))
    for hit in hits:
        title = _("疑似重复") if hit.details.get("twin_kind") else _("提示")
        tone = {"hold": "bad", "tick": "you"}.get(hit.level, "ok")
        found.append(Check(title, hit.message, tone))
    if not any(hit.details.get("twin_kind") for hit in hits):
        found.append(Check(_("重复检查"), _("未发现重复")))
    past = selectors.visible_orders(scope).filter(
        payee_number=request.payee_number, shown_state="succeeded"
    )
    last = past.values_list("amount", "created_at").first()
    text = f"{last[1]:%Y-%m-%d} {last[0]:,.2f}" if last else _("从未付款成功，授权时须再次核对账号")
    found.append(Check(_("上次付款"), text, "ok" if last else "you"))
    return found
