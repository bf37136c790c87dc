"""Sign a mandate, stop one, release a case under one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from approvals.models import Case
from approvals.services import Signing
from approvals.signing.signers import endorse
from approvals.standing.models import (
    StandingAuthority,
    StandingRelease,
    StandingSignature,
    StandingStop,
)
from approvals.standing.verifying import MESSAGE, fault_of
from audit import services as audit
from kernel import clock, seal, vault
from kernel.dated import in_force
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, require
from kernel.scope import Scope
from kernel.seal import SealBroken
from masterdata import selectors as masterdata
from masterdata.services import dated
from masterdata.services import stepup as second_factor

if TYPE_CHECKING:
    from masterdata.models import User

SIGN_RIGHT = "payments.release"
STOP_RIGHTS = ("payments.release", "strategy.propose")
ACT = "mandate"


@dataclass(frozen=True)
class Used:
    """What was released under a mandate on a day and in its month, and still counts."""

    day: Decimal
    month: Decimal


def visible(scope: Scope) -> list[StandingAuthority]:
    """Every version for accounts of the viewer's companies, newest first."""
    rows = StandingAuthority.objects.filter(payer__company_id__in=scope.company_ids)
    related = ("payer__company", "target__company", "signed__user", "stopped__user")
    return list(rows.select_related(*related).order_by("-line", "-number"))


def get(authority_id: int, *, scope: Scope) -> StandingAuthority:
    """One version; raises NotFound."""
    found = next((one for one in visible(scope) if one.pk == authority_id), None)
    if found is None:
        raise NotFound("standing mandate")
    return found


def behind(authority: StandingAuthority) -> tuple[str, ...]:
    """The natural persons who proposed and agreed to a version; none where it was laid down by the installation."""
    return dated.persons_behind(authority.change_id)


@transaction.atomic(durable=True)
def sign(*, authority_id: int, actor: User, signing: Signing) -> StandingSignature:
    """A releaser signs a version with their own key: from now on transfers within it want nobody.

    Raises NotFound, NotAllowed (no right, an administrator of this very version, not the own key; StepUpNeeded), Conflict.
    """
    authority = get(authority_id, scope=masterdata.scope_of(actor))
    StandingAuthority.objects.select_for_update().get(pk=authority.pk)
    masterdata.scope_of(actor).demand(SIGN_RIGHT, authority.payer.company_id)
    stepup = second_factor.demand(signing.stepup, actor)
    if signing.signer.person_key != actor.person_key:
        raise NotAllowed("签名密钥不属于您", "the key is not yours", code="not_your_key")
    if actor.person_key in behind(authority):
        raise NotAllowed("提出或确认此授权的人不能签署", "another person signs", code="same_person")
    if authority.is_withdrawn or hasattr(authority, "signed") or hasattr(authority, "stopped"):
        raise Conflict("此授权已签署、已停用或已撤销", "it is signed or over", code="illegal_move")
    authority.verify()
    now = clock.now()
    said = seal.canonical(
        {
            "act": ACT,
            "content": authority.digest,
            "terms": authority.facts(),
            "person": actor.person_key,
            "user": actor.pk,
            "key": signing.signer.fingerprint,
            "shown": seal.digest(signing.shown),
            "factor": stepup.factor_id,
            "at": now.astimezone(clock.SHANGHAI).isoformat(),
        }
    )
    endorsed = endorse({0: said}, signer=signing.signer, shown=signing.shown, at=now)[0]
    made = StandingSignature.objects.create(
        authority=authority,
        user=actor,
        person_key=actor.person_key,
        statement=said.decode(),
        path=endorsed.path,
        signature_id=endorsed.signature_id,
        at=now,
    )
    audit.record(
        "approvals.standing.signed",
        actor=actor,
        subject=authority,
        after={"version": str(authority), "terms": authority.digest},
    )
    return made


@transaction.atomic(durable=True)
def stop(*, authority_id: int, actor: User, why: str) -> StandingStop:
    """End a version at once; what was released under it and not sent stays behind. Raises NotFound, NotAllowed, InvalidInput, Conflict."""
    scope = masterdata.scope_of(actor)
    authority = get(authority_id, scope=scope)
    StandingAuthority.objects.select_for_update().get(pk=authority.pk)
    if not any(scope.has(right, authority.payer.company_id) for right in STOP_RIGHTS):
        raise NotAllowed("您没有停用常设授权的权限", "no right to stop it", code="right_missing")
    if len(why.strip()) < 2:
        raise InvalidInput("请填写原因", "a reason is wanted", field="why")
    if hasattr(authority, "stopped"):
        raise Conflict("此授权已停用", "it is stopped already", code="illegal_move")
    made = StandingStop.objects.create(authority=authority, user=actor, why=why.strip()[:200])
    audit.record(
        "approvals.standing.stopped",
        actor=actor,
        subject=authority,
        after={"version": str(authority)},
        why=why,
    )
    return made


def usable(*, payer_id: int, target_id: int, now: datetime) -> StandingAuthority | str:
    """The version for these two accounts that may be used now, locked, or why none may (a step). System look-up."""
    rows = StandingAuthority.objects.select_for_update().filter(
        payer_id=payer_id, target_id=target_id
    )
    try:
        versions = [one.verify() for one in rows.order_by("pk")]
    except SealBroken:
        return "常设授权的数据行在平台之外被改动"
    found = in_force(versions, now.astimezone(clock.SHANGHAI).date())
    if len(found) != 1:
        return "没有有效的常设授权"
    full = StandingAuthority.objects.select_related(
        "signed__user", "signed__signature__key__registrar", "stopped"
    ).get(pk=found[0].pk)
    return "常设授权不能使用：" + fault if (fault := fault_of(full, at_moment=now)) else full


def released_under(line: int, *, since: datetime) -> list[StandingRelease]:
    """Releases under any version of a mandate since then. System look-up."""
    rows = StandingRelease.objects.filter(authority__line=line, at__gte=since)
    return list(rows.select_related("case"))


def is_for(authority: StandingAuthority, *, payer_id: int, target_id: int, currency: str) -> bool:
    """Whether the mandate is about transfers between these accounts in this currency."""
    wanted = (authority.payer_id, authority.target_id, authority.currency)
    return wanted == (payer_id, target_id, currency)


def beyond(authority: StandingAuthority, amount: Decimal, used: Used) -> str:
    """Which limit an amount would break; empty when none."""
    for word, limit, total in (
        ("每笔", authority.item, amount),
        ("每日", authority.day, used.day + amount),
        ("每月", authority.month, used.month + amount),
    ):
        if total > limit:
            return f"超出常设授权{word}上限 {limit:,.2f}"
    return ""


def release(*, case: Case, authority: StandingAuthority, sealed: str) -> StandingRelease:
    """The platform's signed word that this case is released under the mandate (a step).

    `sealed` is the digest of the instruction. Raises KeysAbsent outside the bank's workers.
    """
    require(transaction.get_connection().in_atomic_block, "a release stands beside its instruction")
    now = clock.now()
    statement = seal.canonical(
        {
            "act": "standing_release",
            "case": case.pk,
            "subject": f"{case.subject_kind}:{case.subject_id}",
            "content": case.digest,
            "sealed": sealed,
            "amount": f"{case.amount:.2f}",
            "currency": case.currency,
            "maker": case.maker_person,
            "mandate": authority.pk,
            "version": str(authority),
            "terms": authority.digest,
            "approvers": [*behind(authority), authority.signed.person_key],
            "at": now.astimezone(clock.SHANGHAI).isoformat(),
        }
    )
    point, signature = vault.sign_as_platform(MESSAGE + statement)
    return StandingRelease.objects.create(
        case=case,
        authority=authority,
        amount=case.amount,
        currency=case.currency,
        statement=statement.decode(),
        point=point,
        signature=signature,
        at=now,
    )
