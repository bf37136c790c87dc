"""Both sides of a hit beside each other, prepared for pages. Reads only; what the viewer may not see stays unnamed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from desk.formats import day_text, differing_html, grouped_account, money_text, time_text
from desk.words import words_of
from kernel.errors import Finding
from kernel.scope import Scope
from masterdata import selectors as master
from masterdata.checks import normalise_name
from payments import payee_facts, rule_selectors, selectors
from payments.checks.duplicates import ACCOUNT, ENTRY, FILE, ORDER
from payments.checks.parameters import rule_words
from payments.models import PaymentOrder, RuleHit
from statements import selectors as statements


@dataclass(frozen=True)
class Line:
    """One field of both sides; the characters that differ are marked."""

    label: str
    mine: SafeString
    theirs: SafeString
    differs: bool


@dataclass(frozen=True)
class Versus:
    """One hit: the rule, its words, and the other side where there is one the viewer may see."""

    rule: str
    level: str
    message: str
    twin_no: str = ""
    twin_url: str = ""
    twin_title: str = ""
    lines: Sequence[Line] = ()
    outcome: str = ""
    who: str = ""
    why: str = ""


_ORDER_OF = {"block": 0, "hold": 1, "tick": 2, "inform": 3}


def _line(label: str, mine: str, theirs: str) -> Line:
    return Line(label, *differing_html(mine, theirs), differs=mine != theirs)


def _order_lines(mine: PaymentOrder, other: PaymentOrder) -> list[Line]:
    pairs = [
        (_("付款公司"), mine.company.short_name, other.company.short_name),
        (_("付款账号"), *(grouped_account(one.payer_account.number) for one in (mine, other))),
        (_("收款户名"), mine.payee_name, other.payee_name),
        (_("收款账号"), *(grouped_account(one.payee_number) for one in (mine, other))),
        (_("金额"), *(f"{one.currency} {money_text(one.amount)}" for one in (mine, other))),
        (_("用途"), mine.purpose, other.purpose),
        (_("附言"), mine.remark, other.remark),
        (_("发票号"), mine.invoice_no, other.invoice_no),
        (_("来源单据"), *(f"{one.erp_doc_no}-{one.erp_line_no}" for one in (mine, other))),
        (_("期望付款日"), str(mine.wish_date), str(other.wish_date)),
        (_("制单"), *(f"{time_text(one.created_at)} {one.maker or ''}" for one in (mine, other))),
        (_("状态"), *(str(words_of(one.shown_state).word) for one in (mine, other))),
    ]
    return [_line(*pair) for pair in pairs]


def _entry_lines(mine: PaymentOrder, entry: Any) -> list[Line]:
    pairs = [
        (_("收款户名"), mine.payee_name, entry.counterparty_name),
        (_("收款账号"), *map(grouped_account, (mine.payee_number, entry.counterparty_account))),
        (_("金额"), *(f"{one.currency} {money_text(one.amount)}" for one in (mine, entry))),
        (_("用途"), mine.purpose, entry.purpose or entry.narrative),
        (_("日期"), str(mine.wish_date), str(entry.bank_date)),
    ]
    return [_line(*pair) for pair in pairs]


class _Others:
    """The other sides of many hits, read with one query a kind and as far as the viewer may see them."""

    def __init__(self, hits: Iterable[tuple[str, int]], scope: Scope) -> None:
        self.told: set[tuple[str, int]] = set()  # of several hits with one twin the first shows it
        ids: dict[str, set[int]] = {ORDER: set(), ENTRY: set(), FILE: set(), ACCOUNT: set()}
        for kind, pk in hits:
            if kind in ids:
                ids[kind].add(pk)
        rows = selectors.visible_orders(scope).filter(pk__in=ids[ORDER])
        related = ("company", "payer_account", "maker")
        self.orders = {row.pk: row for row in rows.select_related(*related)} if ids[ORDER] else {}
        entries = statements.visible_entries(scope).filter(pk__in=ids[ENTRY])
        self.entries = {row.pk: row for row in entries} if ids[ENTRY] else {}
        files = selectors.visible_imports(scope).filter(pk__in=ids[FILE])
        self.files = {row.pk: row for row in files.defer("rows")} if ids[FILE] else {}
        payees = master.visible_payees(scope).filter(pk__in=ids[ACCOUNT])
        self.accounts = {row.pk: row for row in payees} if ids[ACCOUNT] else {}

    def beside(self, order: PaymentOrder, kind: str, pk: int) -> dict[str, Any]:
        """The other side of one hit, as `Versus` takes it; nothing where the viewer may not see it."""
        told = kind and (kind, pk) in self.told
        self.told.add((kind, pk))
        if kind == ORDER and (twin := self.orders.get(pk)):
            lines = [] if told else _order_lines(order, twin)
            address = reverse("payments:order", args=[twin.order_no])
            return _shown(_("付款单"), twin.order_no, address, lines)
        if kind == ENTRY and (entry := self.entries.get(pk)):
            address = reverse("statements:entry", args=[entry.pk])
            return _shown(_("银行流水"), entry.bank_serial, address, _entry_lines(order, entry))
        if kind == FILE and (listed := self.files.get(pk)):
            address = reverse("payments:import_preview", args=[listed.pk])
            return _shown(_("付款清单"), listed.file_name, address, [])
        if kind == ACCOUNT and (account := self.accounts.get(pk)):
            address = reverse("masterdata:payee", args=[account.pk])
            numbers = map(grouped_account, (order.payee_number, account.number))
            lines = [
                _line(_("收款户名"), order.payee_name, account.name),
                _line(_("收款账号"), *numbers),
                _line(_("开户行"), order.payee_bank, account.bank_name),
            ]
            return _shown(_("收款账户"), account.number, address, lines)
        if kind == ORDER:
            return {"twin_title": _("另一笔付款属于您无权查看的公司")}
        return {}


def _shown(title: str, number: str, address: str, lines: Sequence[Line]) -> dict[str, Any]:
    return {"twin_title": title, "twin_no": number, "twin_url": address, "lines": lines}


def _words(message: str, message_en: str) -> str:
    is_english = (get_language() or "").startswith("en")
    return message_en if is_english and message_en else message


def of_findings(order: PaymentOrder, findings: Sequence[Finding], *, scope: Scope) -> list[Versus]:
    """Hits as they stand now, those that hold first, each with its other side."""
    findings = sorted(findings, key=lambda one: _ORDER_OF.get(one.level, len(_ORDER_OF)))
    sides = [(f.details.get("twin_kind", ""), int(f.details.get("twin_id", 0))) for f in findings]
    others = _Others(sides, scope)
    return [
        Versus(
            rule=rule_words(one.rule),
            level=one.level,
            message=_words(one.message, one.message_en),
            **others.beside(order, *side),
        )
        for one, side in zip(findings, sides, strict=True)
    ]


def since_last(order: PaymentOrder, *, scope: Scope) -> Versus | None:
    """The last payment that reached this payee, under whichever account, and what is different now; None for the first."""
    numbers = rule_selectors.numbers_of_payee(order)
    paid = selectors.visible_orders(scope).filter(
        payee_number__in=numbers, shown_state="succeeded", currency=order.currency
    )
    last = paid.exclude(pk=order.pk).select_related("company", "payer_account").first()
    if last is None:
        return None
    both = (order, last)
    pairs = [
        (_("收款户名"), *(one.payee_name for one in both)),
        (_("收款账号"), *(grouped_account(one.payee_number) for one in both)),
        (_("开户行"), *(one.payee_bank for one in both)),
        (_("联行号"), *(one.payee_cnaps for one in both)),
        (_("收款资料版本"), *(str(one.payee_version or "—") for one in both)),
        (_("付款公司"), *(one.company.short_name for one in both)),
        (_("付款账号"), *(grouped_account(one.payer_account.number) for one in both)),
        (_("金额"), *(f"{one.currency} {money_text(one.amount)}" for one in both)),
        (_("用途"), *(one.purpose for one in both)),
    ]
    lines = [line for line in (_line(*pair) for pair in pairs) if line.differs]
    address = reverse("payments:order", args=[last.order_no])
    title = _("上次付款 %(day)s") % {"day": day_text(last.released_at or last.created_at)}
    return Versus("", "", "", **_shown(title, last.order_no, address, lines))


@dataclass(frozen=True)
class PayeeChoice:
    """An account a failed or returned payment may be paid to, and what is different from what was sent."""

    account_id: int
    title: str
    lines: Sequence[Line]
    is_own: bool  # the account the payment named


@dataclass(frozen=True)
class PayeeNow:
    """What was sent of the payee, and what its account says now."""

    sent_name: str
    name: str
    sent_number: str
    number: str
    is_width_only: bool  # the names differ in width, brackets or blanks alone


def payee_now(order: PaymentOrder) -> PayeeNow | None:
    """For a failed or returned payment whose payee's name or number is registered otherwise by now; else None."""
    account = order.payee_account
    if order.shown_state not in ("failed", "returned") or account is None:
        return None
    if (account.name, account.number) == (order.payee_name, order.payee_number):
        return None
    return PayeeNow(
        sent_name=order.payee_name,
        name=account.name,
        sent_number=order.payee_number,
        number=account.number,
        is_width_only=normalise_name(account.name) == normalise_name(order.payee_name),
    )


def payee_choices(order: PaymentOrder) -> list[PayeeChoice]:
    """The confirmed accounts of the order's payee beside what was sent; the order's own account first."""
    choices = []
    for account in payee_facts.accounts_of(order).values():
        pairs = [
            (_("收款户名"), order.payee_name, account.name),
            (_("收款账号"), *map(grouped_account, (order.payee_number, account.number))),
            (_("开户行"), order.payee_bank, account.bank_name),
            (_("联行号"), order.payee_cnaps, account.cnaps),
        ]
        is_own = account.pk == order.payee_account_id
        lines = [_line(*pair) for pair in pairs]
        title = f"{account.name} {grouped_account(account.number)}"
        choices.append(PayeeChoice(account.pk, title, lines, is_own))
    return sorted(choices, key=lambda one: not one.is_own)


def of_history(order: PaymentOrder, *, scope: Scope) -> list[Versus]:
    """Every hit kept for the order's present content, each with its other side and what became of it."""
    hits = list(rule_selectors.kept_hits(order).select_related("decided_by"))
    others = _Others([(hit.twin_kind, hit.twin_id) for hit in hits], scope)
    return [
        Versus(
            rule=rule_words(hit.rule),
            level=hit.level,
            message=_words(hit.message, hit.message_en),
            outcome=_outcome(hit),
            who=f"{hit.decided_by or ''} {time_text(hit.decided_at)}" if hit.decided_at else "",
            why=hit.why,
            **others.beside(order, hit.twin_kind, hit.twin_id),
        )
        for hit in hits
    ]


def _outcome(hit: RuleHit) -> str:
    words = {"open": _("未处理"), "lifted": _("已解除"), "ticked": _("审批人已核对")}
    return "" if hit.level == "inform" else words[hit.outcome]
