"""Reads of the bank border. Functions without a `scope` are system look-ups and say so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery

from bankbridge.models import Exchange, PullCursor, TickHealth
from kernel.errors import NotFound
from kernel.scope import Scope
from masterdata import selectors as masterdata
from masterdata.bank_selectors import abilities_by_bank
from payments import selectors as payments

if TYPE_CHECKING:
    from masterdata.models import Connection, OwnAccount


def connections(ability: str = "") -> list[Connection]:
    """Active connections, those of banks with `ability` when one is named. System look-up."""
    rows = list(
        masterdata.visible_connections(masterdata.system_scope())
        .filter(is_active=True)
        .defer(None)
        .order_by("pk")
    )
    return [row for row in rows if not ability or ability in abilities(row.bank_slug)]


def abilities(slug: str) -> frozenset[str]:
    """What the bank's adapter can do; nothing where no profile is registered. System look-up."""
    try:
        return frozenset(masterdata.bank_profile(slug).abilities)
    except NotFound:
        return frozenset()


def connection_row(connection_id: int) -> Connection:
    """One connection with everything on it. System look-up; raises NotFound."""
    row = (
        masterdata.visible_connections(masterdata.system_scope())
        .defer(None)
        .filter(pk=connection_id)
        .first()
    )
    if row is None:
        raise NotFound("bank connection", "未找到该银行连接")
    return row


def linked_accounts(
    account_ids: list[int] | None = None, *, ability: str = ""
) -> dict[int, OwnAccount]:
    """Accounts that talk to their bank, by id; with `ability` those whose bank has it. System look-up."""
    rows = masterdata.direct_link_accounts()
    if account_ids is not None:
        rows = rows.filter(pk__in=account_ids)
    if ability:
        can = abilities_by_bank()
        slugs = [slug for slug, abilities in can.items() if ability in abilities]
        rows = rows.filter(connection__bank_slug__in=slugs)
    return {row.pk: row for row in rows}


def visible_exchanges(scope: Scope) -> QuerySet[Exchange]:
    """Wire evidence of the companies whose connections or messages the viewer may see, and for those who see connections also what belongs to no company."""
    rows = Exchange.objects.defer("request", "answer").order_by("-began_at", "-id")
    if not (scope.has("connections.view") or scope.has("exchanges.read")):
        return rows.none()
    seen = scope.companies_with("connections.view") | scope.companies_with("exchanges.read")
    return rows.filter(Q(company_id__in=seen) | Q(company_id__isnull=True))


def get_exchange(key: str, *, scope: Scope) -> Exchange:
    """One exchange with its encrypted bytes; raises NotFound."""
    row = visible_exchanges(scope).defer(None).filter(key=key).select_related("connection").first()
    if row is None:
        raise NotFound("exchange", "未找到该报文记录")
    return row


def exchanges_about(kind: str, subject_id: int, *, scope: Scope) -> QuerySet[Exchange]:
    """Wire evidence of one batch or account."""
    return visible_exchanges(scope).filter(subject_kind=kind, subject_id=subject_id)


def attempts_of(exchange_ids: Collection[int]) -> dict[int, int]:
    """Of these conversations about payments: the how manieth each is of its operation and subject. System look-up."""
    same = Exchange.objects.filter(
        subject_kind=OuterRef("subject_kind"),
        subject_id=OuterRef("subject_id"),
        operation=OuterRef("operation"),
        pk__lte=OuterRef("pk"),
    )
    count = same.order_by().values("operation").annotate(n=Count("pk")).values("n")
    rows = Exchange.objects.filter(pk__in=exchange_ids, subject_kind__startswith="payments.")
    return dict(rows.order_by().values_list("pk", Subquery(count)))


def last_contact(connection_id: int) -> tuple[datetime | None, datetime | None, str]:
    """(last answered, last not answered, why) of a connection, from its newest exchanges. System look-up."""
    newest = Exchange.objects.filter(connection_id=connection_id).order_by("-began_at", "-id")
    ok = newest.filter(result="answered").values_list("began_at", flat=True).first()
    bad = newest.exclude(result__in=["answered", "open"]).values_list("began_at", "error").first()
    return ok, bad[0] if bad else None, bad[1] if bad else ""


def cursors(kind: str) -> QuerySet[PullCursor]:
    """Pull cursors of one kind. System look-up."""
    return PullCursor.objects.filter(kind=kind)


def newest_attempt(account_ids: list[int], kind: str) -> datetime | None:
    """When one of these accounts was last asked about, with or without success. System look-up."""
    rows = PullCursor.objects.filter(account_id__in=account_ids, kind=kind)
    found = rows.aggregate(ok=Max("last_ok_at"), bad=Max("last_error_at"))
    times = [moment for moment in found.values() if moment is not None]
    return max(times, default=None)


def ticks() -> list[TickHealth]:
    """The last run of every tick, by name. System look-up."""
    return list(TickHealth.objects.order_by("name"))


def open_by_connection() -> dict[int, dict[str, int]]:
    """How many instructions wait, are being sent, or are unknown, by connection. System look-up."""
    rows = (
        payments.visible_instructions(masterdata.system_scope())
        .filter(state__in=["queued", "sending", "unknown"])
        .order_by()
        .values_list("connection_id", "state")
        .annotate(Count("pk"))
    )
    found: dict[int, dict[str, int]] = {}
    for connection_id, state, count in rows:
        found.setdefault(connection_id, {})[state] = count
    return found
