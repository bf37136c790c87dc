"""Releasing many payments: first payments want their digits typed, and no account is spent from blindly."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from payments.models import PaymentInstruction, PaymentOrder
from statements.models import LatestBalance
from tests.build import tell_balance
from tests.build_payments import World, a_payee, fresh, ready, sent
from tests.payments.test_pages_orders import digits, hidden, signed_in
from tests.signing import PASSPHRASE

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/payments/bulk/release/"


@pytest.fixture
def client(world: World) -> Client:
    return signed_in(world["releaser"])


def ids(*orders: PaymentOrder) -> str:
    return ",".join(str(order.pk) for order in orders)


def a_known_and_a_new(world: World) -> tuple[PaymentOrder, PaymentOrder]:
    """An order to a payee already paid, and one to a payee never paid."""
    sent(world, "succeeded")
    a_payee(world, code="V00002", number="6222000099")
    new = ready(world, payee_code="V00002", payee_number="6222000099")
    return ready(world), new


class TestFirstPayments:
    def test_are_asked_for_before_the_page_of_totals(self, world: World, client: Client) -> None:
        known, new = a_known_and_a_new(world)

        page = client.post(URL, {"ids": ids(known, new)}).content.decode()

        assert f'name="retype_{new.payee_number}"' in page
        assert f'name="retype_{known.payee_number}"' not in page
        assert 'name="token"' not in page

    def test_left_blank_stay_behind_with_the_reason(self, world: World, client: Client) -> None:
        known, new = a_known_and_a_new(world)

        page = client.post(URL, {"ids": ids(known, new), "retyped": "yes"}).content.decode()
        sent_form = {"token": hidden(page, "token"), "items": hidden(page, "items")}
        client.post(URL, {**sent_form, "confirm": "yes", "passphrase": PASSPHRASE.reveal()})

        assert "未键入收款账号后 4 位" in page
        assert f"授权付款 1 笔 {known.amount:,.2f}" in " ".join(page.split())
        assert fresh(known).shown_state == "queued"
        assert fresh(new).shown_state == "pending_release"

    def test_with_their_digits_go_along(self, world: World, client: Client) -> None:
        known, new = a_known_and_a_new(world)
        typed = {"ids": ids(known, new), "retyped": "yes", **digits(new)}

        page = client.post(URL, typed).content.decode()
        form = {"token": hidden(page, "token"), "items": hidden(page, "items"), "confirm": "yes"}
        form["passphrase"] = PASSPHRASE.reveal()
        carried = hidden(page, f"retype_{new.payee_number}")
        client.post(URL, {**form, f"retype_{new.payee_number}": carried})

        assert {fresh(known).shown_state, fresh(new).shown_state} == {"queued"}

    def test_with_other_digits_stop_everything(self, world: World, client: Client) -> None:
        known, new = a_known_and_a_new(world)

        reply = client.post(
            URL, {"ids": ids(known, new), "retyped": "yes", f"retype_{new.payee_number}": "0000"}
        )

        assert reply.status_code == 422
        assert new.payee_number in reply.content.decode()

    def test_cannot_be_confirmed_around_the_question(self, world: World, client: Client) -> None:
        known, new = a_known_and_a_new(world)
        shown = client.post(
            URL, {"ids": ids(known, new)}, headers={"accept": "application/json"}
        ).json()
        form = {"token": shown["token"], "items": shown["items"], "confirm": "yes"}

        refused = client.post(URL, form)

        assert refused.status_code == 422
        assert PaymentInstruction.objects.filter(order__in=[known, new]).count() == 0


class TestBalances:
    def test_an_account_without_one_is_left_out_and_its_balance_offered(
        self, world: World, client: Client
    ) -> None:
        order = ready(world)
        LatestBalance.objects.all().delete()

        page = client.post(URL, {"ids": ids(order)}).content.decode()

        assert "尚未取得余额" in page
        assert f'name="account" value="{world.account.pk}"' in page
        assert 'name="token"' not in page

    def test_the_single_page_offers_nothing_to_confirm_until_it_is_told(
        self, world: World, client: Client
    ) -> None:
        order = ready(world)
        url = f"/payments/orders/{order.order_no}/release/"
        LatestBalance.objects.all().delete()

        before = client.get(url).content.decode()
        tell_balance(world.account, "5000.00")
        after = client.get(url).content.decode()

        assert 'name="confirm"' not in before
        assert 'name="confirm"' in after
        assert "5,000.00" in after
        assert f"{5000 - order.amount:,.2f}" in after

    def test_what_remains_after_the_release_is_shown_by_account(
        self, world: World, client: Client, frozen_clock: Any
    ) -> None:
        sent(world, "succeeded")
        frozen_clock.advance(minutes=5)
        tell_balance(world.account, "5000.00")
        orders = [ready(world) for _ in range(2)]

        page = client.post(URL, {"ids": ids(*orders)}).content.decode()

        assert f"{5000 - sum(order.amount for order in orders):,.2f}" in page
