"""Trading partners and account subjects as lists other books and systems carry."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from kernel.scope import Scope
from masterdata.models import AccountSubject, Counterparty


def partner_names() -> list[tuple[str, str, str]]:
    """Kind, code and name of every active partner, by code. System look-up: partners are the whole group's."""
    rows = Counterparty.objects.filter(is_active=True).order_by("code")
    return list(rows.values_list("kind", "code", "name"))


@dataclass(frozen=True)
class ToldPartner:
    """A partner as finance systems are told it; `version` rises with every change of it or of one of its accounts."""

    pk: int
    version: int
    rows: tuple[dict[str, str], ...]  # one an account; one without any where it has none


def _rows(partner: Counterparty) -> ToldPartner:
    accounts = list(partner.accounts.all())
    version = partner.version + sum(one.version for one in accounts)
    head = {
        "kind": partner.kind,
        "code": partner.code,
        "name": partner.name,
        "uscc": partner.uscc,
        "version": str(version),
        "origin": partner.origin,
        "is_active": "1" if partner.is_active else "0",
    }
    told = [
        {
            **head,
            "account": one.number,
            "account_name": one.name,
            "bank": one.bank_name,
            "cnaps": one.cnaps,
            "account_state": str(one.state),
        }
        for one in sorted(accounts, key=lambda one: one.pk)
    ]
    return ToldPartner(partner.pk, version, tuple(told or [head]))


def changed_since(
    company_ids: Collection[int], *, since: datetime | None, after: int, limit: int
) -> list[ToldPartner]:
    """Partners changed since, or with an account that was, by id, for telling them to a finance system. System look-up."""
    rows = Counterparty.objects.filter(pk__gt=after).prefetch_related("accounts")
    if since is not None:
        rows = rows.filter(Q(updated_at__gte=since) | Q(accounts__updated_at__gte=since)).distinct()
    return [_rows(one) for one in rows.order_by("pk")[:limit]]


def visible_subjects(scope: Scope) -> QuerySet[AccountSubject]:
    """Subjects of the companies the viewer serves, by code."""
    rows = AccountSubject.objects.filter(company_id__in=scope.companies_with("masterdata.view"))
    return rows.select_related("company").order_by("code", "pk")


def subject_names(company_id: int) -> dict[str, str]:
    """Code → name of a company's subjects. System look-up."""
    rows = AccountSubject.objects.filter(company_id=company_id)
    return dict(rows.values_list("code", "name"))
