"""Payments on a good day: taken, executed, seen in the statement."""

from __future__ import annotations

from decimal import Decimal

from bankadapters.conformance.scenario import expect, scenario
from bankadapters.conformance.trial import FINAL, TAKEN, Trial
from bankadapters.contract import Ability, Fate, Instruction
from bankadapters.errors import BankError

PAYMENTS = "Payments"


def _goes_through(trial: Trial, *items: Instruction, operation: Ability | None = None) -> None:
    said = trial.pay(*items, operation=operation)
    expect(
        {one.reference for one in said} == {one.reference for one in items},
        f"answered for {[o.reference for o in said]}",
    )
    expect({one.fate for one in said} <= TAKEN, f"taken as {[str(o.fate) for o in said]}")
    told = trial.settled(*items)
    fates = {
        one.reference: str(told[one.reference].fate) if one.reference in told else "nothing"
        for one in items
    }
    expect(set(fates.values()) == {"succeeded"}, f"{fates}")
    if trial.bench.steered:
        trial.paid_once(items)


@scenario(PAYMENTS, Ability.INQUIRE)
def a_payment_to_another_bank(trial: Trial) -> None:
    """Taken, not yet succeeded; executed when asked later; debited once."""
    _goes_through(trial, trial.payment())


@scenario(PAYMENTS)
def a_payment_inside_the_bank(trial: Trial) -> None:
    """A payee at the same bank."""
    _goes_through(trial, trial.at_home("20.02"))


@scenario(PAYMENTS)
def an_urgent_payment(trial: Trial) -> None:
    """The urgent channel, or the only one there is."""
    _goes_through(trial, trial.payment("30.03", urgent=True))


@scenario(PAYMENTS)
def a_payment_to_a_person(trial: Trial) -> None:
    """A natural person as payee."""
    _goes_through(trial, trial.payment("40.04", personal=True, payee_name="王小明"))


@scenario(PAYMENTS)
def one_fen(trial: Trial) -> None:
    """The smallest amount there is arrives as one fen."""
    _goes_through(trial, trial.payment("0.01"))


@scenario(PAYMENTS)
def a_round_amount_keeps_its_size(trial: Trial) -> None:
    """100,000.00 is neither 1,000.00 nor 10,000,000.00 on this wire."""
    _goes_through(trial, trial.payment("100000.00"))


@scenario(PAYMENTS, Ability.PAY)
def a_single_payment(trial: Trial) -> None:
    """The operation for one payment, where there is one beside the batch."""
    _goes_through(trial, trial.payment("50.05"), operation=Ability.PAY)


@scenario(PAYMENTS, Ability.SWEEP)
def a_transfer_between_own_accounts(trial: Trial) -> None:
    """The operation for internal transfers and sweeping."""
    _goes_through(trial, trial.at_home("60.06"), operation=Ability.SWEEP)


@scenario(PAYMENTS)
def two_alike_under_two_numbers_are_both_paid(trial: Trial) -> None:
    """Equal payee, amount and purpose: two payments, because they have two numbers."""
    _goes_through(trial, trial.payment("70.07"), trial.payment("70.07"))


@scenario(PAYMENTS)
def the_same_number_again_is_paid_once(trial: Trial) -> None:
    """The same message again is never a second payment, and its refusal is never read as a failure of the first."""
    item = trial.payment("80.08")
    trial.pay(item)
    try:
        again = trial.repeat(item)
    except BankError:
        again = []
    expect(not any(one.fate in FINAL for one in again), f"read as {[str(o.fate) for o in again]}")
    expect(trial.fate(item) is Fate.SUCCEEDED, "the first one is not succeeded")
    if trial.bench.steered:
        trial.paid_once([item])


@scenario(PAYMENTS, Ability.BALANCE)
def the_balance_falls_by_what_was_paid(trial: Trial) -> None:
    """Before less after is the amount, to the fen."""
    before, item = trial.book(), trial.payment("12.34")
    trial.pay(item)
    trial.settled(item)
    expect(before - trial.book() == Decimal("12.34"), f"{before} → {trial.book()}")


@scenario(PAYMENTS)
def an_amount_and_an_account_that_are_echoed_are_ours(trial: Trial) -> None:
    """Where an answer echoes amount or payer account, they are what was sent."""
    item = trial.payment("987.65")
    trial.pay(item)
    told = trial.settled(item)[item.reference]
    expect(told.money in (None, item.money), f"echoes {told.money}")
    expect(told.payer_account in ("", item.payer_account), f"echoes account {told.payer_account}")
