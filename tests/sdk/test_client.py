"""The SDK against the real server over HTTP: what it asks is done once, whatever happens to the answers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import transaction
from yqlink_client import (
    ApiError,
    BadWebhook,
    Client,
    HmacSigner,
    KeyReused,
    NoAnswer,
    Refused,
    verify,
)

from erpbridge.models import Inbox, Outbox
from erpbridge.services import publish
from erpbridge.styles.webhooks import signature
from kernel import clock, vault
from masterdata.models import ApiKey
from masterdata.services.signed_calls import secret_aad
from payments.models import PaymentOrder
from tests.build_payments import World, a_world
from tests.erpbridge.lanes import a_client, an_item

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "S" * 52


@pytest.fixture
def world(transactional_db: None, frozen_clock: clock.fixed) -> World:
    return a_world()


@pytest.fixture
def signer(world: World) -> HmacSigner:
    """A key of a system that may make payments."""
    key = ApiKey(client=a_client(world).client, key_id="0011223344556677")
    key.scheme, key.valid_to = ApiKey.Scheme.HMAC, clock.now().replace(year=2100)
    key.secret = vault.ring().encrypt(SECRET.encode(), aad=secret_aad(key.key_id))
    with transaction.atomic():
        key.save(force_insert=True)
    return HmacSigner(key.key_id, SECRET)


@pytest.fixture
def client(wire, signer) -> Client:
    return Client(wire.url, signer, attempts=4, pause_s=0.01, timeout_s=20)


class TestRequestPayments:
    def test_makes_orders_once_though_answers_are_lost(self, client, wire, world):
        wire.cuts = 2

        reply = client.request_payments([an_item(world)], key="K1")

        assert (reply.status, reply.is_replay, wire.passed) == (201, True, 3)
        assert PaymentOrder.objects.count() == 1
        assert Inbox.objects.count() == 1

    def test_says_that_nobody_knows_when_no_answer_comes_at_all(self, client, wire, world):
        wire.cuts = 4
        with pytest.raises(NoAnswer):
            client.request_payments([an_item(world)], key="K1")

        reply = client.request_payments([an_item(world)], key="K1")

        assert reply.is_replay
        assert PaymentOrder.objects.count() == 1

    def test_tells_wrong_items_from_a_key_used_twice(self, client, world):
        with pytest.raises(Refused) as refused:
            client.request_payments([an_item(world, amount="x")], key="K1")
        assert (refused.value.errors[0]["row"], refused.value.errors[0]["field"]) == (1, "amount")

        client.request_payments([an_item(world)], key="K2")
        with pytest.raises(KeyReused):
            client.request_payments([an_item(world, amount="2.00")], key="K2")

    def test_wants_a_key(self, client, world):
        with pytest.raises(ValueError, match="key"):
            client.request_payments([an_item(world)], key="")

    def test_takes_each_item_on_its_own_where_asked(self, client, world):
        reply = client.request_payments_each(
            [an_item(world), an_item(world, doc_no="FK2", amount="x")], key="K1"
        )

        assert [one["status"] for one in reply.results] == ["OK", "ERR"]


class TestPost:
    def test_without_a_key_is_tried_once(self, client, wire):
        wire.cuts = 1

        with pytest.raises(NoAnswer):
            client.post("/api/v1/messages/ack", {"message_ids": []})

        assert wire.passed == 1

    def test_a_wrong_secret_is_refused_and_not_tried_again(self, wire, signer):
        stranger = Client(wire.url, HmacSigner(signer.key_id, "X" * 52), pause_s=0.01)

        with pytest.raises(ApiError) as refused:
            stranger.get("/api/v1/messages")

        assert (refused.value.status, wire.passed) == (401, 1)


class TestMessages:
    def test_are_read_to_the_end_and_acknowledged_once(self, client, world):
        client.request_payments([an_item(world), an_item(world, doc_no="FK2")], key="K1")
        publish.publish()

        found = list(client.messages())

        ids = [one["message_id"] for one in found]
        assert len(ids) == 2
        assert (client.acknowledge(ids), client.acknowledge(ids)) == (2, 0)
        assert list(client.messages(only_open=True)) == []
        assert Outbox.objects.filter(acked_at=None).count() == 0


class TestVerify:
    def event(self, **changes):
        body = json.dumps({"id": "V1", "event": "voucher", "version": 1, "items": []}).encode()
        moment = str(int(time.time()))
        sign = signature(b"k" * 40, event_id="V1", moment=moment, body=body)
        told = {"YQ-Event-Id": "V1", "YQ-Timestamp": moment, "YQ-Signature": sign} | changes
        return told, body

    def test_believes_what_the_platform_signed(self):
        event = verify("k" * 40, *self.event())

        assert (event.id, event.event, event.version) == ("V1", "voucher", 1)

    @pytest.mark.parametrize(
        "changes",
        [
            {"YQ-Event-Id": "V2"},
            {"YQ-Timestamp": "1"},
            {"YQ-Signature": "v1=00"},
            {"YQ-Signature": "v1=é"},
        ],
    )
    def test_believes_nothing_that_was_altered(self, changes):
        with pytest.raises(BadWebhook):
            verify("k" * 40, *self.event(**changes))

    def test_believes_nothing_old(self):
        headers, body = self.event()

        with pytest.raises(BadWebhook):
            verify("k" * 40, headers, body, now_s=time.time() + 301)


def test_stands_alone():
    """It is installed without the platform: standard library only, and a secret is never printed."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import yqlink_client as y; "
        "print(y.HmacSigner('id', 'hush')); print(sorted(m for m in sys.modules if m.startswith(('django', 'httpx'))))"
    )
    folder = Path(__file__).parents[2] / "sdk" / "python"

    told = subprocess.run([sys.executable, "-I", "-c", program, str(folder)], capture_output=True, text=True, check=True)  # fmt: skip

    assert "hush" not in told.stdout
    assert told.stdout.splitlines()[-1] == "[]"
