"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

from bankadapters.banks.spdb.adapter import SpdbAdapter
from bankadapters.contract import Ability, Fate
from bankadapters.errors import BankError
from bankadapters.testing import AdapterContract, MemoryRecorder
from bankadapters.transport import MemoryTransport
from tests.bankadapters.garbage import GarbageContract
from tests.bankadapters.spdb.values import (
    REFERENCE,
    SIGNED,
    a_batch,
    a_connection,
    asked,
    asking,
    golden,
    packet,
    rows,
    signed,
    stands,
    vouch,
)

TAKEN = signed(golden("pay_answer").replace(b"<transStatus>1<", b"<transStatus>A<"))


class TestSpdbAdapterContract(AdapterContract):
    """The suite's script is the business port's; the signature server answers beside it."""

    slug = "spdb"
    references = (REFERENCE,)
    secrets = ()

    def adapter(self, transport, recorder):
        hops = {
            "main": transport,
            "sign": MemoryTransport([SIGNED] * 9),
            "verify": MemoryTransport([vouch] * 9),
        }
        return SpdbAdapter(a_connection(), transport=hops, recorder=recorder)

    def batch(self):
        return a_batch()

    def dressed(self, document):
        return packet(document)

    def before_payment(self):
        return []

    def paid(self):
        return TAKEN

    def executed(self):
        return signed(rows(stands("4")))

    def test_evidence_is_kept_before_and_after_without_secrets(self):
        """Every hop is recorded twice, in order."""
        recorder = MemoryRecorder()
        self.adapter(MemoryTransport([TAKEN]), recorder).pay(self.batch())

        assert [(step, one.operation) for step, one in recorder.told] == [
            (step, hop) for hop in ("sign", "8801", "verify") for step in ("before", "after")
        ]

    def test_every_cut_answer_decides_nothing(self):
        whole = self.executed()
        for end in range(0, len(whole) - 1, 7):
            adapter, _ = asking(whole[:end])
            try:
                said = adapter.inquire(asked())
            except BankError:
                continue
            assert not any(o.fate in (Fate.SUCCEEDED, Fate.FAILED) for o in said), end

    def test_only_what_was_asked_is_reported(self):
        adapter, _ = asking(self.executed())

        assert adapter.inquire(asked(reference="SOMETHINGELSE")) == []


class TestGarbage(GarbageContract):
    answers = {
        Ability.BALANCE: signed(golden("balance_answer")),
        Ability.PAY: TAKEN,
        Ability.INQUIRE: signed(rows(stands("A"))),
    }
    may_fail_at_once = True

    def reader(self):
        return SpdbAdapter(a_connection())
