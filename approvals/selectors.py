"""Reads of the matrix and of decisions. Cases are reached through their subject, which its own app has scoped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from approvals.models import Case, Decision, Policy
from kernel.money import Money


def matrix() -> list[Policy]:
    """The whole matrix, dated rows included (group-wide: the matrix is no secret of one company)."""
    return list(Policy.objects.select_related("company"))


def policies_on(*, kind: str, day: date) -> list[Policy]:
    """Rows of this kind in force on `day`, the most specific first (a company's own row before the row for all)."""
    rows = Policy.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day), kind=kind, valid_from__lte=day
    )
    return sorted(
        rows, key=lambda row: (row.company_id is None, -row.valid_from.toordinal(), -row.pk)
    )


def matching_policy(policies: Iterable[Policy], *, company_id: int, money: Money) -> Policy | None:
    """The row that rules this amount, or None: an amount no row covers is refused, not waved through."""
    for row in policies:
        if (
            row.company_id in (None, company_id)
            and row.currency == money.currency
            and row.amount_from <= money.amount
            and (row.amount_below is None or money.amount < row.amount_below)
        ):
            return row
    return None


def open_case(*, kind: str, subject_id: str | int) -> Case | None:
    """The case of a subject that is not void."""
    return Case.objects.filter(
        subject_kind=kind, subject_id=str(subject_id), voided_at__isnull=True
    ).first()


def cases_of(*, kind: str, subject_id: str | int) -> list[Case]:
    """All cases of a subject, void ones too, newest first, with their decisions."""
    rows = Case.objects.filter(subject_kind=kind, subject_id=str(subject_id))
    return list(rows.order_by("-pk").prefetch_related("decisions__user"))


def given(case_id: int) -> list[Decision]:
    """The decisions of a case in the order they were made."""
    return list(Decision.objects.filter(case_id=case_id).select_related("user").order_by("pk"))


def acted_people(case_id: int) -> set[str]:
    """Person keys of everybody who acted in the case, its maker included."""
    people = set(Decision.objects.filter(case_id=case_id).values_list("person_key", flat=True))
    people.update(Case.objects.filter(pk=case_id).values_list("maker_person", flat=True))
    return people
