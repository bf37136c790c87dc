"""Two people for everything that decides who may do what: one security administrator proposes, another one agrees.

Neither may be the person it is about, through whatever account. What a proposal may not do is judged when it is made and
again when it is agreed: people and duties may have changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Model
from django.utils.module_loading import import_string

from audit.services import record
from kernel.errors import InvalidInput, NotAllowed, NotFound
from kernel.scope import Scope
from kernel.secrets import Secret
from masterdata import people_selectors as people
from masterdata.models import Membership, StagedChange, User
from masterdata.selectors import scope_of
from masterdata.services import staging

EDIT = "people.edit"


@dataclass(frozen=True)
class Applied:
    """What an agreed change became; a secret it made is shown once, to the person who agreed."""

    subject: Model
    secret: Secret | None = None


Apply = Callable[[StagedChange], Applied]

# kind of change -> what judges it ("" = nothing further) and what it does when agreed
_KINDS: dict[str, str] = {
    "people.user.new": "masterdata.services.people_admin.apply_new",
    "people.user.edit": "masterdata.services.people_admin.apply_edit",
    "people.user.activate": "masterdata.services.people_admin.apply_activation",
    "people.duty.grant": "masterdata.services.people_admin.apply_grant",
    "people.duty.revoke": "masterdata.services.people_admin.apply_revocation",
    "people.password.reset": "masterdata.services.people_admin.apply_password_reset",
    "people.factor.reset": "masterdata.services.people_admin.apply_factor_reset",
    "people.client.new": "masterdata.services.clients.apply_client",
    "people.client.edit": "masterdata.services.clients.apply_client_edit",
    "people.client.key": "masterdata.services.clients.apply_key",
    "people.delegation": "masterdata.services.delegations.apply_delegation",
}


def demand_stranger(actor: User, *persons: str) -> None:
    """Raise NotAllowed when the actor is one of these natural persons: nobody decides about their own rights."""
    if actor.person_key in persons:
        raise NotAllowed(
            "不能变更或确认本人（含本人其他账号）的权限",
            "nobody changes or confirms their own rights",
            code="own_rights",
        )


def demand_reach(scope: Scope, user: User) -> None:
    """Raise NotFound unless the viewer administers every company in which the person holds a duty."""
    if not _reaches(scope, user.pk):
        raise NotFound("person")


def _reaches(scope: Scope, user_id: int | None) -> bool:
    held = Membership.objects.filter(user=user_id).values_list("company_id", flat=True)
    return set(held) <= scope.companies_with(EDIT)


def propose(
    kind: str,
    *,
    actor: User,
    subject_id: int | str,
    title: str,
    after: Mapping[str, object],
    before: Mapping[str, object] | None = None,
    company_id: int | None = None,
) -> StagedChange:
    """Write a proposal (a step): the caller has checked who proposes and that it would be possible now."""
    return staging.stage(
        kind,
        subject_id=subject_id,
        company_id=company_id,
        title=title,
        before=before or {},
        after=after,
        actor=actor,
    )


def _subject_persons(change: StagedChange) -> set[str]:
    """The natural persons a change is about."""
    ids = [change.after.get(name) for name in ("user_id", "giver_id", "receiver_id", "acts_for_id")]
    keys = User.objects.filter(pk__in=[pk for pk in ids if isinstance(pk, int)])
    persons = set(keys.values_list("person_key", flat=True))
    if isinstance(change.after.get("person_key"), str):
        persons.add(str(change.after["person_key"]))
    return persons


@transaction.atomic(durable=True)
def decide_people_change(
    *, change_id: int, accept: bool, actor: User, why: str = ""
) -> tuple[StagedChange, Secret | None]:
    """Agree to a proposed change of people, or refuse it with a reason; returns it, and a secret to hand over where one was made.

    Raises NotFound (also where its person has duties out of reach), NotAllowed (right missing, the proposer, or anybody it is
    about; clashing duties), Conflict, InvalidInput.
    """
    scope = scope_of(actor)
    rows = people.visible_people_changes(scope).select_for_update(of=("self",))
    change = rows.filter(pk=change_id).first()
    if (
        change is None
        or change.kind not in _KINDS
        or not _reaches(scope, change.after.get("user_id"))
    ):
        raise NotFound("staged change")
    scope.demand(EDIT, change.company_id)
    if accept:
        demand_stranger(actor, *_subject_persons(change))
    staging.decide(change, accept=accept, actor=actor, why=why)
    if not accept:
        record("masterdata.change.refused", actor=actor, subject=change, why=why)
        return change, None
    apply: Apply = import_string(_KINDS[change.kind])
    done = apply(change)
    record(
        f"masterdata.{change.kind}.accepted",
        actor=actor,
        subject=done.subject,
        before=change.before,
        after=change.after,
        why=why,
    )
    return change, done.secret


def may_decide(change: StagedChange, scope: Scope) -> bool:
    """Whether the viewer could agree: the right, and a stranger to the proposal and to everybody it is about."""
    if not scope.has(EDIT, change.company_id) or change.made_by.person_key == scope.person_key:
        return False
    is_stranger = scope.person_key not in _subject_persons(change)
    return is_stranger and _reaches(scope, change.after.get("user_id"))


def user_of(change: StagedChange) -> User:
    """The person a change is about, locked with all accounts of the same natural person (a step)."""
    return people.lock_person(int(change.after["user_id"]))


def text(values: Mapping[str, object], name: str, *, most: int, label: str) -> str:
    """A filled-in text of a proposal; raises InvalidInput naming the field."""
    found = str(values.get(name, "")).strip()
    if not found:
        raise InvalidInput(f"请填写{label}", f"{name} is wanted", field=name)
    if len(found) > most:
        raise InvalidInput(f"{label}不能超过 {most} 个字符", f"{name} is too long", field=name)
    return found
