"""From the queue to the bank and back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from audit.models import Entry
from desk.models import ExceptionCase
from kernel import clock
from kernel.references import is_reference
from masterdata.models import BankProfile, OwnAccount
from payments.models import Batch
from payments.outcomes import ReportedOutcome
from payments.services import instructions
from statements import services as statements
from tests.build_payments import (
    answer,
    claim,
    fresh,
    released,
    say,
    sent,
)


def _by_hand(sql: str, *values: object) -> None:
    """What a person with the database's password can do: triggers off, row changed."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = origin")


class TestClaimBatches:
    def test_writes_sending_batch_and_lease_before_anything_leaves(self, world, frozen_clock):
        row = released(world, amount=Decimal("123.45"))

        batch = claim(world, lease_s=90)

        row.refresh_from_db()
        stored = Batch.objects.get(pk=batch.batch_id)
        assert (row.state, row.fence, row.batch_id) == ("sending", 1, stored.pk)
        assert row.lease_until == frozen_clock.moment + timedelta(seconds=90)
        assert (stored.item_count, stored.amount) == (1, Decimal("123.45"))
        assert fresh(row.order).shown_state == "sending"
        (sealed,) = batch.instructions
        assert (sealed.bank_ref, sealed.amount, sealed.payee_account) == (
            row.bank_ref,
            Decimal("123.45"),
            world.payee_number,
        )
        assert len(row.instr_no) == 12
        assert is_reference(row.instr_no)

    def test_never_claims_twice(self, world):
        released(world)
        claim(world)

        assert (
            instructions.claim_batches(connection_id=world.connection.pk, limit=5, lease_s=60) == []
        )

    def test_splits_by_the_banks_own_limit(self, world):
        BankProfile.objects.update(items_max=2)
        for _ in range(5):
            released(world)

        batches = instructions.claim_batches(
            connection_id=world.connection.pk, limit=10, lease_s=60
        )

        assert [len(one.instructions) for one in batches] == [2, 2, 1]

    @pytest.mark.parametrize("stop", ["gate", "account", "connection", "switch"])
    def test_claims_nothing_while_stopped(self, world, stop):
        from masterdata.models import OutboundGate

        released(world)
        if stop == "gate":
            OutboundGate.objects.update(is_open=False)
        elif stop == "connection":
            world.connection.is_frozen = True
            world.connection.save()
        else:
            OwnAccount.objects.update(
                **{"is_frozen": True} if stop == "account" else {"is_direct_link": False}
            )

        assert (
            instructions.claim_batches(connection_id=world.connection.pk, limit=1, lease_s=60) == []
        )

    @pytest.mark.parametrize(
        ("table", "change"),
        [
            ("payments_paymentorder", "payee_number = '6222000666'"),
            ("payments_paymentorder", "payee_name = '别人有限公司'"),
            ("payments_paymentorder", "amount = amount + 7000"),
            ("payments_paymentorder", "content_hash = repeat('0', 64)"),
            ("payments_paymentinstruction", "currency = 'USD'"),
            ("payments_paymentinstruction", "bank_ref = 'Y00000000000'"),
            ("payments_paymentinstruction", "sealed = sealed || '\\x00'::bytea"),
            ("payments_paymentinstruction", "seal = repeat('0', 64)"),
            ("masterdata_ownaccount", "number = '320766254502'"),
        ],
    )
    def test_a_row_altered_by_hand_is_held_with_an_alarm_and_never_sent(self, world, table, change):
        row = released(world)
        good = released(world) if table != "masterdata_ownaccount" else None
        ids = {
            "payments_paymentorder": row.order_id,
            "payments_paymentinstruction": row.pk,
            "masterdata_ownaccount": world.account.pk,
        }
        _by_hand(f"UPDATE {table} SET {change} WHERE id = %s", ids[table])

        batches = instructions.claim_batches(connection_id=world.connection.pk, limit=5, lease_s=60)

        row.refresh_from_db()
        sent_ids = [one.instruction_id for batch in batches for one in batch.instructions]
        assert row.state == "held"
        assert sent_ids == ([good.pk] if good else [])
        assert Entry.objects.filter(
            event="payments.instruction.seal_broken", subject_id=str(row.pk)
        ).exists()
        assert (
            ExceptionCase.objects.filter(kind="payments.seal_broken", closed_at=None).count() == 1
        )


class TestRecordOutcomes:
    @pytest.mark.parametrize(
        ("fate", "state"),
        [
            ("accepted", "accepted"),
            ("processing", "accepted"),
            ("manual_handling", "manual_handling"),
            ("succeeded", "succeeded"),
            ("failed", "failed"),
            ("returned", "returned"),
            ("unknown", "unknown"),
            ("一个新词", "unknown"),
            ("", "unknown"),
        ],
    )
    def test_a_fate_becomes_a_state_and_the_order_shows_it(self, world, fate, state):
        row = sent(world, fate)

        assert row.state == state
        assert fresh(row.order).shown_state == state
        assert (row.final_at is not None) == (state in ("succeeded", "failed", "returned"))
        assert (row.next_inquiry_at is not None) == (
            state in ("accepted", "manual_handling", "unknown")
        )

    def test_a_wrong_echo_is_unknown_with_an_alarm(self, world):
        row = released(world)
        batch = claim(world)

        instructions.record_outcomes(
            claim=batch, outcomes=[say(row, "succeeded", amount=Decimal("1.00"))]
        )

        row.refresh_from_db()
        assert row.state == "unknown"
        assert ExceptionCase.objects.filter(kind="payments.wrong_echo").count() == 1

    def test_two_words_on_one_item_are_no_word(self, world):
        row = released(world)
        batch = claim(world)

        instructions.record_outcomes(
            claim=batch, outcomes=[say(row, "succeeded"), say(row, "failed")]
        )

        row.refresh_from_db()
        assert row.state == "unknown"

    def test_a_stale_claim_changes_nothing(self, world, frozen_clock):
        row = released(world)
        batch = claim(world)
        frozen_clock.advance(seconds=61)
        assert instructions.reap(now=clock.now()) == 1

        assert instructions.record_outcomes(claim=batch, outcomes=[say(row, "succeeded")]) == 0
        assert instructions.hand_back(claim=batch, why="late") == 0
        assert instructions.lose(claim=batch, why="late") == 0

        row.refresh_from_db()
        assert (row.state, row.fence) == ("unknown", 2)

    def test_a_claim_of_an_earlier_attempt_is_stale_too(self, world, frozen_clock):
        row = released(world)
        first = claim(world)
        instructions.hand_back(claim=first, why="connection refused")
        frozen_clock.advance(minutes=10)
        second = claim(world)

        assert instructions.record_outcomes(claim=first, outcomes=[say(row, "failed")]) == 0
        assert instructions.record_outcomes(claim=second, outcomes=[say(row, "accepted")]) == 1

        row.refresh_from_db()
        assert (row.state, row.fence, row.send_attempts) == ("accepted", 2, 2)

    def test_handed_back_goes_out_again_under_the_same_number_after_a_pause(
        self, world, frozen_clock
    ):
        row = released(world)
        number = row.bank_ref
        instructions.hand_back(claim=claim(world), why="DNS")

        assert (
            instructions.claim_batches(connection_id=world.connection.pk, limit=1, lease_s=60) == []
        )
        frozen_clock.advance(seconds=5)
        again = claim(world)

        assert again.instructions[0].bank_ref == number


class TestReap:
    def test_leaves_a_living_lease_alone(self, world, frozen_clock):
        released(world)
        claim(world, lease_s=60)
        frozen_clock.advance(seconds=59)

        assert instructions.reap(now=clock.now()) == 0


class TestInquiries:
    def test_backs_off_after_accepted_and_never_stops(self, world, frozen_clock):
        row = sent(world, "accepted")
        start, at = frozen_clock.moment, []

        for _ in range(13):
            row.refresh_from_db()
            frozen_clock.moment = row.next_inquiry_at
            (due,) = instructions.due_inquiries(connection_id=row.connection_id, limit=10)
            at.append(round((frozen_clock.moment - start).total_seconds()))
            answer(row, "processing")

        gaps = [b - a for a, b in zip([0, *at], at, strict=False)]
        assert gaps == [1, 2, 5, 10, 30, 60, 120, 300, 900, 900, 3600, 3600, 3600]
        assert due.bank_ref == row.bank_ref

    def test_never_asks_below_the_banks_interval(self, world, frozen_clock):
        BankProfile.objects.update(min_inquiry_interval_s=900)
        row = sent(world, "accepted")
        frozen_clock.advance(seconds=2)
        instructions.due_inquiries(connection_id=row.connection_id, limit=10)

        frozen_clock.advance(seconds=899)
        assert instructions.due_inquiries(connection_id=row.connection_id, limit=10) == []
        frozen_clock.advance(seconds=1)
        assert len(instructions.due_inquiries(connection_id=row.connection_id, limit=10)) == 1

    def test_a_late_older_answer_never_lowers_the_rank(self, world):
        row = sent(world, "accepted")
        answer(row, "succeeded")

        for fate in ("processing", "accepted", "manual_handling", "unknown"):
            assert answer(row, fate).state == "succeeded"

    def test_a_contradiction_is_disputed_and_freezes_the_account(self, world):
        row = sent(world, "succeeded")

        assert answer(row, "failed").state == "disputed"
        assert OwnAccount.objects.get(pk=world.account.pk).is_frozen

    def test_not_found_thrice_a_quarter_apart_asks_for_two_people_and_fails_nothing(
        self, world, frozen_clock
    ):
        row = sent(world, "")
        for _ in range(6):
            frozen_clock.advance(minutes=8)
            answer(row, "unknown", not_found=True)

        assert (row.state, row.not_found_count) == ("unknown", 3)
        assert ExceptionCase.objects.filter(kind="payments.not_found", closed_at=None).count() == 1

    def test_not_found_is_final_only_where_the_bank_says_so(self, world, frozen_clock):
        BankProfile.objects.update(not_found_is_final=True)
        row = sent(world, "")
        for _ in range(3):
            frozen_clock.advance(minutes=15)
            answer(row, "unknown", not_found=True)

        assert row.state == "unknown"  # no statement was seen since: silence proves nothing

        statements.close_day(account_id=world.account.pk, day=clock.today())
        frozen_clock.advance(minutes=15)
        answer(row, "unknown", not_found=True)

        assert row.state == "failed"

    def test_age_rings_at_half_an_hour_four_hours_and_a_day(self, world, frozen_clock):
        row = sent(world, "")
        rung = []
        for hours in (0.4, 0.2, 4, 21):
            frozen_clock.advance(hours=hours)
            instructions.due_inquiries(connection_id=row.connection_id, limit=5)
            row.refresh_from_db()
            rung.append(row.age_alarm)

        assert rung == [0, 1, 2, 3]

    def test_another_connections_answer_is_not_ours(self, world):
        row = sent(world, "accepted")
        from tests.build_payments import asked

        instructions.record_inquiry(
            connection_id=row.connection_id + 1,
            outcomes=[ReportedOutcome(bank_ref=row.bank_ref, fate="succeeded")],
            asked=[asked(row)],
        )

        row.refresh_from_db()
        assert row.state == "accepted"
