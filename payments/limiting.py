"""Limits: which bound a payment, over which period, and what is left. Pure: values in, values out (DOMAIN §3.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kernel.errors import Conflict
from kernel.money import Money

ITEM, DAY, MONTH = "item", "day", "month"
PERIOD_WORDS = {ITEM: "单笔", DAY: "单日", MONTH: "单月"}


@dataclass(frozen=True)
class Cap:
    """One limit in force. None and empty words stand for all; every cap that fits a payment bounds it, the smallest rules."""

    pk: int
    line: int
    company_id: int | None  # the company and those below it
    account_id: int | None
    person: str  # the releasing natural person
    payee_class: str
    currency: str
    period: str
    amount: Decimal


@dataclass(frozen=True)
class Spend:
    """What of a payment the limits look at; `day` is the day it is to leave."""

    key: int  # order id
    chain: tuple[int, ...]  # its company and those above it
    account_id: int
    person: str
    payee_class: str
    money: Money
    day: date


def binds(cap: Cap, spend: Spend) -> bool:
    """Whether the limit looks at this payment at all."""
    return (
        cap.currency == spend.money.currency
        and cap.company_id in (None, *spend.chain)
        and cap.account_id in (None, spend.account_id)
        and cap.person in ("", spend.person)
        and cap.payee_class in ("", spend.payee_class)
    )


def period_of(cap: Cap, day: date) -> str:
    """The name of the period a day falls in: "2026-11-24", "2026-11", or "" for a limit on each item."""
    return {ITEM: "", DAY: f"{day:%Y-%m-%d}", MONTH: f"{day:%Y-%m}"}[cap.period]


Key = tuple[int, str]  # line of the limit, period


def counted(caps: Iterable[Cap], spend: Spend) -> list[tuple[Cap, Key]]:
    """The limits over a period that bind a payment, each with the counter it is counted in."""
    return [
        (cap, (cap.line, period_of(cap, spend.day)))
        for cap in caps
        if cap.period != ITEM and binds(cap, spend)
    ]


def excess(caps: Iterable[Cap], spend: Spend, used: Mapping[Key, Decimal]) -> Conflict | None:
    """Why a payment does not fit, given what is used of each period already; None where it does."""
    amount = spend.money.amount
    for cap in sorted(caps, key=lambda one: one.amount):
        if not binds(cap, spend):
            continue
        before = used.get((cap.line, period_of(cap, spend.day)), Decimal(0))
        if cap.period == ITEM:
            before = Decimal(0)
        if before + amount > cap.amount:
            taken = "" if cap.period == ITEM else f"，已用 {before:,.2f}"
            return Conflict(
                f"超过{PERIOD_WORDS[cap.period]}限额 {cap.amount:,.2f}{taken}，本笔 {amount:,.2f}（限额第 {cap.line} 项）",
                f"beyond limit {cap.line}: {cap.amount} per {cap.period}",
                code="limit",
                field="amount",
            )
    return None
