"""Signing in with both factors, the limits of a session, the lock screen, the log, and what a password may be."""

from __future__ import annotations

import base64
import os
import re
import time
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from kernel import clock
from masterdata.models import SignInTry, User, UserSession
from masterdata.passwords import what_is_left
from masterdata.roles import Role
from masterdata.services import factors
from tests import build
from yqlink.codes import Phone

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "Quay-Lantern-Copper-41"


@pytest.fixture
def person(transactional_db: None) -> User:
    return build.a_user(Role.MAKER, company=build.a_company(), username="zhang", password=PASSWORD)


@pytest.fixture
def phone(person: User) -> Phone:
    secret = os.urandom(20)
    factors.install_factors([person], {person.username: secret}, replace=False)
    return Phone(base64.b32encode(secret).decode())


def enter(phone: Phone, client: Client | None = None, **form: str) -> Client:
    """Both steps of the sign-in page."""
    client = client or Client()
    first = client.post("/sign-in/", {"username": "zhang", "password": PASSWORD} | form)
    assert first["Location"] == "/sign-in/code/"
    second = client.post("/sign-in/code/", {"otp": phone.code()})
    assert second.status_code == 302, second.content.decode()[:500]
    return client


def results() -> list[str]:
    return list(SignInTry.objects.order_by("pk").values_list("result", flat=True))


class TestSignIn:
    def test_wants_both_factors(self, person: User, phone: Phone) -> None:
        client = Client()

        client.post("/sign-in/", {"username": "zhang", "password": PASSWORD})
        assert (
            client.get("/masterdata/companies/").status_code == 302
        )  # the password alone opens nothing
        client.post("/sign-in/code/", {"otp": "000000"})
        assert client.get("/masterdata/companies/").status_code == 302
        factors.factor_of(person).throttle_reset()
        client.post("/sign-in/code/", {"otp": phone.code()})

        assert client.get("/masterdata/companies/").status_code == 200
        assert results() == ["bad_code", "ok"]
        assert SignInTry.objects.get(result="ok").method == "password+totp"

    def test_is_dated_by_the_platforms_clock(self, person: User) -> None:
        with clock.fixed(clock.now() + timedelta(days=300)) as later:
            Client().force_login(person)

        assert User.objects.get(pk=person.pk).last_login == later.moment

    def test_goes_where_the_visitor_wanted_but_never_elsewhere(
        self, person: User, phone: Phone
    ) -> None:
        client = Client()
        form = {"username": "zhang", "password": PASSWORD, "otp": phone.code()}

        home = client.post("/sign-in/", form | {"next": "/jobs/"})
        client.post("/sign-out/")
        away = client.post(
            "/sign-in/", form | {"otp": phone.code(), "next": "https://evil.example/"}
        )

        assert (home["Location"], away["Location"]) == ("/jobs/", "/")

    def test_a_recovery_code_replaces_the_phone_once(self, person: User, phone: Phone) -> None:
        (first, *_rest) = factors.fresh_recovery_codes(person)
        one, two = Client(), Client()
        for client in (one, two):
            client.post("/sign-in/", {"username": "zhang", "password": PASSWORD})
            client.post("/sign-in/code/", {"otp": first})

        assert one.get("/jobs/").status_code == 200
        assert two.get("/jobs/").status_code == 302
        assert results() == ["ok", "bad_code"]

    def test_the_first_sign_in_binds_a_phone_and_shows_recovery_codes(self, person: User) -> None:
        client = Client()
        first = client.post("/sign-in/", {"username": "zhang", "password": PASSWORD})
        page = client.get(first["Location"]).content.decode()
        secret = re.search(r'class="code">([A-Z2-7 ]+)<', page).group(1).replace(" ", "")

        wrong = client.post("/sign-in/enrol/", {"otp": "000000"})
        factors.offered(person).throttle_reset()
        done = client.post("/sign-in/enrol/", {"otp": Phone(secret).code()})

        assert "data:image/svg+xml" in page
        assert wrong.status_code == 422
        assert len(re.findall(r'<li class="code">', done.content.decode())) == 10
        assert client.get("/jobs/").status_code == 200

    def test_the_second_step_without_the_first_starts_again(self, person: User) -> None:
        for page in ("/sign-in/code/", "/sign-in/enrol/"):
            assert Client().post(page, {"otp": "123456"})["Location"] == "/sign-in/"

    def test_five_failures_lock_the_name_at_that_address(
        self, person: User, phone: Phone, settings
    ) -> None:
        settings.AXES_ENABLED = True
        client = Client()
        for _ in range(5):
            client.post("/sign-in/", {"username": "zhang", "password": "wrong"})

        answer = client.post("/sign-in/", {"username": "zhang", "password": PASSWORD})

        assert answer.status_code == 429
        assert "已暂时锁定" in answer.content.decode()
        assert results().count("bad_password") == 4
        assert results()[-1] == "locked_out"

    def test_wrong_codes_count_towards_the_lockout(
        self, person: User, phone: Phone, settings
    ) -> None:
        settings.AXES_ENABLED = True
        client = Client()
        for _ in range(5):
            client.post("/sign-in/", {"username": "zhang", "password": PASSWORD})
            last = client.post("/sign-in/code/", {"otp": "000000"})

        assert last.status_code == 429
        assert client.post("/sign-in/code/", {"otp": phone.code()}).status_code in (302, 429)
        assert client.get("/jobs/").status_code == 302


class TestOneSession:
    def test_a_new_sign_in_ends_the_old_one_and_says_so(self, person: User, phone: Phone) -> None:
        old = enter(phone)
        new = enter(phone)

        greeting = new.get("/jobs/").content.decode()
        refused = old.get("/jobs/")

        assert refused.status_code == 302
        assert "此处的会话已结束" in old.get(refused["Location"]).content.decode()
        assert "另一个会话已结束" in greeting
        assert "上次登录" in greeting
        assert UserSession.objects.filter(ended_at=None).count() == 1

    def test_a_second_account_of_the_same_person_ends_it_too(
        self, person: User, phone: Phone
    ) -> None:
        other = build.a_user(
            Role.MAKER, company=build.a_company(), username="zhang2",
            person_key=person.person_key, password=PASSWORD,
        )  # fmt: skip
        secret = os.urandom(20)
        factors.install_factors([other], {"zhang2": secret}, replace=False)
        old = enter(phone)

        code = Phone(base64.b32encode(secret).decode()).code()
        Client().post("/sign-in/", {"username": "zhang2", "password": PASSWORD, "otp": code})

        assert old.get("/jobs/").status_code == 302


class TestLimits:
    def test_an_idle_session_is_locked_and_its_password_opens_it(
        self, person: User, phone: Phone
    ) -> None:
        client = enter(phone)
        session = client.session
        session["seen_at"] = time.time() - 3600
        session.save()

        locked = client.get("/jobs/?x=1")
        wrong = client.post("/unlock/", {"password": "wrong", "next": "/jobs/?x=1"})
        right = client.post("/unlock/", {"password": PASSWORD, "next": "/jobs/?x=1"})

        assert locked["Location"] == "/unlock/?next=%2Fjobs%2F%3Fx%3D1"
        assert wrong.status_code == 403
        assert right["Location"] == "/jobs/?x=1"
        assert client.get("/jobs/").status_code == 200
        assert results() == ["ok", "bad_unlock", "unlocked"]

    def test_a_form_sent_to_a_locked_session_is_offered_again(
        self, person: User, phone: Phone
    ) -> None:
        client = enter(phone)
        session = client.session
        session["locked"] = True
        session.save()

        screen = client.post("/views/save/", {"page": "x", "name": "我的视图", "query": "a=1"})
        after = client.post(
            "/unlock/",
            {
                "password": PASSWORD,
                "next": "/views/save/",
                "page": "x",
                "name": "我的视图",
                "query": "a=1",
            },
        )

        assert screen.status_code == 401
        assert 'value="我的视图"' in screen.content.decode()
        assert 'action="/views/save/"' in after.content.decode()
        assert 'name="name" value="我的视图"' in after.content.decode()

    def test_programs_learn_that_it_is_locked(self, person: User, phone: Phone) -> None:
        client = enter(phone)
        session = client.session
        session["locked"] = True
        session.save()

        assert (
            client.get("/jobs/", headers={"Accept": "application/json"}).json()["code"] == "locked"
        )
        assert client.get("/api/v1/pipeline").status_code in (401, 403)

    def test_no_session_lives_longer_than_its_limit(
        self, person: User, phone: Phone, settings
    ) -> None:
        client = enter(phone)
        session = client.session
        session["signed_in_at"] = time.time() - settings.SESSION_COOKIE_AGE - 1
        session.save()

        assert client.get("/jobs/")["Location"].startswith("/sign-in/")
        assert UserSession.objects.get().end == "too_old"


class TestPassword:
    @pytest.mark.parametrize(
        "password",
        ["short-1", "password123456", "123456789012", "qwerty123456", "woaini5201314", "aaaaaaaaaaaaaa"],
    )  # fmt: skip
    def test_refuses_what_is_guessed_first(self, person: User, password: str) -> None:
        with pytest.raises(ValidationError):
            validate_password(password, person)

    def test_takes_a_phrase(self, person: User) -> None:
        validate_password("amber-river-under-snow", person)

        assert what_is_left("Abc-1234-passwordQ") == "--q"

    def test_a_change_ends_other_sessions_and_keeps_this_one(
        self, person: User, phone: Phone
    ) -> None:
        client = enter(phone)
        other = Client()
        other.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        form = {"old_password": PASSWORD, "new_password1": "amber-river-under-snow"}

        done = client.post("/password/", form | {"new_password2": "amber-river-under-snow"})

        assert done.status_code == 302
        assert client.get("/jobs/").status_code == 200
        assert other.get("/jobs/").status_code == 302
        assert UserSession.objects.filter(ended_at=None).count() == 1

    def test_a_guessed_old_one_ends_the_session_and_locks_the_name(
        self, person: User, phone: Phone, settings
    ) -> None:
        settings.AXES_ENABLED = True
        client = enter(phone)
        new = "amber-river-under-snow"
        form = {"old_password": "a guess", "new_password1": new, "new_password2": new}

        answers = [client.post("/password/", form).status_code for _ in range(5)]
        right = client.post("/password/", form | {"old_password": PASSWORD})

        assert answers == [422, 422, 422, 422, 429]
        assert right["Location"].startswith("/sign-in/")
        assert UserSession.objects.get().end == "revoked"
        assert person.check_password(PASSWORD)
        kept = AccessAttempt.objects.get().post_data
        assert "a guess" not in kept
        assert new not in kept

    def test_an_old_password_does_not_come_back(self, person: User, phone: Phone) -> None:
        client = enter(phone)
        for old, new in (
            (PASSWORD, "amber-river-under-snow"),
            ("amber-river-under-snow", PASSWORD),
        ):
            answer = client.post(
                "/password/", {"old_password": old, "new_password1": new, "new_password2": new}
            )

        assert answer.status_code == 422
        assert "最近" in answer.content.decode()

    def test_a_password_of_another_or_too_old_has_to_be_changed_first(
        self, person: User, phone: Phone, settings
    ) -> None:
        client = enter(phone)
        User.objects.filter(pk=person.pk).update(must_change_password=True)
        first = client.get("/jobs/")
        User.objects.filter(pk=person.pk).update(
            must_change_password=False,
            password_set_at=clock.now() - timedelta(days=settings.PASSWORD_DAYS, hours=1),
        )
        second = client.get("/jobs/", headers={"Accept": "application/json"})
        third = client.get("/api/v1/balances")

        assert first["Location"] == "/password/"
        assert second.json()["code"] == "password_expired"
        assert (third.status_code, third.json()["code"]) == (403, "password_expired")
        assert client.get("/password/").status_code == 200


class TestMySecurity:
    def test_shows_sessions_and_tries_and_ends_the_others(self, person: User, phone: Phone) -> None:
        client = enter(phone)

        page = client.get("/me/security/").content.decode()
        client.post("/me/sessions/end/")

        assert "当前会话" in page
        assert "密码 + 动态验证码" in page
        assert client.get("/jobs/").status_code == 200

    def test_a_new_phone_is_bound_after_the_old_one_proved_who_asks(
        self, person: User, phone: Phone
    ) -> None:
        client = enter(phone)

        asked = client.get("/me/factor/")
        page = client.post("/step-up/", {"next": "/me/factor/", "otp": phone.code()}, follow=True)
        secret = re.search(r'class="code">([A-Z2-7 ]+)<', page.content.decode()).group(1)
        done = client.post("/me/factor/", {"new_code": Phone(secret.replace(" ", "")).code()})

        assert asked.status_code == 403
        assert "恢复码" in done.content.decode()
        assert factors.factor_of(person).bin_key == base64.b32decode(secret.replace(" ", ""))
        assert not factors.verify_code(user=person, code=phone.code()).factor

    def test_a_page_left_open_neither_shows_nor_binds_the_new_phone(
        self, person: User, phone: Phone
    ) -> None:
        client = enter(phone)
        client.post("/step-up/", {"next": "/me/factor/", "otp": phone.code()})
        client.get("/me/factor/")
        words = factors.secret_words(factors.offered(person))
        session = client.session
        session["step_up"] |= {"given_s": time.time() - 301}
        session.save()

        wrong = client.post("/me/factor/", {"new_code": "000000"})
        right = client.post("/me/factor/", {"new_code": Phone(words.replace(" ", "")).code()})

        assert (wrong.status_code, right.status_code) == (403, 403)
        assert words not in wrong.content.decode()
        assert factors.factor_of(person) != factors.offered(person)
