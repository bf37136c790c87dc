"""For whom a setting stands: an account, a company with those below it, or the group. System look-ups."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext

from masterdata.models import Company, OwnAccount, User
from masterdata.roles import RIGHTS


def owner_words(company_id: int | None, account_id: int | None = None) -> str:
    """The owner's name: an account's number, a company's, or the whole group."""
    if account_id is not None:
        account = OwnAccount.objects.select_related("company").filter(pk=account_id).first()
        if account is not None:
            return f"{account.company.code} {account.number}"
    company = Company.objects.filter(pk=company_id).first() if company_id is not None else None
    return f"{company.code} {company.short_name}" if company is not None else gettext("全集团")


def owner_of(company_id: int | None, account_id: int | None) -> int | None:
    """The company that owns a setting: the account's, else the one named; None for the group."""
    if account_id is None:
        return company_id
    return OwnAccount.objects.filter(pk=account_id).values_list("company_id", flat=True).first()


def below(company_id: int) -> list[int]:
    """The company and every company below it."""
    path = Company.objects.filter(pk=company_id).values_list("path", flat=True).first()
    if path is None:
        return []
    return list(Company.objects.filter(path__startswith=path).values_list("pk", flat=True))


def person_words(user_id: int | None) -> str:
    """A person by name, "" for nobody in particular."""
    user = User.objects.filter(pk=user_id).first() if user_id is not None else None
    return f"{user} ({user.username})" if user is not None else ""


def people_with(right: str, *, company_ids: Collection[int]) -> list[User]:
    """People whose duties in these companies carry the right, by name of sign-in."""
    roles = [role.value for role, rights in RIGHTS.items() if right in rights]
    found = User.objects.filter(
        is_active=True, memberships__role__in=roles, memberships__company_id__in=company_ids
    )
    return list(found.distinct().order_by("username"))
