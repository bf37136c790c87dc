"""Security keys as the second factor: bound, asked at sign-in and at acts, and what is not taken for their answer."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.test import Client, RequestFactory

from audit.models import Entry
from kernel.errors import Conflict
from masterdata.models import SecurityKey, SignInTry, User
from masterdata.roles import Role
from masterdata.services import factors, security_keys, stepup
from tests import build
from tests.masterdata.test_stepup import a_phone
from tests.soft_key import COPIED, PRESENT, VERIFIED, SoftKey

pytestmark = pytest.mark.django_db
SITE = "https://pay.example.cn"


@pytest.fixture(autouse=True)
def site(settings) -> None:
    settings.SITE_ADDRESS = SITE


@pytest.fixture
def person(db: None) -> User:
    return build.a_user(Role.RELEASER, company=build.a_company(), password="long-enough-for-a-test")


def bound(user: User, key: SoftKey | None = None) -> SoftKey:
    """A token bound to this person."""
    key, session = key or SoftKey(SITE), {}
    token = security_keys.made(session, key.make(security_keys.offer(user, session)))
    security_keys.bind(user=user, name="办公室", token=token)
    return key


def asked(page: str) -> dict:
    """What a page asks a security key."""
    found = re.search(r'data-touch="([^"]*)"', page)
    assert found, "the page asks no security key"
    return json.loads(html.unescape(found.group(1)))


class TestBind:
    def test_takes_no_key_that_can_be_copied_or_asks_for_no_pin(self, person: User) -> None:
        for flags in (PRESENT | VERIFIED | COPIED, PRESENT):
            with pytest.raises(security_keys.KeyRefused):
                bound(person, SoftKey(SITE, flags=flags))

        assert not SecurityKey.objects.exists()

    def test_takes_no_answer_made_at_another_site(self, person: User) -> None:
        with pytest.raises(security_keys.KeyRefused):
            bound(person, SoftKey("https://pay.example.cn.evil.example"))

    def test_a_token_is_bound_once(self, person: User) -> None:
        key = bound(person)

        with pytest.raises(Conflict):
            bound(person, key)

    def test_its_page_wants_an_older_factor_and_then_binds(self, person: User) -> None:
        client, key = Client(), SoftKey(SITE)
        client.force_login(person)
        page = client.get("/me/keys/new/").content.decode()

        reply = client.post(
            "/me/keys/new/", {"name": "办公室", "new_key": key.make(asked(page))}, follow=True
        )

        assert "安全密钥已绑定" in reply.content.decode()
        assert SecurityKey.objects.get().user == person

    def test_goes_with_the_other_factors_when_they_are_reset(self, person: User) -> None:
        bound(person)

        factors.forget_factor(person)

        assert not SecurityKey.objects.exists()


def touching(user: User, session: dict, answer: str) -> stepup.StepUp:
    request = RequestFactory().post("/", {security_keys.ANSWER: answer})
    request.user, request.session = user, session
    return stepup.require_stepup(request, "payments.release")


class TestStepUp:
    def test_a_touch_counts_as_the_second_factor_and_covers_the_next_acts(
        self, person: User
    ) -> None:
        key, session = bound(person), {}

        given = touching(person, session, key.touch(security_keys.asking(person, session)))

        assert (given.method, given.factor_id) == (
            "webauthn",
            SecurityKey.objects.get().reference,
        )
        assert stepup.current(session, person.pk) == given

    def test_an_answer_counts_once_and_only_in_the_session_that_asked(self, person: User) -> None:
        key, session = bound(person), {}
        answer = key.touch(security_keys.asking(person, session))
        touching(person, session, answer)

        for kept in (session, {}):
            with pytest.raises(stepup.StepUpNeeded):
                touching(person, kept, answer)

    def test_refuses_anothers_token_a_copied_one_and_one_without_pin(self, person: User) -> None:
        key, session = bound(person), {}
        other = bound(build.a_user(Role.CHECKER, company=build.a_company()))
        touching(person, session, key.touch(security_keys.asking(person, session)))
        copy_uses, key.uses = key.uses, 0
        behind = key.touch(security_keys.asking(person, session))
        key.uses, key.flags = copy_uses, PRESENT
        without_pin = key.touch(security_keys.asking(person, session))
        theirs = other.touch(security_keys.asking(person, session))

        for answer in (behind, without_pin, theirs, "{}", "no json", "[1]"):
            with pytest.raises(stepup.StepUpNeeded):
                touching(person, session, answer)
        assert Entry.objects.filter(event="masterdata.security_key.refused").count() == 3


class TestSignIn:
    def test_opens_with_password_and_a_touch(self, person: User) -> None:
        a_phone(person)
        key, client = bound(person), Client()
        given = {"username": person.username, "password": "long-enough-for-a-test"}
        page = client.post("/sign-in/", given, follow=True).content.decode()

        reply = client.post("/sign-in/code/", {"key_answer": key.touch(asked(page))})

        assert reply.status_code == 302
        assert client.get("/me/security/").status_code == 200
        assert SignInTry.objects.get(user=person, result="ok").method == "password+key"

    def test_a_wrong_touch_does_not_open_and_is_written_down(self, person: User) -> None:
        a_phone(person)
        bound(person)
        client, strange = Client(), SoftKey(SITE)
        given = {"username": person.username, "password": "long-enough-for-a-test"}
        page = client.post("/sign-in/", given, follow=True).content.decode()

        reply = client.post("/sign-in/code/", {"key_answer": strange.touch(asked(page))})

        assert reply.status_code == 403
        assert SignInTry.objects.filter(user=person, result="bad_code").exists()


def test_without_the_sites_address_there_are_no_security_keys(person: User, settings) -> None:
    bound(person)
    settings.SITE_ADDRESS = ""
    client = Client()
    client.force_login(person)

    page = client.get("/me/security/").content.decode()

    assert "SITE_ADDRESS" in page
    assert security_keys.asking(person, {}) is None
    assert client.get("/me/keys/new/").status_code == 409
