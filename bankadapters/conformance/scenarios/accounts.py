"""Accounts and balances."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from bankadapters.conformance.scenario import expect, scenario
from bankadapters.conformance.trial import Trial
from bankadapters.contract import Ability, AccountRef
from bankadapters.errors import BankError
from kernel import clock

ACCOUNTS = "Accounts"


@scenario(ACCOUNTS, Ability.ACCOUNT_LIST)
def accounts_are_listed(trial: Trial) -> None:
    """The bank lists our accounts."""
    found = {one.account for one in trial.adapter.account_list()}
    missing = {one.number for one in trial.bench.own} - found
    expect(not missing, f"not listed: {sorted(missing)}")


@scenario(ACCOUNTS, Ability.BALANCE)
def a_balance_is_told(trial: Trial) -> None:
    """Book and, where the bank tells it, available balance of one account, in its currency, as of today."""
    (told,) = trial.adapter.balances([trial.bench.own[0].ref])
    expect(told.account == trial.bench.own[0].number, f"of account {told.account}")
    expect(told.currency == "CNY", f"in {told.currency}")
    expect(isinstance(told.book, Decimal) and told.book >= 0, f"book {told.book}")
    expect(told.as_of == clock.today(), f"as of {told.as_of}")


@scenario(ACCOUNTS, Ability.BALANCE)
def balances_of_several_accounts(trial: Trial) -> None:
    """Two accounts asked together are both answered for."""
    found = trial.adapter.balances([one.ref for one in trial.bench.own])
    expect({one.account for one in found} == {one.number for one in trial.bench.own}, f"{found}")


@scenario(ACCOUNTS, Ability.BALANCE)
def an_account_of_a_stranger_is_not_ours(trial: Trial) -> None:
    """An account that is not ours brings an error or nothing, never a figure."""
    number = "9" * len(trial.bench.own[0].number)
    try:
        found = trial.adapter.balances([AccountRef(number, branch=trial.bench.own[0].branch)])
    except BankError:
        return
    expect(not found, f"told {found}")


@scenario(ACCOUNTS, Ability.BALANCE, steers=True)
def a_credit_raises_the_balance(trial: Trial) -> None:
    """What a stranger pays in is in the next balance, to the fen."""
    before = trial.book()
    trial.credit("1234567.89")
    expect(trial.book() - before == Decimal("1234567.89"), f"{before} → {trial.book()}")


@scenario(ACCOUNTS, Ability.HISTORY_BALANCE, steers=True)
def yesterdays_closing_is_told(trial: Trial) -> None:
    """The history balance of a day is what the account held at its end."""
    trial.credit("77.00")
    held, day = trial.book(), clock.today()
    trial.wait(days=1)
    told = trial.adapter.history_balances(trial.bench.own[0].ref, day, day)
    expect([(one.as_of, one.book) for one in told] == [(day, held)], f"{told}, held {held}")


@scenario(ACCOUNTS, Ability.HISTORY_BALANCE, steers=True)
def history_balances_of_several_days(trial: Trial) -> None:
    """Three days bring three balances, oldest first, each as it was."""
    held, first = [], clock.today()
    for _ in range(3):
        trial.credit("1.11")
        held.append(trial.book())
        trial.wait(days=1)
    last = first + timedelta(days=2)
    told = trial.adapter.history_balances(trial.bench.own[0].ref, first, last)
    expect([one.book for one in told] == held, f"{[str(o.book) for o in told]}, held {held}")
