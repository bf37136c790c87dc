"""Confirmed acts: a one-time token spent first, the act done once, its result kept for the second click."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from desk import services as desk
from kernel import seal
from payments.outcomes import BulkResult

if TYPE_CHECKING:
    from masterdata.models import User

Item = tuple[int, int, str]


def digest_of(act: str, items: Sequence[Item]) -> str:
    """What a confirm page stands for: the act, and each order with the version and content shown."""
    return hashlib.sha256(
        seal.canonical({"act": act, "items": [list(item) for item in items]})
    ).hexdigest()


@transaction.atomic(durable=True)
def issue(*, act: str, items: Sequence[Item], actor: User) -> str:
    """The token of a confirm page."""
    return desk.issue_token(
        user_id=actor.pk, purpose=f"payments.{act}", digest=digest_of(act, items)
    )


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
