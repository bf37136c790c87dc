"""Which accounts a list shows: those whose reconciliation the viewer may see, of one company where one is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

import masterdata.selectors as masterdata
from desk.keysets import whole_number
from desk.viewing import scope_in
from reconciliation import selectors

if TYPE_CHECKING:
    from masterdata.models import OwnAccount


def asked_company(request: HttpRequest) -> dict[str, Any]:
    """The company the list is narrowed to, and those to choose from."""
    scope = scope_in(request)
    allowed = scope.companies_with(selectors.VIEW)
    return {
        "company": whole_number(request.GET.get("company", "")),
        "companies": masterdata.visible_companies(scope).filter(pk__in=allowed),
    }


def accounts_in(request: HttpRequest, company: int | None) -> list[OwnAccount]:
    """The accounts in use, with company and bank."""
    scope = scope_in(request)
    allowed = scope.companies_with(selectors.VIEW)
    return [
        one
        for one in masterdata.visible_accounts(scope).select_related("company", "bank")
        if one.is_active and one.company_id in allowed and company in (None, one.company_id)
    ]
