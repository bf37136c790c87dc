"""Asking: only trustworthy answers move anything, and asking never stops."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bankadapters.contract import Fate, Outcome
from bankadapters.errors import NotSent, OutcomeUnknown, QueryFailed, Unreadable
from bankbridge.services import dispatch, inquiry
from kernel import clock
from payments.models import PaymentInstruction
from payments.services import inquiries, instructions
from tests.bankbridge.scripted import ScriptedAdapter, a_line_to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def due(world):
    """One payment whose fate is unknown and whose turn it is."""
    world.queue("10.00")
    (claim,) = instructions.claim_batches(connection_id=world.connection.pk, limit=1, lease_s=60)
    dispatch.send(claim, a_line_to(ScriptedAdapter(OutcomeUnknown("reset")), claim.connection_id))
    PaymentInstruction.objects.update(next_inquiry_at=clock.now() - timedelta(seconds=1))
    return inquiries.due_inquiries(connection_id=world.connection.pk, limit=10)


def ask(world, due, answer):
    adapter = ScriptedAdapter(answer)
    return inquiry.ask(world.connection.pk, due, a_line_to(adapter, world.connection.pk))


class TestAsk:
    def test_a_failed_question_changes_no_state_and_is_asked_again(self, world, due):
        for trouble in (
            QueryFailed("busy", code="B998"),
            Unreadable("half"),
            NotSent(""),
            OSError(),
        ):
            assert not ask(world, due, trouble)

            row = PaymentInstruction.objects.get()
            assert row.state == "unknown"
            assert row.next_inquiry_at > clock.now()

    def test_an_answer_moves_the_payment(self, world, due):
        assert ask(world, due, "succeeded")

        assert PaymentInstruction.objects.get().state == "succeeded"

    def test_not_found_is_no_failure(self, world, due):
        ask(
            world,
            due,
            lambda items: [Outcome(items[0].reference, Fate.UNKNOWN, not_found=True)],
        )

        row = PaymentInstruction.objects.get()
        assert (row.state, row.not_found_count) == ("unknown", 1)

    def test_an_answer_to_another_question_is_ignored(self, world, due):
        ask(world, due, lambda items: [Outcome("SOMEBODYELSE", Fate.SUCCEEDED)])

        assert PaymentInstruction.objects.get().state == "unknown"


class TestTick:
    @pytest.mark.parametrize(
        "fault",
        ["drop_before_booking", "drop_after_booking", "truncated", "garbage", "token_expiry"],
    )
    def test_whatever_the_wire_does_nothing_is_paid_twice_or_forgotten(self, world, bank, fault):
        simulator = bank("--no-delays", "--faults", fault, "--seed", "7")
        world.reach(simulator.url)
        for amount in range(1, 6):
            world.queue(f"{amount}.00")
            dispatch.tick()
        for _ in range(8):
            PaymentInstruction.objects.filter(state="queued").update(not_before=None)
            dispatch.tick()
            PaymentInstruction.objects.exclude(next_inquiry_at=None).update(
                next_inquiry_at=clock.now() - timedelta(seconds=1)
            )
            inquiry.tick()

        debits = simulator.debits()
        by_state: dict[str, set[str]] = {}
        for state, ref in PaymentInstruction.objects.values_list("state", "bank_ref"):
            by_state.setdefault(state, set()).add(ref)
        assert by_state.get("succeeded", set()) == set(debits)
        assert set(by_state) <= {"succeeded", "unknown"}
        lost = PaymentInstruction.objects.filter(state="unknown")
        assert not lost.filter(next_inquiry_at=None).exists()
