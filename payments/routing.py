"""Which clearing system takes a payment, or when it may go. Pure: values in, a decision out (DOMAIN §2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kernel.clock import Calendar
from kernel.errors import InvalidInput
from masterdata.topics import BY_BANK, Topic
from masterdata.typed import amount, flag, many, moment

INTRA, IBPS, BEPS, HVPS = "INTRA", "IBPS", "BEPS", "HVPS"
ROUTE_NAMES = {
    INTRA: _("行内转账"),
    IBPS: _("网银互联"),
    BEPS: _("小额支付"),
    HVPS: _("大额支付"),
}
_ROUNDS = (
    12  # how many obstacles in a row are looked past: a wish, a window, a holiday, a window again …
)
_DAY_END = time(23, 59, 59)


def _banks() -> list[tuple[str, str]]:
    from masterdata.selectors import bank_choices  # the directory is asked for when a form is drawn

    return bank_choices()


@dataclass(frozen=True, kw_only=True)
class RouteRules(Topic):
    """Caps and windows of the clearing systems as a bank's corporate customers have them.

    A field a bank's own row leaves empty is taken from the row for all banks.
    """

    key = "payments.routes"
    title = _("路由与限额")
    about = _(
        "人民银行各清算系统的单笔上限，以及付款银行对企业客户开放的时间。银行未填的项目沿用各银行共同规则。"
    )
    keyed_by = BY_BANK
    merges = True
    required = ("beps_cap", "ibps_cap", "hvps_opens", "hvps_closes", "offers_ibps", "ibps_members", "day_starts")  # fmt: skip

    beps_cap: Decimal = amount(_("小额支付单笔上限"), default=None)
    ibps_cap: Decimal = amount(_("网银互联单笔上限"), default=None)
    offers_ibps: bool = flag(_("银行开通网银互联"), default=None)
    ibps_members: tuple[str, ...] = many(_("网银互联成员行"), default=None, choices=_banks)
    hvps_opens: time = moment(_("大额支付开始受理"), default=None)
    hvps_closes: time = moment(_("大额支付截止受理"), default=None)
    accepts_and_holds: bool | None = flag(
        _("大额支付窗口外受理并代为排队"), default=None, help=_("仅在银行书面承诺时选择“是”。")
    )
    intra_closes: time | None = moment(
        _("行内转账停止受理"), default=None, help=_("银行日终处理的起止时刻；不填为全天受理。")
    )
    intra_opens: time | None = moment(_("行内转账恢复受理"), default=None)
    day_starts: time = moment(
        _("期望付款日最早发送时刻"),
        default=None,
        help=_("期望付款日在以后的付款，于当日此时起发送。"),
    )

    def check(self) -> None:
        """Windows open before they close; end-of-day minutes have both ends."""
        opens, closes = self.hvps_opens, self.hvps_closes
        if opens is not None and closes is not None and opens >= closes:
            raise InvalidInput(
                "大额支付截止时刻应晚于开始时刻", "the window closes first", field="hvps_closes"
            )
        if (self.intra_closes is None) != (self.intra_opens is None):
            raise InvalidInput(
                "行内转账停止与恢复时刻须同时填写", "both ends are wanted", field="intra_opens"
            )

    def intra_waits(self, now: datetime) -> datetime | None:
        """When the bank's own ledger is open again, if it is closed at `now`; the pause may run over midnight."""
        if self.intra_closes is None or self.intra_opens is None:
            return None
        opens = _at(now, self.intra_opens)
        if self.intra_closes <= self.intra_opens:
            return opens if self.intra_closes <= _clock(now) < self.intra_opens else None
        if _clock(now) >= self.intra_closes:
            return opens + timedelta(days=1)
        return opens if _clock(now) < self.intra_opens else None


@dataclass(frozen=True)
class Window:
    """The house's own hours for sending, beside the bank's."""

    opens: time = time(0, 0)
    closes: time = time(23, 59)  # the last minute included
    working_days_only: bool = False

    def is_open(self, now: datetime, calendar: Calendar) -> bool:
        """Whether the house sends at `now`."""
        last = _DAY_END if self.closes == time(23, 59) else self.closes
        inside = self.opens <= _clock(now).replace(microsecond=0) <= last
        return inside and (not self.working_days_only or calendar.is_working_day(now.date()))

    def next_opening(self, now: datetime, calendar: Calendar) -> datetime:
        """The next moment the house sends again."""
        today = _at(now, self.opens)
        may_today = not self.working_days_only or calendar.is_working_day(now.date())
        if now < today and may_today:
            return today
        day = now.date() + timedelta(days=1)
        if self.working_days_only:
            day = calendar.next_working_day(now.date())
        return _at(now, self.opens, day)


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


Decision = Route | Wait | Refuse


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
class Terms:
    """What a payment's bank and house allow, as functions of the day it would go."""

    rules: Callable[[date], RouteRules]
    calendar: Calendar
    window: Callable[[date], Window] = lambda _day: Window()


def _clock(now: datetime) -> time:
    return now.timetz().replace(tzinfo=None)


def _at(now: datetime, moment_of_day: time, day: date | None = None) -> datetime:
    return datetime.combine(day or now.date(), moment_of_day, now.tzinfo)


def next_hvps(now: datetime, rules: RouteRules, calendar: Calendar) -> datetime:
    """The next moment the bank's HVPS window opens (today's, if it opens later today)."""
    today = _at(now, rules.hvps_opens)
    if calendar.is_working_day(now.date()) and now < today:
        return today
    return _at(now, rules.hvps_opens, calendar.next_working_day(now.date()))


def _system(payment: Payment, rules: RouteRules) -> str:
    """The clearing system, whatever the hour."""
    if payment.payer_prefix == payment.payee_prefix:
        return INTRA
    is_member = rules.offers_ibps and payment.payee_prefix in rules.ibps_members
    by_ibps = is_member and payment.amount <= rules.ibps_cap
    if payment.is_urgent and by_ibps:
        return IBPS
    if payment.amount <= rules.beps_cap:
        return BEPS
    return IBPS if by_ibps else HVPS


def _obstacle(payment: Payment, now: datetime, terms: Terms) -> Route | Wait:
    """What stands against sending at `now`, or the route when nothing does."""
    rules = terms.rules(now.date())
    name = _system(payment, rules)
    if payment.wish_date > now.date():
        until = _at(now, rules.day_starts, payment.wish_date)
        return Wait(until, f"期望付款日为 {payment.wish_date:%Y-%m-%d}", name)
    window = terms.window(now.date())
    if not window.is_open(now, terms.calendar):
        until = window.next_opening(now, terms.calendar)
        return Wait(until, f"本单位发送时段为 {window.opens:%H:%M}–{window.closes:%H:%M}", name)
    if name == INTRA and (reopens := rules.intra_waits(now)) is not None:
        return Wait(reopens, "付款银行日终处理中，稍后恢复受理", name)
    if name == HVPS and not rules.accepts_and_holds:
        inside = rules.hvps_opens <= _clock(now) < rules.hvps_closes
        if not inside or not terms.calendar.is_working_day(now.date()):
            until = next_hvps(now, rules, terms.calendar)
            return Wait(until, "大额支付系统未到业务时间，等待下一个清算窗口", name)
    return Route(name)


def choose(payment: Payment, *, now: datetime, terms: Terms) -> Decision:
    """The route of a payment at `now`, to be asked again when it is sent."""
    if payment.currency != "CNY":
        return Refuse(f"直联付款目前只支持人民币，币种为 {payment.currency}")
    at, why = now, ""
    for _round in range(_ROUNDS):
        met = _obstacle(payment, at, terms)
        if isinstance(met, Route):
            return met if at == now else Wait(at, why, met.name)
        at, why = met.until, met.why
    return Refuse("发送时段与清算窗口没有交集，请检查发送时段设置")


@dataclass(frozen=True)
class Arrival:
    """When the payee has the money: the value date, and how sure that is."""

    value_date: date
    is_at_once: bool


def arrival(name: str, *, at: datetime, terms: Terms) -> Arrival:
    """The expected value date of a payment sent at `at` by this clearing system; the latest one where a span is usual."""
    day = at.date()
    if name in (INTRA, IBPS):
        return Arrival(day, True)
    if name == BEPS:
        return Arrival(terms.calendar.next_working_day(day), False)
    rules = terms.rules(day)
    inside = terms.calendar.is_working_day(day) and _clock(at) < rules.hvps_closes
    return Arrival(day if inside else terms.calendar.next_working_day(day), False)
