"""Decisions signed by a touch of a security key: on the pages people use, before the worker that sends, and in the evidence."""

from __future__ import annotations

import json

import pytest
from django.db import connection

from approvals.models import Decision, SigningKey
from approvals.signing import grants, keys
from approvals.signing.verifying import Proven, Unproven, verify_cases
from audit.models import Entry
from kernel.errors import NotAllowed
from payments.services import confirming
from tests.build_payments import World, claim, fresh, ready, submitted
from tests.masterdata.test_security_keys import SITE, asked
from tests.payments.test_pages_orders import digits, hidden, signed_in
from tests.signing import PASSPHRASE, give_key, give_token
from yqlink.evidence.standalone import verify_keys

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def site(settings) -> None:
    settings.SITE_ADDRESS = SITE


def opened(client, url: str) -> tuple[str, dict[str, str]]:
    page = client.get(url).content.decode()
    sent = {"token": hidden(page, "token"), "items": hidden(page, "items"), "confirm": "yes"}
    return page, sent


def checked(world: World):
    """An order checked by a touch, and its decision."""
    order, token = submitted(world), give_token(world["checker"])
    client, url = signed_in(world["checker"]), f"/payments/orders/{order.order_no}/check/"
    page, sent = opened(client, url)
    client.post(url, {**sent, "sign_answer": token.touch(asked(page))})
    return order, Decision.objects.get()


class TestPages:
    def test_a_touch_releases_without_passphrase_and_code_and_the_worker_takes_it(
        self, world: World
    ) -> None:
        order, token = ready(world), give_token(world["releaser"])
        client, url = signed_in(world["releaser"]), f"/payments/orders/{order.order_no}/release/"
        page, sent = opened(client, url)

        client.post(url, {**sent, **digits(order), "sign_answer": token.touch(asked(page))})

        assert 'name="passphrase"' not in page
        assert 'name="otp"' not in page
        decision = Decision.objects.get(act="release")
        assert decision.factor_method == "webauthn"
        assert decision.signature.key.provider == "webauthn"
        assert isinstance(verify_cases([decision.case_id])[decision.case_id], Proven)
        assert len(claim(world).instructions) == 1

    def test_one_touch_covers_a_page_of_many(self, world: World) -> None:
        orders, token = [submitted(world) for _ in range(3)], give_token(world["checker"])
        client = signed_in(world["checker"])
        shown = client.post("/payments/bulk/check/", {"ids": [one.pk for one in orders]})
        page = shown.content.decode()
        sent = {"token": hidden(page, "token"), "items": hidden(page, "items"), "confirm": "yes"}

        client.post("/payments/bulk/check/", {**sent, "sign_answer": token.touch(asked(page))})

        cases = [one.case_id for one in Decision.objects.all()]
        assert len(cases) == 3
        assert {fresh(one).state for one in orders} == {"pending_release"}

    def test_a_touch_for_another_page_does_nothing_and_says_so(self, world: World) -> None:
        first, second = submitted(world), submitted(world)
        token, client = give_token(world["checker"]), signed_in(world["checker"])
        other, _ = opened(client, f"/payments/orders/{first.order_no}/check/")
        url = f"/payments/orders/{second.order_no}/check/"
        _, sent = opened(client, url)

        reply = client.post(url, {**sent, "sign_answer": token.touch(asked(other))})

        assert reply.status_code == 403
        assert "安全密钥未对本页内容签名" in reply.content.decode()
        assert fresh(second).state == "pending_check"
        assert Entry.objects.filter(event="approvals.signing_key.unlock_failed").exists()

    def test_a_touch_counts_for_one_click(self, world: World) -> None:
        order, _ = checked(world)
        token, client = give_token(world["checker2"]), signed_in(world["checker2"])
        again = submitted(world)
        url = f"/payments/orders/{again.order_no}/check/"
        page, sent = opened(client, url)
        answer = token.touch(asked(page))
        client.post(url, {**sent, "sign_answer": answer})

        client.post(url, {**sent, "sign_answer": answer})

        assert Decision.objects.count() == 2
        assert fresh(order).state == "pending_release"

    def test_a_passphrase_opens_no_key_in_a_token(self, world: World) -> None:
        order = submitted(world)
        give_token(world["checker"])
        client, url = signed_in(world["checker"]), f"/payments/orders/{order.order_no}/check/"
        _, sent = opened(client, url)

        reply = client.post(url, {**sent, "passphrase": PASSPHRASE.reveal()})

        assert reply.status_code == 403
        assert fresh(order).state == "pending_check"


class TestWhatIsSigned:
    def test_the_acts_key_signs_nothing_the_page_did_not_show(self, world: World) -> None:
        shown, other = submitted(world), submitted(world)
        token = give_token(world["checker"])
        items = [(shown.pk, shown.version, shown.content_hash)]
        client = signed_in(world["checker"])
        page, sent = opened(client, f"/payments/orders/{shown.order_no}/check/")
        hand = confirming.hand_by_touch(
            act="check",
            items=items,
            actor=world["checker"],
            token=sent["token"],
            answer=token.touch(asked(page)),
        )

        with pytest.raises(NotAllowed):
            hand.signer.sign(b"whatever", [other.content_hash])

    def test_no_altered_part_of_it_holds_here_or_in_the_stand_alone_script(
        self, world: World
    ) -> None:
        _, decision = checked(world)
        key, envelope = decision.signature.key, bytes(decision.signature.signature)
        point, statement = bytes(key.point), decision.statement.encode()
        root = verify_keys.root_of(statement, decision.path, "test")
        message = b"yqlink.decisions.v1\x00" + root

        def both(envelope: bytes, statement: bytes = statement) -> tuple[bool, bool]:
            ours = grants.holds(point, message=message, envelope=envelope) and grants.covers(
                envelope, statement
            )
            try:
                theirs = verify_keys.granted(point, message, envelope, statement, "test")
            except (verify_keys.Wrong, KeyError, ValueError):
                theirs = False
            return ours, theirs

        assert both(envelope) == (True, True)
        told = json.loads(envelope)
        for name in ("grant", "client", "authenticator", "touch", "signature"):
            value = told[name]
            for at in range(0, len(value), 7):
                wrong = value[:at] + ("1" if value[at] != "1" else "2") + value[at + 1 :]
                altered = json.dumps({**told, name: wrong}).encode()
                assert both(altered) == (False, False), (name, at)
        for name, value in (("act", "release"), ("shown", "0" * 64), ("content", "0" * 64)):
            facts = json.dumps({**json.loads(statement), name: value}).encode()
            assert both(envelope, facts) == (False, False), name

    def test_a_row_that_claims_to_be_a_token_does_not_count(self, world: World) -> None:
        _order, decision = checked(world)
        give_key(world["maker"])
        with connection.cursor() as cursor:  # behind the triggers
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(
                "UPDATE approvals_signingkey SET provider = 'software' WHERE id = %s",
                [decision.signature.key_id],
            )
            cursor.execute("SET session_replication_role = origin")

        verdict = verify_cases([decision.case_id])[decision.case_id]

        assert isinstance(verdict, Unproven)
        assert "certificate" in verdict.why

    def test_a_registrar_keeps_a_software_key(self, world: World) -> None:
        from approvals.signing import tokens
        from kernel.security_keys import Token
        from tests.signing import a_registrar

        registrar, key = a_registrar()

        with pytest.raises(NotAllowed):
            tokens.enrol(user=registrar, token=Token(b"c", bytes(key.point)))
        assert keys.active(registrar) == SigningKey.objects.get(pk=key.pk)
