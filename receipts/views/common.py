"""What the pages of receipts share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from desk.keysets import whole_number
from kernel.scope import Scope
from masterdata import selectors as master
from receipts import office_selectors

if TYPE_CHECKING:
    from masterdata.models import User


def scope_in(request: HttpRequest) -> Scope:
    """The viewer's scope, as the middleware set it."""
    return request.scope  # type: ignore[attr-defined,no-any-return]  # set by the scope middleware


def person(request: HttpRequest) -> User:
    """Who is signed in; every page here asks for it."""
    return request.user  # type: ignore[return-value]  # the gate stands before every view


def version_in(request: HttpRequest) -> int:
    """The version of the row the person saw; 0 for none, which is always stale."""
    return whole_number(request.POST.get("version", "")) or 0


def companies(scope: Scope) -> list[tuple[str, Any]]:
    """The viewer's companies."""
    return [(str(company.pk), str(company)) for company in master.visible_companies(scope)]


def accounts(scope: Scope) -> list[tuple[str, Any]]:
    """The viewer's own accounts."""
    return [
        (str(account.pk), f"{account.number} {account.company.short_name}")
        for account in master.visible_accounts(scope)
    ]


def offices(scope: Scope) -> list[tuple[str, Any]]:
    """The offices of the viewer's companies."""
    return [(str(office.pk), str(office)) for office in office_selectors.visible_offices(scope)]
