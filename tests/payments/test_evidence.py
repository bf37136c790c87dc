"""What the statement says of our payments, and what only two people settle."""

from __future__ import annotations

import pytest

from desk.models import ExceptionCase
from masterdata.models import OwnAccount
from payments.models import DebitTie
from payments.services import evidence
from statements import services as statements
from tests.build_payments import answer, fresh, sent
from tests.statements.rows import a_line


def _book(world, row, *, amount=None, direction="debit", serial="S1", reference=None, account=""):
    recorded = statements.record_entries(
        account_id=world.account.pk,
        lines=[
            a_line(
                serial,
                str(amount or row.amount),
                direction=direction,
                reference=row.bank_ref if reference is None else reference,
                counterparty_account=account or world.payee_number,
            )
        ],
        exchange_id=None,
    )
    return evidence.tie_entries(account_id=world.account.pk, entry_ids=recorded.new_ids)


class TestTieEntries:
    def test_r1_a_success_and_its_debit_are_matched(self, world):
        row = sent(world, "succeeded")

        made = _book(world, row)

        row.refresh_from_db()
        assert made == 1
        assert (row.state, row.recon_status) == ("succeeded", "matched")
        assert DebitTie.objects.get(instruction=row).rule == "R1"

    def test_r1_also_by_the_banks_serial(self, world):
        row = answer(sent(world, "accepted"), "succeeded", bank_serial="B77")

        assert _book(world, row, serial="B77", reference="", account="000") == 1

    @pytest.mark.parametrize("fate", ["", "accepted", "manual_handling"])
    def test_r3_an_open_payment_with_our_debit_succeeded(self, world, fate):
        row = sent(world, fate)

        _book(world, row)

        row.refresh_from_db()
        assert (row.state, fresh(row.order).shown_state) == ("succeeded", "succeeded")
        assert DebitTie.objects.get(instruction=row).rule == "R3"

    def test_r3_wants_our_reference_not_only_a_likeness(self, world):
        row = sent(world, "")

        assert _book(world, row, reference="") == 0

        row.refresh_from_db()
        assert row.state == "unknown"

    def test_r4_a_failure_with_a_debit_is_disputed_and_the_account_frozen(self, world):
        row = sent(world, "failed")

        _book(world, row)

        row.refresh_from_db()
        assert row.state == "disputed"
        assert OwnAccount.objects.get(pk=world.account.pk).is_frozen
        assert ExceptionCase.objects.filter(kind="payments.disputed", closed_at=None).exists()

    def test_r6_a_second_debit_is_an_incident(self, world):
        row = sent(world, "succeeded")
        _book(world, row, serial="S1")

        _book(world, row, serial="S2")

        row.refresh_from_db()
        assert row.recon_status == "exception"
        assert OwnAccount.objects.get(pk=world.account.pk).is_frozen

    def test_r7_another_amount_is_an_exception(self, world):
        row = sent(world, "accepted")

        _book(world, row, amount=row.amount + 1)

        row.refresh_from_db()
        assert (row.state, row.recon_status) == ("accepted", "exception")

    def test_r8_our_own_reference_coming_back_is_a_return(self, world):
        row = sent(world, "succeeded")
        _book(world, row)

        _book(world, row, direction="credit", serial="S9")

        row.refresh_from_db()
        assert (row.state, fresh(row.order).shown_state) == ("returned", "returned")

    def test_r8_a_likeness_is_a_candidate_only(self, world):
        row = sent(world, "succeeded")

        _book(world, row, direction="credit", serial="S9", reference="")

        row.refresh_from_db()
        assert row.state == "succeeded"
        assert ExceptionCase.objects.filter(kind="payments.return_candidate").count() == 1

    def test_an_entry_seen_twice_is_tied_once(self, world):
        row = sent(world, "succeeded")
        _book(world, row)
        entry = DebitTie.objects.get().entry_id

        assert evidence.tie_entries(account_id=world.account.pk, entry_ids=[entry]) == 0
        assert DebitTie.objects.count() == 1

    def test_a_stranger_with_the_same_amount_stays_alone(self, world):
        row = sent(world, "succeeded")

        assert _book(world, row, reference="", account="9999999999") == 0


class TestAFailureAnsweredAgainstTheStatement:
    def test_is_not_believed(self, world):
        row = sent(world, "accepted")
        statements.record_entries(
            account_id=world.account.pk,
            lines=[a_line("S1", str(row.amount), reference=row.bank_ref)],
            exchange_id=None,
        )

        row = answer(row, "failed")

        assert row.state == "accepted"
        assert ExceptionCase.objects.filter(kind="payments.failed_with_debit").count() == 1
