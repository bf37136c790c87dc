"""Maker and checker for rows that steer money: proposed by one natural person, decided by another."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db import transaction

from audit.services import record
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.scope import Scope
from masterdata import checks, selectors
from masterdata.models import CounterpartyAccount, OwnAccount, StagedChange, User
from masterdata.selectors import scope_of
from masterdata.services.payees import demand_other_person
from masterdata.states import PayeeState

SWITCH = "own_account.switch"
PAYEE_EDIT = "payee.edit"
PAYEE_CLOSE = "payee.close"

SWITCHES = ("is_direct_link", "is_frozen")
PAYEE_FIELDS = ("name", "bank_name", "cnaps", "is_personal")
SWITCH_WORDS = {
    ("is_direct_link", True): "开通银企直联",
    ("is_direct_link", False): "关闭银企直联",
    ("is_frozen", True): "冻结对外付款",
    ("is_frozen", False): "解除付款冻结",
}


def stage(
    kind: str,
    *,
    subject_id: int | str,
    company_id: int | None,
    title: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    actor: User,
) -> StagedChange:
    """Step: write a proposal of any app's dual-controlled row; Conflict while one of the same row waits.

    The caller holds whatever lock makes one proposal a row certain; `before` and `after` are JSON values.
    """
    if selectors.pending_change(kind, subject_id) is not None:
        raise Conflict("此记录已有一项待复核的变更", "a change of this row is waiting")
    change = StagedChange.objects.create(
        kind=kind,
        subject_id=str(subject_id),
        company_id=company_id,
        title=title[:200],
        before=dict(before),
        after=dict(after),
        made_by=actor,
    )
    record("masterdata.change.proposed", actor=actor, subject=change, before=before, after=after)
    return change


def settle(
    change_id: int, *, kinds: Collection[str], right: str, accept: bool, actor: User, why: str
) -> StagedChange:
    """Step: the second person's decision on a proposal of another app; the caller applies what was accepted.

    Raises NotFound (also for other kinds and companies out of scope), NotAllowed (right missing, the proposer's own
    person), Conflict (decided already), InvalidInput (a refusal without reason).
    """
    scope = scope_of(actor)
    changes = selectors.visible_changes(scope).select_for_update(of=("self",))
    change = changes.filter(pk=change_id, kind__in=list(kinds)).first()
    if change is None:
        raise NotFound("staged change")
    _decide(change, right=right, accept=accept, actor=actor, scope=scope, why=why)
    if not accept:
        record("masterdata.change.refused", actor=actor, subject=change, why=why)
    return change


def _decide(
    change: StagedChange, *, right: str, accept: bool, actor: User, scope: Scope, why: str
) -> None:
    scope.demand(right, change.company_id)
    if change.state != StagedChange.State.PROPOSED:
        raise Conflict("此变更已处理", "already decided", code="illegal_move")
    demand_other_person(change.made_by, actor)
    if not accept and not why.strip():
        raise InvalidInput("拒绝时请填写原因", "a refusal wants a reason", field="why")
    change.state = StagedChange.State.ACCEPTED if accept else StagedChange.State.REFUSED
    change.decided_by, change.decided_at, change.why = actor, clock.now(), why.strip()[:200]
    change.save(update_fields=["state", "decided_by", "decided_at", "why"])


def _stage(
    kind: str,
    subject: OwnAccount | CounterpartyAccount,
    *,
    title: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    actor: User,
) -> StagedChange:
    """A proposal about a row the caller has locked."""
    return stage(
        kind,
        subject_id=subject.pk,
        company_id=getattr(subject, "company_id", None),
        title=title,
        before=before,
        after=after,
        actor=actor,
    )


@transaction.atomic(durable=True)
def propose_switch(
    *, account_id: int, version: int, switch: str, on: bool, actor: User
) -> StagedChange:
    """Propose to turn the direct link or the freeze of an own account on or off.

    Raises NotFound, NotAllowed, StaleVersion, InvalidInput (no connection), Conflict (already so, or waiting).
    """
    scope = scope_of(actor)
    account = selectors.get_account(account_id, scope=scope, lock=True)
    scope.demand("masterdata.edit", account.company_id)
    account.require_version(version)
    if switch not in SWITCHES:
        raise InvalidInput("没有这个开关", "no such switch", field="switch")
    if getattr(account, switch) == on:
        raise Conflict("账户已处于该状态", "already so")
    if switch == "is_direct_link" and on and account.connection_id is None:
        raise InvalidInput(
            "开通直联前请先选择银行连接", "a connection is wanted first", field="connection"
        )
    return _stage(
        SWITCH,
        account,
        title=f"{SWITCH_WORDS[switch, on]}：{account.number} {account.name}",
        before={switch: not on},
        after={switch: on},
        actor=actor,
    )


@transaction.atomic(durable=True)
def propose_payee_edit(
    *, account_id: int, version: int, values: Mapping[str, Any], actor: User
) -> StagedChange:
    """Propose new particulars of a confirmed payee account; its number never changes (announce another account).

    Raises NotFound, NotAllowed, StaleVersion, InvalidInput, Conflict.
    """
    account = _payee_to_change(account_id, version, actor)
    clean: dict[str, object] = {
        "name": checks.clean_name(values["name"]),
        "bank_name": checks.clean_name(values["bank_name"], field="bank_name"),
        "cnaps": checks.check_cnaps(values["cnaps"]),
        "is_personal": bool(values["is_personal"]),
    }
    before = {name: getattr(account, name) for name in PAYEE_FIELDS}
    if before == clean:
        raise InvalidInput("没有任何修改", "nothing changed")
    title = f"修改收款账户：{account.number} {account.name}"
    return _stage(PAYEE_EDIT, account, title=title, before=before, after=clean, actor=actor)


@transaction.atomic(durable=True)
def propose_payee_close(*, account_id: int, version: int, actor: User) -> StagedChange:
    """Propose to close a confirmed payee account. Raises NotFound, NotAllowed, StaleVersion, Conflict."""
    account = _payee_to_change(account_id, version, actor)
    title = f"停用收款账户：{account.number} {account.name}"
    states = {"state": str(account.state)}, {"state": str(PayeeState.CLOSED)}
    return _stage(PAYEE_CLOSE, account, title=title, before=states[0], after=states[1], actor=actor)


def _payee_to_change(account_id: int, version: int, actor: User) -> CounterpartyAccount:
    scope = scope_of(actor)
    scope.demand("payees.propose")
    account = selectors.get_payee(account_id, scope=scope, lock=True)
    account.require_version(version)
    if account.state != PayeeState.CONFIRMED:
        raise Conflict(
            "只有已确认的收款账户可以变更", "only confirmed accounts change", code="illegal_move"
        )
    return account


def _apply_switch(change: StagedChange) -> OwnAccount:
    account = selectors.lock_account(int(change.subject_id))
    for name, value in change.after.items():
        if name not in SWITCHES:
            raise InvalidInput("没有这个开关", "no such switch")
        setattr(account, name, value)
    if account.is_direct_link and account.connection_id is None:
        raise Conflict("账户已没有银行连接，不能开通直联", "the connection is gone")
    account.save_changes(list(change.after))
    return account


def _locked_payee(change: StagedChange) -> CounterpartyAccount:
    return CounterpartyAccount.objects.select_for_update().get(pk=int(change.subject_id))


def _apply_payee_edit(change: StagedChange) -> CounterpartyAccount:
    account = _locked_payee(change)
    now = {name: getattr(account, name) for name in PAYEE_FIELDS}
    if now != change.before or account.state != PayeeState.CONFIRMED:
        raise Conflict("收款账户在提出变更后已被修改", "the row changed since the proposal")
    for name in PAYEE_FIELDS:
        setattr(account, name, change.after[name])
    account.made_by, account.decided_at = change.made_by, clock.now()
    account.save_changes([*PAYEE_FIELDS, "made_by", "decided_at"])
    return account


def _apply_payee_close(change: StagedChange) -> CounterpartyAccount:
    account = _locked_payee(change)
    account.move("close")
    account.save_changes(["state"])
    return account


# kind -> (right of the decider, what acceptance does)
_KINDS: dict[str, tuple[str, Callable[[StagedChange], OwnAccount | CounterpartyAccount]]] = {
    SWITCH: ("masterdata.edit", _apply_switch),
    PAYEE_EDIT: ("payees.confirm", _apply_payee_edit),
    PAYEE_CLOSE: ("payees.confirm", _apply_payee_close),
}


@transaction.atomic(durable=True)
def decide_change(*, change_id: int, accept: bool, actor: User, why: str = "") -> StagedChange:
    """Accept or refuse a proposed change; a refusal wants a reason, accepting applies it at once.

    Raises NotFound, NotAllowed (right missing, or the proposer's own person), Conflict (decided already, row moved on).
    """
    scope = scope_of(actor)
    changes = selectors.visible_changes(scope).select_for_update(of=("self",))
    change = changes.filter(pk=change_id).first()
    if change is None:
        raise NotFound("staged change")
    if change.kind not in _KINDS:
        raise NotAllowed("此类变更不在这里复核", "decided elsewhere")
    right, apply = _KINDS[change.kind]
    _decide(change, right=right, accept=accept, actor=actor, scope=scope, why=why)
    subject = apply(change) if accept else change
    record(
        f"masterdata.{change.kind}.accepted" if accept else "masterdata.change.refused",
        actor=actor,
        subject=subject,
        before=change.before if accept else None,
        after=change.after if accept else None,
        why=why,
    )
    return change


def may_decide(change: StagedChange, scope: Scope) -> bool:
    """Whether the viewer holds the right to decide this kind of change (the proposer's own person still may not)."""
    found = _KINDS.get(change.kind)
    return found is not None and scope.has(found[0], change.company_id)
