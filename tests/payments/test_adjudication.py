"""裁定: two people settle what neither the bank's answers nor the statement settles, with their grounds on file."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from audit.models import Entry
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed
from masterdata.models import Company, Membership
from masterdata.services.stepup import StepUpNeeded
from payments.models import Adjudication, PaymentInstruction
from payments.services import adjudicating
from statements import services as statements
from tests.build import step_up
from tests.build_payments import World, a_person, answer, fresh, sent
from tests.payments.test_pages_orders import hidden, signed_in
from tests.statements.rows import a_line

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unknown(world: World, frozen_clock: clock.fixed) -> Callable[[], PaymentInstruction]:
    """Makes payments nobody knows the end of: half an hour ago, the statement fetched since."""

    def made() -> PaymentInstruction:
        row = sent(world, "")
        frozen_clock.advance(minutes=31)
        statements.close_day(account_id=world.account.pk, day=clock.today())
        return row

    return made


class TestAdjudication:
    def _propose(self, world, row, **changes):
        values = {
            "verdict": "failed",
            "reason": "银行书面回复未入账",
            "branch_call": "10:05 江阴支行王经理",
            "actor": world["treasurer"],
            "evidence_name": "回复.pdf",
            "evidence_file": b"letter",
        }
        return adjudicating.propose_adjudication(instruction_id=row.pk, **(values | changes))

    def _decide(self, document, actor, *, agree=True):
        return adjudicating.decide_adjudication(
            adjudication_id=document.pk,
            version=document.version,
            agree=agree,
            actor=actor,
            note="已核对",
            stepup=step_up(actor),
        )

    def test_two_people_settle_an_unknown(self, world, unknown):
        row = unknown()
        document = self._propose(world, row)

        self._decide(document, world["treasurer2"])

        row.refresh_from_db()
        assert (row.state, fresh(row.order).shown_state) == ("failed", "failed")
        assert b"letter" not in bytes(Adjudication.objects.get().evidence_file)

    def test_the_same_person_is_not_two(self, world, unknown):
        row = unknown()
        document = self._propose(world, row)
        twin = a_person(
            "twin", person=world["treasurer"].person_key, role="treasurer", company=world.company
        )

        with pytest.raises(NotAllowed):
            self._decide(document, twin)

        row.refresh_from_db()
        assert row.state == "unknown"

    def test_the_database_refuses_one_user_in_both_roles(self, world, unknown):
        document = self._propose(world, unknown())

        with pytest.raises(IntegrityError), transaction.atomic():
            Adjudication.objects.filter(pk=document.pk).update(decided_by=world["treasurer"])

    def test_a_refusal_leaves_the_state(self, world, unknown):
        row = unknown()

        self._decide(self._propose(world, row), world["treasurer2"], agree=False)

        row.refresh_from_db()
        assert row.state == "unknown"

    def test_the_statement_wins_over_both(self, world, unknown):
        row = unknown()
        document = self._propose(world, row)
        statements.record_entries(
            account_id=world.account.pk,
            lines=[a_line("S1", str(row.amount), reference=row.bank_ref)],
            exchange_id=None,
        )

        with pytest.raises(Conflict) as caught:
            self._decide(document, world["treasurer2"])

        assert caught.value.code == "debit_seen"

    def test_a_failure_wants_the_call_to_the_branch(self, world, unknown):
        with pytest.raises(InvalidInput):
            self._propose(world, unknown(), branch_call="")

    @pytest.mark.parametrize(
        "changes",
        [
            {"evidence_file": b"", "evidence_name": ""},
            {"evidence_name": "回复.exe"},
            {"evidence_file": b"x" * (adjudicating.EVIDENCE_BYTES_MAX + 1)},
            {"reason": " "},
        ],
        ids=["no file", "another kind", "too large", "no reason"],
    )
    def test_a_failure_wants_its_grounds(self, world, unknown, changes):
        with pytest.raises(InvalidInput):
            self._propose(world, unknown(), **changes)

        assert not Adjudication.objects.exists()

    def test_an_unknown_that_came_back_ends_returned(self, world, unknown):
        row = unknown()

        self._decide(self._propose(world, row, verdict="returned"), world["treasurer2"])

        row.refresh_from_db()
        assert (row.state, fresh(row.order).shown_state) == ("returned", "returned")

    def test_agreeing_wants_the_second_factor(self, world, unknown):
        document = self._propose(world, unknown())

        with pytest.raises(StepUpNeeded):
            adjudicating.decide_adjudication(
                adjudication_id=document.pk,
                version=document.version,
                agree=True,
                actor=world["treasurer2"],
            )

    def test_a_refusal_wants_a_reason(self, world, unknown):
        document = self._propose(world, unknown())

        with pytest.raises(InvalidInput):
            adjudicating.decide_adjudication(
                adjudication_id=document.pk,
                version=document.version,
                agree=False,
                actor=world["treasurer2"],
            )

    def test_nobody_judges_while_the_bank_is_still_being_asked(self, world):
        with pytest.raises(Conflict):
            self._propose(world, sent(world, ""))

    def test_a_failure_wants_the_statement_since_it_was_sent(self, world, frozen_clock):
        row = sent(world, "")
        frozen_clock.advance(minutes=31)

        with pytest.raises(Conflict) as caught:
            self._propose(world, row)

        assert caught.value.code == "statement_wanted"

    def test_one_the_bank_never_ends_may_be_called_paid(self, world, frozen_clock):
        row = sent(world, "accepted")
        frozen_clock.advance(hours=5)

        self._decide(self._propose(world, row, verdict="succeeded"), world["treasurer2"])

        row.refresh_from_db()
        assert row.state == "succeeded"

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


@pytest.fixture
def proposed(world: World, unknown: Any) -> Adjudication:
    """An unknown payment and the first person's verdict on it, given on the page."""
    row = unknown()
    form = {
        "verdict": "failed",
        "reason": "银行书面回复未入账",
        "branch_call": "10:05 江阴支行王经理",
        "file": SimpleUploadedFile("回复.pdf", b"a letter of the bank"),
    }
    url = f"/payments/orders/{row.order.order_no}/adjudicate/"
    signed_in(world["treasurer"]).post(url, form)
    return Adjudication.objects.get()


class TestPages:
    def test_the_first_person_proposes_with_grounds_and_changes_nothing(
        self, world: World, proposed: Adjudication
    ) -> None:

        page = signed_in(world["treasurer"]).get(f"/payments/adjudications/{proposed.pk}/")

        assert proposed.instruction.state == "unknown"
        assert "须由另一人确认" in page.content.decode()
        assert 'name="token"' not in page.content.decode()

    def test_what_is_missing_is_said_beside_its_field(self, world: World, unknown: Any) -> None:
        row = unknown()

        reply = signed_in(world["treasurer"]).post(
            f"/payments/orders/{row.order.order_no}/adjudicate/",
            {"verdict": "failed", "reason": "未入账"},
        )

        assert reply.status_code == 422
        assert "电话核实记录" in reply.content.decode()

    def test_the_second_person_agrees_once(self, world: World, proposed: Adjudication) -> None:
        client, url = signed_in(world["treasurer2"]), f"/payments/adjudications/{proposed.pk}/"
        page = client.get(url).content.decode()
        form = {
            "token": hidden(page, "token"),
            "version": hidden(page, "version"),
            "confirm": "yes",
        }

        client.post(url, form)

        proposed.refresh_from_db()
        assert proposed.state == "agreed"
        assert fresh(proposed.instruction.order).shown_state == "failed"
        assert page.count(proposed.instruction.order.payee_number) >= 2
        assert "重复付款" in page  # what follows is said before the button

    def test_the_second_person_refuses_with_a_reason(
        self, world: World, proposed: Adjudication
    ) -> None:
        client, url = signed_in(world["treasurer2"]), f"/payments/adjudications/{proposed.pk}/"

        client.post(url, {"version": proposed.version, "decision": "refuse", "note": "证据不足"})

        proposed.refresh_from_db()
        assert (proposed.state, proposed.decision_note) == ("refused", "证据不足")
        assert fresh(proposed.instruction.order).shown_state == "unknown"

    def test_agreeing_wants_the_token_of_what_was_shown(
        self, world: World, proposed: Adjudication
    ) -> None:
        client, url = signed_in(world["treasurer2"]), f"/payments/adjudications/{proposed.pk}/"

        reply = client.post(url, {"version": proposed.version, "confirm": "yes", "token": "x"})

        proposed.refresh_from_db()
        assert (reply.status_code, proposed.state) == (409, "proposed")

    def test_the_evidence_is_read_by_those_who_see_the_payment_and_leaves_a_trace(
        self, world: World, proposed: Adjudication
    ) -> None:
        url = f"/payments/adjudications/{proposed.pk}/evidence/"

        read = signed_in(world["treasurer2"]).get(url)
        other = Company.objects.create(code="8000", name="他公司", short_name="他", path="/x/")
        Membership.objects.filter(user=world["checker"]).update(company=other)
        refused = signed_in(world["checker"]).get(url)

        assert read.content == b"a letter of the bank"
        assert refused.status_code == 404
        assert Entry.objects.filter(event="payments.adjudication.evidence_read").count() == 1

    def test_the_list_and_the_order_lead_to_it(self, world: World, proposed: Adjudication) -> None:
        order_no = proposed.instruction.order.order_no
        client = signed_in(world["treasurer2"])

        listed = client.get("/payments/adjudications/?state=proposed").content.decode()
        unknown = client.get("/payments/unknown/").content.decode()
        order = client.get(f"/payments/orders/{order_no}/").content.decode()
        home = client.get("/").content.decode()

        assert f"/payments/adjudications/{proposed.pk}/" in listed
        assert f"/payments/orders/{order_no}/adjudicate/" in unknown
        assert f"/payments/adjudications/{proposed.pk}/" in order
        assert "待我确认的裁定" in home

    def test_who_may_not_adjudicate_is_not_offered_it(self, world: World, unknown: Any) -> None:
        row = unknown()
        client = signed_in(world["maker"])

        page = client.get(f"/payments/orders/{row.order.order_no}/").content.decode()

        assert "adjudicate/" not in page
        assert client.get(f"/payments/orders/{row.order.order_no}/adjudicate/").status_code == 403
