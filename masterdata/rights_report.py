"""Who can do what, who holds duties that clash, who does not use theirs: reads for the rights report."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.db.models import Case, CharField, Q, QuerySet, Value, When

from kernel import clock
from kernel.scope import Scope
from masterdata import people_selectors as people
from masterdata.duties import Clash, Duty, clashes, roles_behind
from masterdata.models import ApiClient, Delegation, Membership
from masterdata.roles import Role

UNUSED_DAYS = 90
CONFLICT, INACTIVE, UNUSED = "conflict", "inactive", "unused"


def all_clashes() -> dict[str, list[Clash]]:
    """Every natural person with clashing duties, through accounts, delegations and systems. System look-up: a clash in one
    company is the business of whoever sees the person in any."""
    held: dict[str, list[Duty]] = defaultdict(list)
    rows = Membership.objects.filter(user__is_active=True).select_related("company", "user")
    for one in rows:
        duty = Duty(Role(one.role), one.company.path, one.company.short_name, one.user.username)
        held[one.user.person_key].append(duty)
    lent = Delegation.objects.filter(ended_at=None, valid_to__gte=clock.today())
    for loan in lent.select_related("company", "giver", "receiver"):
        duty = Duty(
            Role(loan.role), loan.company.path, loan.company.short_name, f"代理 {loan.giver}"
        )
        held[loan.receiver.person_key].append(duty)
    systems = ApiClient.objects.filter(is_active=True, acts_for__isnull=False)
    for client in systems.select_related("acts_for").prefetch_related("companies"):
        for company in client.companies.all() if client.acts_for is not None else ():
            held[client.acts_for.person_key] += [  # type: ignore[union-attr]  # asked above
                Duty(role, company.path, company.short_name, client.display_name)
                for role in sorted(roles_behind(client.rights))
            ]
    found = {person: clashes(duties) for person, duties in held.items() if len(duties) > 1}
    return {person: pairs for person, pairs in found.items() if pairs}


def visible_duties(scope: Scope, clashing: frozenset[str]) -> QuerySet[Any]:
    """Duties in the viewer's companies, each with its `finding`: a clash, a stopped account, one not used for long."""
    since = clock.now() - timedelta(days=UNUSED_DAYS)
    never = Q(user__last_login__isnull=True, user__date_joined__lt=since)
    finding = Case(
        When(user__is_active=False, then=Value(INACTIVE)),
        When(user__person_key__in=clashing, then=Value(CONFLICT)),
        When(never | Q(user__last_login__lt=since), then=Value(UNUSED)),
        default=Value(""),
        output_field=CharField(),
    )
    seen = scope.companies_with("people.view")
    return Membership.objects.filter(company_id__in=seen).annotate(finding=finding)


def visible_clashes(scope: Scope) -> list[Clash]:
    """The clashes of the people the viewer sees."""
    found = all_clashes()
    seen = people.visible_people(scope).filter(person_key__in=found).order_by()
    keys = set(seen.values_list("person_key", flat=True))
    return [clash for person in sorted(keys) for clash in found[person]]


def visible_loans(scope: Scope) -> QuerySet[Delegation]:
    """Delegations that are not over in the viewer's companies."""
    seen = scope.companies_with("people.view")
    rows = Delegation.objects.filter(
        ended_at=None, valid_to__gte=clock.today(), company_id__in=seen
    )
    return rows.select_related("giver", "receiver", "company").order_by("valid_to", "pk")
