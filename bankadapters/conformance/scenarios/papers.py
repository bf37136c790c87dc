"""Electronic receipts (电子回单)."""

from __future__ import annotations

from bankadapters.conformance.scenario import expect, scenario
from bankadapters.conformance.trial import Trial
from bankadapters.contract import Ability, ReceiptFound
from bankadapters.errors import BankError

PAPERS = "Receipts"


def _of_the_day(trial: Trial) -> list[ReceiptFound]:
    """Today's receipts, a day later where the bank makes them overnight or on demand."""
    for _ in range(4):
        try:
            found = trial.adapter.receipts(trial.bench.own[0].ref, trial.day, trial.day)
        except BankError:
            found = []
        if found:
            return list(found)
        trial.wait(days=1)
    return []


@scenario(PAPERS, Ability.RECEIPT_LIST, steers=True)
def a_payments_receipt_is_listed(trial: Trial) -> None:
    """A payment that was executed has its receipt, for its amount."""
    item = trial.payment("41.41")
    trial.pay(item)
    trial.settled(item)
    found = _of_the_day(trial)
    expect(len(found) == 1, f"{len(found)} receipts")
    expect(found[0].money in (None, item.money), f"for {found[0].money}")


@scenario(PAPERS, Ability.RECEIPT_LIST, steers=True)
def a_day_without_payments_has_no_receipts(trial: Trial) -> None:
    """Nothing paid, nothing listed: empty, or the bank's words for it."""
    try:
        found = trial.adapter.receipts(trial.bench.own[1].ref, trial.day, trial.day)
    except BankError:
        return
    told = [
        one for one in found if one.money is not None
    ]  # a bank that packs a day tells a file all the same
    expect(not told, f"{len(told)} receipts")


@scenario(PAPERS, Ability.RECEIPT_LIST, Ability.RECEIPT_FILE, steers=True)
def a_receipts_file_comes_whole(trial: Trial) -> None:
    """The file of a receipt can be fetched, and twice the same."""
    item = trial.payment("42.42")
    trial.pay(item)
    trial.settled(item)
    (found,) = trial.adapter.receipts(trial.bench.own[0].ref, trial.day, trial.day)
    once, again = trial.adapter.receipt_file(found), trial.adapter.receipt_file(found)
    expect(bool(once), "the file is empty")
    expect(once == again, "the second time it is another file")
