"""What is tampered with, late, repeated or incomplete is not taken, each for a reason of its own."""

from __future__ import annotations

import json
import time

import pytest
from django.test import Client

from erpbridge.models import Inbox
from tests.masterdata.test_clients import let_in, sign

pytestmark = pytest.mark.django_db(transaction=True)


class TestRefusals:
    def test_tampered_late_repeated_and_incomplete_messages_each_say_why(self, house):
        key, secret = let_in(house, rights=["payments.view", "payments.make", "statements.view"])
        path = "/api/v1/payment-orders"
        body = json.dumps({"items": [{"doc_no": "FK1"}]}).encode()

        def post(data: bytes = body, *, signed: bytes = body, **told: object) -> tuple[int, str]:
            header = sign(key, secret, method="POST", path=path, body=signed, idempotency="K1", **told)  # fmt: skip
            answer = Client().post(
                path, data, "application/json", headers={"Authorization": header, "Idempotency-Key": "K1"},
            )  # fmt: skip
            return answer.status_code, answer.content.decode()

        tampered = post(body.replace(b"FK1", b"FK2"))
        late = post(at=int(time.time()) - 400)
        incomplete = post(nonce="a" * 16)
        repeated = post(nonce="a" * 16)

        assert (tampered[0], "wrong signature" in tampered[1]) == (401, True)
        assert (late[0], "5 minutes off" in late[1]) == (401, True)
        assert (repeated[0], "used before" in repeated[1]) == (401, True)
        assert incomplete[0] == 422
        fields = {one["field"] for one in json.loads(incomplete[1])["errors"]}
        assert {"amount", "payee_account", "company_code"} <= fields
        assert not Inbox.objects.filter(status__lt=400).exists()
