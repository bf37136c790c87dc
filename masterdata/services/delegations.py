"""代理: a duty lent for some days. The giver asks, a security administrator agrees; it never makes a forbidden pair.

The receiver acts under their own name and key, "X 代 Y"; in one payment neither of the two may act a second time.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from audit.services import record
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from masterdata import people_selectors as people
from masterdata.duties import DELEGABLE, Duty
from masterdata.models import Company, Delegation, Membership, StagedChange, User
from masterdata.roles import ROLE_NAMES, Role
from masterdata.selectors import scope_of
from masterdata.services.people_admin import demand_no_clash
from masterdata.services.people_changes import EDIT, Applied, propose
from masterdata.services.sessions import End, end_sessions

KIND = "people.delegation"
DAYS_MAX = 92


def _days(valid_from: date, valid_to: date) -> None:
    if valid_from < clock.today():
        raise InvalidInput(
            "起始日不能早于今天", "it begins today at the earliest", field="valid_from"
        )
    if valid_to < valid_from:
        raise InvalidInput("截止日不能早于起始日", "it ends before it begins", field="valid_to")
    if valid_to - valid_from > timedelta(days=DAYS_MAX):
        raise InvalidInput(f"代理最长 {DAYS_MAX} 天", f"{DAYS_MAX} days at most", field="valid_to")


def _duty(giver: User, role: str, company_id: int) -> tuple[Role, Company]:
    """The lent duty: one the giver holds in this company or above it."""
    company = Company.objects.filter(pk=company_id).first()
    held = Membership.objects.filter(user=giver, role=role).values_list("company__path", flat=True)
    if company is None or not any(company.path.startswith(path) for path in held):
        raise NotAllowed(
            "只能委托本人在该公司的职责", "only a duty of one's own is lent", code="not_held"
        )
    if Role(role) not in DELEGABLE:
        raise NotAllowed("管理类职责不能委托", "administration is not lent", code="not_delegable")
    return Role(role), company


def _demand_lendable(giver: User, receiver: User, role: Role, company: Company) -> None:
    if receiver.person_key == giver.person_key:
        raise NotAllowed(
            "不能委托给本人的另一账号", "not to another account of oneself", code="same_person"
        )
    if not receiver.is_active or not giver.is_active:
        raise Conflict("账号已停用", "an account is deactivated")
    duty = Duty(role, company.path, company.short_name, f"代理 {giver}")
    demand_no_clash(receiver.person_key, [duty])


@transaction.atomic(durable=True)
def propose_delegation(
    *,
    giver: User,
    receiver: str,
    role: str,
    company_id: int,
    valid_from: date,
    valid_to: date,
    why: str = "",
) -> StagedChange:
    """Ask that `receiver` (a sign-in name) may act for the giver in one duty on these days, both included.

    Raises NotFound, NotAllowed (not held, not lendable, own second account, clashing duties), InvalidInput, Conflict.
    """
    found = User.objects.filter(username=receiver.strip(), is_active=True).first()
    if found is None:
        raise InvalidInput("没有这个用户", "no such user", field="receiver")
    _days(valid_from, valid_to)
    duty, company = _duty(giver, role, company_id)
    _demand_lendable(giver, found, duty, company)
    return propose(
        KIND,
        actor=giver,
        subject_id=f"{giver.pk}:{found.pk}:{duty}:{company.pk}",
        company_id=company.pk,
        title=f"代理：{found} 代 {giver} {ROLE_NAMES[duty]} · {company}",
        after={
            "giver_id": giver.pk,
            "receiver_id": found.pk,
            "role": str(duty),
            "company_id": company.pk,
            "valid_from": valid_from.isoformat(),
            "valid_to": valid_to.isoformat(),
            "why": why.strip()[:200],
        },
    )


def apply_delegation(change: StagedChange) -> Applied:
    """Lend the duty; the receiver's sessions end, so that the next begins with the new rights."""
    said = change.after
    giver = people.lock_person(int(said["giver_id"]))
    receiver = people.lock_person(int(said["receiver_id"]))
    role, company = _duty(giver, str(said["role"]), int(said["company_id"]))
    _demand_lendable(giver, receiver, role, company)
    valid_to = date.fromisoformat(said["valid_to"])
    if valid_to < clock.today():
        raise Conflict("代理期已过", "its days are over")
    delegation = Delegation.objects.create(
        giver=giver,
        receiver=receiver,
        role=role,
        company=company,
        valid_from=date.fromisoformat(said["valid_from"]),
        valid_to=valid_to,
        why=said.get("why", ""),
        change=change,
    )
    end_sessions([receiver], End.REVOKED)
    return Applied(delegation)


@transaction.atomic(durable=True)
def end_delegation(*, delegation_id: int, actor: User) -> Delegation:
    """End a delegation at once: its giver, its receiver, or a security administrator of the company.

    Raises NotFound (also when it is none of the actor's business), Conflict (over already).
    """
    row = Delegation.objects.select_for_update(of=("self",)).filter(pk=delegation_id).first()
    is_own = row is not None and actor.pk in (row.giver_id, row.receiver_id)
    if row is None or not (is_own or scope_of(actor).has(EDIT, row.company_id)):
        raise NotFound("delegation")
    if row.ended_at is not None:
        raise Conflict("代理已结束", "over already")
    row.ended_at = clock.now()
    row.save(update_fields=["ended_at"])
    end_sessions([row.receiver], End.REVOKED)
    record("masterdata.delegation.ended", actor=actor, subject=row)
    return row
