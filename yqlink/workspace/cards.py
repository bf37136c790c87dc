"""Cards of the workspace: one literal table of dotted counters. A card whose page is missing, or closed to the viewer, is left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.scope import Scope


@dataclass(frozen=True)
class Figure:
    """What a counter answers: the big figure, the small line below it, and whether it is nothing at all."""

    value: str
    sub: str = ""
    is_zero: bool = False
    unit: str = ""  # stands small before the figure: a currency


@dataclass(frozen=True)
class CardLine:
    """One line of the table: label, dotted counter (Scope → Figure), page, its query, the right, tone and icon."""

    label: Promise
    counter: str
    url_name: str
    query: str
    right: str
    tone: str
    icon: str
    only_when_any: bool = False


CARDS: tuple[CardLine, ...] = (
    CardLine(
        _("结果未知"),
        "yqlink.workspace.counters.unknown",
        "payments:unknown",
        "",
        "payments.view",
        "unknown",
        "question",
        True,
    ),
    CardLine(
        _("待我确认的裁定"),
        "yqlink.workspace.counters.to_adjudicate",
        "payments:adjudications",
        "?state=proposed",
        "payments.adjudicate",
        "you",
        "hand",
        True,
    ),
    CardLine(
        _("待我复核"),
        "yqlink.workspace.counters.to_check",
        "payments:check_desk",
        "",
        "payments.check",
        "you",
        "eye",
    ),
    CardLine(
        _("待我审批"),
        "yqlink.workspace.counters.to_approve",
        "payments:approve_desk",
        "",
        "payments.approve",
        "you",
        "check",
    ),
    CardLine(
        _("待我授权"),
        "yqlink.workspace.counters.to_release",
        "payments:release_desk",
        "",
        "payments.release",
        "you",
        "key",
    ),
    CardLine(
        _("暂挂待解除"),
        "yqlink.workspace.counters.held",
        "payments:held",
        "",
        "payments.lift_hold",
        "you",
        "pause",
    ),
    CardLine(
        _("距大额截止"),
        "yqlink.workspace.counters.hvps",
        "payments:orders",
        "",
        "payments.release",
        "you",
        "clock",
        True,
    ),
    CardLine(
        _("待确认的收款账户"),
        "yqlink.workspace.counters.payees",
        "masterdata:payees",
        "?state=staged",
        "payees.confirm",
        "you",
        "check",
    ),
    CardLine(
        _("放假安排未录入"),
        "yqlink.workspace.counters.missing_year",
        "masterdata:calendar",
        "",
        "strategy.propose",
        "bad",
        "calendar",
        True,
    ),
    CardLine(
        _("待复核的变更"),
        "yqlink.workspace.counters.changes",
        "masterdata:changes",
        "",
        "payees.confirm",
        "you",
        "hand",
    ),
    CardLine(
        _("待认领的到款"),
        "yqlink.workspace.counters.to_claim",
        "receipts:to_supplement",
        "?state=fetched,rejected",
        "receipts.supplement",
        "you",
        "inbox",
    ),
    CardLine(
        _("我认领的到款"),
        "yqlink.workspace.counters.claimed",
        "receipts:to_supplement",
        "?state=supplementing",
        "receipts.supplement",
        "you",
        "edit",
        True,
    ),
    CardLine(
        _("待复核的补录"),
        "yqlink.workspace.counters.to_review",
        "receipts:to_review",
        "",
        "receipts.review",
        "you",
        "eye",
    ),
    CardLine(
        _("待入账的到款"),
        "yqlink.workspace.counters.to_book",
        "receipts:to_book",
        "",
        "receipts.book",
        "you",
        "book",
    ),
    CardLine(
        _("失败与退票"),
        "yqlink.workspace.counters.failures",
        "payments:failures",
        "",
        "payments.make",
        "bad",
        "back",
    ),
    CardLine(
        _("对账单不连续"),
        "yqlink.workspace.book_counters.broken_days",
        "statements:continuity",
        "",
        "statements.import",
        "bad",
        "warning",
        True,
    ),
    CardLine(
        _("日对账待签署"),
        "yqlink.workspace.book_counters.days_to_sign",
        "reconciliation:days_waiting",
        "",
        "reconciliation.match",
        "you",
        "calendar",
    ),
    CardLine(
        _("待我记账的凭证"),
        "yqlink.workspace.book_counters.vouchers_to_post",
        "ledger:vouchers",
        "?state=draft",
        "ledger.confirm",
        "you",
        "book",
        True,
    ),
    CardLine(
        _("待第二人确认的勾对"),
        "yqlink.workspace.book_counters.matches_to_decide",
        "reconciliation:accounts",
        "",
        "reconciliation.decide",
        "you",
        "hand",
        True,
    ),
    CardLine(
        _("待我复核的结账"),
        "yqlink.workspace.book_counters.closes_to_decide",
        "reconciliation:closes",
        "",
        "ledger.confirm",
        "you",
        "lock",
        True,
    ),
    CardLine(
        _("待我复核的调节表"),
        "yqlink.workspace.book_counters.statements_to_review",
        "reconciliation:brs_archive",
        "?state=prepared",
        "reconciliation.decide",
        "you",
        "file",
    ),
    CardLine(
        _("账面余额"),
        "yqlink.workspace.counters.cash",
        "statements:balances",
        "",
        "statements.view",
        "",
        "wallet",
    ),
    CardLine(
        _("今日已付"),
        "yqlink.workspace.counters.paid_today",
        "payments:orders",
        "?state=succeeded",
        "payments.view",
        "",
        "swap",
    ),
    CardLine(
        _("银行处理中"),
        "yqlink.workspace.counters.at_bank",
        "payments:orders",
        "?state=accepted",
        "payments.view",
        "busy",
        "bank",
    ),
    CardLine(_("异常"), "yqlink.workspace.counters.cases", "desk:cases", "", "", "bad", "warning"),
)


@dataclass(frozen=True)
class Card:
    """A card as the template draws it."""

    label: Promise
    value: str
    sub: str
    url: str
    tone: str
    icon: str
    unit: str = ""


def _load(dotted: str) -> Callable[[Scope], Figure] | None:
    module, _dot, name = dotted.rpartition(".")
    found: Callable[[Scope], Figure] | None = getattr(import_module(module), name, None)
    return found


def cards_for(scope: Scope) -> list[Card]:
    """The viewer's cards, in the table's order."""
    cards = []
    for line in CARDS:
        if line.right and not scope.has(line.right):
            continue
        try:
            url = reverse(line.url_name) + line.query
        except NoReverseMatch:
            continue
        counter = _load(line.counter)
        if counter is None:
            continue
        figure = counter(scope)
        if line.only_when_any and figure.is_zero:
            continue
        tone = "" if figure.is_zero else line.tone
        cards.append(Card(line.label, figure.value, figure.sub, url, tone, line.icon, figure.unit))
    return cards
