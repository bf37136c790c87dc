"""Confirm pages and the hand that signs: the passphrase, the key one has or lacks, and what the page showed."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from approvals.models import Decision
from kernel import seal, vault
from tests.build_payments import World, fresh, submitted
from tests.payments.test_pages_orders import acted, hidden, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_wrong_passphrase_does_nothing_and_says_so_on_the_same_page(world: World) -> None:
    order = submitted(world)
    client, url = signed_in(world["checker"]), f"/payments/orders/{order.order_no}/check/"
    page = client.get(url).content.decode()
    sent = {"token": hidden(page, "token"), "items": hidden(page, "items"), "confirm": "yes"}

    reply = client.post(url, {**sent, "passphrase": "not the passphrase"})

    assert reply.status_code == 403
    assert "签名口令不正确" in reply.content.decode()
    assert 'name="passphrase"' in reply.content.decode()
    assert fresh(order).shown_state == "pending_check"


def test_a_wrong_passphrase_leaves_the_page_of_many_standing(world: World) -> None:
    orders = [submitted(world) for _ in range(2)]
    client = signed_in(world["checker"])
    page = client.post("/payments/bulk/check/", {"ids": [one.pk for one in orders]})
    shown = page.content.decode()
    sent = {"token": hidden(shown, "token"), "items": hidden(shown, "items"), "confirm": "yes"}

    reply = client.post("/payments/bulk/check/", {**sent, "passphrase": "not the passphrase"})

    assert reply.status_code == 403
    assert hidden(reply.content.decode(), "items") == sent["items"]
    assert {fresh(one).shown_state for one in orders} == {"pending_check"}


def test_without_a_key_the_page_leads_to_where_one_is_asked_for(world: World) -> None:
    order = submitted(world)
    client = Client()
    client.force_login(world["checker"])

    page = client.get(f"/payments/orders/{order.order_no}/check/").content.decode()

    assert "/approvals/keys/" in page
    assert 'name="passphrase"' not in page


def test_what_the_page_showed_is_signed_with_the_decision(world: World) -> None:
    order = submitted(world)
    acted(signed_in(world["checker"]), f"/payments/orders/{order.order_no}/check/")

    decision = Decision.objects.get()
    kept = decision.signature
    shown = vault.ring().decrypt(bytes(kept.shown), aad=f"signature:{kept.root}")

    assert json.loads(decision.statement)["shown"] == seal.digest(shown)
    assert json.loads(shown)["content"]["payee_number"] == order.payee_number
