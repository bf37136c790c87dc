"""How payments end: refused, returned, unknown to the bank, still on their way."""

from __future__ import annotations

from decimal import Decimal

from bankadapters.conformance.scenario import Skipped, expect, scenario
from bankadapters.conformance.trial import FINAL, Trial
from bankadapters.contract import Ability, Direction, Fate, Inquiry, Instruction
from bankadapters.errors import BankError
from kernel.money import Money

ENDINGS = "Endings"


def _is_not_paid(trial: Trial, item: Instruction) -> None:
    expect(item.reference not in trial.simulator.debits(), "it was debited")


@scenario(ENDINGS, steers=True)
def a_wrong_payee_name_is_not_a_success(trial: Trial) -> None:
    """A name that does not belong to the account ends failed, or unknown where the bank's words leave doubt."""
    trial.needs_names()
    item = trial.at_home(payee_name="错名公司")
    try:
        said = trial.pay(item)
    except BankError:
        said = []
    expect(not any(one.fate is Fate.SUCCEEDED for one in said), "succeeded at once")
    trial.wait(minutes=20)
    try:
        told = trial.ask(item)
    except BankError:
        told = {}
    fates = [one.fate for one in told.values()]
    expect(all(one in (Fate.FAILED, Fate.UNKNOWN) for one in fates), f"told {fates}")
    _is_not_paid(trial, item)


@scenario(ENDINGS, Ability.BALANCE, steers=True)
def more_than_the_account_holds_is_not_a_success(trial: Trial) -> None:
    """Too little money: nothing is debited and nothing is called succeeded."""
    amount = trial.book() + Decimal("1.00")
    item = trial.payment(str(amount))
    try:
        trial.pay(item)
        trial.wait(minutes=20)
        told = [one.fate for one in trial.ask(item).values()]
    except BankError:
        told = []
    expect(Fate.SUCCEEDED not in told, "called succeeded")
    _is_not_paid(trial, item)


@scenario(ENDINGS, steers=True)
def a_payer_account_of_a_stranger_pays_nothing(trial: Trial) -> None:
    """An account that is not ours to pay from."""
    number = "9" * len(trial.bench.own[0].number)
    item = trial.payment(payer_account=number)
    try:
        trial.pay(item)
        trial.wait(minutes=20)
        told = [one.fate for one in trial.ask(item).values()]
    except BankError:
        told = []
    expect(Fate.SUCCEEDED not in told, "called succeeded")
    _is_not_paid(trial, item)


@scenario(ENDINGS, Ability.TRANSACTIONS, steers=True)
def money_that_comes_back_is_seen(trial: Trial) -> None:
    """Paid, and hours later returned: the statement shows the debit and the credit, the inquiry nothing worse."""
    item = trial.payment("22.22", payee_name="退票公司")
    trial.pay(item)
    trial.wait(minutes=20)
    paid = trial.ask(item)[item.reference].fate
    trial.wait(hours=7)
    told = trial.ask(item)[item.reference].fate
    lines = [line for line in trial.lines() if line.money.amount == Decimal("22.22")]
    expect(paid is Fate.SUCCEEDED, f"was {paid} before it came back")
    expect(told in (Fate.SUCCEEDED, Fate.RETURNED), f"is {told} after it came back")
    sides = sorted(str(line.direction) for line in lines)
    expect(sides == ["credit", "debit"], f"the statement has {sides}")


@scenario(ENDINGS)
def a_payment_nobody_sent_is_not_failed(trial: Trial) -> None:
    """A number the bank never saw: not known, which is no failure."""
    item = trial.payment()
    try:
        told = trial.ask(item)
    except BankError:
        return
    fates = [one.fate for one in told.values()]
    expect(not any(one in FINAL for one in fates), f"told {fates}")


@scenario(ENDINGS)
def asking_twice_says_the_same(trial: Trial) -> None:
    """Once final, every further answer is the same fate under the same serial."""
    item = trial.payment("11.11")
    trial.pay(item)
    first = trial.settled(item)[item.reference]
    second = trial.ask(item)[item.reference]
    expect(
        (first.fate, first.bank_serial) == (second.fate, second.bank_serial),
        f"{first.fate} {first.bank_serial}, then {second.fate} {second.bank_serial}",
    )


@scenario(ENDINGS)
def asked_at_once_it_is_on_its_way(trial: Trial) -> None:
    """Asked the moment after it was sent, a payment is on its way or not found yet, never failed."""
    item = trial.payment("13.13")
    trial.pay(item)
    try:
        told = [one.fate for one in trial.ask(item).values()]
    except BankError:
        return
    expect(Fate.FAILED not in told and Fate.RETURNED not in told, f"told {told}")


@scenario(ENDINGS)
def only_what_was_asked_is_answered(trial: Trial) -> None:
    """Two payments sent, one asked about: one answered for."""
    one, other = trial.payment("14.14"), trial.payment("15.15")
    trial.pay(one, other)
    trial.settled(one, other)
    told = trial.ask(one)
    expect(set(told) == {one.reference}, f"answered for {sorted(told)}")


@scenario(ENDINGS)
def a_fate_of_another_amount_is_not_ours(trial: Trial) -> None:
    """Asked with another amount than was sent, an answer that echoes the amount is never taken for ours."""
    item = trial.payment("16.16")
    trial.pay(item)
    first = trial.settled(item)[item.reference]
    if first.money is None:
        raise Skipped("inquiries echo no amount")
    batch_no, operation = trial.batches[item.reference]
    wrong = Inquiry(
        item.reference,
        "",
        item.day,
        operation,
        batch_no,
        item.payer_account,
        Money(Decimal("16.17")),
    )
    told = trial.adapter.inquire([wrong])
    expect(all(one.money == item.money for one in told), f"echoes {[o.money for o in told]}")


@scenario(ENDINGS, steers=True)
def yesterdays_payment_can_still_be_asked_about(trial: Trial) -> None:
    """The day after, the fate of a payment is still told."""
    item = trial.payment("17.17")
    trial.pay(item)
    trial.wait(days=1)
    told = trial.ask(item)
    expect(
        item.reference in told and told[item.reference].fate is Fate.SUCCEEDED,
        f"told {[str(o.fate) for o in told.values()]}",
    )


@scenario(ENDINGS, Ability.TRANSACTIONS, steers=True)
def a_success_has_its_debit(trial: Trial) -> None:
    """Every payment called succeeded stands in the statement, with its amount, on the debit side."""
    items = [trial.payment("18.18"), trial.at_home("19.19")]
    trial.pay(*items)
    trial.settled(*items)
    debits = sorted(
        line.money.amount for line in trial.lines() if line.direction is Direction.DEBIT
    )
    expect(debits == [Decimal("18.18"), Decimal("19.19")], f"debits {debits}")
