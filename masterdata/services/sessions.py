"""Sessions of people: opened at sign-in, one a natural person, ended at once when rights, password or the person go."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.sessions.models import Session
from django.db import transaction

from audit.services import record
from kernel import clock
from masterdata.models import SignInTry, User, UserSession

if TYPE_CHECKING:
    from django.db.models import QuerySet

End = UserSession.End
Result = SignInTry.Result


def keep_last_login(sender: object, user: User, **_told: object) -> None:
    """The person's last sign-in, by the platform's clock: who has not come for long is counted by the same one."""
    user.last_login = clock.now()
    user.save(update_fields=["last_login"])


def digest_of(key: str) -> str:
    """How a session is known after its key is gone."""
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic(durable=True)
def note_try(
    *, username: str, user: User | None, origin: str, agent: str, method: str, result: Result
) -> None:
    """Write one line of the sign-in log."""
    SignInTry.objects.create(
        username=username[:150],
        user=user,
        origin=origin[:60],
        agent=agent[:200],
        method=method[:30],
        result=result,
    )


@transaction.atomic(durable=True)
def open_session(
    *, user: User, key: str, origin: str, agent: str, method: str
) -> list[UserSession]:
    """A person signed in: their other sessions (of every sign-in of the same natural person) end; returns those.

    The rows of the person are locked, so that two sign-ins at once leave one session.
    """
    people = User.objects.select_for_update().filter(person_key=user.person_key).order_by("pk")
    ended = _end(UserSession.objects.filter(user__in=list(people)), End.REPLACED, note=origin)
    UserSession.objects.create(
        user=user,
        key=key,
        key_digest=digest_of(key),
        origin=origin[:60],
        agent=agent[:200],
        method=method[:30],
    )
    record(
        "masterdata.session.opened",
        actor=user,
        subject=user,
        after={"method": method, "ended": len(ended)},
        origin=origin,
    )
    return ended


def _end(sessions: QuerySet[UserSession], end: End, *, note: str = "") -> list[UserSession]:
    """End the open ones among these sessions: the browser's next request finds nobody signed in (a step)."""
    rows = list(sessions.filter(ended_at=None).select_for_update(of=("self",)))
    Session.objects.filter(session_key__in=[row.key for row in rows if row.key]).delete()
    UserSession.objects.filter(pk__in=[row.pk for row in rows]).update(
        key="", ended_at=clock.now(), end=end, end_note=note[:100]
    )
    return rows


def end_sessions(users: Iterable[User], end: End, *, but_key: str = "") -> int:
    """End every open session of these people but the one with `but_key` (a step); returns how many."""
    rows = UserSession.objects.filter(user__in=[user.pk for user in users])
    return len(_end(rows.exclude(key=but_key) if but_key else rows, end))


@transaction.atomic(durable=True)
def close_session(*, key: str, end: End) -> None:
    """One session ends: signed out, or too old."""
    if key:
        _end(UserSession.objects.filter(key=key), end)


@transaction.atomic(durable=True)
def rename_session(*, old: str, new: str) -> None:
    """The session got a new key (its person changed the password)."""
    UserSession.objects.exclude(key="").filter(key=old).update(key=new, key_digest=digest_of(new))


@transaction.atomic(durable=True)
def end_own_sessions(*, user: User, but_key: str) -> int:
    """A person ends all their sessions but this one."""
    ended = end_sessions([user], End.BY_PERSON, but_key=but_key)
    record("masterdata.session.ended", actor=user, subject=user, after={"sessions": ended})
    return ended


def how_it_ended(key: str) -> UserSession | None:
    """The ended session a browser still carries the key of. System look-up for the sign-in page."""
    return (
        UserSession.objects.filter(key_digest=digest_of(key), ended_at__isnull=False)
        .order_by("-pk")
        .first()
        if key
        else None
    )


def session_of(user: User, *, key: str) -> UserSession | User:
    """The open session somebody reads in; the person, where none was opened (a program's own client). System look-up."""
    own = UserSession.objects.filter(key_digest=digest_of(key), ended_at=None, user=user)
    return own.order_by("-pk").first() or user


def last_sign_in(user: User) -> tuple[SignInTry | None, int]:
    """The last good sign-in before now, and how many tries failed since."""
    tries = SignInTry.objects.filter(user=user).order_by("-pk")
    last = tries.filter(result=Result.OK).first()
    failed = tries.exclude(result__in=[Result.OK, Result.UNLOCKED])
    return last, (failed.filter(pk__gt=last.pk) if last else failed).count()
