"""Limits the bank sets to amounts, numbers and lengths: kept before anything leaves, and used to the full."""

from __future__ import annotations

from decimal import Decimal

from bankadapters.conformance.scenario import Skipped, expect, scenario
from bankadapters.conformance.trial import Trial
from bankadapters.contract import Fate
from bankadapters.limits import measure
from kernel.errors import DomainError
from kernel.money import Money

LIMITS = "Limits"


def _filled(trial: Trial, field: str, *, over: int = 0) -> str:
    """Chinese text that fills a field to its last byte (and `over` more). Raises Skipped."""
    if field not in trial.profile.field_limits:
        raise Skipped(f"the sheet gives no length of {field}")
    most, unit = trial.profile.field_limits[field]
    text = "公司" * most
    while measure(text, unit) > most:
        text = text[:-1]
    text += "A" * (most - measure(text, unit))
    return text + "B" * over


@scenario(LIMITS)
def no_amount_at_all_is_refused(trial: Trial) -> None:
    """0.00 never leaves."""
    trial.refuses(trial.payment("0.00"))


@scenario(LIMITS)
def a_negative_amount_is_refused(trial: Trial) -> None:
    """A negative amount never leaves."""
    try:
        item = trial.payment("-1.00")
    except DomainError:
        return
    trial.refuses(item)


@scenario(LIMITS)
def a_tenth_of_a_fen_is_refused(trial: Trial) -> None:
    """An amount of three decimals never leaves, and is never rounded."""
    try:
        item = trial.payment(money=Money(Decimal("1.005")))
    except DomainError:
        return
    trial.refuses(item)


@scenario(LIMITS)
def an_amount_that_no_field_holds_is_refused(trial: Trial) -> None:
    """A number of yuan with twenty digits never leaves."""
    try:
        item = trial.payment("99999999999999999999.00")
    except DomainError:
        return
    trial.refuses(item)


@scenario(LIMITS)
def a_foreign_currency_is_refused_or_taken_as_such(trial: Trial) -> None:
    """US dollars are never sent as yuan."""
    trial.refuses(trial.payment(money=Money(Decimal("10.00"), "USD")))


@scenario(LIMITS)
def a_payee_name_of_full_length_is_sent(trial: Trial) -> None:
    """A name that fills its field to the last byte goes through."""
    item = trial.payment(payee_name=_filled(trial, "payee_name"))
    trial.pay(item)
    expect(trial.fate(item) is Fate.SUCCEEDED, "not executed")


@scenario(LIMITS)
def a_payee_name_too_long_is_refused_by_name(trial: Trial) -> None:
    """One byte more never leaves, and is never cut off."""
    trial.refuses(trial.payment(payee_name=_filled(trial, "payee_name", over=1)), "payee_name")


@scenario(LIMITS)
def a_purpose_of_full_length_is_sent(trial: Trial) -> None:
    """A purpose that fills its field goes through."""
    item = trial.payment(purpose=_filled(trial, "purpose"))
    trial.pay(item)
    expect(trial.fate(item) is Fate.SUCCEEDED, "not executed")


@scenario(LIMITS)
def a_purpose_too_long_is_refused_by_name(trial: Trial) -> None:
    """One byte more never leaves."""
    trial.refuses(trial.payment(purpose=_filled(trial, "purpose", over=1)), "purpose")


@scenario(LIMITS)
def a_payee_account_too_long_is_refused_by_name(trial: Trial) -> None:
    """An account number longer than its field never leaves."""
    if "payee_account" not in trial.profile.field_limits:
        raise Skipped("the sheet gives no length of payee_account")
    most, _ = trial.profile.field_limits["payee_account"]
    trial.refuses(trial.payment(payee_account="6" * (most + 1)), "payee_account")


@scenario(LIMITS)
def a_number_too_long_is_refused_by_name(trial: Trial) -> None:
    """A reference longer than its field never leaves."""
    most, _ = trial.profile.field_limits.get("reference", (35, "chars"))
    trial.refuses(trial.payment(reference="1" * (most + 1)), "reference")


@scenario(LIMITS)
def no_payee_account_is_refused_by_name(trial: Trial) -> None:
    """A payment without a payee's account never leaves."""
    trial.refuses(trial.payment(payee_account=""), "payee_account")


@scenario(LIMITS)
def no_payee_name_is_refused_by_name(trial: Trial) -> None:
    """A payment without a payee's name never leaves."""
    trial.refuses(trial.payment(payee_name=""), "payee_name")


@scenario(LIMITS)
def no_number_is_refused_by_name(trial: Trial) -> None:
    """A payment without a number of ours never leaves."""
    trial.refuses(trial.payment(reference=""), "reference")
