"""Reads of the ERP border: a client sees the messages of its own system and companies, people those of their companies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, QuerySet

from erpbridge.contract import Kind
from erpbridge.models import (
    Comparison,
    Difference,
    ErpSystem,
    FileMapping,
    Inbox,
    Outbox,
    Refusal,
    TakenOrder,
)
from kernel.errors import NotFound
from kernel.scope import Scope
from masterdata.api_access import clients_seen
from masterdata.selectors import clients_within, visible_companies

if TYPE_CHECKING:
    from masterdata.models import ApiClient


def own_messages(client: ApiClient, *, scope: Scope) -> QuerySet[Outbox]:
    """Messages this client may read: two subsidiaries may run finance systems of one name, each sees its own."""
    codes = visible_companies(scope).values_list("code", flat=True)
    return Outbox.objects.filter(system=client.source_system, company_code__in=list(codes))


READ = "exchanges.read"
WATCH = "connections.view"  # lanes, messages and refusals, never their content


def _watched(scope: Scope) -> frozenset[int]:
    return frozenset(scope.companies_with(WATCH)) | frozenset(scope.companies_with(READ))


def watched_systems(scope: Scope) -> list[str]:
    """Names of the calling systems whose companies the viewer may all watch."""
    return clients_within(_watched(scope))


def visible_systems(scope: Scope) -> QuerySet[ErpSystem]:
    """The registered systems the viewer watches, by name."""
    rows = ErpSystem.objects.filter(client__name__in=watched_systems(scope))
    return rows.select_related("client").order_by("name")


def get_system(system_id: int, *, scope: Scope, lock: bool = False) -> ErpSystem:
    """One registered system. Raises NotFound."""
    rows = visible_systems(scope)
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=system_id).first()
    if found is None:
        raise NotFound("finance system", "未找到该财务系统")
    return found


def free_clients(scope: Scope) -> list[str]:
    """Active calling systems the viewer watches that are not registered as finance systems yet."""
    taken = set(ErpSystem.objects.values_list("client__name", flat=True))
    return [
        one.name
        for one in clients_seen(watched_systems(scope))
        if one.is_active and one.name not in taken
    ]


def mapping_in_force(system: ErpSystem, file_type: str) -> FileMapping | None:
    """How files of this type are read now; None where they have our headings. System look-up."""
    row = system.mappings.filter(file_type=file_type).order_by("-number").first()
    return row if row is not None and row.content.get("columns") else None


def mapping_versions(system: ErpSystem) -> QuerySet[FileMapping]:
    """Every version, newest first; of a system the caller may see."""
    return system.mappings.select_related("made_by", "decided_by").order_by("-pk")


def watched_inbox(scope: Scope) -> QuerySet[Inbox]:
    """Deliveries of the systems the viewer watches, newest first; never with the content."""
    rows = Inbox.objects.filter(system__in=watched_systems(scope)).defer("content", "reply")
    return rows.order_by("-received_at", "-pk")


def watched_refusals(scope: Scope) -> QuerySet[Refusal]:
    """What was not taken of these systems, newest first."""
    rows = Refusal.objects.filter(system__in=watched_systems(scope))
    return rows.order_by("-at", "-pk")


def watched_outbox(scope: Scope) -> QuerySet[Outbox]:
    """Messages about companies the viewer watches, newest first."""
    allowed = visible_companies(scope).filter(pk__in=_watched(scope))
    codes = list(allowed.values_list("code", flat=True))
    return Outbox.objects.filter(company_code__in=codes).order_by("-made_at", "-pk")


def get_delivery(delivery_id: int, *, scope: Scope, lock: bool = False) -> Inbox:
    """One delivery, whole. Raises NotFound."""
    rows = watched_inbox(scope).defer(None)
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=delivery_id).first()
    if found is None:
        raise NotFound("delivery", "未找到该报文")
    return found


def get_message(message_id: int, *, scope: Scope, lock: bool = False) -> Outbox:
    """One message to a finance system. Raises NotFound."""
    rows = watched_outbox(scope)
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=message_id).first()
    if found is None:
        raise NotFound("message", "未找到该报文")
    return found


def visible_inbox(scope: Scope) -> QuerySet[Inbox]:
    """What finance systems delivered whose companies the viewer may all read, newest first; never with the content."""
    names = clients_within(scope.companies_with(READ))
    rows = Inbox.objects.filter(system__in=names).defer("content", "reply")
    return rows.order_by("-received_at", "-pk")


def visible_outbox(scope: Scope) -> QuerySet[Outbox]:
    """Messages to finance systems about companies the viewer may read, newest first."""
    allowed = visible_companies(scope).filter(pk__in=scope.companies_with(READ))
    codes = list(allowed.values_list("code", flat=True))
    return Outbox.objects.filter(company_code__in=codes).order_by("-made_at", "-pk")


def taken_from(order_no: str) -> TakenOrder | None:
    """The delivery an order was taken from, never with its content. The caller was allowed to see the order."""
    rows = TakenOrder.objects.select_related("delivery")
    return rows.defer("delivery__content", "delivery__reply").filter(order_no=order_no).first()


def style_words(style: str) -> str:
    """The name of one of the five styles."""
    return dict(ErpSystem.Style.choices).get(style, style)


def newest_told(order_id: int) -> Outbox | None:
    """The newest message to a finance system about an order. The caller was allowed to see the order."""
    rows = Outbox.objects.filter(subject_id=order_id, kind=Kind.PAYMENT_RESULT)
    return rows.order_by("-state_version").first()


def active_systems(style: str) -> list[ErpSystem]:
    """The systems spoken with in this style. System look-up for ticks and servers."""
    rows = ErpSystem.objects.filter(style=style, is_active=True, client__is_active=True)
    return list(rows.select_related("client", "client__acts_for").order_by("pk"))


def system_of_client(client_id: int) -> ErpSystem | None:
    """The system a client stands for, if one is registered. System look-up."""
    return ErpSystem.objects.filter(client_id=client_id).first()


# --- both sides' books compared: whoever sees a company's books sees how they stand over there ------------------------

BOOKS = "ledger.view"


def visible_comparisons(scope: Scope) -> QuerySet[Comparison]:
    """Comparisons of the companies whose books the viewer may see, newest first."""
    rows = Comparison.objects.filter(company_id__in=scope.companies_with(BOOKS))
    return rows.order_by("-made_at", "-pk")


def visible_differences(scope: Scope) -> QuerySet[Difference]:
    """What those comparisons found, oldest difference last."""
    rows = Difference.objects.filter(company_id__in=scope.companies_with(BOOKS))
    return rows.order_by("-since", "-pk")


def get_comparison(comparison_id: int, *, scope: Scope) -> Comparison:
    """One comparison. Raises NotFound."""
    rows = visible_comparisons(scope).select_related("client", "company", "held_list", "made_by")
    found = rows.filter(pk=comparison_id).first()
    if found is None:
        raise NotFound("comparison", "未找到该比对")
    return found


def newer_comparison(row: Comparison) -> Comparison | None:
    """The newest comparison of the same system and company, where there is a newer one. The caller was allowed to see `row`."""
    rows = Comparison.objects.filter(
        client_id=row.client_id, company_id=row.company_id, pk__gt=row.pk
    )
    return rows.order_by("-pk").first()


def kinds_found(row: Comparison) -> list[tuple[str, int]]:
    """How many differences of each code, by code. The caller was allowed to see `row`."""
    found = row.found.order_by("code").values_list("code").annotate(many=Count("pk"))
    return [(code, many) for code, many in found]
