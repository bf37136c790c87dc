"""Steps that open cases and write decisions; each runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction

from approvals import selectors
from approvals.models import Case, Decision
from approvals.policy import Rule, Subject, progress, rule_for
from approvals.rules import CaseView, Done, refusal
from approvals.signing.signers import Signer, endorse
from approvals.signing.statements import DecisionFacts, statement, when
from kernel import clock, seal
from kernel.errors import DomainError, NotAllowed, NotFound, require
from kernel.money import Money
from masterdata import selectors as masterdata
from masterdata.classes import PayeeClass, PaymentType
from masterdata.services import stepup as second_factor
from masterdata.services.stepup import StepUp

if TYPE_CHECKING:
    from masterdata.models import User

Act = Decision.Act
WANTS_STEP_UP = frozenset({Act.APPROVE, Act.RELEASE})


@dataclass(frozen=True, kw_only=True)
class NewCase:
    """A subject that wants decisions, with what the matrix looks at."""

    kind: str
    subject_id: str
    company_id: int
    digest: str
    money: Money
    maker_id: int
    maker_person: str
    account_id: int | None = None
    payment_type: str = ""
    payee_class: str = ""


@dataclass(frozen=True)
class Decided:
    """How far a case is after a decision; `next_roles` may approve next."""

    case_id: int
    approvers_needed: int
    approvals_given: int
    next_roles: tuple[str, ...] = ()


class Matrix:
    """The matrix of today for some subjects, read once."""

    def __init__(self, *, kinds: Iterable[str], company_ids: Iterable[int]) -> None:
        self._rules = {
            kind: selectors.rules_on(kind=kind, day=clock.today()) for kind in set(kinds)
        }
        self._chains = masterdata.chains(company_ids)

    @classmethod
    def of(cls, cases: Iterable[Case]) -> Matrix:
        """The matrix for these cases."""
        rows = list(cases)
        return cls(kinds={c.subject_kind for c in rows}, company_ids={c.company_id for c in rows})

    def rule(self, one: NewCase | Case) -> Rule | NotAllowed:
        """The row that rules a subject; where none does, a refusal that names what the matrix lacks."""
        kind = one.subject_kind if isinstance(one, Case) else one.kind
        subject = Subject(
            kind=kind,
            chain=self._chains.get(one.company_id, (one.company_id,)),
            account_id=one.account_id,
            payment_type=one.payment_type,
            payee_class=one.payee_class,
            money=one.money,
        )
        return rule_for(self._rules[kind], subject) or _uncovered(subject)


def _uncovered(subject: Subject) -> NotAllowed:
    words = [
        str(dict(PaymentType.choices).get(subject.payment_type, subject.payment_type)),
        str(dict(PayeeClass.choices).get(subject.payee_class, subject.payee_class)),
        str(subject.money),
    ]
    what = " · ".join(word for word in words if word)
    return NotAllowed(
        f"审批矩阵没有覆盖「{what}」的规则，不能提交，请系统管理员补充审批矩阵",
        f"no row of the matrix covers {what}",
        code="no_policy",
    )


def open_cases(new: Sequence[NewCase]) -> tuple[dict[str, Case], dict[str, DomainError]]:
    """Open one case for each subject; returns cases, and refusals of subjects no row of the matrix covers, by subject id."""
    require(
        transaction.get_connection().in_atomic_block,
        "a case is opened in the transaction of its subject",
    )
    cases, refused = [], {}
    matrix = Matrix(kinds=(one.kind for one in new), company_ids=(one.company_id for one in new))
    for one in new:
        rule = matrix.rule(one)
        if isinstance(rule, NotAllowed):
            refused[one.subject_id] = rule
            continue
        cases.append(
            Case(
                subject_kind=one.kind,
                subject_id=one.subject_id,
                company_id=one.company_id,
                account_id=one.account_id,
                payment_type=one.payment_type,
                payee_class=one.payee_class,
                digest=one.digest,
                amount=one.money.amount,
                currency=one.money.currency,
                maker_id=one.maker_id,
                maker_person=one.maker_person,
                approvers_needed=rule.people,
                policy_id=rule.pk,
            )
        )
    Case.objects.bulk_create(cases)
    return {case.subject_id: case for case in cases}, dict(refused)


def open_case(new: NewCase) -> Case:
    """Open the case of one subject. Raises NotAllowed (no_policy) when the matrix has no row for it."""
    cases, refused = open_cases([new])
    if new.subject_id in refused:
        raise refused[new.subject_id]
    return cases[new.subject_id]


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
    case: Case,
    now: Done,
    actor: User,
    *,
    step: int,
    behalf_id: int | None,
    note: str,
    stepup: StepUp | None,
) -> Decision:
    return Decision(
        case=case,
        act=now.act,
        step=step,
        user=actor,
        person_key=now.person,
        behalf_id=behalf_id,
        behalf_person=now.behalf,
        digest=case.digest,
        roles=sorted(now.roles),
        note=note,
        factor_method=stepup.method if stepup else "",
        factor_id=stepup.factor_id if stepup else "",
        factor_at=stepup.at if stepup else None,
        at=clock.now(),
    )


def _statement(decision: Decision, rule: Rule, signing: Signing) -> bytes:
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
            needed=rule.people,
            policy=str(rule.pk),
            person=decision.person_key,
            behalf=decision.behalf_person,
            user=decision.user_id,
            key=signing.signer.fingerprint,
            shown=seal.digest(signing.shown),
            factor=decision.factor_id,
            note=decision.note,
            at=when(decision.at),
        )
    )


def _sign(decisions: Sequence[tuple[Decision, Rule]], signing: Signing) -> None:
    """One signature for all decisions of the act; each keeps its statement and its path to it."""
    said = {
        number: _statement(decision, rule, signing)
        for number, (decision, rule) in enumerate(decisions)
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


def _locked_cases(case_ids: Iterable[int]) -> tuple[list[Case], dict[int, list[Done]]]:
    """These cases, locked, and what was done in each, in the order made."""
    cases = list(Case.objects.select_for_update().filter(pk__in=case_ids).order_by("pk"))
    acts: dict[int, list[Done]] = {case.pk: [] for case in cases}
    rows = Decision.objects.filter(case_id__in=acts).order_by("pk")
    columns = ("case_id", "act", "person_key", "roles", "behalf_person")
    for case_id, done, person, roles, behalf in rows.values_list(*columns):
        acts[case_id].append(Done(done, person, frozenset(roles), behalf))
    return cases, acts


class _Desk:
    """One person at one kind of act: in each company with their own duty, or with one lent to them."""

    def __init__(self, actor: User, act: Decision.Act, right: str) -> None:
        self._scope, self._act, self._right = masterdata.scope_of(actor), str(act), right
        self._person = actor.person_key
        givers = set(self._scope.for_whom.get(right, {}).values())
        self._persons = masterdata.persons_of(givers) if givers else {}

    def act_in(self, company_id: int) -> tuple[Done, int | None]:
        """The act as it would be done in a company now, and the id of the giver where the duty is lent."""
        giver = self._scope.lent_by(self._right, company_id)
        behalf = self._persons[giver] if giver is not None else ""
        roles = self._scope.roles_in(company_id)
        return Done(self._act, self._person, roles, behalf), giver


def decide_many(
    digests: Mapping[int, str],
    *,
    act: Decision.Act,
    actor: User,
    signing: Signing | None,
    right: str = "",
    note: str = "",
) -> tuple[dict[int, Decided], dict[int, DomainError]]:
    """Write one act of one person in many cases (case id → the digest the person saw), signed once; refusals by case id.

    `right` is what lets the actor do it: where they hold it by delegation only, they act for its giver.

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
    absent = NotFound("approval case")
    refused: dict[int, DomainError] = {pk: absent for pk in digests if pk not in acts}
    done_now: dict[int, Decided] = {}
    decisions: list[tuple[Decision, Rule]] = []
    matrix, desk = Matrix.of(cases), _Desk(actor, act, right)
    for case in cases:
        rule, done = matrix.rule(case), acts[case.pk]
        if isinstance(rule, NotAllowed):
            refused[case.pk] = rule
            continue
        now, behalf_id = desk.act_in(case.company_id)
        error = refusal(_view(case, rule, done), now, digest=digests[case.pk])
        if error is not None:
            refused[case.pk] = error
            continue
        step = 1 + sum(one.act == act for one in done)
        made = _decision(
            case, now, actor, step=step, behalf_id=behalf_id, note=note, stepup=signing.stepup
        )
        decisions.append((made, rule))
        _follow(case, rule)
        done_now[case.pk] = _decided(case, rule, [*done, now])
    _sign(decisions, signing)
    Decision.objects.bulk_create([decision for decision, _ in decisions])
    return done_now, refused


def _view(case: Case, rule: Rule, done: Sequence[Done]) -> CaseView:
    is_void = case.voided_at is not None
    return CaseView(case.digest, case.maker_person, is_void, rule.steps, done)


def _follow(case: Case, rule: Rule) -> None:
    """Let the case name the row that rules it now."""
    if (case.approvers_needed, case.policy_id) != (rule.people, rule.pk):
        Case.objects.filter(pk=case.pk).update(approvers_needed=rule.people, policy_id=rule.pk)


def _decided(case: Case, rule: Rule, done: Sequence[Done]) -> Decided:
    now = progress(rule.steps, [one.roles for one in done if one.act == Act.APPROVE])
    return Decided(case.pk, now.needed, now.filled, tuple(sorted(now.next_roles)))


def stale(case_ids: Iterable[int]) -> list[int]:
    """Which of these cases another row of the matrix rules by now, or none. Reads only; the caller scoped them."""
    cases = list(Case.objects.filter(pk__in=case_ids))
    matrix = Matrix.of(cases)
    found = []
    for case in cases:
        rule = matrix.rule(case)
        if isinstance(rule, NotAllowed) or rule.pk != case.policy_id:
            found.append(case.pk)
    return found


def standing(case_ids: Iterable[int]) -> dict[int, Decided]:
    """How far these cases are by the matrix of now (a step); one whose row is gone is absent."""
    cases, acts = _locked_cases(case_ids)
    matrix = Matrix.of(cases)
    found = {}
    for case in cases:
        rule = matrix.rule(case)
        if not isinstance(rule, NotAllowed):
            _follow(case, rule)
            found[case.pk] = _decided(case, rule, acts[case.pk])
    return found


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
