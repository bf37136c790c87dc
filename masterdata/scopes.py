"""The scopes of people, calling systems and background jobs: the one place rights are worked out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kernel import clock
from kernel.scope import Scope
from masterdata.models import ApiClient, Company, Delegation, Membership, User
from masterdata.roles import RIGHTS, Role


def _subtrees(paths: Iterable[str], tree: dict[int, str]) -> frozenset[int]:
    roots = tuple(paths)
    return (
        frozenset(pk for pk, path in tree.items() if path.startswith(roots))
        if roots
        else frozenset()
    )


def scope_of(user: Any) -> Scope:
    """What a person may see and do: each duty holds in its company and in every company below it."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Scope(actor_id=None, actor_name="")
    memberships = list(Membership.objects.filter(user=user).values_list("role", "company__path"))
    lent = _lent(user)
    tree = dict(Company.objects.values_list("pk", "path"))
    paths = {path for _, path in memberships} | {path for _, path, _ in lent}
    below = {path: _subtrees([path], tree) for path in paths}
    rights: dict[str, frozenset[int]] = {}
    roles: dict[str, frozenset[int]] = {}
    for role, path in memberships:
        roles[role] = roles.get(role, frozenset()) | below[path]
        for right in RIGHTS[Role(role)]:
            rights[right] = rights.get(right, frozenset()) | below[path]
    for_whom: dict[str, dict[int, int]] = {}
    for role, path, giver_id in lent:
        roles[role] = roles.get(role, frozenset()) | below[path]
        for right in RIGHTS[Role(role)]:
            fresh = below[path] - rights.get(right, frozenset())
            for_whom.setdefault(right, {}).update(dict.fromkeys(fresh, giver_id))
            rights[right] = rights.get(right, frozenset()) | fresh
    return Scope(
        actor_id=user.pk,
        actor_name=str(user),
        company_ids=frozenset().union(*below.values()),
        rights=rights,
        person_key=user.person_key,
        roles=roles,
        for_whom=for_whom,
    )


def _lent(user: User) -> list[tuple[str, str, int]]:
    """Duties lent to this person that count today: (role, company path, giver); only while the giver still holds them."""
    rows = Delegation.objects.filter(
        receiver=user,
        ended_at=None,
        valid_from__lte=clock.today(),
        valid_to__gte=clock.today(),
        giver__is_active=True,
    ).order_by("pk")
    lent = list(rows.values_list("role", "company__path", "giver_id"))
    if not lent:
        return []
    held = Membership.objects.filter(user_id__in={giver for *_duty, giver in lent})
    still = set(held.values_list("role", "company__path", "user_id"))
    return [
        (role, path, giver)
        for role, path, giver in lent
        if any(r == role and g == giver and path.startswith(p) for r, p, g in still)
    ]


def scope_of_client(client: ApiClient) -> Scope:
    """What a calling system may see and do: its own rights in its companies and those below them."""
    if not client.is_active:
        return Scope(actor_id=None, actor_name=client.display_name)
    tree = dict(Company.objects.values_list("pk", "path"))
    companies = _subtrees(client.companies.values_list("path", flat=True), tree)
    return Scope(
        actor_id=client.acts_for_id,
        actor_name=client.display_name,
        company_ids=companies,
        rights=dict.fromkeys(client.rights, companies),
        person_key=client.acts_for.person_key if client.acts_for else "",
    )


def system_scope() -> Scope:
    """The scope of background jobs: every company, every right."""
    return Scope(
        actor_id=None,
        actor_name="系统",
        company_ids=frozenset(Company.objects.values_list("pk", flat=True)),
        is_system=True,
    )
