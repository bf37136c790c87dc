"""Reads of the matrix and of decisions. Cases are reached through their subject, which its own app has scoped."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Q

from approvals.models import Case, Decision, Policy
from approvals.policy import Rule, Step
from kernel.dated import in_force


def rule_of(row: Policy) -> Rule:
    """A row of the matrix as the pure rules take it."""
    return Rule(
        pk=row.pk or 0,
        line=row.line,
        kind=row.kind,
        company_id=row.company_id,
        account_id=row.account_id,
        types=frozenset(row.types),
        classes=frozenset(row.classes),
        currency=row.currency,
        low=row.amount_from,
        high=row.amount_below,
        steps=tuple(Step(frozenset(roles), int(people)) for roles, people in row.steps),
    )


def rules_on(*, kind: str, day: date) -> list[Rule]:
    """The matrix of this kind in force on `day`, each row verified; raises SealBroken."""
    rows = Policy.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day), kind=kind, valid_from__lte=day
    )
    return [rule_of(row.verify()) for row in in_force(rows, day)]


def open_case(*, kind: str, subject_id: str | int) -> Case | None:
    """The case of a subject that is not void."""
    return Case.objects.filter(
        subject_kind=kind, subject_id=str(subject_id), voided_at__isnull=True
    ).first()


def cases_of(*, kind: str, subject_id: str | int) -> list[Case]:
    """All cases of a subject, void ones too, newest first, with their decisions."""
    rows = Case.objects.filter(subject_kind=kind, subject_id=str(subject_id))
    return list(rows.order_by("-pk").prefetch_related("decisions__user", "decisions__behalf"))


def policy_of(case_id: int | None) -> int | None:
    """The id of the row of the matrix a case obeys."""
    return Case.objects.filter(pk=case_id or 0).values_list("policy_id", flat=True).first()


def given(case_id: int) -> list[Decision]:
    """The decisions of a case in the order they were made."""
    rows = Decision.objects.filter(case_id=case_id).select_related("user", "behalf")
    return list(rows.order_by("pk"))


def people_of_cases(case_ids: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    """(act, name) of every decision of these cases, in their order. System look-up: the caller scoped the subjects."""
    found: dict[int, list[tuple[str, str]]] = {}
    rows = Decision.objects.filter(case_id__in=case_ids).order_by("pk")
    for case_id, act, name in rows.values_list("case_id", "act", "user__display_name"):
        found.setdefault(case_id, []).append((act, name))
    return found


def persons_of_act(case_id: int | None, act: str = "") -> set[str]:
    """Person keys behind the decisions of a case, of one kind where `act` names it: who acted, and for whom."""
    rows = Decision.objects.filter(case_id=case_id or 0, **({"act": act} if act else {}))
    pairs = rows.values_list("person_key", "behalf_person")
    return {person for pair in pairs for person in pair if person}


def acted_people(case_id: int) -> set[str]:
    """Person keys of everybody behind an act of the case (the givers of lent duties too), its maker included."""
    people = persons_of_act(case_id)
    people.update(Case.objects.filter(pk=case_id).values_list("maker_person", flat=True))
    return people
