"""What happens when evidence about an old attempt comes after a new one was released."""

from __future__ import annotations

import pytest

from desk.models import ExceptionCase
from kernel import clock
from masterdata.models import OwnAccount
from payments.models import DebitTie, PaymentInstruction
from payments.services import evidence, instructions, orders
from statements import services as statements
from tests.build_payments import act, answer, claim, fresh, sent
from tests.statements.rows import a_line


def _again(world, first):
    """Released anew after the first attempt failed: by everybody, as #18 wants it."""
    order = fresh(first.order)
    statements.close_day(account_id=world.account.pk, day=clock.today())
    orders.reissue_order(
        order_id=order.pk, version=order.version, actor=world["maker"], why="银行确认未付"
    )
    act("check", order, world["checker"])
    return act("release", order, world["releaser"])


def _told(world, row, serial="S1", **more):
    recorded = statements.record_entries(
        account_id=world.account.pk,
        lines=[a_line(serial, str(row.amount), reference=row.bank_ref, **more)],
        exchange_id=None,
    )
    return [*recorded.new_ids, *recorded.amended_ids]


class TestALateDebitOfAFailedAttempt:
    def test_freezes_the_account_before_the_second_attempt_leaves(self, world):
        first = sent(world, "failed")
        second = _again(world, first)

        made = evidence.tie_entries(account_id=world.account.pk, entry_ids=_told(world, first))

        first.refresh_from_db()
        assert made == 1
        assert (first.state, first.recon_status) == ("failed", "exception")
        assert DebitTie.objects.get().instruction_id == first.pk
        assert OwnAccount.objects.get(pk=world.account.pk).is_frozen
        assert ExceptionCase.objects.filter(
            kind="payments.instruction.paid_twice", closed_at=None
        ).exists()
        assert (
            instructions.claim_batches(connection_id=second.connection_id, limit=1, lease_s=9) == []
        )

    def test_does_not_keep_other_entries_from_being_tied(self, world):
        first = sent(world, "failed")
        _again(world, first)
        other = sent(world, "accepted")
        ids = [*_told(world, first), *_told(world, other, serial="S2")]

        evidence.tie_entries(account_id=world.account.pk, entry_ids=ids)

        other.refresh_from_db()
        assert other.state == "succeeded"

    @pytest.mark.parametrize("fate", ["succeeded", "returned"])
    def test_a_contradicting_answer_is_kept_as_an_incident(self, world, fate):
        first = sent(world, "failed")
        second = _again(world, first)

        answer(first, fate)

        assert PaymentInstruction.objects.get(pk=first.pk).state == "failed"
        assert PaymentInstruction.objects.get(pk=second.pk).state == "queued"
        assert OwnAccount.objects.get(pk=world.account.pk).is_frozen


class TestAnAmendedEntry:
    def test_is_no_second_debit(self, world):
        row = sent(world, "succeeded")
        evidence.tie_entries(account_id=world.account.pk, entry_ids=_told(world, row))
        amended = _told(world, row, narrative="银行更正摘要")

        evidence.tie_entries(account_id=world.account.pk, entry_ids=amended)

        row.refresh_from_db()
        assert row.recon_status == "matched"
        assert not OwnAccount.objects.get(pk=world.account.pk).is_frozen

    def test_that_replaced_another_before_it_was_tied_counts_once(self, world):
        row = sent(world, "succeeded")
        both = [*_told(world, row), *_told(world, row, narrative="银行更正摘要")]

        made = evidence.tie_entries(account_id=world.account.pk, entry_ids=both)

        assert made == 1
        assert DebitTie.objects.get().entry_id == both[1]


def test_a_batch_claimed_for_both_is_one(world):
    first = sent(world, "failed")
    second = _again(world, first)

    batch = claim(world)

    assert [item.instruction_id for item in batch.instructions] == [second.pk]
