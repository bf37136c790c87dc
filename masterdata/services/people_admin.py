"""People and their duties as the security administrators change them. Taking away at once needs one person, giving needs two."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Count

from audit.services import record
from kernel import vault
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.scope import Scope
from kernel.secrets import Secret
from masterdata import people_selectors as people
from masterdata import selectors
from masterdata.duties import Duty, clashes
from masterdata.models import ApiClient, Company, Membership, StagedChange, User
from masterdata.roles import ROLE_NAMES, Role
from masterdata.selectors import scope_of
from masterdata.services import factors
from masterdata.services.people import set_password
from masterdata.services.people_changes import (
    EDIT,
    Applied,
    demand_reach,
    demand_stranger,
    propose,
    text,
    user_of,
)
from masterdata.services.sessions import End, end_sessions

NEW, CHANGE, ACTIVATE = people.NEW_PERSON, "people.user.edit", "people.user.activate"
GRANT, REVOKE = "people.duty.grant", "people.duty.revoke"
RESET_PASSWORD, RESET_FACTOR = "people.password.reset", "people.factor.reset"  # kinds, no passwords
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,29}")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def person_number(typed: str) -> str:
    """The number of a natural person in one spelling, so that a second account cannot hide behind a blank or a capital."""
    return "".join(unicodedata.normalize("NFKC", typed).split()).lower()


def demand_no_clash(
    person_key: str, adding: Iterable[Duty] = (), *, but_client: ApiClient | None = None
) -> None:
    """Raise NotAllowed when these duties clash with what the natural person holds through any account, delegation or system.

    `but_client` is the system whose duties are about to be replaced.
    """
    held = people.duties_of_person(person_key, but_client=but_client)
    found = clashes([*held, *adding])
    if found:
        raise NotAllowed(
            "职责冲突，同一自然人不能兼任：" + "；".join(clash.words for clash in found[:3]),
            "these duties may not meet in one natural person",
            code="duty_conflict",
        )


def demand_no_clash_in_tree() -> None:
    """Raise NotAllowed when any natural person's duties clash in the tree as it is now: a company was moved (a step)."""
    many = User.objects.filter(is_active=True, memberships__isnull=False).values("person_key")
    keys = (
        many.annotate(n=Count("memberships")).filter(n__gt=1).values_list("person_key", flat=True)
    )
    for key in set(keys):
        demand_no_clash(key)


def _reachable(user_id: int, actor: User) -> tuple[Scope, User]:
    """The person, locked, whom the actor may administer and who is somebody else."""
    scope = scope_of(actor)
    scope.demand(EDIT)
    people.get_person(user_id, scope=scope)
    user = people.lock_person(user_id)
    demand_reach(scope, user)
    demand_stranger(actor, user.person_key)
    return scope, user


# --- a new account, and changes of it --------------------------------------------------------------------------------


def _particulars(values: Mapping[str, object]) -> dict[str, str]:
    name = text(values, "display_name", most=40, label="姓名")
    number = person_number(text(values, "person_key", most=40, label="人员编号"))
    return {"display_name": name, "person_key": number}


@transaction.atomic(durable=True)
def propose_user(*, values: Mapping[str, object], actor: User) -> StagedChange:
    """Propose an account; duties are granted once it is there. Raises NotAllowed, InvalidInput, Conflict."""
    scope_of(actor).demand(EDIT)
    username = text(values, "username", most=30, label="用户名").lower()
    if not _USERNAME.fullmatch(username):
        raise InvalidInput(
            "用户名须为 3–30 位小写字母、数字、点、横线或下划线",
            "3 to 30 small letters, digits, dots, dashes",
            field="username",
        )
    if User.objects.filter(username=username).exists():
        raise Conflict("用户名已存在", "the name is taken")
    after = {"username": username, **_particulars(values)}
    demand_stranger(actor, after["person_key"])
    return propose(
        NEW,
        actor=actor,
        subject_id=username,
        title=f"新建用户：{after['display_name']}（{username}）",
        after=after,
    )


def first_half(change: StagedChange) -> str:
    """The half of a first password that the proposer hands over; the other half is shown to whoever agrees."""
    found = vault.ring().blind_index(f"first-password:{change.pk}")
    return "".join(_LETTERS[int(found[at : at + 2], 16) % len(_LETTERS)] for at in range(0, 24, 2))


def _halved_password(change: StagedChange, user: User) -> Secret:
    """A password nobody knows alone: the proposer's half and a fresh one; its person has to change it first."""
    second = "".join(secrets.choice(_LETTERS) for _ in range(12))
    set_password(user, Secret(first_half(change) + second), is_own=False)
    return Secret(second)


def apply_new(change: StagedChange) -> Applied:
    """Make the account."""
    username = str(change.after["username"])
    if User.objects.filter(username=username).exists():
        raise Conflict("用户名已存在", "the name is taken")
    user = User(
        username=username,
        display_name=change.after["display_name"],
        person_key=change.after["person_key"],
    )
    user.set_unusable_password()
    user.save()
    return Applied(user, _halved_password(change, user))


@transaction.atomic(durable=True)
def propose_edit(*, user_id: int, values: Mapping[str, object], actor: User) -> StagedChange:
    """Propose another name, or another number of the natural person behind an account."""
    _scope, user = _reachable(user_id, actor)
    after = _particulars(values)
    before = {"display_name": user.display_name, "person_key": user.person_key}
    if after == before:
        raise InvalidInput("没有任何修改", "nothing changed")
    demand_stranger(actor, after["person_key"])
    _demand_no_merger(user, after["person_key"])
    return propose(
        CHANGE,
        actor=actor,
        subject_id=user.pk,
        title=f"修改用户：{user}（{user.username}）",
        before=before,
        after={"user_id": user.pk, **after},
    )


def _demand_no_merger(user: User, person_key: str) -> None:
    """What an account holds, was lent or does through systems moves to another natural person: it may not clash with theirs."""
    if person_key != user.person_key:
        demand_no_clash(person_key, people.duties_with(user))


def apply_edit(change: StagedChange) -> Applied:
    """Write the new particulars; sessions end, because what the person may do may have changed."""
    user = user_of(change)
    _demand_no_merger(user, change.after["person_key"])
    user.display_name = change.after["display_name"]
    user.person_key = change.after["person_key"]
    user.save(update_fields=["display_name", "person_key"])
    end_sessions([user], End.REVOKED)
    return Applied(user)


# --- duties ----------------------------------------------------------------------------------------------------------


def _company(company_id: int, scope: Scope) -> Company:
    company = selectors.get_company(company_id, scope=scope)
    if company.pk not in scope.companies_with(EDIT):
        raise NotFound("company")
    return company


def _role(value: object) -> Role:
    try:
        return Role(str(value))
    except ValueError:
        raise InvalidInput("没有这种职责", "no such duty", field="role") from None


@transaction.atomic(durable=True)
def propose_grant(*, user_id: int, role: str, company_id: int, actor: User) -> StagedChange:
    """Propose a duty in a company and those below it.

    Raises NotFound, NotAllowed (own rights; a clash through any account, delegation or system), Conflict (held already).
    """
    scope, user = _reachable(user_id, actor)
    company, wanted = _company(company_id, scope), _role(role)
    _demand_grantable(user, wanted, company)
    return propose(
        GRANT,
        actor=actor,
        subject_id=f"{user.pk}:{wanted}:{company.pk}",
        company_id=company.pk,
        title=f"授予职责：{user}（{user.username}）{ROLE_NAMES[wanted]} · {company}",
        after={"user_id": user.pk, "role": str(wanted), "company_id": company.pk},
    )


def _demand_grantable(user: User, role: Role, company: Company) -> None:
    if not user.is_active:
        raise Conflict("账号已停用", "the account is deactivated")
    if Membership.objects.filter(user=user, role=role, company=company).exists():
        raise Conflict("已有此职责", "held already")
    demand_no_clash(user.person_key, [Duty(role, company.path, company.short_name, user.username)])


def apply_grant(change: StagedChange) -> Applied:
    """Give the duty."""
    user, role = user_of(change), _role(change.after["role"])
    company = Company.objects.get(pk=change.after["company_id"])
    _demand_grantable(user, role, company)
    membership = Membership.objects.create(user=user, role=role, company=company)
    end_sessions([user], End.REVOKED)
    return Applied(membership)


@transaction.atomic(durable=True)
def propose_revocation(*, membership_id: int, actor: User) -> StagedChange:
    """Propose to take a duty back. (Whoever must be stopped at once is deactivated by one person.)"""
    found = Membership.objects.filter(pk=membership_id).select_related("user", "company").first()
    if found is None:
        raise NotFound("membership")
    scope, user = _reachable(found.user_id, actor)
    _company(found.company_id, scope)
    return propose(
        REVOKE,
        actor=actor,
        subject_id=found.pk,
        company_id=found.company_id,
        title=f"收回职责：{user}（{user.username}）{ROLE_NAMES[Role(found.role)]} · {found.company}",
        before={"role": found.role, "company_id": found.company_id},
        after={"user_id": user.pk, "membership_id": found.pk},
    )


def apply_revocation(change: StagedChange) -> Applied:
    """Take the duty back; what was lent on its ground ends with it."""
    user = user_of(change)
    if not Membership.objects.filter(pk=change.after["membership_id"], user=user).delete()[0]:
        raise Conflict("此职责已收回", "taken back already")
    end_sessions([user], End.REVOKED)
    return Applied(user)


# --- lost passwords and phones, leaving and coming back -------------------------------------------------------------------


def _propose_about(kind: str, words: str, *, user_id: int, actor: User) -> StagedChange:
    _scope, user = _reachable(user_id, actor)
    title = f"{words}：{user}（{user.username}）"
    return propose(kind, actor=actor, subject_id=user.pk, title=title, after={"user_id": user.pk})


@transaction.atomic(durable=True)
def propose_password_reset(*, user_id: int, actor: User) -> StagedChange:
    """Propose a new first password, of which proposer and second person each know one half."""
    return _propose_about(RESET_PASSWORD, "重置密码", user_id=user_id, actor=actor)


@transaction.atomic(durable=True)
def propose_factor_reset(*, user_id: int, actor: User) -> StagedChange:
    """Propose to forget a lost authenticator: its person binds a new one at the next sign-in."""
    return _propose_about(RESET_FACTOR, "重置动态验证码", user_id=user_id, actor=actor)


@transaction.atomic(durable=True)
def propose_activation(*, user_id: int, actor: User) -> StagedChange:
    """Propose to let a deactivated account in again, with the duties it had."""
    return _propose_about(ACTIVATE, "启用账号", user_id=user_id, actor=actor)


def apply_password_reset(change: StagedChange) -> Applied:
    """Set the halved password; sessions end."""
    user = user_of(change)
    second = _halved_password(change, user)
    end_sessions([user], End.PASSWORD)
    return Applied(user, second)


def apply_factor_reset(change: StagedChange) -> Applied:
    """Forget authenticator and recovery codes; sessions end."""
    user = user_of(change)
    factors.forget_factor(user)
    end_sessions([user], End.REVOKED)
    return Applied(user)


def apply_activation(change: StagedChange) -> Applied:
    """Let the account in again, unless its duties clash with what the person got meanwhile."""
    user = user_of(change)
    mine = [
        Duty(Role(one.role), one.company.path, one.company.short_name, user.username)
        for one in people.duties_of(user)
    ]
    if not user.is_active:
        demand_no_clash(user.person_key, mine)
    User.objects.filter(pk=user.pk).update(is_active=True)
    return Applied(user)


@transaction.atomic(durable=True)
def deactivate_user(*, user_id: int, actor: User, why: str) -> None:
    """Stop an account at once: it cannot sign in, its sessions end, what it lent or was lent rests. One person is enough.

    Raises NotFound, NotAllowed, InvalidInput (no reason), Conflict (stopped already).
    """
    _scope, user = _reachable(user_id, actor)
    if not why.strip():
        raise InvalidInput("请填写原因", "a reason is wanted", field="why")
    if not user.is_active:
        raise Conflict("账号已停用", "deactivated already")
    User.objects.filter(pk=user.pk).update(is_active=False)
    end_sessions([user], End.DEACTIVATED)
    record("masterdata.user.deactivated", actor=actor, subject=user, why=why.strip())


@transaction.atomic(durable=True)
def end_sessions_of(*, user_id: int, actor: User) -> int:
    """End every session of a person at once; returns how many there were."""
    _scope, user = _reachable(user_id, actor)
    count = end_sessions([user], End.BY_ADMIN)
    record("masterdata.session.ended", actor=actor, subject=user, after={"sessions": count})
    return count
