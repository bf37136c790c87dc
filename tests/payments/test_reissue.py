"""Paying again with the payee's data of now: new bytes, old ones unchanged, and what was paid meanwhile is seen."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from kernel import clock
from kernel.errors import Conflict
from masterdata.models import CounterpartyAccount
from masterdata.services import changes
from payments.models import PaymentOrder, RuleHit
from payments.services import orders
from statements import services as statements
from tests.build_payments import (
    World,
    a_payee,
    a_person,
    act,
    claim,
    fresh,
    sent,
    submitted,
)

RIGHT = "江阴恒源化工股份有限公司"


def _failed(world: World) -> PaymentOrder:
    row = sent(world, "failed", amount=Decimal("88.00"))
    statements.close_day(account_id=world.account.pk, day=clock.today())
    return fresh(row.order)


def _correct_the_name(world: World) -> None:
    account = CounterpartyAccount.objects.get(number=world.payee_number)
    second = a_person("admin2", person="p-admin2", role="admin", company=world.company)
    now = {name: getattr(account, name) for name in changes.PAYEE_FIELDS}
    change = changes.propose_payee_edit(
        account_id=account.pk, version=account.version, values=now | {"name": RIGHT},
        actor=world["admin"],
    )  # fmt: skip
    changes.decide_change(change_id=change.pk, accept=True, actor=second)


def _again(order: PaymentOrder, world: World, **more: int) -> PaymentOrder:
    return orders.reissue_order(
        order_id=order.pk, version=order.version, actor=world["maker2"], why="户名已更正", **more
    )


class TestReissueOrder:
    def test_sends_the_corrected_name_and_leaves_the_old_bytes_alone(self, world):
        failed = _failed(world)
        old = failed.instructions.get()
        bytes_before = bytes(old.sealed)
        _correct_the_name(world)

        order = _again(failed, world)
        act("release", act("check", order, world["checker"]), world["releaser"])
        (item,) = claim(world).instructions

        old.refresh_from_db()
        assert (item.payee_name, order.payee_version) == (RIGHT, 2)
        assert (bytes(old.sealed), old.state) == (bytes_before, "failed")

    def test_may_name_another_account_of_the_same_payee(self, world):
        failed = _failed(world)
        other = a_payee(world, code=world.payee_code, number="6222000055")

        order = _again(failed, world, payee_account_id=other.pk)

        assert (order.payee_number, order.state) == ("6222000055", "pending_check")

    def test_refuses_an_account_of_another_payee(self, world):
        failed = _failed(world)
        stranger = a_payee(world, code="V00009", number="6222000066", name="别家有限公司")

        with pytest.raises(Conflict) as caught:
            _again(failed, world, payee_account_id=stranger.pk)

        assert (caught.value.code, fresh(failed).shown_state) == ("payee", "failed")

    def test_a_like_payment_made_meanwhile_puts_it_on_hold(self, world):
        failed = _failed(world)
        meanwhile = submitted(world, amount=Decimal("88.00"))

        order = _again(failed, world)

        assert order.state == "held"
        assert RuleHit.objects.get(order=order, rule="D3").twin_no == meanwhile.order_no


class TestPages:
    def test_the_order_shows_both_names_and_the_confirm_page_both_sides(self, world):
        failed = _failed(world)
        _correct_the_name(world)
        maker = Client()
        maker.force_login(world["maker2"])

        page = maker.get(f"/payments/orders/{failed.order_no}/").content.decode()
        confirm = maker.get(f"/payments/orders/{failed.order_no}/reissue/").content.decode()

        assert '<mark class="diff__other">股份</mark>' in page
        assert '<mark class="diff__other">股份</mark>' in confirm
        assert 'name="payee_account"' in confirm
