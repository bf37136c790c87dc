"""Pull cursors: when an account's balance and statement are due, who is fetching them, how it went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q

import audit.services as audit
from bankbridge import rules, selectors
from bankbridge.models import PullCursor
from kernel import clock
from kernel.errors import Conflict, NotFound
from kernel.scope import Scope
from masterdata import selectors as masterdata

if TYPE_CHECKING:
    from masterdata.models import User

log = structlog.get_logger(__name__)
Kind = PullCursor.Kind
CLAIM_S = 900
ASK_AGAIN_S = 10


class TooSoon(Conflict):
    """The account was asked about a moment ago."""

    code = "too_soon"


ABILITY = {
    Kind.BALANCE: "balance",
    Kind.STATEMENT: "transactions",
    Kind.RECEIPT: "receipt_list",
}


def _every_s(kind: str) -> int:
    every = {
        Kind.BALANCE: settings.PULL_BALANCE_EVERY_S,
        Kind.STATEMENT: settings.PULL_STATEMENT_EVERY_S,
        Kind.RECEIPT: settings.PULL_RECEIPT_EVERY_S,
    }
    return int(every[Kind(kind)])


def of(account_id: int, kind: str) -> PullCursor:
    """The account's cursor, made when absent."""
    return PullCursor.objects.get_or_create(account_id=account_id, kind=kind)[0]


def _ensure(kind: str, account_ids: Sequence[int]) -> None:
    have = set(selectors.cursors(kind).values_list("account_id", flat=True))
    missing = [pk for pk in account_ids if pk not in have]
    PullCursor.objects.bulk_create(
        (PullCursor(account_id=pk, kind=kind) for pk in missing), ignore_conflicts=True
    )


@transaction.atomic(durable=True)
def claim(
    kind: str, *, account_ids: Sequence[int] | None = None, regardless: bool = False
) -> list[PullCursor]:
    """Claim the cursors of linked accounts that are due (`regardless`: due or not) and that nobody is fetching.

    What a bank does not tell is not asked for.
    """
    wanted = None if account_ids is None else list(account_ids)
    accounts = list(selectors.linked_accounts(wanted, ability=ABILITY[Kind(kind)]))
    _ensure(kind, accounts)
    now = clock.now()
    due = PullCursor.objects.select_for_update(skip_locked=True).filter(
        kind=kind, account_id__in=accounts
    )
    if not regardless:
        due = due.filter(next_due_at__lte=now)
    rows = list(due.filter(Q(claimed_until=None) | Q(claimed_until__lt=now)).order_by("pk"))
    until = now + timedelta(seconds=CLAIM_S)
    PullCursor.objects.filter(pk__in=[row.pk for row in rows]).update(claimed_until=until)
    return rows


def release(cursor: PullCursor) -> None:
    """Give up a claim without a result."""
    PullCursor.objects.filter(pk=cursor.pk).update(claimed_until=None)


def done(cursor: PullCursor, *, pulled_until: date | None = None) -> None:
    """The pull went well; `pulled_until` is the last day it closed, if it closed any.

    Where somebody brought the due time forward while the fetch ran, that wish stays.
    """
    now = clock.now()
    values: dict[str, object] = {
        "last_ok_at": now,
        "failures": 0,
        "last_error": "",
        "claimed_until": None,
    }
    if pulled_until is not None:
        values["pulled_until"] = pulled_until
    PullCursor.objects.filter(pk=cursor.pk).update(**values)
    PullCursor.objects.filter(pk=cursor.pk, next_due_at=cursor.next_due_at).update(
        next_due_at=rules.next_try(now=now, every_s=_every_s(cursor.kind), failures=0)
    )


def failed(cursor: PullCursor, error: Exception) -> None:
    """The pull failed: try again after a wait that grows with the failures."""
    now = clock.now()
    failures = cursor.failures + 1
    PullCursor.objects.filter(pk=cursor.pk).update(
        last_error_at=now,
        last_error=f"{type(error).__name__}: {error}"[:300],
        failures=failures,
        claimed_until=None,
        next_due_at=rules.next_try(now=now, every_s=_every_s(cursor.kind), failures=failures),
    )


def closed_until(cursor: PullCursor, day: date) -> None:
    """The days up to and including this one were fetched on a later day."""
    PullCursor.objects.filter(pk=cursor.pk).update(pulled_until=day)
    cursor.pulled_until = day


def tied(cursor: PullCursor, entry_id: int) -> None:
    """The entries up to this one were offered to payments for long enough."""
    PullCursor.objects.filter(pk=cursor.pk).update(tied_until=entry_id)
    cursor.tied_until = entry_id


def hasten_balances(*, connection_id: int) -> None:
    """Payments ended: the balances of the connection's accounts are due at once."""
    accounts = [
        pk
        for pk, account in selectors.linked_accounts().items()
        if account.connection_id == connection_id
    ]
    PullCursor.objects.filter(account_id__in=accounts, kind=Kind.BALANCE).update(
        next_due_at=clock.now()
    )


def hasten_one(*, connection_id: int) -> None:
    """One balance of the connection is due at once: whether its line still works is asked now, not at the next round."""
    mine = [
        pk
        for pk, account in selectors.linked_accounts(ability=ABILITY[Kind.BALANCE]).items()
        if account.connection_id == connection_id
    ]
    rows = PullCursor.objects.filter(account_id__in=mine, kind=Kind.BALANCE)
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:1])
    PullCursor.objects.filter(pk__in=ids).update(next_due_at=clock.now())


@transaction.atomic(durable=True)
def ask_now(*, account_ids: Sequence[int], actor: User, scope: Scope) -> int:
    """Make balance, statement and receipts of these accounts due at once; how many accounts.

    Raises NotFound (none of them visible and linked), NotAllowed (statements.pull), TooSoon (asked within 10 s).
    """
    visible = {
        row.pk: row for row in masterdata.visible_accounts(scope).filter(pk__in=list(account_ids))
    }
    linked = [row for pk, row in selectors.linked_accounts(list(visible)).items()]
    if not linked:
        raise NotFound("own account", "未找到可联机查询的账户")
    for account in linked:
        scope.demand("statements.pull", account.company_id)
    now = clock.now()
    ids = [account.pk for account in linked]
    newest = selectors.newest_attempt(ids, Kind.BALANCE)
    if len(ids) == 1 and newest is not None and now - newest < timedelta(seconds=ASK_AGAIN_S):
        raise TooSoon("刚刚查询过，请 10 秒后再试", "asked a moment ago, try again in 10 s")
    for kind in Kind:
        _ensure(kind, ids)
    PullCursor.objects.filter(account_id__in=ids).exclude(
        last_ok_at__gt=now - timedelta(seconds=ASK_AGAIN_S)
    ).update(next_due_at=now)
    for account in linked:
        audit.record("bankbridge.account.refresh_asked", actor=actor, subject=account)
    return len(ids)
