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
from approvals.standing.verifying import MESSAGE, TABLES, fault_of
from audit import services as audit
from audit.row_verifying import touched
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
TOUCHED = "常设授权的数据行在平台之外被改动"
# What `fault_of` says, for people.
WORDS = {
    "its row was changed outside the platform": "条款的数据行在平台之外被改动",
    "it was not in force": "今日不在有效期",
    "it was stopped": "已停用",
    "no releaser signed it": "尚无授权人签署",
    "an account is not as it was when its releaser signed": "账户的账号、户名或行号与签署时不同，须提出新版本重新签署",
}


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


def holds_right(scope: Scope, authority: StandingAuthority) -> bool:
    """Whether the right to release there is the holder's own, not lent to them."""
    company_id = authority.payer.company_id
    own = scope.has(SIGN_RIGHT, company_id)
    return own and scope.lent_by(SIGN_RIGHT, company_id) is None


def is_open(authority: StandingAuthority) -> bool:
    """Whether a version still wants its releaser's signature."""
    is_past = authority.valid_to is not None and authority.valid_to < clock.today()
    is_over = authority.is_withdrawn or is_past or hasattr(authority, "stopped")
    return not is_over and not hasattr(authority, "signed")


def behind(authority: StandingAuthority) -> tuple[str, ...]:
    """The natural persons who proposed and agreed to a version; none where it was laid down by the installation."""
    return dated.persons_behind(authority.change_id)


def _locked(authority_id: int, scope: Scope) -> StandingAuthority:
    """The version as it is once nobody else signs or stops it. Raises NotFound."""
    list(StandingAuthority.objects.select_for_update().filter(pk=authority_id))
    return get(authority_id, scope=scope)


def _signable(authority_id: int, actor: User, signing: Signing) -> StandingAuthority:
    """The version, locked, if this person may sign it now; raises what `sign` does."""
    scope = masterdata.scope_of(actor)
    authority = _locked(authority_id, scope)
    scope.demand(SIGN_RIGHT, authority.payer.company_id)
    if not holds_right(scope, authority):
        raise NotAllowed(
            "代理期间不能签署常设授权，须由授权人本人签署",
            "a mandate outlives a delegation: its releaser signs",
            code="right_lent",
        )
    if signing.signer.person_key != actor.person_key:
        raise NotAllowed("签名密钥不属于您", "the key is not yours", code="not_your_key")
    if actor.person_key in behind(authority):
        raise NotAllowed("提出或确认此授权的人不能签署", "another person signs", code="same_person")
    if not is_open(authority):
        raise Conflict(
            "此授权已签署、已停用、已撤销或已过期", "it is signed or over", code="illegal_move"
        )
    return authority.verify()


@transaction.atomic(durable=True)
def sign(*, authority_id: int, actor: User, signing: Signing) -> StandingSignature:
    """A releaser signs a version with their own key: from now on transfers within it want nobody.

    Raises NotFound, NotAllowed (no right of one's own, an administrator of this very version, not the own key; StepUpNeeded),
    Conflict.
    """
    authority = _signable(authority_id, actor, signing)
    stepup = second_factor.demand(signing.stepup, actor)
    now = clock.now()
    said = seal.canonical(
        {
            "act": ACT,
            "content": authority.digest,
            "terms": authority.facts(),
            "accounts": authority.accounts(),
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
    after = {"version": str(authority), "terms": authority.digest}
    audit.record("approvals.standing.signed", actor=actor, subject=authority, after=after)
    return made


@transaction.atomic(durable=True)
def stop(*, authority_id: int, actor: User, why: str) -> StandingStop:
    """End a version at once; what was released under it and not sent stays behind. Raises NotFound, NotAllowed, InvalidInput, Conflict."""
    scope = masterdata.scope_of(actor)
    authority = _locked(authority_id, scope)
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
        return TOUCHED
    if touched(TABLES):  # also a stop or a withdrawal that was deleted
        return TOUCHED
    found = in_force(versions, now.astimezone(clock.SHANGHAI).date())
    if len(found) != 1:
        return "没有有效的常设授权"
    full = StandingAuthority.objects.select_related(
        *("payer", "target", "signed__user", "signed__signature__key__registrar", "stopped")
    ).get(pk=found[0].pk)
    return why if (why := lapsed(full, now=now)) else full


def lapsed(authority: StandingAuthority, *, now: datetime) -> str:
    """Why nothing is released under a version that is dated for today; empty where it may be (a step). Raises TrustAbsent.

    It ends with its signer's duty: whoever may no longer release does not do so by an old signature either.
    """
    if fault := fault_of(authority, at_moment=now):
        return "常设授权不能使用：" + WORDS.get(fault, f"签署人的密钥或签名不能采信（{fault}）")
    if not holds_right(masterdata.scope_of(authority.signed.user), authority):
        return "常设授权的签署人已不担任授权，须提出新版本并由现任授权人签署"
    return ""


def released_under(authority: StandingAuthority, *, since: datetime) -> list[StandingRelease]:
    """Releases between the accounts of a mandate since then, under whichever version or earlier mandate. System look-up."""
    between = {
        "authority__payer": authority.payer_id,
        "authority__target": authority.target_id,
    }
    rows = StandingRelease.objects.filter(**between, at__gte=since).order_by("pk")
    return list(rows.select_related("case", "authority"))


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
