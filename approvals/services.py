"""Steps that open cases and write decisions; each runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction

from approvals import selectors
from approvals.models import Case, Decision, Policy
from approvals.rules import CaseView, refusal
from approvals.signing.signers import Signer, endorse
from approvals.signing.statements import DecisionFacts, statement, when
from kernel import clock, seal
from kernel.errors import DomainError, NotAllowed, NotFound, require
from kernel.money import Money
from masterdata.services import stepup as second_factor
from masterdata.services.stepup import StepUp

if TYPE_CHECKING:
    from masterdata.models import User

Act = Decision.Act
WANTS_STEP_UP = frozenset({Act.APPROVE, Act.RELEASE})


@dataclass(frozen=True, kw_only=True)
class NewCase:
    """A subject that wants decisions."""

    kind: str
    subject_id: str
    company_id: int
    digest: str
    money: Money
    maker_id: int
    maker_person: str


@dataclass(frozen=True)
class Decided:
    """How far a case is after a decision."""

    case_id: int
    approvers_needed: int
    approvals_given: int


def _policy(policies: Sequence[Policy], *, company_id: int, money: Money) -> Policy | NotAllowed:
    return selectors.matching_policy(policies, company_id=company_id, money=money) or NotAllowed(
        f"审批矩阵没有覆盖 {money} 的规则，不能提交，请联系资金主管维护矩阵",
        "no policy row covers this amount",
        code="no_policy",
    )


def open_cases(new: Sequence[NewCase]) -> tuple[dict[str, Case], dict[str, DomainError]]:
    """Open one case for each subject; returns cases, and refusals of subjects no row of the matrix covers, by subject id."""
    require(
        transaction.get_connection().in_atomic_block,
        "a case is opened in the transaction of its subject",
    )
    cases, refused = [], {}
    by_kind = {
        kind: selectors.policies_on(kind=kind, day=clock.today())
        for kind in {one.kind for one in new}
    }
    for one in new:
        policy = _policy(by_kind[one.kind], company_id=one.company_id, money=one.money)
        if isinstance(policy, NotAllowed):
            refused[one.subject_id] = policy
            continue
        cases.append(
            Case(
                subject_kind=one.kind,
                subject_id=one.subject_id,
                company_id=one.company_id,
                digest=one.digest,
                amount=one.money.amount,
                currency=one.money.currency,
                maker_id=one.maker_id,
                maker_person=one.maker_person,
                approvers_needed=policy.approvers,
                policy_id=policy.pk,
            )
        )
    Case.objects.bulk_create(cases)
    return {case.subject_id: case for case in cases}, dict(refused)


def open_case(
    *, kind: str, subject_id: str | int, company_id: int, digest: str, money: Money, maker: User
) -> Case:
    """Open the case of one subject. Raises NotAllowed (no_policy) when the matrix has no row for it."""
    key = str(subject_id)
    cases, refused = open_cases(
        [
            NewCase(
                kind=kind,
                subject_id=key,
                company_id=company_id,
                digest=digest,
                money=money,
                maker_id=maker.pk,
                maker_person=maker.person_key,
            )
        ]
    )
    if key in refused:
        raise refused[key]
    return cases[key]


@dataclass(frozen=True, kw_only=True)
class Signing:
    """How one act is signed: the person's unlocked key, what the page showed, and for a release what will be sent.

    `sealed` holds the digest of each instruction by case id; `stepup` is the second factor just given.
    """

    signer: Signer
    shown: bytes = b""
    sealed: Mapping[int, str] = field(default_factory=dict)
    stepup: StepUp | None = None


def _decision(
    case: Case, act: Decision.Act, actor: User, *, step: int, note: str, stepup: StepUp | None
) -> Decision:
    return Decision(
        case=case,
        act=act,
        step=step,
        user=actor,
        person_key=actor.person_key,
        digest=case.digest,
        note=note,
        factor_method=stepup.method if stepup else "",
        factor_id=stepup.factor_id if stepup else "",
        factor_at=stepup.at if stepup else None,
        at=clock.now(),
    )


def _statement(decision: Decision, policy: Policy, signing: Signing) -> bytes:
    case = decision.case
    return statement(
        DecisionFacts(
            act=str(decision.act),
            step=decision.step,
            case=case.pk,
            subject=f"{case.subject_kind}:{case.subject_id}",
            content=case.digest,
            sealed=signing.sealed.get(case.pk, ""),
            amount=f"{case.amount:.2f}",
            currency=case.currency,
            maker=case.maker_person,
            needed=policy.approvers,
            policy=str(policy.pk),
            person=decision.person_key,
            user=decision.user_id,
            key=signing.signer.fingerprint,
            shown=seal.digest(signing.shown),
            factor=decision.factor_id,
            note=decision.note,
            at=when(decision.at),
        )
    )


def _sign(decisions: Sequence[tuple[Decision, Policy]], signing: Signing) -> None:
    """One signature for all decisions of the act; each keeps its statement and its path to it."""
    said = {
        number: _statement(decision, policy, signing)
        for number, (decision, policy) in enumerate(decisions)
    }
    endorsed = endorse(said, signer=signing.signer, shown=signing.shown, at=clock.now())
    for number, (decision, _) in enumerate(decisions):
        decision.statement = said[number].decode()
        decision.path, decision.signature_id = endorsed[number].path, endorsed[number].signature_id


def _require_own_key(signing: Signing | None, actor: User) -> Signing:
    if signing is None:
        raise NotAllowed(
            "复核、审批、授权须以本人的签名密钥签名", "a decision is signed", code="unsigned"
        )
    if signing.signer.person_key != actor.person_key:
        raise NotAllowed("签名密钥不属于您", "the key is not yours", code="not_your_key")
    return signing


def _locked_cases(
    case_ids: Iterable[int],
) -> tuple[list[Case], dict[int, list[tuple[str, str]]]]:
    """These cases, locked, and what was done in each: (act, person) in the order made."""
    cases = list(Case.objects.select_for_update().filter(pk__in=case_ids).order_by("pk"))
    acts: dict[int, list[tuple[str, str]]] = {case.pk: [] for case in cases}
    rows = Decision.objects.filter(case_id__in=acts).order_by("pk")
    for case_id, done, person in rows.values_list("case_id", "act", "person_key"):
        acts[case_id].append((done, person))
    return cases, acts


def decide_many(
    digests: Mapping[int, str],
    *,
    act: Decision.Act,
    actor: User,
    signing: Signing | None,
    note: str = "",
) -> tuple[dict[int, Decided], dict[int, DomainError]]:
    """Write one act of one person in many cases (case id → the digest the person saw), signed once; refusals by case id.

    The matrix is asked again as of now: what it asks for today rules, not what it asked for when the case was opened.
    Approval and release want the actor's second factor, kept with the decision; raises StepUpNeeded. Raises NotAllowed
    without the person's own key.
    """
    require(
        transaction.get_connection().in_atomic_block,
        "a decision is made in the transaction of its subject",
    )
    signing = _require_own_key(signing, actor)
    if act in WANTS_STEP_UP:
        second_factor.demand(signing.stepup, actor)
    cases, acts = _locked_cases(digests)
    refused: dict[int, DomainError] = {
        pk: NotFound("approval case") for pk in digests if pk not in acts
    }
    done_now: dict[int, Decided] = {}
    decisions: list[tuple[Decision, Policy]] = []
    policies = {
        kind: selectors.policies_on(kind=kind, day=clock.today())
        for kind in {c.subject_kind for c in cases}
    }
    for case in cases:
        done = acts[case.pk]
        policy = _policy(policies[case.subject_kind], company_id=case.company_id, money=case.money)
        error = _refusal(case, policy, done, act=act, actor=actor, digest=digests[case.pk])
        if isinstance(policy, NotAllowed) or error is not None:
            refused[case.pk] = error or NotFound("policy")
            continue
        approvals = sum(one == Act.APPROVE for one, _ in done)
        step = approvals + 1 if act == Act.APPROVE else 1
        made = _decision(case, act, actor, step=step, note=note, stepup=signing.stepup)
        decisions.append((made, policy))
        if case.approvers_needed != policy.approvers:
            Case.objects.filter(pk=case.pk).update(
                approvers_needed=policy.approvers, policy_id=policy.pk
            )
        done_now[case.pk] = Decided(case.pk, policy.approvers, approvals + (act == Act.APPROVE))
    _sign(decisions, signing)
    Decision.objects.bulk_create([decision for decision, _ in decisions])
    return done_now, refused


def _refusal(
    case: Case,
    policy: Policy | NotAllowed,
    done: Sequence[tuple[str, str]],
    *,
    act: Decision.Act,
    actor: User,
    digest: str,
) -> DomainError | None:
    if isinstance(policy, NotAllowed):
        return policy
    is_void = case.voided_at is not None
    view = CaseView(case.digest, case.maker_person, is_void, policy.approvers, done)
    return refusal(view, act=act, person=actor.person_key, digest=digest)


def decide(
    *,
    case_id: int,
    act: Decision.Act,
    actor: User,
    digest: str,
    signing: Signing | None,
    note: str = "",
) -> Case:
    """Write one act of one person, signed.

    Raises NotAllowed (the maker, a person who acted already, no key; StepUpNeeded), Conflict (changed digest, void case,
    out of turn).
    """
    _, refused = decide_many({case_id: digest}, act=act, actor=actor, signing=signing, note=note)
    if case_id in refused:
        raise refused[case_id]
    return Case.objects.get(pk=case_id)


def void_cases(case_ids: Sequence[int], *, reason: str) -> int:
    """Void these cases: their decisions stay as history and count no more. Returns how many were open."""
    return Case.objects.filter(pk__in=case_ids, voided_at__isnull=True).update(
        voided_at=clock.now(), void_reason=reason[:200]
    )


def void_case(*, case_id: int, reason: str) -> None:
    """Void one case."""
    void_cases([case_id], reason=reason)


def seed_matrix(
    *, kind: str, bands: Sequence[tuple[str, str | None, int]], source_note: str
) -> int:
    """Lay down matrix rows (from, below, approvers) for all companies unless this kind has any; returns rows made."""
    if Policy.objects.filter(kind=kind).exists():
        return 0
    rows = [
        Policy(
            kind=kind,
            amount_from=low,
            amount_below=high,
            approvers=approvers,
            valid_from="2020-01-01",
            source_note=source_note,
        )
        for low, high, approvers in bands
    ]
    return len(Policy.objects.bulk_create(rows))
