"""Pure decisions: the router's table, duplicates, lengths, back-off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import SHANGHAI, Calendar
from payments import checks, inquiry, routing
from payments.routing import Payment, Refuse, Route, RouteRules, Terms, Wait, Window

CALENDAR = Calendar(
    holidays=frozenset({date(2026, 10, 1)}), makeup_days=frozenset({date(2026, 9, 27)})
)
RULES = RouteRules(
    beps_cap=Decimal("1000000.00"),
    ibps_cap=Decimal("1000000.00"),
    offers_ibps=True,
    ibps_members=("102", "104", "308"),
    hvps_opens=time(8, 30),
    hvps_closes=time(17, 0),
    accepts_and_holds=False,
    day_starts=time(8, 30),
)
TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def _terms(rules=RULES, window=Window()):  # noqa: B008  # a frozen value
    return Terms(lambda day: rules, CALENDAR, lambda day: window)


def _choose(now=TUESDAY, rules=RULES, window=Window(), **changes):  # noqa: B008  # a frozen value
    values = {
        "payer_prefix": "104", "payee_prefix": "102", "amount": Decimal("100"), "currency": "CNY",
        "is_urgent": False, "wish_date": now.date(),
    }  # fmt: skip
    terms = _terms(rules, window)
    return routing.choose(Payment(**(values | changes)), now=now, terms=terms)


@pytest.mark.parametrize(
    ("changes", "route"),
    [
        ({"payee_prefix": "104", "amount": Decimal("90000000")}, "INTRA"),
        ({}, "BEPS"),
        ({"is_urgent": True}, "IBPS"),
        ({"is_urgent": True, "payee_prefix": "203"}, "BEPS"),
        ({"amount": Decimal("1000000.00")}, "BEPS"),
        ({"amount": Decimal("1000000.01")}, "HVPS"),
        ({"amount": Decimal("1000000.01"), "is_urgent": True}, "HVPS"),
    ],
)
def test_the_router_inside_the_window(changes, route):
    assert _choose(**changes) == Route(route)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-24T08:29", "2026-11-24T08:30"),
        ("2026-11-24T17:00", "2026-11-25T08:30"),
        ("2026-11-27T18:00", "2026-11-30T08:30"),  # Friday evening
        ("2026-11-28T10:00", "2026-11-30T08:30"),  # Saturday
        ("2026-10-01T10:00", "2026-10-02T08:30"),  # a holiday on a Thursday
        ("2026-09-26T10:00", "2026-09-27T08:30"),  # the Sunday after is worked
    ],
)
def test_a_large_value_outside_the_window_waits(now, until):
    decided = _choose(now=_at(now), amount=Decimal("2000000"))

    assert isinstance(decided, Wait)
    assert decided.until == _at(until)


@pytest.mark.parametrize("now", ["2026-11-24T08:30", "2026-11-24T16:59:59", "2026-09-27T09:00"])
def test_a_large_value_inside_the_window_goes(now):
    assert _choose(now=_at(now), amount=Decimal("2000000")) == Route("HVPS")


def test_small_values_go_at_night_and_on_holidays():
    assert _choose(now=_at("2026-10-01T03:00")) == Route("BEPS")


def test_a_wish_for_later_waits_for_its_day():
    assert _choose(wish_date=date(2026, 11, 26)).until == _at("2026-11-26T08:30")


def test_a_bank_that_accepts_and_holds_is_sent_to_at_night():
    assert _choose(
        now=_at("2026-11-24T22:00"),
        amount=Decimal("2000000"),
        rules=replace(RULES, accepts_and_holds=True),
    ) == Route("HVPS")


@pytest.mark.parametrize(
    ("changes", "amount", "route"),
    [
        ({"beps_cap": Decimal("500000000.00")}, "2000000", "BEPS"),  # a holiday notice
        ({"beps_cap": Decimal("50000.00")}, "60000", "IBPS"),
        ({"beps_cap": Decimal("50000.00"), "offers_ibps": False}, "60000", "HVPS"),
        ({"beps_cap": Decimal("50000.00"), "ibps_members": ("308",)}, "60000", "HVPS"),
        ({"beps_cap": Decimal("50000.00"), "ibps_cap": Decimal("55000.00")}, "60000", "HVPS"),
    ],
)
def test_caps_and_membership_decide_the_clearing_system(changes, amount, route):
    assert _choose(rules=replace(RULES, **changes), amount=Decimal(amount)) == Route(route)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-24T23:49", None),
        ("2026-11-24T23:50", "2026-11-25T00:30"),
        ("2026-11-25T00:29", "2026-11-25T00:30"),
        ("2026-11-25T00:30", None),
    ],
)
def test_the_banks_own_ledger_rests_in_its_end_of_day_minutes(now, until):
    rules = replace(RULES, intra_closes=time(23, 50), intra_opens=time(0, 30))

    decided = _choose(now=_at(now), rules=rules, payee_prefix="104")

    assert decided == Route("INTRA") if until is None else decided.until == _at(until)


class TestTheHousesOwnWindow:
    OFFICE = Window(time(9, 0), time(16, 0), working_days_only=True)

    @pytest.mark.parametrize(
        ("now", "until"),
        [
            ("2026-11-24T08:59", "2026-11-24T09:00"),
            ("2026-11-24T16:01", "2026-11-25T09:00"),
            ("2026-11-27T18:00", "2026-11-30T09:00"),
            ("2026-09-26T10:00", "2026-09-27T09:00"),  # a Saturday before a worked Sunday
        ],
    )
    def test_a_payment_outside_it_waits(self, now, until):
        assert _choose(now=_at(now), window=self.OFFICE).until == _at(until)

    def test_both_windows_must_be_open(self):
        late = Window(time(7, 0), time(8, 0))

        decided = _choose(now=_at("2026-11-24T07:30"), amount=Decimal("2000000"), window=late)

        assert isinstance(
            decided, Refuse
        )  # the bank opens at 08:30 and the house has closed by then

    def test_a_wish_for_later_goes_in_the_first_window_of_its_day(self):
        decided = _choose(wish_date=date(2026, 11, 26), window=self.OFFICE)

        assert decided.until == _at("2026-11-26T09:00")


@pytest.mark.parametrize(
    ("name", "at", "day", "is_at_once"),
    [
        ("INTRA", "2026-10-01T10:00", date(2026, 10, 1), True),
        ("IBPS", "2026-10-01T10:00", date(2026, 10, 1), True),
        ("BEPS", "2026-11-27T10:00", date(2026, 11, 30), False),
        ("HVPS", "2026-11-27T10:00", date(2026, 11, 27), False),
        ("HVPS", "2026-11-27T22:00", date(2026, 11, 30), False),  # accepted and held by the bank
    ],
)
def test_the_value_date_is_told_at_its_latest(name, at, day, is_at_once):
    found = routing.arrival(name, at=_at(at), terms=_terms())

    assert (found.value_date, found.is_at_once) == (day, is_at_once)


def test_a_foreign_currency_is_refused():
    assert isinstance(_choose(currency="USD"), Refuse)


@given(
    st.integers(0, 500 * 24 * 60).map(lambda minutes: TUESDAY + timedelta(minutes=minutes)),
    st.decimals("0.01", "99999999", places=2),
)
def test_a_wait_always_ends_in_a_route(now, amount):
    decided = _choose(now=now, amount=amount)

    if isinstance(decided, Wait):
        assert decided.until > now
        assert _choose(now=decided.until, amount=amount) == Route(decided.name)


@pytest.mark.parametrize(
    ("text", "unit", "length"),
    [
        ("货款a", "chars", 3),
        ("货款a", "boc", 5),
        ("货款a", "bytes:gb18030", 5),
        ("货款a", "bytes:utf-8", 7),
    ],
)
def test_lengths_are_the_banks_own(text, unit, length):
    assert checks.measured(text, unit) == length


def test_the_back_off_ends_hourly_and_keeps_the_banks_interval():
    accepted = [inquiry.pause_s(state="accepted", asked=n, min_interval_s=0) for n in range(12)]
    unknown = [inquiry.pause_s(state="unknown", asked=n, min_interval_s=0) for n in range(7)]
    slow = [inquiry.pause_s(state="accepted", asked=n, min_interval_s=900) for n in range(12)]

    assert accepted == [1, 2, 5, 10, 30, 60, 120, 300, 900, 900, 3600, 3600]
    assert unknown == [60, 120, 300, 900, 900, 3600, 3600]
    assert min(slow) == 900


def test_a_not_found_counts_only_after_the_banks_delay_and_a_quarter_apart():
    sent = TUESDAY
    late = sent + timedelta(minutes=10)

    assert not inquiry.counts_as_not_found(now=sent, sent_at=sent, last=None, visibility_s=300)
    assert inquiry.counts_as_not_found(now=late, sent_at=sent, last=None, visibility_s=300)
    assert not inquiry.counts_as_not_found(
        now=late + timedelta(minutes=14), sent_at=sent, last=late, visibility_s=0
    )
    assert inquiry.counts_as_not_found(
        now=late + timedelta(minutes=15), sent_at=sent, last=late, visibility_s=0
    )
