"""What the statement says of our payments, and what only two people settle."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from desk.models import ExceptionCase
from kernel.errors import Conflict, InvalidInput, NotAllowed
from masterdata.models import OwnAccount
from payments.models import Adjudication, DebitTie
from payments.services import evidence
from statements import services as statements
from tests.build_payments import a_person, answer, fresh, sent
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


class TestAdjudication:
    def _propose(self, world, row, **changes):
        values = {
            "verdict": "failed",
            "reason": "银行书面回复未入账",
            "branch_call": "10:05 江阴支行王经理",
            "actor": world["treasurer"],
        }
        return evidence.propose_adjudication(instruction_id=row.pk, **(values | changes))

    def _decide(self, document, actor, *, agree=True):
        return evidence.decide_adjudication(
            adjudication_id=document.pk,
            version=document.version,
            agree=agree,
            actor=actor,
            note="已核对",
        )

    def test_two_people_settle_an_unknown(self, world):
        row = sent(world, "")
        document = self._propose(world, row, evidence_file=b"letter", evidence_name="回复.pdf")

        self._decide(document, world["treasurer2"])

        row.refresh_from_db()
        assert (row.state, fresh(row.order).shown_state) == ("failed", "failed")
        assert b"letter" not in bytes(Adjudication.objects.get().evidence_file)

    def test_the_same_person_is_not_two(self, world):
        row = sent(world, "")
        document = self._propose(world, row)
        twin = a_person(
            "twin", person=world["treasurer"].person_key, role="treasurer", company=world.company
        )

        with pytest.raises(NotAllowed):
            self._decide(document, twin)

        row.refresh_from_db()
        assert row.state == "unknown"

    def test_the_database_refuses_one_user_in_both_roles(self, world):
        document = self._propose(world, sent(world, ""))

        with pytest.raises(IntegrityError), transaction.atomic():
            Adjudication.objects.filter(pk=document.pk).update(decided_by=world["treasurer"])

    def test_a_refusal_leaves_the_state(self, world):
        row = sent(world, "")

        self._decide(self._propose(world, row), world["treasurer2"], agree=False)

        row.refresh_from_db()
        assert row.state == "unknown"

    def test_the_statement_wins_over_both(self, world):
        row = sent(world, "")
        document = self._propose(world, row)
        statements.record_entries(
            account_id=world.account.pk,
            lines=[a_line("S1", str(row.amount), reference=row.bank_ref)],
            exchange_id=None,
        )

        with pytest.raises(Conflict) as caught:
            self._decide(document, world["treasurer2"])

        assert caught.value.code == "debit_seen"

    def test_a_failure_wants_the_call_to_the_branch(self, world):
        with pytest.raises(InvalidInput):
            self._propose(world, sent(world, ""), branch_call="")

    @pytest.mark.parametrize("fate", ["accepted", "failed"])
    def test_what_is_certain_or_open_is_not_adjudicated(self, world, fate):
        with pytest.raises(Conflict):
            self._propose(world, sent(world, fate))

    @pytest.mark.parametrize("verdict", ["succeeded", "failed", "returned"])
    def test_a_dispute_ends_by_two_people(self, world, verdict):
        row = sent(world, "succeeded", amount=Decimal("71.00"))
        row = answer(row, "failed")

        self._decide(self._propose(world, row, verdict=verdict), world["treasurer2"])

        row.refresh_from_db()
        assert row.state == verdict
