"""An adapter that follows a script: outcomes, or an exception to raise."""

from __future__ import annotations

from bankadapters.contract import Ability, BankAdapter, Fate, Outcome, Profile
from bankbridge.adapters import Line
from bankbridge.recorder import ExchangeRecorder


class ScriptedAdapter(BankAdapter):
    """Answers every item with one fate, or raises what the script says."""

    profile = Profile(
        slug="scripted",
        name_zh="脚本银行",
        name_en="Scripted",
        cnaps_prefix="104",
        items_max=100,
        inquiry_items_max=50,
    )
    abilities = frozenset({Ability.PAY_BATCH, Ability.INQUIRE})

    def __init__(self, answer):
        self.answer = answer
        self.batches = []
        self.asked = []

    def pay(self, batch):
        self.batches.append(batch)
        return self._said(batch.instructions)

    def inquire(self, inquiries):
        self.asked.append(inquiries)
        return self._said(inquiries)

    def _said(self, items):
        if isinstance(self.answer, Exception):
            raise self.answer
        if callable(self.answer):
            return self.answer(items)
        return [Outcome(item.reference, Fate(self.answer), bank_serial="900") for item in items]


def a_line_to(adapter, connection_id):
    """The adapter with a recorder, as dispatch wants it."""
    return Line(adapter, ExchangeRecorder(connection_id))
