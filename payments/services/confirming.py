"""Confirmed acts: a one-time token spent first, the act done once, its result kept for the second click."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from approvals.signing import keys, tokens
from desk import services as desk
from kernel import seal
from kernel.secrets import Secret
from payments.outcomes import BulkResult
from payments.services.hands import Hand

if TYPE_CHECKING:
    from masterdata.models import User
    from masterdata.services.stepup import StepUp

Item = tuple[int, int, str]
SIGNED = frozenset({"check", "approve", "release"})


def digest_of(act: str, items: Sequence[Item]) -> str:
    """What a confirm page stands for: the act, and each order with the version and content shown."""
    return hashlib.sha256(
        seal.canonical({"act": act, "items": [list(item) for item in items]})
    ).hexdigest()


@transaction.atomic(durable=True)
def issue(
    *, act: str, items: Sequence[Item], actor: User, shown: Mapping[str, object] | None = None
) -> str:
    """The token of a confirm page, which keeps what the page shows: the person signs that, too."""
    return desk.issue_token(
        user_id=actor.pk,
        purpose=f"payments.{act}",
        digest=digest_of(act, items),
        shown=seal.canonical(shown) if shown else b"",
    )


def hand_of(
    *, act: str, actor: User, token: str, passphrase: str, stepup: StepUp | None
) -> Hand | None:
    """The person's hand for an act that is signed; None for the others.

    Raises KeyRefused: key_missing, key_expired, key_locked, key_in_token, wrong_passphrase. Nothing is spent or done by then.
    """
    if act not in SIGNED:
        return None
    signer = keys.unlock(user=actor, passphrase=Secret(passphrase))
    return Hand(signer, stepup, desk.shown_with(token=token, user_id=actor.pk))


def page_of(*, act: str, items: Sequence[Item], actor: User, token: str) -> tokens.Page:
    """What a confirm page stands for, as a security key is asked to grant it."""
    shown = desk.shown_with(token=token, user_id=actor.pk)
    return tokens.Page(act, token, shown, [digest for _, _, digest in items])


def hand_by_touch(*, act: str, items: Sequence[Item], actor: User, token: str, answer: str) -> Hand:
    """The hand of somebody whose key is in a token; the touch is the second factor, too.

    Raises KeyRefused: key_missing, key_expired, wrong_touch. Nothing is spent or done by then.
    """
    page = page_of(act=act, items=items, actor=actor, token=token)
    signer, stepup = tokens.unlock(user=actor, page=page, answer=answer)
    return Hand(signer, stepup, page.shown)


@transaction.atomic(durable=True)
def _spend(*, act: str, items: Sequence[Item], actor: User, token: str) -> Any:
    return desk.use_token(
        token=token, user_id=actor.pk, purpose=f"payments.{act}", digest=digest_of(act, items)
    )


@transaction.atomic(durable=True)
def _keep(token: str, result: dict[str, Any]) -> None:
    desk.remember_result(token=token, result=result)


def once(
    *, act: str, items: Sequence[Item], actor: User, token: str, do: Callable[[], BulkResult]
) -> BulkResult:
    """Do the act unless the token was spent; the second click gets the first result, never a second effect.

    Raises TokenMismatch when the page showed something else, Conflict while the first click is still at work.
    """
    earlier = _spend(act=act, items=items, actor=actor, token=token)
    if earlier is None:
        result = do()
        _keep(token, {"done": result.done, "refused": [list(row) for row in result.refused]})
        return result
    return BulkResult(
        list(earlier["done"]), [(int(pk), str(why)) for pk, why in earlier["refused"]]
    )
