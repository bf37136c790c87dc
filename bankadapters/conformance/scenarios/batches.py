"""Batches: as many as the bank takes, and what goes into one message."""

from __future__ import annotations

from dataclasses import replace

from bankadapters.conformance.scenario import Skipped, expect, scenario
from bankadapters.conformance.trial import TAKEN, Trial
from bankadapters.contract import Ability, Batch, Fate, Inquiry
from bankadapters.errors import Unencodable

BATCHES = "Batches"
TRIED_MAX = 100  # the platform's own limit of a batch


def _most(trial: Trial) -> int:
    return min(trial.profile.items_max, TRIED_MAX)


@scenario(BATCHES, Ability.PAY_BATCH)
def a_full_batch_is_answered_item_by_item(trial: Trial) -> None:
    """As many payments as one message takes: each has an answer, each is executed."""
    items = [trial.payment(f"{n + 1}.00") for n in range(_most(trial))]
    said = trial.pay(*items)
    expect(len(said) in (0, len(items)), f"{len(said)} answers for {len(items)} payments")
    expect({one.fate for one in said} <= TAKEN, f"taken as { {str(o.fate) for o in said} }")
    told = trial.settled(*items)
    expect(len(told) == len(items), f"{len(told)} of {len(items)} are told")
    expect({one.fate for one in told.values()} == {Fate.SUCCEEDED}, "not all are executed")
    if trial.bench.steered:
        trial.paid_once(items)


@scenario(BATCHES, Ability.PAY_BATCH)
def one_more_than_a_batch_waits_its_turn(trial: Trial) -> None:
    """A payment above the bank's number goes into the next message."""
    most = trial.profile.items_max
    if most > 1000:
        raise Skipped("more than the platform ever sends")
    items = [trial.payment() for _ in range(most + 1)]
    chosen = trial.adapter.together(Batch(trial.batch_no(), items, Ability.PAY_BATCH))
    expect(0 < len(chosen) <= most, f"{len(chosen)} go into one message of {most}")


@scenario(BATCHES, Ability.PAY_BATCH)
def too_many_at_once_are_refused_before_they_leave(trial: Trial) -> None:
    """A batch that was not split is not sent in part: nothing leaves."""
    most = trial.profile.items_max
    if most > 1000:
        raise Skipped("more than the platform ever sends")
    items = [trial.payment() for _ in range(most + 1)]
    before = len(trial.exchanges)
    try:
        trial.adapter.pay(Batch(trial.batch_no(), items, Ability.PAY_BATCH))
    except Unencodable:
        expect(len(trial.exchanges) == before, "something left")
        return
    expect(False, "it was sent")


@scenario(BATCHES, Ability.PAY_BATCH)
def one_number_twice_in_a_batch_is_refused(trial: Trial) -> None:
    """Two payments under one number never leave together."""
    item = trial.payment()
    before = len(trial.exchanges)
    try:
        trial.adapter.pay(Batch(trial.batch_no(), [item, item], Ability.PAY_BATCH))
    except Unencodable:
        expect(len(trial.exchanges) == before, "something left")
        return
    expect(False, "it was sent")


@scenario(BATCHES, Ability.PAY_BATCH, steers=True)
def a_batch_with_one_bad_item(trial: Trial) -> None:
    """Whatever the bank does with the bad one, no good one is lost and the bad one is not paid."""
    good = [trial.at_home("21.21"), trial.at_home("22.22")]
    bad = trial.at_home("23.23", payee_name="错名公司")
    items = [good[0], bad, good[1]]
    trial.pay(*items)
    trial.wait(hours=1)
    told = trial.ask(*items)
    paid = trial.simulator.debits()
    expect(bad.reference not in paid, "the bad one was debited")
    for item in good:
        said = told[item.reference].fate if item.reference in told else Fate.UNKNOWN
        expect(
            (said is Fate.SUCCEEDED) == (item.reference in paid),
            f"a good one is {said} and {'was' if item.reference in paid else 'was not'} debited",
        )


@scenario(BATCHES, Ability.PAY_BATCH)
def more_questions_than_one_message_takes(trial: Trial) -> None:
    """Asked about more payments than one inquiry takes, all are answered for."""
    count = min(trial.profile.inquiry_items_max + 1, 60)
    items = [trial.payment("1.01") for _ in range(count)]
    trial.pay(*items)
    told = trial.settled(*items)
    expect(set(told) == {one.reference for one in items}, f"{len(told)} of {count} are told")


@scenario(BATCHES, Ability.PAYROLL, Ability.INQUIRE_PAYROLL, steers=True)
def a_payroll_ends_under_its_number(trial: Trial) -> None:
    """People paid together have one fate, under the number of their batch."""
    people = [
        trial.at_home(
            "100.00", payee_account=f"62250000000000{n:02d}", payee_name=f"员工{'甲乙丙'[n]}"
        )
        for n in range(3)
    ]
    batch = Batch(trial.batch_no(), people, Ability.PAYROLL)
    chosen = list(trial.adapter.together(batch))
    (taken,) = trial.adapter.pay(replace(batch, instructions=chosen))
    expect(taken.fate in TAKEN, f"taken as {taken.fate}")
    trial.wait(hours=1)
    (told,) = trial.adapter.inquire(
        [
            Inquiry(
                taken.reference,
                "",
                trial.day,
                Ability.PAYROLL,
                batch.batch_no,
                people[0].payer_account,
            )
        ]
    )
    expect(told.fate is Fate.SUCCEEDED, f"is {told.fate}")
