"""Signing keys of the people of tests: made and vouched for by the real services, opened with one passphrase."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from approvals.signing import keys, tokens, trust
from approvals.signing.models import SigningKey
from approvals.signing.signers import SoftwareSigner
from approvals.signing.states import KeyState
from kernel.secrets import Secret
from masterdata.models import Company, Membership, User
from masterdata.services import security_keys
from payments.services.hands import Hand
from tests.build import step_up
from tests.soft_key import SoftKey

PASSPHRASE = Secret("a passphrase of the tests")  # of keys that live for one run
REGISTRAR = "test-registrar"


def a_registrar() -> tuple[User, SigningKey]:
    """The person who vouches for all others, with a pinned key; one a database."""
    user, _ = User.objects.get_or_create(
        username=REGISTRAR, defaults={"display_name": "登记人", "person_key": "p-registrar"}
    )
    key = SigningKey.objects.filter(user=user, state=KeyState.ACTIVE).first()
    if key is None:
        with transaction.atomic():
            key = keys.establish(user=user, passphrase=PASSPHRASE)
    elif not trust.is_pinned(key):
        trust.pin(key.fingerprint, REGISTRAR)
    return user, key


def give_key(user: User) -> SigningKey:
    """The person's signing key, made and confirmed where there is none."""
    key = SigningKey.objects.filter(user=user, state=KeyState.ACTIVE).first()
    if key is not None:
        return key
    registrar, theirs = a_registrar()
    signer = keys.unlock(user=registrar, passphrase=PASSPHRASE)
    with transaction.atomic():
        key = keys.add(user, PASSPHRASE, now=theirs.valid_from)
        keys.certify(key, signer=signer, registrar=theirs, actor=registrar)
    return key


def signer_of(user: User, passphrase: Secret = PASSPHRASE) -> SoftwareSigner:
    """The person's key, unlocked; made where there is none."""
    give_key(user)
    return keys.unlock(user=user, passphrase=passphrase)


def by(user: User) -> dict[str, Any]:
    """Who decides, and by whose hand: `orders.check_orders(items=…, **by(checker))`."""
    return {"actor": user, "hand": hand_of(user)}


def hand_of(user: User, passphrase: Secret = PASSPHRASE) -> Hand:
    """The hand an act is signed by, with a second factor just given."""
    return Hand(signer_of(user, passphrase), step_up(user))


def give_token(user: User) -> SoftKey:
    """The person's signing key in a token, made and confirmed; it replaces a software key."""
    registrar, _theirs = a_registrar()
    token, session = SoftKey(settings.SITE_ADDRESS), {}
    answer = token.make(security_keys.offer(user, session, signing=[]))
    key = tokens.enrol(user=user, token=security_keys.made(session, answer))
    signer = keys.unlock(user=registrar, passphrase=PASSPHRASE)
    keys.confirm(
        key_id=key.pk,
        version=key.version,
        digits=key.fingerprint[-8:],
        actor=a_vouching(registrar),
        signer=signer,
    )
    return token


def a_vouching(registrar: User) -> User:
    """The registrar with the duty of vouching for keys in the whole group."""
    for company in Company.objects.filter(parent=None):
        Membership.objects.get_or_create(user=registrar, company=company, role="security_admin")
    return registrar
