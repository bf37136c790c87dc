"""What each end of a conversation does to the payments of a batch."""

from __future__ import annotations

import socket
import threading

import pytest

from bankadapters.contract import Fate, Outcome
from bankadapters.errors import NotSent, OutcomeUnknown, Refused, Unencodable, Unreadable
from bankbridge import locks
from bankbridge.models import Exchange
from bankbridge.recorder import unpacked
from bankbridge.services import dispatch, inquiry
from kernel import clock, vault
from masterdata.models import Connection, OutboundGate
from payments.models import PaymentInstruction
from payments.services import instructions
from tests.bankbridge.scripted import ScriptedAdapter, a_line_to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def claim(world):
    """Two payments claimed for sending."""
    world.queue("10.00", "20.00")
    (found,) = instructions.claim_batches(connection_id=world.connection.pk, limit=1, lease_s=60)
    return found


def states():
    return set(PaymentInstruction.objects.values_list("state", flat=True))


def send(claim, answer):
    adapter = ScriptedAdapter(answer)
    went = dispatch.send(claim, a_line_to(adapter, claim.connection_id))
    return went, adapter


class TestSend:
    def test_sends_what_was_sealed(self, claim):
        _, adapter = send(claim, "accepted")

        (batch,) = adapter.batches
        assert batch.batch_no == claim.batch_no
        assert [item.money.amount for item in batch.instructions] == [10, 20]
        assert {item.payee_account for item in batch.instructions} == {"6217000010001234567"}
        assert states() == {"accepted"}

    def test_not_sent_hands_the_batch_back_with_a_pause(self, claim):
        went, _ = send(claim, NotSent("connection refused"))

        assert not went
        assert states() == {"queued"}
        waits = PaymentInstruction.objects.values_list("not_before", flat=True)
        assert all(moment > clock.now() for moment in waits)

    def test_a_definitive_refusal_fails_every_item(self, claim):
        send(claim, Refused("户名不符", code="S999"))

        assert states() == {"failed"}
        assert set(PaymentInstruction.objects.values_list("bank_code", flat=True)) == {"S999"}

    @pytest.mark.parametrize(
        "surprise",
        [OutcomeUnknown("reset"), Unreadable("garbage"), TimeoutError(), ValueError("bug")],
        ids=lambda error: type(error).__name__,
    )
    def test_every_surprise_after_the_first_byte_means_unknown(self, claim, surprise):
        went, _ = send(claim, surprise)

        assert went
        assert states() == {"unknown"}
        assert not PaymentInstruction.objects.filter(next_inquiry_at=None).exists()

    def test_an_item_the_bank_did_not_mention_is_unknown(self, claim):
        send(claim, lambda items: [Outcome(items[0].reference, Fate.ACCEPTED)])

        assert sorted(PaymentInstruction.objects.values_list("state", flat=True)) == [
            "accepted",
            "unknown",
        ]

    def test_what_does_not_fit_into_one_message_goes_back_and_comes_in_a_batch_of_its_own(
        self, claim
    ):
        class OneByOne(ScriptedAdapter):
            def together(self, batch):
                return batch.instructions[:1]

        adapter = OneByOne("accepted")
        dispatch.send(claim, a_line_to(adapter, claim.connection_id))
        after = dict(PaymentInstruction.objects.values_list("order__amount", "state"))
        with clock.fixed(clock.now()) as later:
            later.advance(seconds=30)
            (second,) = instructions.claim_batches(
                connection_id=claim.connection_id, limit=1, lease_s=60
            )
            dispatch.send(second, a_line_to(adapter, claim.connection_id))

        assert {f"{amount:.0f}": state for amount, state in after.items()} == {
            "10": "accepted",
            "20": "queued",
        }
        assert [len(batch.instructions) for batch in adapter.batches] == [1, 1]
        assert states() == {"accepted"}

    def test_payments_that_fit_alone_but_not_together_were_not_sent(self, claim):
        class Contradicting(ScriptedAdapter):
            def write(self, request):
                return b""

        went = dispatch.send(
            claim,
            a_line_to(
                Contradicting(Unencodable("not together", field="items")), claim.connection_id
            ),
        )

        assert not went
        assert states() == {"queued"}

    def test_a_stale_claim_changes_nothing(self, claim):
        with clock.fixed(clock.now()) as late:
            late.advance(seconds=120)
            assert inquiry.reap() == 2

        send(claim, "succeeded")

        assert states() == {"unknown"}


class TestTick:
    def test_nobody_listening_leaves_everything_queued(self, world):
        world.queue("10.00")

        dispatch.tick()

        assert states() == {"queued"}
        assert Exchange.objects.get().result == "not_sent"

    def test_a_closed_gate_sends_nothing(self, world):
        world.queue("10.00")
        OutboundGate.objects.update(is_open=False)

        assert dispatch.tick() == 0
        assert not Exchange.objects.exists()

    def test_a_frozen_connection_sends_nothing(self, world):
        world.queue("10.00")
        Connection.objects.update(is_frozen=True)

        assert dispatch.tick() == 0
        assert states() == {"queued"}

    def test_a_live_connection_is_out_of_reach_for_a_test_process(self, world):
        world.queue("10.00")
        Connection.objects.update(channel="live")

        assert dispatch.tick() == 0
        assert not Exchange.objects.exists()

    def test_lines_are_counted_over_all_processes(self, world):
        world.queue("10.00")
        Connection.objects.update(parallel_max=2)

        slot = world.connection.pk * locks.LINES_MAX
        with (
            locks.held(locks.LINE, slot, wait_s=5),
            locks.held(locks.LINE, slot + 1, wait_s=5),
        ):
            assert dispatch.tick() == 0
            assert not Exchange.objects.exists()
        dispatch.tick()

        assert Exchange.objects.exists()

    def test_twenty_ticks_at_once_send_each_payment_once(self, world, bank):
        simulator = bank("--no-delays")
        world.reach(simulator.url)
        sent = world.queue(*["1.00"] * 120)
        threads = [threading.Thread(target=dispatch.tick) for _ in range(6)]

        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert set(simulator.debits()) == {one.bank_ref for one in sent}
        assert states() == {"accepted"}


class TestReap:
    def test_an_expired_lease_becomes_unknown_and_is_asked_about(self, claim):
        assert inquiry.reap() == 0

        with clock.fixed(clock.now()) as later:
            later.advance(seconds=61)
            assert inquiry.reap() == 2

        assert states() == {"unknown"}
        assert not PaymentInstruction.objects.filter(next_inquiry_at=None).exists()


class TestEvidence:
    def test_the_request_is_committed_before_the_first_byte_arrives(self, world, django_db_blocker):
        """A bank that looks into our database the moment somebody connects, and then hangs up."""
        seen: list[tuple[str, int]] = []
        listener = socket.create_server(("127.0.0.1", 0))

        def serve():
            from django.db import connection

            peer, _ = listener.accept()
            with django_db_blocker.unblock():
                seen.extend(Exchange.objects.values_list("result", "request_bytes"))
                connection.close()
            peer.close()

        thread = threading.Thread(target=serve)
        thread.start()
        world.reach(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        world.queue("10.00")

        dispatch.tick()
        thread.join()
        listener.close()

        assert len(seen) == 1
        assert seen[0][0] == "open"
        assert seen[0][1] > 100
        row = Exchange.objects.get()
        assert (row.result, row.answer) == ("lost", None)

    def test_bytes_are_kept_encrypted_and_without_secrets(self, world, bank):
        simulator = bank("--no-delays")
        world.reach(simulator.url)
        world.queue("10.00")

        dispatch.tick()

        for row in Exchange.objects.all():
            assert b"bocb2e" not in bytes(row.request)
            plain = unpacked(
                vault.ring().decrypt(bytes(row.request), aad=f"exchange:{row.key}:request")
            )
            assert b"<bocb2e" in plain
            assert b"secret" not in plain
            assert row.answer_bytes > 0
            assert row.result == "answered"
        subjects = set(Exchange.objects.values_list("subject_kind", flat=True))
        assert subjects == {"payments.batch"}
