"""Payees typed freely: an exception with a right of its own, marked, bounded, and never one the master data has."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from kernel.errors import Conflict, InvalidInput, NotAllowed
from payments.models import PaymentOrder, RuleHit
from payments.services import orders
from tests.build_payments import World, a_person, a_request, act, fresh

TYPED = {
    "is_free_payee": True, "payee_code": "", "payee_number": "6222 0000 4444 1", "payee_name": "一次性收款人有限公司",
    "payee_bank": "中国工商银行", "payee_cnaps": "102100099996",
}  # fmt: skip


@pytest.fixture
def typist(world: World):
    """A maker of exceptions."""
    return a_person("typist", person="p-typist", role="exception_maker", company=world.company)


def _made(world: World, typist, **changes: object) -> PaymentOrder:
    request = a_request(world, **(TYPED | changes))
    order = orders.create_order(request=request, maker=typist)
    return orders.submit_order(order_id=order.pk, version=order.version, actor=typist)


class TestATypedPayee:
    def test_wants_a_right_of_its_own(self, world):
        with pytest.raises(NotAllowed):
            orders.create_order(request=a_request(world, **TYPED), maker=world["maker"])

    def test_is_marked_and_told_to_whoever_decides(self, world, typist):
        order = _made(world, typist)

        assert (order.is_free_typed, order.payee_account_id) == (True, None)
        assert order.payee_number == "6222000044441"
        assert RuleHit.objects.filter(order=order, rule="free_typed", level="tick").exists()

    def test_goes_out_within_the_limit_and_no_further(self, world, typist):
        small = _made(world, typist, amount=Decimal("900.00"))
        large = _made(world, typist, amount=Decimal("50000.01"), payee_number="62220000555")

        act("check", small, world["checker"])
        sent = act("release", fresh(small), world["releaser"])
        order = act("approve", act("check", large, world["checker"]), world["approver"])
        with pytest.raises(Conflict) as caught:
            act("release", order, world["releaser"])

        assert (sent.state, caught.value.code) == ("queued", "cooling")

    def test_is_refused_where_the_master_data_has_the_account(self, world, typist):
        with pytest.raises(InvalidInput) as caught:
            _made(world, typist, payee_number=world.payee_number)

        assert caught.value.code == "payee_registered"
        assert "江阴恒源化工有限公司" in caught.value.message

    @pytest.mark.parametrize("wrong", [{"payee_cnaps": "102100099995"}, {"payee_name": " "}])
    def test_is_well_formed(self, world, typist, wrong):
        with pytest.raises(InvalidInput):
            _made(world, typist, **wrong)


def test_the_form_is_for_its_makers_alone(world, typist):
    ours, theirs = Client(), Client()
    ours.force_login(typist)
    theirs.force_login(world["maker"])
    form = {
        "account": world.account.pk, "amount": "12.00", "purpose": "一次性", "wish_date": "2026-11-24",
        "payee_name": "一次性收款人有限公司", "payee_number": "62220000444", "payee_number_again": "62220000444",
        "payee_bank": "中国工商银行", "payee_cnaps": "102100099996",
    }  # fmt: skip

    refused = theirs.get("/payments/new/typed/").status_code
    twice = ours.post("/payments/new/typed/", form | {"payee_number_again": "62220000445"})
    done = ours.post("/payments/new/typed/", form)

    assert (refused, twice.status_code, done.status_code) == (403, 422, 302)
    page = ours.get(done["Location"]).content.decode()
    assert "手工录入的收款方" in page
