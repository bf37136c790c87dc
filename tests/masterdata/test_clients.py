"""Calling systems: two people let one in, one stops it; what it signs is heard once, and nothing else is."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel import signatures
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.secrets import Secret
from masterdata.models import ApiClient, ApiKey, ApiNonce
from masterdata.roles import Role
from masterdata.selectors import scope_of_client
from masterdata.services import clients, signed_calls
from tests import build
from tests.masterdata.people import agree, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/balances"
DOCS = Path(__file__).parents[2] / "docs" / "api.md"


def wanted(house: SimpleNamespace, **changes: Any) -> dict[str, Any]:
    return {
        "name": "用友 U8", "source_system": "u8", "companies": [house.first.pk], "rights": ["statements.view"],
        "acts_for": house.maker.username, "scheme": "hmac-sha256", "point": "",
    } | changes  # fmt: skip


def let_in(house: SimpleNamespace, **changes: Any) -> tuple[ApiKey, str]:
    """A system the two officers let in: its key, and the secret put together from both halves."""
    change = clients.propose_client(values=wanted(house, **changes), actor=house.officer)
    done, second = agree(change, house.second_officer)
    key = ApiKey.objects.get(client__name=done.after["name"])
    return key, clients.first_half(done) + second.reveal() if isinstance(second, Secret) else ""


def sign(key: ApiKey, secret: str, *, method: str = "GET", path: str = PATH, body: bytes = b"", **told: Any) -> str:  # fmt: skip
    """The header of a request, written from the description and not from the code under test."""
    at, nonce = str(told.get("at", int(time.time()))), told.get("nonce", "n" * 16)
    digest = hashlib.sha256(body).hexdigest()
    lines = ["YQ-HMAC-SHA256", method, path, at, nonce, told.get("idempotency", ""), digest]
    sig = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
    return f"YQ-HMAC-SHA256 key={key.key_id},ts={at},nonce={nonce},sig={sig}"


def ask(header: str, path: str = PATH) -> int:
    return Client().get(path, headers={"Authorization": header}).status_code


class TestLettingIn:
    def test_wants_a_second_officer_and_shows_each_one_half(self, house: SimpleNamespace) -> None:
        change = clients.propose_client(values=wanted(house), actor=house.officer)
        with pytest.raises(NotAllowed):
            agree(change, house.officer)
        assert not ApiClient.objects.exists()

        done, second = agree(change, house.second_officer)

        key = ApiKey.objects.get()
        secret = clients.first_half(done) + second.reveal()
        assert len(secret) == 2 * clients.HALF
        assert secret.encode() not in bytes(key.secret)
        assert ask(sign(key, secret)) == 200

    def test_gives_what_was_agreed_and_no_more(self, house: SimpleNamespace) -> None:
        key, secret = let_in(house)

        assert scope_of_client(key.client).companies_with("statements.view") == {house.first.pk}
        assert (
            ask(sign(key, secret, path="/api/v1/payment-orders"), "/api/v1/payment-orders") == 403
        )

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"rights": ["payments.release"]}, "rights"),
            ({"rights": []}, "rights"),
            ({"companies": []}, "companies"),
            ({"acts_for": "nobody"}, "acts_for"),
            ({"scheme": "none"}, "scheme"),
            ({"scheme": "sm2", "point": "00" * 64}, "point"),
            ({"name": " "}, "name"),
        ],
    )
    def test_names_what_is_wrong(self, house: SimpleNamespace, changes: dict[str, Any], field: str) -> None:  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            clients.propose_client(values=wanted(house, **changes), actor=house.officer)

        assert refused.value.field == field

    def test_what_a_system_makes_is_made_by_the_person_behind_it(self, house: SimpleNamespace) -> None:  # fmt: skip
        checker = build.a_user(Role.CHECKER, company=house.first)

        with pytest.raises(NotAllowed, match="职责冲突"):
            clients.propose_client(
                values=wanted(house, rights=["payments.make"], acts_for=checker.username), actor=house.officer
            )  # fmt: skip

    def test_a_local_officer_lets_nobody_into_other_companies(self, house: SimpleNamespace) -> None:
        with pytest.raises(InvalidInput):
            clients.propose_client(
                values=wanted(house, companies=[house.head.pk]), actor=house.local
            )
        key, _ = let_in(house, companies=[house.head.pk])
        with pytest.raises(NotFound):
            clients.stop_client(client_id=key.client_id, actor=house.local, why="不该")


class TestChanging:
    def test_further_rights_want_two_and_hold_from_then_on(self, house: SimpleNamespace) -> None:
        key, secret = let_in(house)
        change = clients.propose_client_edit(
            client_id=key.client_id, values=wanted(house, rights=["statements.view", "payments.view"]), actor=house.officer
        )  # fmt: skip
        assert (
            ask(sign(key, secret, path="/api/v1/payment-orders"), "/api/v1/payment-orders") == 403
        )

        agree(change, house.second_officer)

        header = sign(key, secret, path="/api/v1/payment-orders", nonce="m" * 16)
        assert ask(header, "/api/v1/payment-orders") == 200

    def test_a_further_key_and_the_old_one_are_heard_until_it_is_revoked(self, house: SimpleNamespace) -> None:  # fmt: skip
        key, secret = let_in(house)
        change = clients.propose_key(
            client_id=key.client_id, values={"scheme": "hmac-sha256"}, actor=house.officer
        )
        done, second = agree(change, house.second_officer)
        newer = ApiKey.objects.exclude(pk=key.pk).get()
        whole = clients.first_half(done) + second.reveal()
        assert [ask(sign(key, secret)), ask(sign(newer, whole))] == [200, 200]

        clients.revoke_key(client_id=key.client_id, key_id=key.pk, actor=house.officer, why="换钥")

        assert ask(sign(key, secret, nonce="o" * 16)) == 401
        assert ask(sign(newer, whole, nonce="o" * 16)) == 200
        with pytest.raises(Conflict):
            clients.revoke_key(
                client_id=key.client_id, key_id=key.pk, actor=house.officer, why="换钥"
            )

    def test_one_officer_stops_a_system_at_once(self, house: SimpleNamespace) -> None:
        key, secret = let_in(house)

        clients.stop_client(client_id=key.client_id, actor=house.officer, why="泄露")

        assert ask(sign(key, secret)) == 401
        with pytest.raises(Conflict):
            clients.propose_key(
                client_id=key.client_id, values={"scheme": "hmac-sha256"}, actor=house.officer
            )


class TestSignatures:
    def test_a_request_counts_once(self, house: SimpleNamespace) -> None:
        key, secret = let_in(house)
        header = sign(key, secret)

        assert [ask(header), ask(header)] == [200, 401]
        assert ApiNonce.objects.count() == 1

    def test_its_number_is_dropped_when_it_can_no_longer_be_repeated(
        self, house: SimpleNamespace
    ) -> None:
        key, secret = let_in(house)
        header = sign(key, secret)
        ask(header)
        ApiNonce.objects.create(key=key, nonce="long ago", at=int(time.time()) - 601)

        assert signed_calls.forget_numbers() == 1
        assert ask(header) == 401

    @pytest.mark.parametrize(("off", "status"), [(-310, 401), (-290, 200), (290, 200), (310, 401)])
    def test_a_time_stamp_holds_five_minutes(self, house: SimpleNamespace, off: int, status: int) -> None:  # fmt: skip
        key, secret = let_in(house)

        assert ask(sign(key, secret, at=int(time.time()) + off)) == status

    def test_an_unknown_key_looks_like_a_wrong_signature(self, house: SimpleNamespace) -> None:
        key, secret = let_in(house)
        wrong = Client().get(PATH, headers={"Authorization": sign(key, "x" * 52)})
        unknown = Client().get(
            PATH, headers={"Authorization": sign(key, secret).replace(key.key_id, "f" * 16)}
        )

        assert wrong.json() == unknown.json()
        assert (wrong.status_code, unknown.status_code) == (401, 401)
        assert not ApiNonce.objects.exists()

    def test_another_method_path_body_or_idempotency_key_is_not_what_was_signed(self, house: SimpleNamespace) -> None:  # fmt: skip
        key, secret = let_in(house, rights=["payments.make", "statements.view"])
        path, body = "/api/v1/payment-orders", b'{"items": []}'
        header = sign(key, secret, method="POST", path=path, body=body, idempotency="k1")

        def post(where: str = path, what: bytes = body, once: str = "k1") -> int:
            return Client().post(
                where, what, content_type="application/json", headers={"Authorization": header, "Idempotency-Key": once}
            ).status_code  # fmt: skip

        assert post(what=b'{"items": [1]}') == 401
        assert post(once="k2") == 401
        assert post(where=f"{path}?x=1") == 401
        assert ask(header, path) == 401
        assert post() == 422  # heard, and told what is missing

    def test_sm2_keys_sign_and_any_altered_byte_is_refused(self, house: SimpleNamespace) -> None:
        private, point = signatures.generate(signatures.Algorithm.SM2)
        key, _ = let_in(house, scheme="sm2", point=point.hex())
        at = str(int(time.time()))
        lines = ["YQ-SM2", "GET", PATH, at, "n" * 16, "", hashlib.sha256(b"").hexdigest()]
        made = signatures.sign(signatures.Algorithm.SM2, private, point, "\n".join(lines).encode())
        head = f"YQ-SM2 key={key.key_id},ts={at},nonce={'n' * 16},sig="

        altered = bytes([made[0] ^ 1]) + made[1:]
        assert [ask(head + altered.hex()), ask(head + made.hex())] == [401, 200]

    def test_an_expired_key_is_not_heard(self, house: SimpleNamespace) -> None:
        key, secret = let_in(house)
        ApiKey.objects.update(valid_to=key.made_at)

        assert ask(sign(key, secret)) == 401

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(junk=st.text(max_size=80))
    def test_whatever_the_header_says_the_answer_is_a_refusal(self, house: SimpleNamespace, junk: str) -> None:  # fmt: skip
        clean = re.sub(r"[^\x20-\x7e]", "", junk)

        assert ask(f"YQ-HMAC-SHA256 {clean}") == 401
        assert ask(f"YQ-SM2 key=a,ts=1,nonce={clean}") == 401

    def test_the_example_of_the_documentation_is_heard(self, house: SimpleNamespace) -> None:
        key, secret = let_in(house)
        names: dict[str, Any] = {}
        (block,) = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.S)
        exec(block, names)  # the page's own example

        assert ask(names["authorization"](key.key_id, secret, "GET", PATH)) == 200

    def test_a_bearer_key_is_heard_only_where_the_settings_say_so(self, house: SimpleNamespace) -> None:  # fmt: skip
        issued = build.an_api_client(company=house.first)
        header = f"YQ {issued.client.key_id}:{issued.secret.reveal()}"
        assert ask(header) == 200

        with override_settings(API_BEARER_KEYS=False):
            assert ask(header) == 401

    def test_a_system_of_signed_keys_has_no_bearer_key(self, house: SimpleNamespace) -> None:
        key, _ = let_in(house)

        assert ask(f"YQ {key.client.key_id}:") == 401


class TestPages:
    def test_two_officers_let_a_system_in_and_one_stops_it(self, house: SimpleNamespace) -> None:
        first, second = signed_in(house.officer), signed_in(house.second_officer)
        form = wanted(house)
        answer = first.post(reverse("masterdata:client_new"), form)
        assert answer.status_code == 302, answer.content.decode()
        assert "密钥的前一半" in first.get(answer["Location"]).content.decode()
        assert "密钥的前一半" not in second.get(answer["Location"]).content.decode()

        agreed = second.post(answer["Location"], {"decision": "accept"})

        assert "密钥的后一半" in agreed.content.decode()
        assert "no-store" in agreed["Cache-Control"]
        assert "密钥的后一半" not in second.get(answer["Location"]).content.decode()
        key = ApiKey.objects.get()
        page = reverse("masterdata:client", args=[key.client_id])
        assert key.key_id in first.get(page).content.decode()
        first.post(reverse("masterdata:client_stop", args=[key.client_id]), {"why": "停"})
        assert "停用" in first.get(page).content.decode()
