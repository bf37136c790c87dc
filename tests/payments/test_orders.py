"""The people's part: who may do what to an order, in services and in the database."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from approvals.matrix import KIND
from approvals.models import Case, Decision, Policy
from audit.models import Entry
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.orm import StaleVersion
from masterdata.models import OutboundGate
from masterdata.services import dated
from masterdata.services.dated import Proposal
from payments.models import PaymentInstruction, PaymentOrder
from payments.services import orders
from statements.models import LatestBalance
from tests.build import tell_balance
from tests.build_payments import (
    a_draft,
    a_payee,
    a_person,
    a_request,
    act,
    fresh,
    ready,
    released,
    submitted,
)
from tests.signing import by


class TestDraftOrder:
    def test_the_same_document_line_returns_the_order_it_became(self, world):
        request = a_request(world)

        first = orders.create_order(request=request, maker=world["maker"])
        again = orders.create_order(request=request, maker=world["maker"])

        assert first.pk == again.pk
        assert PaymentOrder.objects.count() == 1

    def test_the_same_document_line_with_other_content_is_a_conflict(self, world):
        request = a_request(world)
        orders.create_order(request=request, maker=world["maker"])

        with pytest.raises(Conflict) as caught:
            orders.create_order(
                request=a_request(world, erp_doc_no=request.erp_doc_no), maker=world["maker"]
            )

        assert caught.value.code == "erp_key_taken"

    def test_a_voided_line_may_come_again_and_names_what_it_replaces(self, world):
        request = a_request(world)
        old = orders.create_order(request=request, maker=world["maker"])
        orders.void_order(
            order_id=old.pk, version=old.version, actor=world["maker"], why="金额有误"
        )

        new = orders.create_order(request=request, maker=world["maker"])

        assert new.pk != old.pk
        assert new.replaces_id == old.pk

    def test_refuses_payroll_and_says_what_is_missing(self, world):
        with pytest.raises(InvalidInput) as caught:
            a_draft(world, kind="payroll")

        assert caught.value.code == "kind_unsupported"
        assert "逐人" in caught.value.message

    def test_refuses_a_payee_the_master_data_lacks(self, world):
        with pytest.raises(InvalidInput) as caught:
            a_draft(world, payee_number="6222000999")

        assert caught.value.code == "payee_unknown"


class TestTheWholeWay:
    @pytest.mark.parametrize(
        ("amount", "approvers"), [("49999.99", 0), ("50000.00", 1), ("5000000.00", 2)]
    )
    def test_the_matrix_says_how_many_approve(self, world, amount, approvers):
        instruction = released(world, amount=Decimal(amount))

        order = fresh(instruction.order)
        acts = list(
            Decision.objects.filter(case_id=order.approval_id)
            .order_by("pk")
            .values_list("act", flat=True)
        )
        assert acts == ["check", *["approve"] * approvers, "release"]
        assert (order.state, order.shown_state, instruction.state) == (
            "released",
            "queued",
            "queued",
        )
        assert order.instruction_id == instruction.pk

    def test_every_step_leaves_a_fact_in_the_trail(self, world):
        instruction = released(world)

        events = Entry.objects.filter(
            subject_id=str(instruction.order_id), subject_kind="payments.paymentorder"
        )
        assert list(events.order_by("pk").values_list("event", flat=True)) == [
            f"payments.order.{past}" for past in ("drafted", "submitted", "checked", "released")
        ]

    def test_an_amount_no_row_of_the_matrix_covers_is_refused(self, world):
        row = Policy.objects.get(amount_from=0)
        gone = Proposal(
            values=KIND.raw(row),
            line=row.line,
            valid_from=clock.today(),
            source_note="测试",
            is_withdrawn=True,
        )
        dated.version_of(KIND, gone, earliest=clock.today()).write()

        with pytest.raises(NotAllowed, match="没有覆盖「供应商付款 · 新收款方 · CNY") as caught:
            submitted(world)

        assert caught.value.code == "no_policy"


class TestSegregation:
    def test_the_maker_may_not_check(self, world):
        order = submitted(world)
        world["checker"].person_key = world["maker"].person_key
        world["checker"].save()

        with pytest.raises(NotAllowed) as caught:
            act("check", order, world["checker"])

        assert caught.value.code == "same_person"

    @pytest.mark.parametrize("name", ["approver", "releaser"])
    def test_the_checkers_second_sign_in_may_not_go_on(self, world, name):
        twin = a_person(
            "twin", person=world["checker"].person_key, role=name, company=world.company
        )
        order = (
            ready(world)
            if name == "releaser"
            else act("check", submitted(world, amount=Decimal("60000")), world["checker"])
        )

        with pytest.raises(NotAllowed) as caught:
            act("approve" if name == "approver" else "release", order, twin)

        assert caught.value.code == "same_person"
        assert PaymentInstruction.objects.count() == 0

    def test_one_approver_is_not_two(self, world):
        order = act("check", submitted(world, amount=Decimal("6000000")), world["checker"])
        order = act("approve", order, world["approver"])

        with pytest.raises(NotAllowed):
            act("approve", order, world["approver"])

        assert fresh(order).state == "pending_approval"

    def test_a_right_of_another_duty_does_not_do(self, world):
        order = submitted(world)

        with pytest.raises(NotAllowed) as caught:
            act("check", order, world["releaser"])

        assert caught.value.code == "right_missing"

    def test_out_of_scope_looks_like_absent(self, world):
        order = submitted(world)
        stranger = a_person("stranger", person="p-x", role="checker", company=world.company)
        stranger.memberships.all().delete()

        with pytest.raises(NotFound):
            act("check", order, stranger)

    def test_the_database_refuses_the_makers_decision_too(self, world):
        case = Case.objects.get(subject_id=str(submitted(world).pk))

        with pytest.raises(DatabaseError, match="may not act"), transaction.atomic():
            Decision.objects.create(
                case=case,
                act="check",
                user=world["maker"],
                person_key=world["maker"].person_key,
                digest=case.digest,
            )

    def test_the_database_refuses_a_borrowed_person_key(self, world):
        case = Case.objects.get(subject_id=str(submitted(world).pk))

        with pytest.raises(DatabaseError, match="may not act"), transaction.atomic():
            Decision.objects.create(
                case=case,
                act="check",
                user=world["maker"],
                person_key="p-somebody",
                digest=case.digest,
            )

    def test_the_database_refuses_an_instruction_nobody_released(self, world):
        order = ready(world)

        with pytest.raises(DatabaseError, match="not released by its people"), transaction.atomic():
            PaymentInstruction.objects.create(
                order=order, company=world.company, payer_account=world.account, connection=world.connection,
                instr_no="Y", bank_ref="Y", content_hash=order.content_hash, sealed=b"", seal="",
            )  # fmt: skip


class TestVersionsAndDigests:
    def test_a_stale_version_is_refused(self, world):
        order = submitted(world)

        with pytest.raises(StaleVersion):
            orders.check_order(
                order_id=order.pk,
                version=order.version - 1,
                digest=order.content_hash,
                **by(world["checker"]),
            )

    def test_another_digest_than_the_present_one_is_refused(self, world):
        order = submitted(world)

        with pytest.raises(Conflict) as caught:
            orders.check_order(
                order_id=order.pk, version=order.version, digest="0" * 64, **by(world["checker"])
            )

        assert caught.value.code == "digest_changed"

    def test_a_row_changed_by_hand_is_refused_with_a_fact(self, world):
        order = submitted(world)
        PaymentOrder.objects.filter(pk=order.pk).update(payee_number="6222000666")

        with pytest.raises(orders.ContentAltered):
            act("check", order, world["checker"])

        assert Entry.objects.filter(event="payments.order.content_altered").count() == 1

    @pytest.mark.parametrize("source", ["receipts", "collection", "linked"])
    def test_what_a_plan_counts_on_keeps_its_amount_and_may_change_its_words(self, world, source):
        order = orders.create_order(
            request=a_request(world, source_system=source), maker=world["maker"]
        )
        asked = {"erp_doc_no": order.erp_doc_no, "source_system": source}

        with pytest.raises(Conflict) as refused:
            orders.edit_order(
                order_id=order.pk, version=order.version, actor=world["maker"],
                request=a_request(world, amount=order.amount + 1, **asked),
            )  # fmt: skip
        edited = orders.edit_order(
            order_id=order.pk, version=order.version, actor=world["maker"],
            request=a_request(world, amount=order.amount, purpose="退款二", **asked),
        )  # fmt: skip

        assert refused.value.code == "planned"
        assert (edited.amount, edited.purpose) == (order.amount, "退款二")

    def test_an_edit_voids_what_was_decided(self, world):
        order = ready(world)
        order = orders.return_to_maker(
            order_id=order.pk, version=order.version, actor=world["releaser"], why="附言有误"
        )

        order = orders.edit_order(
            order_id=order.pk, version=order.version, actor=world["maker"],
            request=a_request(world, amount=Decimal("77.00"), erp_doc_no=order.erp_doc_no),
        )  # fmt: skip
        order = orders.submit_order(order_id=order.pk, version=order.version, actor=world["maker"])

        assert (order.state, order.approvals_given, order.checker_id) == ("pending_check", 0, None)
        assert Case.objects.filter(subject_id=str(order.pk), voided_at__isnull=False).count() == 1


class TestHolds:
    def test_d3_holds_the_second_and_a_treasurer_lifts(self, world):
        first = submitted(world, amount=Decimal("500.00"))
        second = a_draft(world, amount=Decimal("500.00"))

        with pytest.raises(orders.Held):
            orders.submit_order(order_id=second.pk, version=second.version, actor=world["maker"])
        held = fresh(second)
        lifted = orders.lift_hold(
            order_id=held.pk, version=held.version, actor=world["treasurer"], why="两批货，分别付款"
        )

        assert held.hold_reasons[0]["details"]["order_no"] == first.order_no
        assert lifted.state == "pending_check"
        assert [hit.outcome for hit in lifted.hits.filter(rule="D3")] == ["lifted"]
        assert (
            act("release", act("check", lifted, world["checker"]), world["releaser"]).state
            == "queued"
        )
        assert (
            act("release", act("check", first, world["checker"]), world["releaser"]).state
            == "queued"
        )

    def test_d5_holds_the_same_invoice_in_the_group(self, world):
        submitted(world, invoice_no="44556677")

        with pytest.raises(orders.Held, match="44556677"):
            submitted(world, invoice_no="44556677")

    def test_d3_looks_back_five_working_days_and_no_further(self, world, frozen_clock):
        submitted(world, amount=Decimal("500.00"))
        frozen_clock.advance(days=8)

        again = submitted(world, amount=Decimal("500.00"))

        assert again.state == "pending_check"

    def test_the_maker_may_not_lift(self, world):
        submitted(world, invoice_no="1")
        with pytest.raises(orders.Held):
            submitted(world, invoice_no="1")
        held = PaymentOrder.objects.get(state="held")
        twin = a_person(
            "twin", person=world["maker"].person_key, role="treasurer", company=world.company
        )

        with pytest.raises(NotAllowed):
            orders.lift_hold(order_id=held.pk, version=held.version, actor=twin, why="x")


class TestRelease:
    def _refused(self, world, order) -> str:
        with pytest.raises(Conflict) as caught:
            act("release", order, world["releaser"])
        assert fresh(order).state == "pending_release"
        return caught.value.code

    def test_wants_a_confirmed_payee(self, world):
        a_payee(world, code="V2", number="6222000028", confirmed=False)

        order = ready(world, payee_code="V2", payee_number="6222000028")

        assert self._refused(world, order) == "payee"

    def test_wants_an_open_gate(self, world):
        order = ready(world)
        OutboundGate.objects.update(is_open=False)

        assert self._refused(world, order) == "gate"

    def test_wants_a_live_unfrozen_account(self, world):
        order = ready(world)
        world.account.is_frozen = True
        world.account.save()

        assert self._refused(world, order) == "frozen"

    def test_wants_a_balance_the_bank_told(self, world):
        order = ready(world)
        LatestBalance.objects.all().delete()

        assert self._refused(world, order) == "balance"
        assert not PaymentInstruction.objects.exists()

    def test_counts_what_is_already_released(self, world):
        tell_balance(world.account, "1000")
        released(world, amount=Decimal("700"))

        order = ready(world, amount=Decimal("301"))

        assert self._refused(world, order) == "funds"

    def test_waits_for_the_large_value_window(self, world, frozen_clock):
        frozen_clock.advance(hours=9)

        row = released(world, amount=Decimal("6000000"))

        assert (
            row.not_before.astimezone(frozen_clock.moment.tzinfo) - frozen_clock.moment
        ) == timedelta(hours=14)
