"""Reads of the ERP border: a client sees the messages of its own system and companies, people those of their companies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet

from erpbridge.models import ErpSystem, Inbox, Outbox
from kernel.scope import Scope
from masterdata.selectors import clients_within, visible_companies

if TYPE_CHECKING:
    from masterdata.models import ApiClient


def own_messages(client: ApiClient, *, scope: Scope) -> QuerySet[Outbox]:
    """Messages this client may read: two subsidiaries may run finance systems of one name, each sees its own."""
    codes = visible_companies(scope).values_list("code", flat=True)
    return Outbox.objects.filter(system=client.source_system, company_code__in=list(codes))


READ = "exchanges.read"


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


def active_systems(style: str) -> list[ErpSystem]:
    """The systems spoken with in this style. System look-up for ticks and servers."""
    rows = ErpSystem.objects.filter(style=style, is_active=True, client__is_active=True)
    return list(rows.select_related("client", "client__acts_for").order_by("pk"))


def system_of_client(client_id: int) -> ErpSystem | None:
    """The system a client stands for, if one is registered. System look-up."""
    return ErpSystem.objects.filter(client_id=client_id).first()
