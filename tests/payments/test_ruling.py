"""The duplicate rules at work: found at submit, release and send, kept with both sides, lifted by a third person."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel import clock
from kernel.errors import Conflict, NotAllowed
from masterdata.services.strategy import decide_once
from payments.models import PaymentOrder, RuleHit
from payments.services import imports, instructions, orders
from payments.topics import DuplicateRules
from statements import services as statements
from tests.build_payments import (
    World,
    a_list,
    a_person,
    a_request,
    act,
    claim,
    fresh,
    item,
    ready,
    released,
    say,
    submitted,
)
from tests.statements.rows import a_line


def _held(world: World, **changes: object) -> PaymentOrder:
    """An order a rule put on hold at its submission."""
    draft = orders.create_order(request=a_request(world, **changes), maker=world["maker"])
    with pytest.raises(orders.Held):
        orders.submit_order(order_id=draft.pk, version=draft.version, actor=world["maker"])
    return fresh(draft)


def _lift(order: PaymentOrder, world: World, who: str = "treasurer") -> PaymentOrder:
    lift = orders.lift_instruction if order.state == "released" else orders.lift_hold
    return lift(
        order_id=order.pk, version=fresh(order).version, actor=world[who], why="两批货，分别付款"
    )


class TestHits:
    def test_are_kept_with_rule_version_and_both_sides(self, world):
        first = submitted(world, amount=Decimal("500.00"))
        held = _held(world, amount=Decimal("500.00"))

        hit = RuleHit.objects.get(order=held, rule="D3")

        assert (hit.rule, hit.level, hit.stage, hit.outcome) == ("D3", "hold", "submit", "open")
        assert (hit.twin_kind, hit.twin_id, hit.twin_no) == ("order", first.pk, first.order_no)
        assert (hit.order_digest, hit.twin_digest) == (held.content_hash, first.content_hash)
        assert hit.version

    def test_a_lifted_one_names_who_lifted_it_and_why(self, world):
        submitted(world, amount=Decimal("500.00"))
        _lift(_held(world, amount=Decimal("500.00")), world)

        hit = RuleHit.objects.get(rule="D3")

        assert (hit.outcome, hit.decided_by, hit.why) == (
            "lifted",
            world["treasurer"],
            "两批货，分别付款",
        )

    def test_a_lift_binds_to_what_the_twin_said(self, world):
        first = submitted(world, amount=Decimal("500.00"))
        lifted = _lift(_held(world, amount=Decimal("500.00")), world)
        back = orders.return_to_maker(
            order_id=first.pk, version=fresh(first).version, actor=world["checker"], why="改附言"
        )
        changed = a_request(
            world, amount=Decimal("500.00"), erp_doc_no=first.erp_doc_no, remark="改过"
        )
        edited = orders.edit_order(
            order_id=back.pk, version=back.version, actor=world["maker"], request=changed
        )

        with pytest.raises(orders.Held):
            orders.submit_order(order_id=edited.pk, version=edited.version, actor=world["maker"])

        assert fresh(lifted).state == "pending_check"

    def test_a_hit_that_came_up_meanwhile_is_shown_before_it_can_be_lifted(self, world):
        first = submitted(world, amount=Decimal("500.00"))
        held = _held(world, amount=Decimal("500.00"), remark="合同HT00007777")
        newcomer = submitted(world, amount=Decimal("9.00"), remark="合同HT00007777")

        with pytest.raises(Conflict, match="HT00007777"):
            _lift(held, world)
        reasons = fresh(held).hold_reasons
        lifted = _lift(held, world)

        assert [one["details"]["order_no"] for one in reasons] == [
            first.order_no,
            newcomer.order_no,
        ]
        assert lifted.state == "pending_check"


def _pay_at_the_counter(world: World, *, amount: str) -> None:
    """The bank tells a debit nobody here sent."""
    line = a_line("COUNTER1", amount, counterparty_account=world.payee_number)
    statements.record_entries(account_id=world.account.pk, lines=[line], exchange_id=None)


class TestAtRelease:
    def test_a_debit_seen_since_the_approval_holds_it(self, world):
        order = ready(world, amount=Decimal("777.00"))
        _pay_at_the_counter(world, amount="777.00")

        with pytest.raises(orders.Held, match="COUNTER1"):
            act("release", order, world["releaser"])

        assert fresh(order).held_from == "pending_release"

    @pytest.mark.parametrize("who", ["maker", "checker"])
    def test_neither_maker_nor_checker_lifts_whatever_their_second_sign_in(self, world, who):
        second = a_person(
            "second", person=world[who].person_key, role="treasurer", company=world.company
        )
        order = ready(world, amount=Decimal("777.00"))
        _pay_at_the_counter(world, amount="777.00")
        with pytest.raises(orders.Held):
            act("release", order, world["releaser"])

        with pytest.raises(NotAllowed) as caught:
            orders.lift_hold(
                order_id=order.pk, version=fresh(order).version, actor=second, why="已核实"
            )

        assert caught.value.code == "same_person"


class TestAtSend:
    def test_a_debit_seen_since_the_release_holds_it_before_a_byte_leaves(self, world):
        row = released(world, amount=Decimal("777.00"))
        _pay_at_the_counter(world, amount="777.00")

        batches = instructions.claim_batches(connection_id=world.connection.pk, limit=3, lease_s=60)

        row.refresh_from_db()
        assert batches == []
        assert (row.state, row.send_attempts) == ("held", 0)
        assert row.hold_reason.startswith("DUP D9")
        assert RuleHit.objects.get(rule="D9").stage == "send"

    def test_a_third_person_lets_it_go_and_it_goes_once(self, world):
        row = released(world, amount=Decimal("777.00"))
        _pay_at_the_counter(world, amount="777.00")
        instructions.claim_batches(connection_id=world.connection.pk, limit=3, lease_s=60)
        order = fresh(row.order)

        with pytest.raises(NotAllowed):
            _lift(order, world, "releaser")
        _lift(order, world)
        batch = claim(world)
        instructions.record_outcomes(claim=batch, outcomes=[say(row, "succeeded")])

        row.refresh_from_db()
        assert row.state == "succeeded"
        assert fresh(order).shown_state == "succeeded"

    def test_a_payment_of_its_own_is_no_reason(self, world):
        row = released(world, amount=Decimal("777.00"))

        assert [one.instruction_id for one in claim(world).instructions] == [row.pk]


class TestRepeatedLists:
    def _csv(self, world: World, tail: str) -> bytes:
        head = "单据类型,单据号,行号,公司代码,付款账号,收款人编码,收款户名,收款账号,收款银行,联行号,币种,金额,用途,附言,期望付款日,紧急,发票号,科目,现金流项目"
        rows = [
            f"付款单,DOC{tail}{n},1,1000,{world.account.number},{world.payee_code},江阴恒源化工有限公司,"
            f"{world.payee_number},中国工商银行,102100099996,CNY,{100 + n}.00,货款{tail},,"
            f"{clock.today()},否,,,"
            for n in range(3)
        ]
        return "\n".join([head, *rows]).encode()

    def test_d7_holds_every_order_of_the_second(self, world, frozen_clock):
        first = imports.preview_import(
            data=self._csv(world, "A"), filename="a.csv", actor=world["maker"]
        )
        imports.confirm_import(import_id=first.pk, version=first.version, actor=world["maker"])
        frozen_clock.advance(days=14)  # past the windows of D3 and D4

        again = imports.preview_import(
            data=self._csv(world, "B"), filename="b.csv", actor=world["maker"]
        )
        told = Client()
        told.force_login(world["maker"])
        page = told.get(f"/payments/imports/{again.pk}/").content.decode()
        imports.confirm_import(import_id=again.pk, version=again.version, actor=world["maker"])

        assert "疑似重复导入" in page
        held = PaymentOrder.objects.filter(import_set=again)
        assert {order.shown_state for order in held} == {"held"}
        assert {one["rule"] for order in held for one in order.hold_reasons} == {"D7"}


class TestManyAtOnce:
    def test_a_list_is_judged_in_as_many_statements_as_one(self, world):
        def statements_of(number: int) -> int:
            items = [item(order) for order in a_list(world, number)]
            with CaptureQueriesContext(connection) as seen:
                done = orders.submit_orders(items=items, actor=world["maker"])
            assert len(done.done) == number
            return len(seen)

        statements_of(1)

        assert statements_of(40) <= statements_of(2) + 3


@pytest.mark.parametrize(
    ("decided", "state"),
    [({"d3_action": "inform"}, "pending_check"), ({"d3_working_days": 1}, "held")],
)
def test_the_strategy_of_the_company_rules(world, decided, state):
    with transaction.atomic():
        decide_once(
            DuplicateRules, decided, company=world.company, subject="100201", source_note="测试"
        )
    submitted(world, amount=Decimal("500.00"))
    draft = orders.create_order(
        request=a_request(world, amount=Decimal("500.00")), maker=world["maker"]
    )
    with contextlib.suppress(orders.Held):
        orders.submit_order(order_id=draft.pk, version=draft.version, actor=world["maker"])

    assert fresh(draft).state == state
    assert RuleHit.objects.get(rule="D3").version != "2.0"


def test_a_window_ends(world, frozen_clock):
    submitted(world, amount=Decimal("500.00"))
    frozen_clock.advance(days=14)

    again = submitted(world, amount=Decimal("500.00"))

    assert again.state == "pending_check"
    assert clock.today() - again.created_at.date() < timedelta(days=2)
