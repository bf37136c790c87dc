"""Linked payments: legs go in turn, each only after the one before it is paid and its money is there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from desk.models import ExceptionCase
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from masterdata.models import OwnAccount
from payments import linked_rules
from payments.content import LinkedRequest
from payments.models import LinkedPayment, PaymentInstruction
from payments.services import instructions, linked, orders
from payments.states import STATE_NAMES
from statements import services as statements
from tests.build import taken_live, tell_balance
from tests.build_payments import World, a_request, act, answer, claim, fresh, item, say

MASTER = "320766250001"


@pytest.fixture
def master(world: World) -> OwnAccount:
    own = world.account
    made = OwnAccount.objects.create(
        company=world.company, bank=own.bank, cnaps=own.cnaps, branch_name="中国银行", number=MASTER,
        name=world.company.name, gl_subject="100202", connection=world.connection, is_direct_link=True,
    )  # fmt: skip
    taken_live(made)
    tell_balance(made)
    return made


def make(world: World, *, sweep: str = "0.00", fund: str = "500.00") -> LinkedPayment:
    request = LinkedRequest(
        payment=a_request(world, amount=Decimal("480.00")),
        master_number=MASTER,
        fund=Decimal(fund),
        sweep=Decimal(sweep),
    )
    return linked.create_linked(request=request, maker=world["maker"])


def release_all(world: World, whole: LinkedPayment) -> list[PaymentInstruction]:
    made = []
    for leg in whole.legs.order_by("place"):
        pk, version, _ = item(leg.order)
        orders.submit_order(order_id=pk, version=version, actor=world["maker"])
        act("check", leg.order, world["checker"])
        made.append(act("release", leg.order, world["releaser"]))
    return made


def states(rows: list[PaymentInstruction]) -> list[str]:
    return [PaymentInstruction.objects.get(pk=row.pk).state for row in rows]


def bank_answers(world: World, fate: str) -> None:
    batch = claim(world)
    rows = PaymentInstruction.objects.filter(batch_id=batch.batch_id)
    instructions.record_outcomes(claim=batch, outcomes=[say(row, fate) for row in rows])


@pytest.mark.django_db(transaction=True)
class TestInTurn:
    def test_only_the_first_leg_is_sent(self, world, master):
        rows = release_all(world, make(world, sweep="20.00"))

        batch = claim(world)

        assert [one.instr_no for one in batch.instructions] == [rows[0].instr_no]
        assert states(rows) == ["sending", "held", "held"]
        assert fresh(rows[1].order).shown_state == "held"

    def test_a_paid_leg_and_the_money_on_the_account_let_the_next_go(
        self, world, master, frozen_clock
    ):
        rows = release_all(world, make(world))
        bank_answers(world, "succeeded")

        before_balance = linked.advance_linked()
        frozen_clock.advance(minutes=1)
        tell_balance(world.account, "500.00")
        after_balance = linked.advance_linked()

        assert (before_balance, after_balance) == (0, 1)
        assert states(rows) == ["succeeded", "queued"]

    def test_too_little_money_keeps_it_waiting(self, world, master, frozen_clock):
        rows = release_all(world, make(world))
        bank_answers(world, "succeeded")
        frozen_clock.advance(minutes=1)
        tell_balance(world.account, "479.99")

        linked.advance_linked()

        assert states(rows) == ["succeeded", "held"]

    @pytest.mark.parametrize("fate", ["accepted", ""])
    def test_an_uncertain_leg_keeps_the_next_waiting(self, world, master, fate, frozen_clock):
        rows = release_all(world, make(world))
        if fate:
            bank_answers(world, fate)
        else:
            instructions.record_outcomes(claim=claim(world), outcomes=[])
        frozen_clock.advance(minutes=1)
        tell_balance(world.account, "9999.00")

        linked.advance_linked()

        assert states(rows)[1] == "held"
        assert not ExceptionCase.objects.filter(kind="payments.leg_stopped").exists()

    def test_a_failed_leg_stops_the_rest_until_it_is_paid_again(self, world, master, frozen_clock):
        whole = make(world)
        rows = release_all(world, whole)
        bank_answers(world, "failed")
        linked.advance_linked()
        case = ExceptionCase.objects.get(kind="payments.leg_stopped")
        frozen_clock.advance(minutes=1)
        statements.close_day(account_id=master.pk, day=clock.today())
        first = fresh(rows[0].order)
        orders.reissue_order(
            order_id=first.pk, version=first.version, actor=world["maker"], why="再付"
        )
        act("check", first, world["checker"])
        act("release", first, world["releaser"])
        bank_answers(world, "succeeded")
        frozen_clock.advance(minutes=1)
        tell_balance(world.account, "500.00")

        linked.advance_linked()

        case.refresh_from_db()
        assert case.closed_at is not None
        assert states(rows)[1] == "queued"

    def test_a_waiting_leg_cannot_be_sent_early_by_hand_but_can_be_cancelled(self, world, master):
        second = fresh(release_all(world, make(world))[1].order)

        with pytest.raises(Conflict) as refused:
            orders.lift_instruction(
                order_id=second.pk, version=second.version, actor=world["releaser"], why="急"
            )
        orders.cancel_order(
            order_id=second.pk, version=second.version, actor=world["releaser"], why="不付了"
        )

        assert refused.value.code == "leg_waits"
        assert fresh(second).shown_state == "cancelled"

    def test_waiting_money_does_not_block_other_payments(self, world, master):
        release_all(world, make(world))

        from payments.selectors import reserved

        assert reserved(world.account.pk, since=None) == 0
        assert reserved(master.pk, since=None) == Decimal("500.00")

    def test_a_late_answer_lets_it_go_too(self, world, master, frozen_clock):
        rows = release_all(world, make(world))
        bank_answers(world, "accepted")
        first = PaymentInstruction.objects.get(pk=rows[0].pk)
        answer(first, "succeeded")
        frozen_clock.advance(minutes=1)
        tell_balance(world.account, "480.00")

        linked.advance_linked()

        assert states(rows)[1] == "queued"


@pytest.mark.django_db(transaction=True)
class TestCreateLinked:
    @pytest.mark.parametrize(
        ("fund", "sweep", "field"), [("0.00", "0.00", "fund"), ("1.00", "-1.00", "sweep")]
    )
    def test_refuses_a_plan_that_cannot_work(self, world, master, fund, sweep, field):
        with pytest.raises(InvalidInput) as refused:
            make(world, fund=fund, sweep=sweep)

        assert refused.value.field == field
        assert not LinkedPayment.objects.exists()

    def test_the_form_drafts_every_leg_and_the_page_shows_them(self, world, master):
        client = Client()
        client.force_login(world["maker"])
        payee = world.payee()

        page = client.post(
            "/payments/linked/new/",
            {
                "payee": payee.pk, "master": master.pk, "account": world.account.pk, "amount": "100.00",
                "sweep": "5", "wish_date": clock.today().isoformat(), "purpose": "货款",
            },
            follow=True,
        ).content.decode()  # fmt: skip

        (whole,) = LinkedPayment.objects.all()
        assert [leg.role for leg in whole.legs.order_by("place")] == ["fund", "pay", "sweep"]
        assert [str(leg.order.amount) for leg in whole.legs.order_by("place")] == [
            "100.00", "100.00", "5.00",
        ]  # fmt: skip
        assert whole.link_no in page
        assert client.get("/payments/linked/").content.decode().count("data-id=") == 1


@given(st.lists(st.sampled_from(sorted(set(STATE_NAMES) - {"released"})), min_size=1, max_size=4))
def test_the_whole_is_final_only_when_every_leg_is(legs):
    shown = linked_rules.roll_up(legs)

    assert (shown == "all_succeeded") == all(leg == "succeeded" for leg in legs)
    if shown == "all_failed":
        assert all(linked_rules.holds(leg).endswith("本环不发送") for leg in legs)
    if "unknown" in legs:
        assert shown in ("open", "stopped")
