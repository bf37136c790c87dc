"""The second factor at the moment of an act: codes, their single use, recovery codes, the window."""

from __future__ import annotations

import os
import time

import pytest
from django.test import Client, RequestFactory

from audit.models import Entry
from kernel.errors import InvalidInput
from masterdata.models import Factor, RecoveryCode, User
from masterdata.roles import Role
from masterdata.services import factors, stepup
from tests import build
from yqlink.codes import Phone

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(db: None) -> User:
    return build.a_user(Role.RELEASER, company=build.a_company(), password="long-enough-for-a-test")


def a_phone(user: User) -> Phone:
    """A phone enrolled for this person."""
    import base64

    secret = os.urandom(20)
    factors.begin_enrolment(user=user, secret=secret)
    phone = Phone(base64.b32encode(secret).decode())
    factors.confirm_enrolment(user=user, code=phone.code())
    return phone


def a_request(user: User, session: dict | None = None, **form: str):
    request = RequestFactory().post("/", form)
    request.user, request.session = user, {} if session is None else session
    return request


class TestRequireStepup:
    def test_refuses_without_a_code(self, person: User) -> None:
        a_phone(person)

        with pytest.raises(stepup.StepUpNeeded):
            stepup.require_stepup(a_request(person), "payments.release")

    def test_takes_a_code_and_covers_the_next_acts_of_the_session(self, person: User) -> None:
        phone, session = a_phone(person), {}

        given = stepup.require_stepup(
            a_request(person, session, otp=phone.code()), "payments.release"
        )
        later = stepup.require_stepup(a_request(person, session), "payments.release")

        assert (given.method, given.factor_id) == ("totp", factors.factor_of(person).reference)
        assert later == given

    def test_covers_nobody_else_and_no_other_session(self, person: User) -> None:
        phone, session = a_phone(person), {}
        stepup.require_stepup(a_request(person, session, otp=phone.code()), "payments.release")
        other = build.a_user(Role.RELEASER, company=build.a_company())

        for request in (a_request(other, session), a_request(person)):
            with pytest.raises(stepup.StepUpNeeded):
                stepup.require_stepup(request, "payments.release")

    def test_ends_after_its_window(self, person: User, settings) -> None:
        phone, session = a_phone(person), {}
        stepup.require_stepup(a_request(person, session, otp=phone.code()), "payments.release")
        session[stepup.SESSION_KEY]["given_s"] = time.time() - settings.STEP_UP_S - 1

        with pytest.raises(stepup.StepUpNeeded):
            stepup.require_stepup(a_request(person, session), "payments.release")

    def test_a_code_passes_once(self, person: User) -> None:
        code = a_phone(person).code()
        stepup.require_stepup(a_request(person, otp=code), "payments.release")

        with pytest.raises(stepup.StepUpNeeded):
            stepup.require_stepup(a_request(person, otp=code), "payments.release")

    def test_wrong_codes_are_told_in_the_trail_and_slow_the_next_try(self, person: User) -> None:
        phone = a_phone(person)
        for code in ("000000", "not a code"):
            with pytest.raises(stepup.StepUpNeeded):
                stepup.require_stepup(a_request(person, otp=code), "payments.release")

        with pytest.raises(stepup.StepUpNeeded):  # right, but too soon
            stepup.require_stepup(a_request(person, otp=phone.code()), "payments.release")
        assert Entry.objects.filter(event="masterdata.factor.refused").count() == 1

    def test_refuses_a_person_without_a_second_factor(self, person: User) -> None:
        with pytest.raises(stepup.StepUpNeeded, match="还没有绑定"):
            stepup.require_stepup(a_request(person, otp="123456"), "payments.release")


class TestEnrolment:
    def test_keeps_the_secret_sealed_and_bound_to_its_owner(self, person: User) -> None:
        secret = os.urandom(20)
        factor = factors.begin_enrolment(user=person, secret=secret)
        other = build.a_user(Role.MAKER, company=build.a_company())

        assert secret.hex() not in factor.key
        assert factor.bin_key == secret
        with pytest.raises(Exception, match="altered or belongs elsewhere"):
            _ = Factor(user=other, key=factor.key).bin_key

    def test_counts_only_after_the_first_right_code(self, person: User) -> None:
        factors.begin_enrolment(user=person)

        with pytest.raises(InvalidInput):
            factors.confirm_enrolment(user=person, code="000000")
        assert factors.factor_of(person) is None

    def test_gives_recovery_codes_that_pass_once(self, person: User) -> None:
        codes = factors.fresh_recovery_codes(person)

        assert len(set(codes)) == factors.RECOVERY_CODES
        assert factors.spend_recovery_code(user=person, code=codes[0].lower().replace("-", " "))
        assert not factors.spend_recovery_code(user=person, code=codes[0])
        assert not factors.spend_recovery_code(user=person, code="AAAAA-AAAAA")
        assert not RecoveryCode.objects.filter(digest__contains=codes[1][:5]).exists()


class TestPages:
    def test_a_form_is_sent_again_with_the_code(self, person: User) -> None:
        admin = build.a_user(Role.ADMIN, company=build.a_company())
        row, phone, client = build.a_staged_payee(maker=person), a_phone(admin), Client()
        client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        del session[stepup.SESSION_KEY]
        session.save()
        form = {"ids": str(row.pk), "decided": "yes", "why": "已电话核实"}

        asked = client.post("/masterdata/payees/confirm/", form)
        row.refresh_from_db()

        body = asked.content.decode()
        assert asked.status_code == 403
        assert row.state == "staged"
        assert 'name="otp"' in body
        assert 'name="why" value="已电话核实"' in body
        done = client.post("/masterdata/payees/confirm/", form | {"otp": phone.code()})
        row.refresh_from_db()
        assert done.status_code == 302
        assert row.state == "confirmed"

    def test_a_page_is_reached_after_the_code(self, person: User) -> None:
        phone, client = a_phone(person), Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")

        wrong = client.post("/step-up/", {"next": "/jobs/", "otp": "000000"})
        factors.factor_of(person).throttle_reset()
        right = client.post(
            "/step-up/", {"next": "https://elsewhere.example/", "otp": phone.code()}
        )

        assert wrong.status_code == 403
        assert right["Location"] == "/"
