"""Sessions: opened once, renewed when refused, closed."""

from __future__ import annotations

from bankadapters.conformance.scenario import Skipped, expect, scenario
from bankadapters.conformance.trial import TAKEN, Trial
from bankadapters.contract import Ability
from bankadapters.errors import NotSent

SESSIONS = "Sessions"


@scenario(SESSIONS, Ability.SIGN_ON)
def signs_on(trial: Trial) -> None:
    """The bank lets us in with the connection's credentials."""
    trial.adapter.sign_on()


@scenario(SESSIONS, Ability.SIGN_ON)
def one_session_serves_many_messages(trial: Trial) -> None:
    """Three questions in a row need one sign-on at most."""
    for _ in range(3):
        trial.book()
    operations = [one.operation for one in trial.exchanges]
    expect(len(operations) <= 4, f"{len(operations)} messages for three questions: {operations}")


@scenario(SESSIONS, Ability.SIGN_OFF)
def signs_off_and_on_again(trial: Trial) -> None:
    """After signing off the next question opens a new session by itself."""
    trial.adapter.sign_on()
    trial.adapter.sign_off()
    trial.book()


@scenario(SESSIONS, Ability.SIGN_ON, steers=True)
def a_new_day_opens_its_own_session(trial: Trial) -> None:
    """Yesterday's session is renewed before or when the bank refuses it; the payment goes out once."""
    trial.book()
    trial.wait(days=1)
    item = trial.payment()
    said = trial.pay(item)
    expect({one.fate for one in said} <= TAKEN, f"answered {[str(o.fate) for o in said]}")
    trial.settled(item)
    trial.paid_once([item])


@scenario(SESSIONS, faults="token_expiry", steers=True)
def a_lost_session_never_pays_twice(trial: Trial) -> None:
    """Sessions refused in the middle of the work: every payment stands once in the bank's ledger."""
    if Ability.SIGN_ON not in trial.adapter.abilities:
        raise Skipped("no sessions")
    items = [trial.payment() for _ in range(6)]
    for item in items:
        for _ in range(
            3
        ):  # turned away twice running it was not sent, and goes out again with its number
            try:
                trial.pay(item)
                break
            except NotSent:
                trial.wait(minutes=1)
    trial.settled(*items)
    trial.paid_once(items)
