"""What a proposed setting would have changed: it is run on the last days' payments beside the setting of now. Reads only.

Every payment keeps its own time: a route is asked for at the hour it was released, a limit is used up in the order of
releases. What differs is told in words, so that the second person sees it before deciding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import selectors as approvals
from approvals.matrix import KIND as MATRIX
from approvals.policy import Rule, Subject, rule_for
from desk.words import said
from kernel import clock
from kernel.clock import SHANGHAI
from kernel.dated import in_force
from kernel.errors import DomainError, Finding
from kernel.scope import Scope
from masterdata.services.dated import Kind, kind_named, proposal_of, version_of
from masterdata.strategies import Decided, Strategies, rows_since
from masterdata.wording import step_words
from payments import limit_selectors, payee_facts, routing
from payments.arriving import route_name
from payments.checks.parameters import rule_words
from payments.inforce import InForce
from payments.limit_rows import KIND as LIMIT
from payments.limiting import Cap, Spend, counted, excess
from payments.models import PaymentOrder
from payments.services import ruling
from payments.states import OrderState

if TYPE_CHECKING:
    from masterdata.models import StagedChange

_SWITCHES = ("GO_LIVE", "PRODUCT")
_RULES = {
    "COOLING": gettext_lazy("冷静期内，须先回拨核实"),
    "DENIED": gettext_lazy("收款方否认此账户"),
}
PAYMENTS_MAX = 3000
SHOWN_MAX = 200
Words = dict[int, str]


@dataclass(frozen=True)
class Difference:
    """One payment whose outcome would have been another."""

    order: PaymentOrder
    before: str
    after: str


@dataclass(frozen=True)
class Foresight:
    """What a proposal would have changed in the last days; `is_looked` is False for settings that decide no payment."""

    days: int
    seen: int
    count: int
    amount: Decimal
    rows: Sequence[Difference]
    is_looked: bool = True
    is_cut: bool = False  # more payments than are looked at


@dataclass(frozen=True)
class World:
    """The settings one run obeys."""

    decided: Decided
    rules: Sequence[Rule]
    caps: Sequence[Cap]


class _Constant(Strategies):
    """One day's decisions, whatever day is asked for: past payments are judged by what is proposed now."""

    def __init__(self, decided: Decided) -> None:
        self._decided = decided

    def on(self, day: date) -> Decided:
        """The same for every day."""
        return self._decided


def _in_force(world: World) -> InForce:
    return InForce(strategies=_Constant(world.decided))


def _released(order: PaymentOrder) -> datetime:
    """When its people let it go, or made it where they have not."""
    return (order.released_at or order.created_at).astimezone(SHANGHAI)


def _steps(orders: Sequence[PaymentOrder], world: World) -> Words:
    chains = limit_selectors.chains_of(orders)
    found = {}
    for order in orders:
        subject = Subject(
            kind="payment",
            chain=chains[order.company_id],
            account_id=order.payer_account_id,
            payment_type=order.kind,
            payee_class=order.payee_class,
            money=order.money,
        )
        rule = rule_for(world.rules, subject)
        asked = [[sorted(step.roles), step.people] for step in rule.steps] if rule else []
        found[order.pk] = step_words(asked) if rule else _("拒绝：矩阵没有覆盖")
    return found


def _limits(orders: Sequence[PaymentOrder], world: World) -> Words:
    chains, found = limit_selectors.chains_of(orders), {}
    used: dict[tuple[int, str], Decimal] = {}
    gone = [one for one in orders if one.released_at]
    for order in sorted(gone, key=lambda one: (_released(one), one.pk)):
        left = order.instruction.not_before if order.instruction is not None else None
        spend = Spend(
            key=order.pk,
            chain=chains[order.company_id],
            account_id=order.payer_account_id,
            person=order.releaser.person_key if order.releaser is not None else "",
            payee_class=order.payee_class,
            money=order.money,
            day=(left or _released(order)).astimezone(SHANGHAI).date(),
        )
        error = excess(world.caps, spend, used)
        found[order.pk] = (
            _("限额内") if error is None else _("拒绝：%(why)s") % {"why": said(error)}
        )
        if error is None:
            for _cap, key in counted(world.caps, spend):
                used[key] = used.get(key, Decimal(0)) + order.amount
    return found


def _switches(orders: Sequence[PaymentOrder], world: World) -> Words:
    rules = _in_force(world)
    return {order.pk: _told(rules.switches(order.payer_account)) for order in orders}


def _rule(one: Finding) -> str:
    """A hit by its rule alone: who decides settings need not learn whom the payment goes to."""
    return str(
        _RULES.get(one.rule) or (said(one) if one.rule in _SWITCHES else rule_words(one.rule))
    )


def _told(findings: Sequence[Finding]) -> str:
    levels = {"block": _("拒绝"), "hold": _("暂挂"), "tick": _("须勾选"), "inform": _("提示")}
    parts = [f"{levels.get(one.level, one.level)} {_rule(one)}" for one in findings]
    return "；".join(parts) or _("通过")


def _routes(orders: Sequence[PaymentOrder], world: World) -> Words:
    rules, found = _in_force(world), {}
    for order in orders:
        at = _released(order)
        try:
            route = rules.route(order, at)
        except DomainError as error:
            found[order.pk] = _("拒绝：%(why)s") % {"why": said(error)}
            continue
        if isinstance(route, routing.Refuse):
            found[order.pk] = _("拒绝：%(why)s") % {"why": route.why}
        elif isinstance(route, routing.Wait):
            words = {"route": route_name(route.name), "when": f"{route.until:%Y-%m-%d %H:%M}"}
            found[order.pk] = _("%(route)s，%(when)s 发送") % words
        else:
            found[order.pk] = _("%(route)s，随即发送") % {"route": route_name(route.name)}
    return found


def _by_day(
    judge: Callable[[Sequence[PaymentOrder], World, datetime], Mapping[int, Sequence[Finding]]],
) -> Callable[[Sequence[PaymentOrder], World], Words]:
    """A rule that looks back from a moment, run once for each day's payments."""

    def run(orders: Sequence[PaymentOrder], world: World) -> Words:
        days: dict[date, list[PaymentOrder]] = {}
        for order in orders:
            days.setdefault(_released(order).date(), []).append(order)
        found: Words = {}
        for some in days.values():
            hits = judge(some, world, max(_released(order) for order in some))
            found |= {order.pk: _told(hits.get(order.pk, ())) for order in some}
        return found

    return run


def _doubles(
    orders: Sequence[PaymentOrder], world: World, now: datetime
) -> Mapping[int, Sequence[Finding]]:
    return ruling.findings_by(orders, decided=world.decided, now=now)


def _payees(
    orders: Sequence[PaymentOrder], world: World, now: datetime
) -> Mapping[int, Sequence[Finding]]:
    return payee_facts.young(orders, _in_force(world), moment=now)


_RUNS: dict[str, Callable[[Sequence[PaymentOrder], World], Words]] = {
    MATRIX.name: _steps,
    LIMIT.name: _limits,
    "strategy.payments.go_live": _switches,
    "strategy.payments.product": _switches,
    "strategy.payments.send_window": _routes,
    "strategy.payments.routes": _routes,
    "strategy.payments.duplicates": _by_day(_doubles),
    "strategy.payments.screening": _by_day(_doubles),
    "strategy.payments.payees": _by_day(_payees),
}


def _worlds(kind: Kind, row: Any, day: date) -> tuple[World, World]:
    def build(*proposed: Any) -> World:
        def with_it(name: str, rows: Iterable[Any]) -> list[Any]:
            return in_force([*rows, *(proposed if kind.name == name else ())], day)

        topics = proposed if kind.name.startswith("strategy.") else ()
        return World(
            decided=Decided(in_force([*rows_since(day), *topics], day)),
            rules=[approvals.rule_of(one) for one in with_it(MATRIX.name, MATRIX.rows())],
            caps=[limit_selectors.cap_of(one) for one in with_it(LIMIT.name, LIMIT.rows())],
        )

    return build(), build(row)


def _orders(scope: Scope, since: datetime) -> list[PaymentOrder]:
    """What was submitted since, newest first, in the viewer's companies."""
    rows = PaymentOrder.objects.filter(
        company_id__in=scope.company_ids, created_at__gte=since, approval_id__isnull=False
    ).exclude(state__in=[OrderState.DRAFT, OrderState.VOID])
    related = ("company", "releaser", "instruction")
    accounts = ("payer_account__company", "payer_account__connection")
    return list(
        rows.select_related(*related, *accounts).order_by("-created_at", "-pk")[: PAYMENTS_MAX + 1]
    )


def foresee(change: StagedChange, *, days: int, scope: Scope) -> Foresight:
    """The payments of the last `days` whose steps, hold, refusal or route would have been another.

    Raises what the proposal itself would be refused with today.
    """
    kind = kind_named(change.kind)
    run = _RUNS.get(kind.name)
    if run is None:
        return Foresight(days, 0, 0, Decimal(0), (), is_looked=False)
    today = clock.today()
    row = version_of(kind, proposal_of(change), earliest=today)
    before, after = _worlds(kind, row, row.valid_from)
    first = datetime.combine(today - timedelta(days=days), datetime.min.time(), SHANGHAI)
    # A month's limit is used up from the first of the month on, whatever part of it is looked at.
    since = first.replace(day=1) if kind.name == LIMIT.name else first
    orders = _orders(scope, since)
    is_cut, orders = len(orders) > PAYMENTS_MAX, orders[:PAYMENTS_MAX]
    told = run(orders, before), run(orders, after)
    shown = [order for order in orders if order.created_at >= first]
    rows = [
        Difference(order, told[0][order.pk], told[1][order.pk])
        for order in shown
        if order.pk in told[0] and told[0][order.pk] != told[1][order.pk]
    ]
    amount = sum((one.order.amount for one in rows), Decimal(0))
    return Foresight(days, len(shown), len(rows), amount, rows[:SHOWN_MAX], is_cut=is_cut)
