"""The router against a second opinion: DOMAIN §2's table written out row by row, and windows found by walking the clock."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.clock import SHANGHAI, Calendar
from payments import routing
from payments.routing import Payment, Route, RouteRules, Terms, Wait, Window

# (same bank, IBPS offered to a member and within its cap, urgent, within the BEPS cap) → clearing system
TABLE = {
    (False, False, False, False): "HVPS",
    (False, False, False, True): "BEPS",
    (False, False, True, False): "HVPS",
    (False, False, True, True): "BEPS",
    (False, True, False, False): "IBPS",
    (False, True, False, True): "BEPS",
    (False, True, True, False): "IBPS",
    (False, True, True, True): "IBPS",
    (True, False, False, False): "INTRA",
    (True, False, False, True): "INTRA",
    (True, False, True, False): "INTRA",
    (True, False, True, True): "INTRA",
    (True, True, False, False): "INTRA",
    (True, True, False, True): "INTRA",
    (True, True, True, False): "INTRA",
    (True, True, True, True): "INTRA",
}
# National Day 2026: closed on working days, worked on the Sunday before and the Saturday after.
OFF = frozenset({date(2026, 10, day) for day in (1, 2, 5, 6, 7)})
WORKED = frozenset({date(2026, 9, 20), date(2026, 10, 10)})
CALENDAR = Calendar(holidays=OFF, makeup_days=WORKED)
QUARTER = timedelta(minutes=15)
BANKS = st.sampled_from(["102", "104", "308"])
CAPS = st.sampled_from(["50000.00", "1000000.00", "500000000.00"]).map(Decimal)
AMOUNTS = st.sampled_from(["0.01", "49999.99", "50000.00", "50000.01", "1000000.00", "1000000.01", "9000000.00"])  # fmt: skip


def quarters(first: int, last: int) -> st.SearchStrategy[time]:
    """Times of day on the quarter of an hour."""
    return st.integers(first * 4, last * 4).map(lambda n: time(n // 4, n % 4 * 15))


MOMENTS = st.builds(
    lambda day, at: datetime.combine(date(2026, 9, 18) + timedelta(days=day), at, SHANGHAI),
    st.integers(0, 24),
    quarters(0, 23),
)


@st.composite
def rules(draw: st.DrawFn) -> RouteRules:
    opens = draw(quarters(7, 11))
    pause = draw(
        st.sampled_from([(None, None), (time(23, 45), time(0, 30)), (time(12, 0), time(13, 0))])
    )
    return RouteRules(
        beps_cap=draw(CAPS), ibps_cap=draw(CAPS), offers_ibps=draw(st.booleans()),
        ibps_members=draw(st.sampled_from([("102",), ("102", "308"), ()])), hvps_opens=opens,
        hvps_closes=draw(quarters(14, 20)), accepts_and_holds=draw(st.booleans()),
        intra_closes=pause[0], intra_opens=pause[1], day_starts=time(8, 30),
    )  # fmt: skip


@st.composite
def windows(draw: st.DrawFn) -> Window:
    whole = Window()
    office = Window(draw(quarters(7, 10)), draw(quarters(15, 22)), draw(st.booleans()))
    return draw(st.sampled_from([whole, office]))


@st.composite
def payments(draw: st.DrawFn) -> Payment:
    return Payment(
        payer_prefix=draw(BANKS), payee_prefix=draw(BANKS), amount=Decimal(draw(AMOUNTS)), currency="CNY",
        is_urgent=draw(st.booleans()), wish_date=date(2026, 9, 1),
    )  # fmt: skip


def system(payment: Payment, rules: RouteRules) -> str:
    """The table's word."""
    by_ibps = (
        rules.offers_ibps
        and payment.payee_prefix in rules.ibps_members
        and payment.amount <= rules.ibps_cap
    )
    same = payment.payer_prefix == payment.payee_prefix
    return TABLE[same, by_ibps, payment.is_urgent, payment.amount <= rules.beps_cap]


def works(day: date) -> bool:
    """A working day: as printed in the notice, else Monday to Friday."""
    return day in WORKED or (day not in OFF and day.isoweekday() <= 5)


def may_go(name: str, at: datetime, rules: RouteRules, window: Window) -> bool:
    """Whether everything that must be open is open at this quarter of an hour."""
    clock = at.time()
    house = window.opens <= clock <= window.closes
    if window.working_days_only:
        house = house and works(at.date())
    if name == "INTRA" and rules.intra_closes is not None:
        closes, opens = rules.intra_closes, rules.intra_opens
        rests = closes <= clock < opens if closes <= opens else clock >= closes or clock < opens
        return house and not rests
    if name == "HVPS" and not rules.accepts_and_holds:
        return house and works(at.date()) and rules.hvps_opens <= clock < rules.hvps_closes
    return house


@settings(max_examples=300)
@given(payments(), rules(), windows(), MOMENTS)
def test_every_decision_is_the_tables_and_every_wait_the_first_moment_all_is_open(
    payment, rules, window, now
):
    name = system(payment, rules)
    at = now
    while not may_go(name, at, rules, window):
        at += QUARTER
        assert at < now + timedelta(days=30)

    decided = routing.choose(
        payment, now=now, terms=Terms(lambda _: rules, CALENDAR, lambda _: window)
    )

    assert decided == Route(name) if at == now else isinstance(decided, Wait)
    if isinstance(decided, Wait):
        assert (decided.name, decided.until) == (name, at)


@given(payments(), rules(), MOMENTS)
def test_no_clearing_system_is_given_more_than_its_cap(payment, rules, now):
    decided = routing.choose(payment, now=now, terms=Terms(lambda _: rules, CALENDAR))

    caps = {"BEPS": rules.beps_cap, "IBPS": rules.ibps_cap}
    assert payment.amount <= caps.get(decided.name, payment.amount)
