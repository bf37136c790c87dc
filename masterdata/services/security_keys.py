"""Security keys as the second factor: bound by their owner, asked at sign-in and at money acts in place of a code.

Each touch answers a challenge this session was given, once. The site's address (`SITE_ADDRESS`) is what tokens bind keys to;
where none is set, there are no security keys.
"""

from __future__ import annotations

import os
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from audit.services import record
from kernel import clock, security_keys
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.security_keys import NotTheKey, Site, Token
from masterdata.models import SecurityKey, User

if TYPE_CHECKING:
    from collections.abc import Iterable

ANSWER = "key_answer"  # the form field of a token's answer
KEYS_MAX = 5
_ASKED, _ASKED_MAX, _ASKED_S = "asked_keys", 8, 600


class KeyRefused(NotAllowed):
    """The token's answer does not count."""

    code = "security_key"

    def __init__(self, message_en: str = "the security key's answer does not count") -> None:
        super().__init__("安全密钥未通过验证，请重试", message_en)


def site() -> Site | None:
    """The address tokens know the platform by."""
    return Site(settings.SITE_ADDRESS) if settings.SITE_ADDRESS else None


def wanted_site() -> Site:
    """The same where it must be set. Raises Conflict."""
    found = site()
    if found is None:
        raise Conflict(
            "尚未设置平台网址（SITE_ADDRESS），不能使用安全密钥",
            "SITE_ADDRESS is not set",
            code="no_site",
        )
    return found


def keys_of(user: User) -> list[SecurityKey]:
    """A person's security keys, oldest first."""
    return list(SecurityKey.objects.filter(user=user))


# --- challenges: given to one session, answered once --------------------------------------------------------------------


def new_challenge(session: Any) -> bytes:
    """A challenge for this session; the latest few stay open, so that two pages do not disturb each other."""
    challenge = os.urandom(32)
    now = time.time()
    kept = [one for one in session.get(_ASKED, []) if now - one[1] < _ASKED_S]
    session[_ASKED] = [*kept, [challenge.hex(), now]][-_ASKED_MAX:]
    return challenge


def take_challenge(session: Any, answer: str) -> bytes:
    """The challenge an answer is about, spent now. Raises KeyRefused where this session was not given it, or long ago."""
    try:
        challenge = security_keys.challenge_in(answer)
    except NotTheKey as error:
        raise KeyRefused(str(error)) from None
    now = time.time()
    kept = session.get(_ASKED, [])
    mine = [one for one in kept if one[0] == challenge.hex() and 0 <= now - one[1] < _ASKED_S]
    session[_ASKED] = [one for one in kept if one[0] != challenge.hex()]
    if not mine:
        raise KeyRefused("the challenge is not this session's")
    return challenge


def asking(user: User, session: Any) -> dict[str, Any] | None:
    """What the browser asks this person's tokens; None where there are none."""
    here, known = site(), keys_of(user)
    if here is None or not known:
        return None
    names = [bytes(key.credential) for key in known]
    return security_keys.asking(here, challenge=new_challenge(session), known=names)


def offer(user: User, session: Any, *, signing: Iterable[bytes] | None = None) -> dict[str, Any]:
    """What the browser asks a token to make a second factor by, or with `signing` (the keys known) a key to sign with.

    One token may hold both, as two keys. Raises Conflict without a site.
    """
    known = [bytes(key.credential) for key in keys_of(user)] if signing is None else signing
    return security_keys.creation(
        wanted_site(),
        challenge=new_challenge(session),
        person=f"{'factor' if signing is None else 'signing'}:{user.pk}",
        name=user.username,
        known=known,
    )


def made(session: Any, answer: str) -> Token:
    """The key a token made for a challenge of this session. Raises KeyRefused."""
    challenge = take_challenge(session, answer)
    try:
        return security_keys.created(wanted_site(), challenge=challenge, answer=answer)
    except NotTheKey as error:
        raise KeyRefused(str(error)) from None


# --- commands ---------------------------------------------------------------------------------------------------------------


@transaction.atomic(durable=True)
def bind(*, user: User, name: str, token: Token) -> SecurityKey:
    """The key counts as the person's second factor from now on. Raises InvalidInput, Conflict (five, or bound already)."""
    User.objects.select_for_update().get(pk=user.pk)
    if not name.strip():
        raise InvalidInput("请为安全密钥命名", "a name is wanted", field="name")
    if SecurityKey.objects.filter(user=user).count() >= KEYS_MAX:
        raise Conflict(f"每人最多绑定 {KEYS_MAX} 把安全密钥", f"{KEYS_MAX} keys at most")
    digest = sha256(token.credential).hexdigest()
    if SecurityKey.objects.filter(credential_digest=digest).exists():
        raise Conflict("这把安全密钥已绑定", "the key is bound already", code="key_bound")
    key = SecurityKey.objects.create(
        user=user,
        name=name.strip()[:60],
        credential=token.credential,
        credential_digest=digest,
        point=token.point,
        device=token.model,
        uses=token.count,
    )
    record(
        "masterdata.security_key.bound",
        actor=user,
        subject=user,
        after={"key": key.reference, "name": key.name, "device": key.device},
    )
    return key


@transaction.atomic(durable=True)
def unbind(*, user: User, key_id: int) -> None:
    """The key counts no more. Raises NotFound."""
    key = SecurityKey.objects.select_for_update().filter(user=user, pk=key_id).first()
    if key is None:
        raise NotFound("security key")
    record(
        "masterdata.security_key.unbound",
        actor=user,
        subject=user,
        before={"key": key.reference, "name": key.name},
    )
    key.delete()


def verify(*, user: User, session: Any, answer: str, act: str = "") -> SecurityKey:
    """Which of the person's keys answered a challenge of this session, just now. Raises KeyRefused; refusals are recorded."""
    challenge = take_challenge(session, answer)
    outcome = _verified(user, challenge, answer, act)
    if isinstance(outcome, NotTheKey):
        raise KeyRefused(str(outcome))
    return outcome


@transaction.atomic
def _verified(user: User, challenge: bytes, answer: str, act: str) -> SecurityKey | NotTheKey:
    try:
        digest = sha256(security_keys.credential_in(answer)).hexdigest()
        rows = SecurityKey.objects.select_for_update()
        key = rows.filter(user=user, credential_digest=digest).first()
        if key is None:
            raise NotTheKey("no key of this person")
        token = Token(bytes(key.credential), bytes(key.point), key.uses)
        touch = security_keys.touched(
            wanted_site(), challenge=challenge, answer=answer, token=token
        )
    except NotTheKey as error:
        record(
            "masterdata.security_key.refused",
            actor=user,
            subject=user,
            after={"act": act},
            why=str(error)[:200],
        )
        return error
    SecurityKey.objects.filter(pk=key.pk).update(uses=touch.count, used_at=clock.now())
    return key
