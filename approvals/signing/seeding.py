"""Signing keys of a demo group: registrars first, then everybody who decides. Idempotent; never beside a live channel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from approvals.signing import keys, trust
from approvals.signing.models import SigningKey
from approvals.signing.states import KeyState
from kernel import clock
from kernel.secrets import Secret

if TYPE_CHECKING:
    from masterdata.models import User


def ensure_keys(
    *, registrars: Iterable[User], people: Iterable[User], passphrase: Secret, reset: bool
) -> int:
    """Keys for people who have none, or for all where their passphrases are made anew (`reset`); how many were made (a step)."""
    active = {key.user_id: key for key in SigningKey.objects.filter(state=KeyState.ACTIVE)}
    made = 0
    vouching: list[SigningKey] = []
    for user in registrars:
        key = active.get(user.pk)
        if key is None or reset:
            key, made = keys.establish(user=user, passphrase=passphrase), made + 1
        trust.pin(key.fingerprint, user.username)
        vouching.append(key)
    missing = [user for user in people if reset or user.pk not in active]
    if not missing:
        return made
    registrar = vouching[0]
    signer = keys.opened(registrar, passphrase)
    for user in missing:
        key = keys.add(user, passphrase, now=clock.now())
        keys.certify(key, signer=signer, registrar=registrar, actor=registrar.user)
    return made + len(missing)
