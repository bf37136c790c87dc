"""Signing keys in tokens (WebAuthn): made by their owner, vouched for as every key, asked once for one act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from approvals.signing import grants, keys, trust
from approvals.signing.keys import KeyRefused
from approvals.signing.models import SigningKey
from approvals.signing.signers import TokenSigner
from approvals.signing.states import KeyState
from audit import services as audit
from kernel import clock, security_keys, signatures, vault
from kernel.errors import Conflict, NotAllowed
from kernel.secrets import Secret
from kernel.security_keys import NotTheKey, Site, Token, Touch
from masterdata.services.security_keys import wanted_site
from masterdata.services.stepup import StepUp

if TYPE_CHECKING:
    from masterdata.models import User

ANSWER = "sign_answer"  # the form field of the token's answer to a grant


@dataclass(frozen=True)
class Page:
    """What a confirm page stands for: the act, its one-time token, what it shows, the digests of its contents."""

    act: str
    token: str
    shown: bytes
    contents: Sequence[str]


def known(user: User) -> list[bytes]:
    """The names of the person's keys in tokens, that none is made twice."""
    rows = SigningKey.objects.filter(user=user, provider=SigningKey.Provider.WEBAUTHN)
    live = rows.filter(state__in=(KeyState.PENDING, KeyState.ACTIVE))
    return [bytes(name) for name in live.values_list("credential", flat=True)]


@transaction.atomic(durable=True)
def enrol(*, user: User, token: Token) -> SigningKey:
    """A person's key in a token; it signs nothing until a security administrator has vouched for it.

    Raises Conflict (one waits already, or this one was made before), NotAllowed (a registrar: certificates want a software key).
    """
    keys.require_none_waits(user)
    mine = keys.active(user)
    if mine is not None and trust.is_pinned(mine):
        raise NotAllowed(
            "您是登记人，须用软件密钥为他人的密钥签发证书，不能改用安全密钥",
            "a registrar keeps a software key",
            code="registrar",
        )
    algorithm = signatures.Algorithm.ECDSA
    name = signatures.fingerprint(algorithm, token.point)
    if SigningKey.objects.filter(fingerprint=name).exists():
        raise Conflict("这把密钥已登记", "the key is known already", code="key_known")
    now = clock.now()
    key = SigningKey.objects.create(
        user=user,
        person_key=user.person_key,
        provider=SigningKey.Provider.WEBAUTHN,
        algorithm=algorithm,
        point=token.point,
        fingerprint=name,
        credential=token.credential,
        uses=token.count,
        valid_from=now,
        valid_to=now + timedelta(days=settings.SIGNING_KEY_DAYS),
    )
    audit.record(
        "approvals.signing_key.enrolled",
        actor=user,
        subject=key,
        after={
            "fingerprint": name,
            "algorithm": algorithm,
            "provider": key.provider,
            "device": token.model,
            "valid_to": key.valid_to,
        },
    )
    return key


def _hand(token: str) -> tuple[bytes, bytes]:
    """The key of one act, from the one-time token of its page: nothing of it is stored."""
    return signatures.from_seed(bytes.fromhex(vault.ring().blind_index(f"act:{token}")))


def _grant(key: SigningKey, page: Page, site: Site) -> grants.Grant:
    return grants.grant(
        act=page.act,
        key=key.fingerprint,
        host=site.host,
        page=page.shown,
        token=page.token,
        contents=page.contents,
        point=_hand(page.token)[1],
    )


def asking(key: SigningKey, page: Page) -> dict[str, Any]:
    """What the browser asks the token of this key, to grant what the page stands for. Raises Conflict without a site."""
    site = wanted_site()
    challenge = _grant(key, page, site).challenge
    return security_keys.asking(site, challenge=challenge, known=[bytes(key.credential)])


@transaction.atomic(durable=True)
def _tried(user: User, page: Page, answer: str) -> TokenSigner | KeyRefused:
    key, site = keys.usable(user), wanted_site()
    given = _grant(key, page, site)
    token = Token(bytes(key.credential), bytes(key.point), key.uses)
    try:
        touch = security_keys.touched(site, challenge=given.challenge, answer=answer, token=token)
    except NotTheKey as error:
        audit.record(
            "approvals.signing_key.unlock_failed", actor=user, subject=key, why=str(error)[:200]
        )
        return KeyRefused(
            "安全密钥未对本页内容签名，未执行任何操作，请重试",
            f"the security key did not sign this page: {error}",
            code="wrong_touch",
        )
    SigningKey.objects.filter(pk=key.pk).update(uses=touch.count)
    return _signer(key, given, touch, page.token)


def _signer(key: SigningKey, given: grants.Grant, touch: Touch, token: str) -> TokenSigner:
    private, point = _hand(token)
    secret = Secret(private.hex())
    return TokenSigner(key.pk, key.fingerprint, key.person_key, given, touch, secret, point)


def unlock(*, user: User, page: Page, answer: str) -> tuple[TokenSigner, StepUp]:
    """The person's key for the one act the page stands for; its owner proved himself to the token, which is a second factor, too.

    Raises KeyRefused: key_missing, key_expired, wrong_touch.
    """
    tried = _tried(user, page, answer)
    if isinstance(tried, KeyRefused):
        raise tried
    return tried, StepUp(user.pk, "webauthn", f"key:{tried.fingerprint[:16]}", clock.now())
