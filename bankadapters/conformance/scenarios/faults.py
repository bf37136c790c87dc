"""Faults of the other side: whatever it does, its own books and our words agree, and nothing is paid twice."""

from __future__ import annotations

from bankadapters.conformance.scenario import SCENARIOS, Scenario, expect
from bankadapters.conformance.trial import FINAL, Trial
from bankadapters.contract import Fate
from bankadapters.errors import BankError

FAULTS = "Faults"
ABOUT = {
    "drop_before_booking": "The line is cut before anything is booked.",
    "drop_after_booking": "Booked, then cut without an answer.",
    "slow": "Answers that take their time.",
    "truncated": "Half an answer.",
    "garbage": "Answers that are not the protocol's.",
    "wrong_encoding": "Answers in another encoding than they declare.",
    "http_500": "Server errors, with or without booking.",
    "unknown_codes": "Item codes that no document lists.",
    "not_found_first": "A booked payment is not known at first.",
    "duplicate_answers": "One item answered twice.",
    "missing_items": "An item absent from the answer.",
    "wrong_echo": "An item answered under another number.",
    "regress": "On its way again after it had succeeded.",
    "late_returns": "Money that comes back hours later.",
    "mixed": "A bit of everything.",
    "quirks": "Every oddity seen in real answers.",
    "fees": "Fees in rows of their own.",
}


def _suffer(trial: Trial) -> None:
    items = [trial.payment(f"{n + 1}.0{n}") for n in range(8)]
    for item in items:
        try:
            said = trial.pay(item)
        except BankError:
            continue
        early = [str(one.fate) for one in said if one.fate in FINAL]
        expect(not early, f"final at once: {early}")
    told: dict[str, Fate] = {}
    for _ in range(14):
        trial.wait(minutes=5)
        for item in items:
            try:
                answer = trial.ask(item)
            except BankError:
                continue
            told |= {ref: one.fate for ref, one in answer.items() if one.fate in FINAL}
    debits = trial.simulator.debits()
    ours = {one.reference: debits[one.reference] for one in items if one.reference in debits}
    twice = [ref for ref, amounts in ours.items() if len(amounts) != 1]
    expect(not twice, f"debited more than once: {twice}")
    wrong = {ref: str(fate) for ref, fate in told.items() if fate is Fate.FAILED}
    expect(not wrong, f"called failed without being it: {wrong}")
    expect(set(told) == set(ours), f"told final {sorted(told)}, debited {sorted(ours)}")


SCENARIOS.extend(
    Scenario(f"suffers_{name}", FAULTS, about, _suffer, steers=True, faults=name)
    for name, about in ABOUT.items()
)
