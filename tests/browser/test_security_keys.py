"""A security key in a real browser, with Chromium's own virtual authenticator: bound, asked for a second factor, signing a check and a mandate."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as house
from django.test import Client

from approvals.models import Decision, StandingSignature
from approvals.signing import keys
from approvals.signing.models import SigningKey
from masterdata.models import SecurityKey
from masterdata.services import stepup
from payments.services.standing import release_by_standing
from tests.build_payments import World, a_world, claim, fresh, submitted
from tests.payments.mandates import a_mandate, a_sweep, a_target
from tests.signing import PASSPHRASE, a_registrar, a_vouching

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(live_server: Any, settings: Any) -> World:
    settings.SITE_ADDRESS = live_server.url
    return a_world()


def plug_in(page: Any) -> None:
    """A token with a PIN, held to the reader at every request."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in(page: Any, address: str, person: Any) -> Client:
    client = Client()
    client.force_login(person)
    cookie = client.cookies[house.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    return client


def vouch(key: SigningKey) -> None:
    registrar, _ = a_registrar()
    signer = keys.unlock(user=registrar, passphrase=PASSPHRASE)
    keys.confirm(
        key_id=key.pk,
        version=key.version,
        digits=key.fingerprint[-8:],
        actor=a_vouching(registrar),
        signer=signer,
    )


def test_a_person_binds_a_key_and_checks_a_payment_with_it(page, live_server, world) -> None:
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    person, address = world["checker"], live_server.url
    client = sign_in(page, address, person)
    plug_in(page)

    page.goto(f"{address}/me/keys/new/")
    page.fill("#name", "办公室")
    page.click("button.btn-primary")
    page.wait_for_url("**/me/security/")
    assert SecurityKey.objects.get().name == "办公室"

    page.goto(f"{address}/approvals/keys/token/")
    page.click("button.btn-primary")
    page.wait_for_url("**/approvals/keys/")
    vouch(SigningKey.objects.get(user=person))

    order = submitted(world)
    page.goto(f"{address}/payments/orders/{order.order_no}/check/")
    page.click("form[data-once] button.btn-primary, form[data-once] button.btn-danger")
    page.wait_for_load_state("networkidle")
    assert fresh(order).state == "pending_release"
    assert Decision.objects.get().signature.key.provider == "webauthn"

    session = client.session
    del session[stepup.SESSION_KEY]
    session.save()
    page.goto(f"{address}/me/factor/")
    page.click("[data-touch-now]")
    page.wait_for_selector("[data-say=done]:not([hidden])")
    page.click("button.btn-primary")
    page.wait_for_selector("#new_code")
    assert SecurityKey.objects.get().uses > 0
    assert not [one for one in said if "Content Security Policy" in one]


def test_a_releaser_signs_a_standing_mandate_with_a_touch(page, live_server, world) -> None:
    target = a_target(world)
    mandate, person, address = a_mandate(world, target), world["releaser"], live_server.url
    sign_in(page, address, person)
    plug_in(page)
    page.goto(f"{address}/approvals/keys/token/")
    page.click("button.btn-primary")
    page.wait_for_url("**/approvals/keys/")
    vouch(SigningKey.objects.get(user=person))

    page.goto(f"{address}/approvals/standing/{mandate.pk}/")
    page.click("form[action$='/sign/'] button.btn-danger")
    page.wait_for_selector("text=常设授权已签署")

    signed = StandingSignature.objects.get()
    assert (signed.user, signed.signature.key.provider) == (person, "webauthn")
    assert release_by_standing(order_id=a_sweep(world, target).pk) == ""
    assert claim(world).instructions[0].payee_account == target.number
