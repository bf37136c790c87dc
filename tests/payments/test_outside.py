"""Payments made outside the platform: two people, proof, and nobody pays them again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from desk.models import ExceptionCase
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from masterdata.models import User
from payments.content import Proof
from payments.models import OutsidePayment
from payments.services import evidence, orders, outside, ruling
from statements import services as statements
from tests.build_payments import (
    World,
    a_draft,
    a_request,
    fresh,
    item,
    ready,
    released,
    sent,
    submitted,
)
from tests.statements.rows import a_line


def booked(world: World, amount: object, *, serial: str, account: str = "") -> list[int]:
    """A debit the statement shows, with no reference of ours; the ids of its entry."""
    line = a_line(serial, str(amount), reference="", counterparty_account=account)
    recorded = statements.record_entries(
        account_id=world.account.pk, lines=[line], exchange_id=None
    )
    return list(recorded.new_ids)


pytestmark = pytest.mark.django_db(transaction=True)


def proof(**changes: object) -> Proof:
    values = {
        "channel": "counter",
        "paid_on": clock.today(),
        "reason": "银行系统停机，到柜台办理",
        "evidence_name": "回单.pdf",
        "evidence_file": b"%PDF-1.4 receipt",
        "bank_serial": "CTR0001",
    }
    return Proof(**(values | changes))


def propose(
    world: World, order: object, *, by: str = "treasurer", **changes: object
) -> OutsidePayment:
    pk, version, _ = item(order)
    return outside.propose_outside(
        order_id=pk, version=version, proof=proof(**changes), actor=world[by]
    )


def decide(record: OutsidePayment, actor: User, *, agree: bool = True) -> OutsidePayment:
    return outside.decide_outside(
        record_id=record.pk, version=record.version, agree=agree, actor=actor, note="已看凭证"
    )


class TestProposeOutside:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"reason": " "}, "reason"),
            ({"evidence_file": b""}, "evidence"),
            ({"channel": "pigeon"}, "channel"),
        ],
    )
    def test_wants_reason_proof_and_channel(self, world, changes, field):
        with pytest.raises(InvalidInput) as refused:
            propose(world, submitted(world), **changes)

        assert refused.value.field == field

    def test_a_day_to_come_is_no_payment(self, world):
        with pytest.raises(InvalidInput):
            propose(world, submitted(world), paid_on=clock.today() + timedelta(days=1))

    @pytest.mark.parametrize("fate", ["", "accepted", "succeeded"])
    def test_refuses_while_money_may_be_on_its_way(self, world, fate):
        with pytest.raises(Conflict) as refused:
            propose(world, sent(world, fate).order)

        assert refused.value.code == "d2"

    def test_refuses_a_queued_one_until_it_is_cancelled(self, world):
        with pytest.raises(Conflict):
            propose(world, released(world).order)

    def test_only_one_record_at_a_time(self, world):
        order = submitted(world)
        propose(world, order)

        with pytest.raises(Conflict) as refused:
            propose(world, order, by="maker")

        assert refused.value.code == "proposal_open"


class TestDecideOutside:
    def test_the_order_ends_and_its_document_line_stays_taken(self, world):
        order = ready(world)
        decide(propose(world, order), world["treasurer2"])

        ended = fresh(order)
        again = a_request(world, erp_doc_no=order.erp_doc_no, amount=order.amount + 1)
        with pytest.raises(Conflict) as refused:
            orders.create_order(request=again, maker=world["maker"])

        assert (ended.shown_state, ended.is_paid_outside) == ("void", True)
        assert "平台外" in ended.return_reason
        assert refused.value.code == "erp_key_taken"

    def test_it_counts_as_a_payment_for_duplicate_rules(self, world):
        order = submitted(world)
        decide(propose(world, order), world["treasurer2"])

        alike = a_draft(world, amount=order.amount, purpose=order.purpose)

        found = ruling.findings([alike], stage=ruling.SUBMIT)[alike.pk]
        twins = [(hit.rule, hit.details.get("order_no")) for hit in found if hit.level == "hold"]
        assert twins == [("D3", order.order_no)]

    def test_a_failed_attempt_may_have_been_paid_elsewhere(self, world):
        order = sent(world, "failed").order

        decide(propose(world, order), world["treasurer2"])

        assert fresh(order).is_paid_outside
        assert not ExceptionCase.objects.filter(kind="payments.failed", closed_at=None).exists()

    def test_neither_the_same_person_nor_the_maker_decides(self, world):
        record = propose(world, submitted(world))

        with pytest.raises(NotAllowed):
            decide(record, world["treasurer"])
        with pytest.raises(NotAllowed):
            decide(record, world["maker"])

    def test_a_refused_record_lets_the_order_go_on(self, world):
        order = submitted(world)
        decide(propose(world, order), world["treasurer2"], agree=False)

        assert fresh(order).shown_state == "pending_check"
        propose(world, order)

    def test_an_order_edited_meanwhile_must_be_recorded_anew(self, world):
        order = a_draft(world)
        record = propose(world, order)
        pk, version, _ = item(order)
        changed = a_request(world, erp_doc_no=order.erp_doc_no, amount=order.amount + 1)
        orders.edit_order(order_id=pk, version=version, request=changed, actor=world["maker"])

        with pytest.raises(Conflict) as refused:
            decide(record, world["treasurer2"])

        assert refused.value.code == "digest_changed"
        assert fresh(order).shown_state == "draft"

    def test_out_of_scope_looks_absent(self, world):
        record = propose(world, submitted(world))
        stranger = User.objects.create(username="stranger", person_key="stranger")

        with pytest.raises(NotFound):
            decide(record, stranger)


class TestStatement:
    def test_the_debit_proves_it_by_serial(self, world):
        order = submitted(world)
        made = decide(propose(world, order), world["treasurer2"])
        ids = booked(world, order.amount, serial="CTR0001")

        evidence.tie_entries(account_id=world.account.pk, entry_ids=ids)

        made.refresh_from_db()
        assert made.entry_id == ids[0]

    def test_two_that_fit_are_left_to_a_person(self, world):
        for purpose in ("甲", "乙"):
            order = submitted(world, amount=Decimal("77.00"), purpose=purpose)
            decide(propose(world, order, bank_serial=""), world["treasurer2"])
        ids = booked(world, "77.00", serial="CTR0002", account=world.payee_number)

        evidence.tie_entries(account_id=world.account.pk, entry_ids=ids)

        assert not OutsidePayment.objects.filter(entry_id__isnull=False).exists()

    def test_no_debit_for_days_opens_a_case(self, world, frozen_clock):
        decide(propose(world, submitted(world)), world["treasurer2"])
        frozen_clock.advance(days=6)

        outside.alarm_unproved()

        assert ExceptionCase.objects.filter(kind="payments.outside_unproved").count() == 1


class TestPages:
    def test_recorded_and_confirmed_in_the_browser(self, world):
        order = submitted(world)
        maker, second = Client(), Client()
        maker.force_login(world["maker"])
        second.force_login(world["treasurer"])
        version = fresh(order).version

        page = maker.post(
            f"/payments/orders/{order.order_no}/outside/",
            {
                "version": version,
                "channel": "ebank",
                "paid_on": clock.today().isoformat(),
                "reason": "停机",
                "evidence": SimpleUploadedFile("<b>回单</b>.pdf", b"%PDF"),
            },
            follow=True,
        )
        (made,) = OutsidePayment.objects.all()
        second.post(
            f"/payments/outside/{made.pk}/decide/", {"version": made.version, "decision": "agree"}
        )

        assert "您是登记人" in page.content.decode()
        assert "<b>回单" not in page.content.decode()
        assert fresh(order).is_paid_outside
        proof_file = second.get(f"/payments/outside/{made.pk}/evidence/")
        assert proof_file.content == b"%PDF"
        assert proof_file.headers["Content-Disposition"].startswith("attachment")
        assert second.get("/payments/outside/").content.decode().count("data-id=") == 1
