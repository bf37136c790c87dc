"""Statements: every entry once, to the last page, with side, amount, counterparty and our number."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from bankadapters.conformance.scenario import Skipped, expect, scenario
from bankadapters.conformance.trial import Trial
from bankadapters.contract import Ability, Direction
from bankadapters.errors import BankError
from kernel import clock

STATEMENTS = "Statements"
T = Ability.TRANSACTIONS
ROWS = 130


@scenario(STATEMENTS, T, steers=True)
def a_debit_names_our_number(trial: Trial) -> None:
    """The entry of a payment carries the number it was sent under, where the bank returns it."""
    if not trial.profile.statement_names_reference:
        raise Skipped("this bank's statement returns no number of ours")
    item = trial.payment("31.31")
    trial.pay(item)
    trial.settled(item)
    named = [line.reference for line in trial.lines() if line.direction is Direction.DEBIT]
    expect(named == [item.reference], f"named {named}, sent {item.reference}")


@scenario(STATEMENTS, T, steers=True)
def a_debit_names_the_payee(trial: Trial) -> None:
    """The counterparty of a payment's entry is its payee's account, where the bank names it."""
    if not trial.profile.statement_names_counterparty:
        raise Skipped("this bank's statement names no counterparty's account")
    item = trial.payment("32.32")
    trial.pay(item)
    trial.settled(item)
    (line,) = [one for one in trial.lines() if one.direction is Direction.DEBIT]
    expect(line.counterparty_account == item.payee_account, f"names {line.counterparty_account!r}")


@scenario(STATEMENTS, T, steers=True)
def a_credit_names_the_payer(trial: Trial) -> None:
    """Who paid in is told by account and name, where the bank names them."""
    if not trial.profile.statement_names_counterparty:
        raise Skipped("this bank's statement names no counterparty's account")
    trial.credit("33.33", number="6222020000007777", name="来款客户有限公司")
    (line,) = [one for one in trial.lines() if one.direction is Direction.CREDIT]
    expect(
        line.counterparty_account == "6222020000007777", f"account {line.counterparty_account!r}"
    )
    expect(line.counterparty_name == "来款客户有限公司", f"name {line.counterparty_name!r}")


@scenario(STATEMENTS, T, steers=True)
def the_running_balance_adds_up(trial: Trial) -> None:
    """Each entry's balance is the one before, plus or minus its amount, and the last is the account's."""
    for amount in ("1.00", "2.50", "1000000.00"):
        trial.credit(amount)
        trial.wait(minutes=1)
    lines = sorted(trial.lines(), key=lambda line: line.booked_at)
    if any(line.balance_after is None for line in lines):
        raise Skipped("entries carry no balance")
    for earlier, later in pairwise(lines):
        sign = 1 if later.direction is Direction.CREDIT else -1
        grown = (earlier.balance_after or Decimal(0)) + sign * later.money.amount
        expect(later.balance_after == grown, f"{earlier.balance_after} → {later.balance_after}")
    expect(
        lines[-1].balance_after == trial.book(), f"{lines[-1].balance_after}, holds {trial.book()}"
    )


@scenario(STATEMENTS, T, steers=True)
def todays_entries_to_the_last_row(trial: Trial) -> None:
    """More entries than a page takes, today: each once."""
    _every_row(trial, days_later=0)


@scenario(STATEMENTS, T, steers=True)
def yesterdays_entries_to_the_last_row(trial: Trial) -> None:
    """More entries than a page takes, of a day that is over: each once."""
    _every_row(trial, days_later=1)


def _every_row(trial: Trial, *, days_later: int) -> None:
    most = min(trial.profile.statement_rows_max, 200)
    count = max(ROWS, most + most // 2)
    for number in range(count):
        trial.credit(f"{number + 1}.00")
    trial.wait(days=days_later)
    amounts = sorted(int(line.money.amount) for line in trial.lines())
    missing = sorted(set(range(1, count + 1)) - set(amounts))
    expect(not missing, f"missing {missing[:5]} of {count}")
    expect(len(amounts) == count, f"{len(amounts)} rows for {count} entries")


@scenario(STATEMENTS, T, steers=True)
def reading_again_gives_the_same_rows(trial: Trial) -> None:
    """The same days read twice bring the same entries under the same serials."""
    for amount in ("3.00", "3.00", "4.00"):
        trial.credit(amount)
    first, second = trial.lines(), trial.lines()
    expect(first == second, "the two readings differ")


@scenario(STATEMENTS, T, steers=True)
def two_equal_credits_are_two_entries(trial: Trial) -> None:
    """Same payer, amount and minute: still two rows."""
    trial.credit("55.55")
    trial.credit("55.55")
    lines = [line for line in trial.lines() if line.money.amount == Decimal("55.55")]
    expect(len(lines) == 2, f"{len(lines)} rows")
    serials = [line.bank_serial for line in lines]
    expect(len(set(serials)) == 2 or not any(serials), f"serials {serials}")


@scenario(STATEMENTS, T)
def a_day_without_entries_is_empty(trial: Trial) -> None:
    """Nothing happened: an empty page, not an error."""
    lines = trial.lines(which=1)
    expect(not lines or not trial.bench.steered, f"{len(lines)} rows")


@scenario(STATEMENTS, T, steers=True)
def a_range_over_several_days(trial: Trial) -> None:
    """Entries of three days asked in one go are all there, each with its own day."""
    first = clock.today()
    for number in range(3):
        trial.credit(f"{number + 1}.10")
        trial.wait(days=1)
    lines = trial.lines(first, clock.today())
    days = sorted(line.booked_at.astimezone(clock.SHANGHAI).date() for line in lines)
    expect(len(set(days)) == 3 and len(lines) == 3, f"{[str(d) for d in days]}")


@scenario(STATEMENTS, T, steers=True)
def a_debit_and_a_credit_are_told_apart(trial: Trial) -> None:
    """Money out and money in never change sides."""
    item = trial.payment("34.34")
    trial.pay(item)
    trial.settled(item)
    trial.credit("35.35")
    sides = {str(line.money.amount): str(line.direction) for line in trial.lines()}
    expect(sides == {"34.34": "debit", "35.35": "credit"}, f"{sides}")


@scenario(STATEMENTS, T)
def the_statement_of_a_stranger_is_not_ours(trial: Trial) -> None:
    """An account that is not ours brings an error or nothing."""
    own = trial.bench.own[0]
    stranger = type(own)("9" * len(own.number), "别家公司", own.branch)
    trial.bench.own = [stranger, *trial.bench.own[1:]]
    try:
        lines = trial.lines()
    except BankError:
        return
    finally:
        trial.bench.own = [own, *trial.bench.own[1:]]
    expect(not lines, f"{len(lines)} rows")
