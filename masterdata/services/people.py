"""People and calling systems: API keys, language."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from audit.services import record
from kernel import clock
from kernel.secrets import Secret
from masterdata.models import ApiClient, Company, OldPassword, User, UserSession
from masterdata.services.sessions import end_sessions

_NOBODY = "0" * 64  # compared when the key id is unknown, so that timing tells nothing


def key_digest(secret: str) -> str:
    """What is kept of an API key: 32 random bytes need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def authenticate_client(key_id: str, secret: str) -> ApiClient | None:
    """The active client with this key, in constant time; None otherwise."""
    client = (
        ApiClient.objects.filter(key_id=key_id, is_active=True).select_related("acts_for").first()
    )
    known = client.key_digest if client else _NOBODY
    holds = hmac.compare_digest(known, key_digest(secret))
    return client if client is not None and holds else None


def fresh_key() -> tuple[str, str]:
    """A new (key id, secret): 8 and 32 random bytes."""
    return secrets.token_hex(8), secrets.token_urlsafe(32)


@dataclass(frozen=True)
class IssuedKey:
    """A fresh key; its secret is shown once and never again."""

    client: ApiClient
    secret: Secret


def issue_client(
    *,
    name: str,
    source_system: str,
    companies: Iterable[Company],
    rights: Iterable[str],
    acts_for: User | None,
    actor: object | None = None,
) -> IssuedKey:
    """Make an API client with a fresh key (a step)."""
    key_id, secret = fresh_key()
    client = ApiClient.objects.create(
        name=name,
        source_system=source_system,
        key_id=key_id,
        key_digest=key_digest(secret),
        rights=sorted(rights),
        acts_for=acts_for,
    )
    client.companies.set(companies)
    record(
        "masterdata.api_client.created",
        actor=actor,
        subject=client,
        after={"name": name, "source_system": source_system, "rights": client.rights},
    )
    return IssuedKey(client, Secret(secret))


@transaction.atomic(durable=True)
def choose_language(*, user: User, language: str) -> None:
    """Remember the language a person reads."""
    User.objects.filter(pk=user.pk).update(language=language)


def set_password(user: User, password: Secret, *, is_own: bool) -> None:
    """Write a new password, keep the old hash; one that another person made has to be changed first (a step)."""
    if user.has_usable_password():
        OldPassword.objects.create(user=user, password=user.password)
    kept = user.old_passwords.values_list("pk", flat=True)[: settings.PASSWORD_HISTORY]
    user.old_passwords.exclude(pk__in=list(kept)).delete()
    user.set_password(password.reveal())
    user.password_set_at, user.must_change_password = clock.now(), not is_own
    user.save(update_fields=["password", "password_set_at", "must_change_password"])


@transaction.atomic(durable=True)
def change_password(*, user: User, password: Secret, session_key: str = "") -> None:
    """Set a person's own new password (already validated against the password rules); their other sessions end."""
    set_password(user, password, is_own=True)
    end_sessions([user], UserSession.End.PASSWORD, but_key=session_key)
    record("masterdata.password.changed", actor=user, subject=user)
