"""Which clearing system takes a payment, or when the next window opens. Pure: values in, a decision out (DOMAIN §2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from kernel.clock import Calendar


@dataclass(frozen=True)
class Route:
    """Send now by this clearing system: INTRA, IBPS, BEPS or HVPS."""

    name: str


@dataclass(frozen=True)
class Wait:
    """Send not before `until`; `why` is fit for users."""

    until: datetime
    why: str
    name: str


@dataclass(frozen=True)
class Refuse:
    """No clearing system takes it."""

    why: str


@dataclass(frozen=True)
class Payment:
    """What of an order decides its route."""

    payer_prefix: str  # three digits of the payer's CNAPS code
    payee_prefix: str
    amount: Decimal
    currency: str
    is_urgent: bool
    wish_date: date


@dataclass(frozen=True)
class RouteRules:
    """Caps and windows in force from `valid_from` on; the customer's window at the bank, not the clearing system's own.

    Sources: the usual corporate window of HVPS is 08:30-17:00 on working days; caps of IBPS and BEPS are 1,000,000 yuan.
    """

    valid_from: date = date(2020, 1, 31)
    ibps_cap: Decimal = Decimal("1000000.00")
    beps_cap: Decimal = Decimal("1000000.00")
    hvps_opens: time = time(8, 30)
    hvps_closes: time = time(17, 0)
    accepts_and_holds: bool = (
        False  # the bank documents that it takes HVPS items outside the window and holds them
    )
    offers_ibps: bool = True
    ibps_members: frozenset[str] = field(
        default_factory=lambda: frozenset(
            [
                "102",
                "103",
                "104",
                "105",
                "301",
                "302",
                "303",
                "304",
                "305",
                "306",
                "307",
                "308",
                "309",
                "310",
                "316",
                "318",
                "403",
            ]
        )
    )


# Dated: the newest row not after the day rules. A holiday notice that raises a cap is one more row.
RULES: tuple[RouteRules, ...] = (RouteRules(),)


def rules_on(day: date) -> RouteRules:
    """The rules in force on `day` (the oldest for days before all of them)."""
    fitting = [rules for rules in RULES if rules.valid_from <= day]
    return max(fitting, key=lambda rules: rules.valid_from) if fitting else RULES[0]


def next_window(now: datetime, rules: RouteRules, calendar: Calendar) -> datetime:
    """The next moment the bank's HVPS window opens (today's, if it opens later today)."""
    today_opens = now.replace(
        hour=rules.hvps_opens.hour, minute=rules.hvps_opens.minute, second=0, microsecond=0
    )
    if calendar.is_working_day(now.date()) and now < today_opens:
        return today_opens
    day = calendar.next_working_day(now.date())
    return today_opens + timedelta(days=(day - now.date()).days)


def choose(
    payment: Payment, *, now: datetime, rules: RouteRules, calendar: Calendar
) -> Route | Wait | Refuse:
    """The route of a payment at `now`, to be asked again when it is sent."""
    if payment.currency != "CNY":
        return Refuse(f"直联付款目前只支持人民币，币种为 {payment.currency}")
    if payment.wish_date > now.date():
        at = now.replace(hour=8, minute=30, second=0, microsecond=0)
        until = at + timedelta(days=(payment.wish_date - now.date()).days)
        after = choose(payment, now=until, rules=rules, calendar=calendar)
        if isinstance(after, Refuse):
            return after
        if isinstance(after, Wait):
            return after
        return Wait(until, f"期望付款日为 {payment.wish_date:%Y-%m-%d}", after.name)
    if payment.payer_prefix == payment.payee_prefix:
        return Route("INTRA")
    is_member = rules.offers_ibps and payment.payee_prefix in rules.ibps_members
    if payment.is_urgent and is_member and payment.amount <= rules.ibps_cap:
        return Route("IBPS")
    if payment.amount <= rules.beps_cap:
        return Route("BEPS")
    if is_member and payment.amount <= rules.ibps_cap:
        return Route("IBPS")
    inside = rules.hvps_opens <= now.timetz().replace(tzinfo=None) < rules.hvps_closes
    if rules.accepts_and_holds or (inside and calendar.is_working_day(now.date())):
        return Route("HVPS")
    return Wait(
        next_window(now, rules, calendar), "大额支付系统未到业务时间，等待下一个清算窗口", "HVPS"
    )
