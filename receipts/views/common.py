"""What the pages of receipts share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from kernel.scope import Scope
from masterdata import selectors as master
from receipts import office_selectors

if TYPE_CHECKING:
    from masterdata.models import User


def person(request: HttpRequest) -> User:
    """Who is signed in; every page here asks for it."""
    return request.user  # type: ignore[return-value]  # the gate stands before every view


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
