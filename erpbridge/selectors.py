"""Reads of the ERP border: a client sees the messages of its own system and companies, people those of their companies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet

from erpbridge.models import ErpSystem, Outbox
from kernel.scope import Scope
from masterdata.selectors import visible_companies

if TYPE_CHECKING:
    from masterdata.models import ApiClient


def own_messages(client: ApiClient, *, scope: Scope) -> QuerySet[Outbox]:
    """Messages this client may read: two subsidiaries may run finance systems of one name, each sees its own."""
    codes = visible_companies(scope).values_list("code", flat=True)
    return Outbox.objects.filter(system=client.source_system, company_code__in=list(codes))


def active_systems(style: str) -> list[ErpSystem]:
    """The systems spoken with in this style. System look-up for ticks and servers."""
    rows = ErpSystem.objects.filter(style=style, is_active=True, client__is_active=True)
    return list(rows.select_related("client", "client__acts_for").order_by("pk"))


def system_of_client(client_id: int) -> ErpSystem | None:
    """The system a client stands for, if one is registered. System look-up."""
    return ErpSystem.objects.filter(client_id=client_id).first()
