"""What is said of a batch stays in the trail of each payment in it."""

from __future__ import annotations

from masterdata.selectors import system_scope
from payments import trail
from payments.services import instructions
from tests.build_payments import answer, claim, released, say


def test_a_payment_reads_its_own_lines_in_every_batch_it_went_in(world, frozen_clock):
    row, other = released(world), released(world)
    instructions.hand_back(claim=claim(world), why="DNS")
    frozen_clock.advance(seconds=5)
    second = claim(world)
    instructions.record_outcomes(claim=second, outcomes=[say(row, "accepted", bank_serial="S1")])
    row.refresh_from_db()
    answer(row, "succeeded")

    told = trail.of_instruction(row, scope=system_scope())
    other.refresh_from_db()
    others = trail.of_instruction(other, scope=system_scope())

    assert [(one.event.removeprefix("payments."), one.after.get("state")) for one in told] == [
        ("batch.claimed", "sending"),
        ("instruction.handed_back", "queued"),
        ("batch.claimed", "sending"),
        ("batch.answered", "accepted"),
        ("batch.inquired", "succeeded"),
    ]
    assert told[3].after["bank_serial"] == "S1"
    assert others[-1].why == "银行应答未包含此笔"
