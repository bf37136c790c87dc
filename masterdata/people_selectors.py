"""Reads of people: who holds what, through which account, delegation or system."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import (
    Case,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat

from kernel import clock
from kernel.errors import NotFound
from kernel.scope import Scope
from masterdata.duties import Duty, roles_behind
from masterdata.models import (
    ApiClient,
    ApiKey,
    Company,
    Delegation,
    Membership,
    SignInTry,
    StagedChange,
    User,
)
from masterdata.roles import RIGHTS, ROLE_NAMES, Role

PREFIX = "people."  # kinds of staged changes that concern people
NEW_PERSON = "people.user.new"


def visible_people(scope: Scope) -> QuerySet[User]:
    """People with a duty in the viewer's companies or with none yet; `duties` reads as one line."""
    people = _seen_people(scope).annotate(duties=_duties_line()).order_by("username")
    return people if scope.has("people.view") else people.none()


def _seen_people(scope: Scope) -> QuerySet[User]:
    seen = scope.companies_with("people.view")
    here = Membership.objects.filter(user=OuterRef("pk"), company_id__in=seen)
    anywhere = Membership.objects.filter(user=OuterRef("pk"))
    return User.objects.filter(Q(Exists(here)) | ~Q(Exists(anywhere)))


def _duties_line() -> StringAgg:
    names = {role: str(name) for role, name in ROLE_NAMES.items()}
    word = Case(
        *(When(memberships__role=role.value, then=Value(name)) for role, name in names.items()),
        output_field=TextField(),
    )
    return StringAgg(
        Concat(word, Value(" "), F("memberships__company__code"), output_field=TextField()),
        delimiter="、",
    )


def get_person(user_id: int, *, scope: Scope) -> User:
    """A person the viewer may see; raises NotFound."""
    found = visible_people(scope).filter(pk=user_id).first()
    if found is None:
        raise NotFound("person")
    return found


def lock_person(user_id: int) -> User:
    """The person, locked with every account of the same natural person. System look-up; raises NotFound."""
    key = User.objects.filter(pk=user_id).values_list("person_key", flat=True).first()
    rows = User.objects.select_for_update().filter(person_key=key).order_by("pk")
    found = next((user for user in rows if user.pk == user_id), None)
    if found is None:
        raise NotFound("person")
    return found


def people_with(right: str, company_id: int) -> list[int]:
    """Ids of the active people whose own duties give them `right` in this company. System look-up of notifications."""
    roles = [role.value for role, rights in RIGHTS.items() if right in rights]
    path = Company.objects.filter(pk=company_id).values_list("path", flat=True).first() or ""
    rows = Membership.objects.filter(role__in=roles, user__is_active=True)
    held = rows.values_list("user_id", "company__path").order_by("user_id")
    return list(dict.fromkeys(user for user, above in held if path.startswith(above)))


def names_of(user_ids: Iterable[int]) -> dict[int, str]:
    """These people by name and sign-in name. System look-up."""
    return {
        user.pk: f"{user} ({user.username})" for user in User.objects.filter(pk__in=set(user_ids))
    }


def client_named(name: str) -> ApiClient | None:
    """The calling system of this name. System look-up of a demo."""
    return ApiClient.objects.filter(name=name).first()


def duties_of(user: User) -> list[Membership]:
    """The duties of one account with their companies. System look-up: the caller has scoped the person."""
    rows = Membership.objects.filter(user=user).select_related("company")
    return list(rows.order_by("company__path", "role"))


def in_force(day: date) -> Q:
    """Delegations that count on this day."""
    return Q(ended_at=None, valid_from__lte=day, valid_to__gte=day)


def delegations_of(user: User) -> QuerySet[Delegation]:
    """Delegations this person gave or received that are not over. System look-up: one's own."""
    rows = Delegation.objects.filter(ended_at=None, valid_to__gte=clock.today())
    mine = rows.filter(Q(giver=user) | Q(receiver=user))
    return mine.select_related("giver", "receiver", "company").order_by("valid_from", "pk")


def duties_of_person(person_key: str, *, but_client: ApiClient | None = None) -> list[Duty]:
    """Every duty of one natural person: of all their active accounts, delegated to them, and of systems acting for them.

    Delegations count from the day they are agreed until they are over, so that none comes into force beside a clashing
    duty granted meanwhile. `but_client` is left out. System look-up.
    """
    accounts = User.objects.filter(person_key=person_key)
    held = Membership.objects.filter(user__in=accounts, user__is_active=True)
    return _duties(held, accounts, but_client)


def duties_with(user: User) -> list[Duty]:
    """Every duty that goes where this account goes: its own, those lent to it, those of systems acting for it. System look-up."""
    account = User.objects.filter(pk=user.pk)
    return _duties(Membership.objects.filter(user=user), account, None)


def _duties(
    held: QuerySet[Membership], accounts: QuerySet[User], but_client: ApiClient | None
) -> list[Duty]:
    duties = [
        Duty(Role(one.role), one.company.path, one.company.short_name, one.user.username)
        for one in held.select_related("company", "user")
    ]
    lent = Delegation.objects.filter(
        receiver__in=accounts, ended_at=None, valid_to__gte=clock.today()
    )
    duties += [
        Duty(Role(one.role), one.company.path, one.company.short_name, f"代理 {one.giver}")
        for one in lent.select_related("company", "giver")
    ]
    systems = ApiClient.objects.filter(acts_for__in=accounts, is_active=True)
    if but_client is not None:
        systems = systems.exclude(pk=but_client.pk)
    for client in systems.prefetch_related("companies"):
        duties += [
            Duty(role, company.path, company.short_name, client.display_name)
            for role in sorted(roles_behind(client.rights))
            for company in client.companies.all()
        ]
    return duties


def visible_clients(scope: Scope) -> QuerySet[ApiClient]:
    """Calling systems of the viewer's companies with their companies' codes and last use, for whoever may see people."""
    held = ApiClient.companies.through.objects.filter(apiclient_id=OuterRef("pk"))
    seen = held.filter(company_id__in=scope.companies_with("people.view"))
    codes = held.values("apiclient_id").annotate(
        codes=StringAgg("company__code", delimiter="、", order_by="company__code")
    )
    used = ApiKey.objects.filter(client=OuterRef("pk"), used_at__isnull=False).order_by("-used_at")
    return ApiClient.objects.filter(
        Exists(seen)
    ).annotate(
        company_codes=Subquery(codes.values("codes")),  # type: ignore[misc]  # annotated above
        used_at=Subquery(used.values("used_at")[:1]),
    )


def visible_people_changes(scope: Scope) -> QuerySet[StagedChange]:
    """Proposed and decided changes of people, duties and calling systems, newest first, for whoever may see whom they are about."""
    rows = StagedChange.objects.filter(kind__startswith=PREFIX)
    rows = rows.select_related("company", "made_by", "decided_by").order_by("-pk")
    if not scope.has("people.view"):
        return rows.none()
    seen = scope.companies_with("people.view")
    people = _seen_people(scope).values_list(Cast("pk", TextField()))
    # A new person's subject is a sign-in name, everybody else's the id of the account.
    of_people = Q(kind=NEW_PERSON) | Q(subject_id__in=people)
    return rows.filter(Q(company_id__in=seen) | (Q(company__isnull=True) & of_people))


def visible_tries(scope: Scope) -> QuerySet[SignInTry]:
    """The sign-in log, for whoever may see people: of people they see, and of names nobody bears."""
    tries = SignInTry.objects.select_related("user").order_by("-pk")
    if not scope.has("people.view"):
        return tries.none()
    people = visible_people(scope).order_by().values("pk")
    return tries.filter(Q(user__isnull=True) | Q(user__in=people))


def who_may(right: str, company_id: int) -> list[User]:
    """Active people whose own duties carry a right in this company, by name. System look-up: the caller scoped it."""
    path = Company.objects.values_list("path", flat=True).get(pk=company_id)
    roles = [role.value for role in Role if right in RIGHTS[role]]
    held = Membership.objects.filter(role__in=roles, user__is_active=True).select_related(
        "user", "company"
    )
    people = {one.user.pk: one.user for one in held if path.startswith(one.company.path)}
    return sorted(people.values(), key=lambda one: (one.display_name, one.pk))
