"""Reads of imported payment lists. Functions without a `scope` are system look-ups and say so."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from kernel.errors import NotFound
from kernel.scope import Scope
from payments.models import GAVE_UP_ITS_LINE, ImportSet, PaymentOrder
from payments.selectors import visible_imports, visible_orders


def orders_of_documents(
    numbers: Collection[str], *, company_ids: Collection[int]
) -> QuerySet[PaymentOrder]:
    """Live orders of these document numbers, whichever way they came in. System look-up: the caller scoped the companies."""
    return PaymentOrder.objects.filter(erp_doc_no__in=numbers, company_id__in=company_ids).exclude(
        GAVE_UP_ITS_LINE
    )


def import_of_bytes(sha256: str) -> ImportSet | None:
    """The undiscarded import of the very same bytes. System look-up: a file is taken once in the whole group."""
    rows = ImportSet.objects.filter(sha256=sha256).exclude(state=ImportSet.State.DISCARDED)
    return rows.defer("content", "rows").select_related("maker").first()


def get_import(import_id: int, *, scope: Scope) -> ImportSet:
    """An import the viewer made or sees orders of; raises NotFound."""
    found = visible_imports(scope).filter(pk=import_id).select_related("maker").first()
    if found is None:
        raise NotFound("payment import")
    return found


def lock_import(import_id: int, *, scope: Scope) -> ImportSet:
    """An import, locked until the caller's transaction ends; raises NotFound."""
    found = (
        visible_imports(scope)
        .filter(pk=import_id)
        .defer(None)
        .select_for_update(of=("self",))
        .first()
    )
    if found is None:
        raise NotFound("payment import")
    return found


def orders_of_import(import_id: int, *, scope: Scope) -> QuerySet[PaymentOrder]:
    """The orders an import made, as far as the viewer may see them, in file order."""
    return (
        visible_orders(scope)
        .filter(import_set_id=import_id)
        .select_related("instruction")
        .order_by("import_row", "pk")
    )
