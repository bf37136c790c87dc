"""Alarms of channels, and early warnings: what is told under which values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from bankbridge.alarm_rules import Health, alarms
from bankbridge.topics import ChannelAlarms
from kernel.clock import SHANGHAI
from masterdata.strategies import Decided
from tests.acts import DAY, NOW, Act, row_of, ruling
from treasury.rules import Released, low, near, odd
from treasury.topics import EarlyWarnings

Said = Mapping[str, Any]
ALARMS, WARNINGS = f"strategy.{ChannelAlarms.key}", f"strategy.{EarlyWarnings.key}"
TROUBLED = Health(
    results=[("not_sent", "connection refused")] * 3 + [("answered", "")],
    p95_ms=8000,
    answered=9,
    waiting=[NOW - timedelta(minutes=7)],
    unknown=4,
)


def rung(said: Said) -> list[str]:
    """What rings of a channel with three failures, slow answers, one late payment and four open outcomes."""
    quiet = {"failures": 20, "slow_ms": 120000, "backlog_minutes": 1440, "unknown_max": 1000}
    rules, _ = Decided([row_of(ALARMS, quiet | dict(said))]).of_bank(ChannelAlarms, "104")  # type: ignore[list-item]  # a StrategyRow
    return [one.kind.split(".")[1] for one in alarms(TROUBLED, rules, now=NOW)]


def poor(said: Said) -> bool:
    """Whether 900.00 is little."""
    return low(Decimal("900.00"), ruling(EarlyWarnings, said)) is not None


def tight(said: Said) -> bool:
    """Whether 80 of 100 is nearly all."""
    return near(Decimal("80.00"), Decimal("100.00"), ruling(EarlyWarnings, said)) is not None


def odd_at(hour: int, said: Said) -> list[str]:
    """What is odd about 60,000.00 to an account never paid, released at this hour."""
    at = datetime.combine(DAY, time(hour, 30), tzinfo=SHANGHAI)
    payment = Released(Decimal("60000.00"), at, is_own=False, is_first=True)
    told = odd(payment, ruling(EarlyWarnings, {"new_payee_amount": "900000.00"} | dict(said)))
    return [one.kind.split(".")[1] for one in told]


def late(said: Said) -> list[str]:
    """At half past ten in the evening."""
    return odd_at(22, said)


def early(said: Said) -> list[str]:
    """At half past five in the morning."""
    return odd_at(5, said)


def by_day(said: Said) -> list[str]:
    """At half past ten in the morning."""
    return odd_at(10, said)


ACTS = [
    Act(ALARMS, "failures", (4, []), (3, ["channel_down"]), rung),
    Act(ALARMS, "slow_ms", (8000, []), (7999, ["channel_slow"]), rung),
    Act(ALARMS, "backlog_minutes", (8, []), (7, ["backlog"]), rung),
    Act(ALARMS, "unknown_max", (5, []), (4, ["unknowns"]), rung),
    Act(WARNINGS, "balance_floor", ("900.00", False), ("900.01", True), poor),
    Act(WARNINGS, "limit_percent", (81, False), (80, True), tight),
    Act(WARNINGS, "night_begins", ("23:00", []), ("22:00", ["night_payment"]), late),
    Act(WARNINGS, "night_ends", ("05:30", []), ("06:00", ["night_payment"]), early),
    Act(WARNINGS, "night_amount", ("60000.01", []), ("60000.00", ["night_payment"]), late),
    Act(WARNINGS, "new_payee_amount", ("60000.01", []), ("60000.00", ["new_payee"]), by_day),
]
