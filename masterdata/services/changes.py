"""Maker and checker for rows that steer money: proposed by one natural person, decided by another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Model

from audit.services import record
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.scope import Scope
from masterdata import checks, selectors
from masterdata.models import CounterpartyAccount, OwnAccount, StagedChange, User
from masterdata.selectors import scope_of
from masterdata.services import calendars, connections, dated, gate, payees
from masterdata.services.staging import decide
from masterdata.services.staging import settle as settle
from masterdata.services.staging import stage as stage
from masterdata.states import PayeeState

SWITCH = "own_account.switch"
PAYEE_EDIT = "payee.edit"
PAYEE_CLOSE = "payee.close"
PAYEE_WHITELIST = "payee.whitelist"

SWITCHES = ("is_direct_link", "is_frozen")
PAYEE_FIELDS = ("name", "bank_name", "cnaps", "is_personal")
SWITCH_WORDS = {
    ("is_direct_link", True): "开通银企直联",
    ("is_direct_link", False): "关闭银企直联",
    ("is_frozen", True): "冻结对外付款",
    ("is_frozen", False): "解除付款冻结",
}


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


@transaction.atomic(durable=True)
def propose_payee_whitelist(
    *, account_id: int, version: int, on: bool, actor: User
) -> StagedChange:
    """Propose to put a confirmed payee account on the white list, or to take it off.

    Raises NotFound, NotAllowed, StaleVersion, Conflict (already so, or waiting).
    """
    account = _payee_to_change(account_id, version, actor)
    if account.is_whitelisted == on:
        raise Conflict("收款账户已处于该状态", "already so")
    words = "列入白名单" if on else "移出白名单"
    title = f"收款账户{words}：{account.number} {account.name}"
    before = {"is_whitelisted": not on, "version_no": account.version_no}
    after = {"is_whitelisted": on}
    return _stage(PAYEE_WHITELIST, account, title=title, before=before, after=after, actor=actor)


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
    account.name_key = checks.normalise_name(account.name)
    account.made_by, account.decided_by = change.made_by, change.decided_by
    account.decided_at = clock.now()
    account.version_no += 1
    account.is_whitelisted = False  # it was trusted as it was
    columns = ("name_key", "made_by", "decided_by", "decided_at", "version_no", "is_whitelisted")
    account.save_changes([*PAYEE_FIELDS, *columns])
    payees.write_version(account)
    return account


def _apply_payee_whitelist(change: StagedChange) -> CounterpartyAccount:
    account = _locked_payee(change)
    if account.state != PayeeState.CONFIRMED or account.version_no != change.before["version_no"]:
        raise Conflict("收款账户在提出变更后已被修改", "the row changed since the proposal")
    account.is_whitelisted = bool(change.after["is_whitelisted"])
    account.save_changes(["is_whitelisted"])
    return account


def _apply_payee_close(change: StagedChange) -> CounterpartyAccount:
    account = _locked_payee(change)
    account.move("close")
    account.save_changes(["state"])
    return account


# kind -> (right of the decider, what acceptance does); kinds of dated settings are known to `dated`
_KINDS: dict[str, tuple[str, Callable[[StagedChange], Model]]] = {
    SWITCH: ("masterdata.edit", _apply_switch),
    PAYEE_EDIT: ("payees.confirm", _apply_payee_edit),
    PAYEE_CLOSE: ("payees.confirm", _apply_payee_close),
    PAYEE_WHITELIST: ("payees.confirm", _apply_payee_whitelist),
}


def _demand_decider(change: StagedChange, scope: Scope) -> Callable[[StagedChange], Model]:
    """What acceptance of this kind does; raises NotAllowed where the viewer may not decide it."""
    if change.kind in dated.kinds():
        dated.demand(scope, dated.DECIDE, change.company_id)
        return dated.apply
    if change.kind == calendars.KIND:
        dated.demand(scope, dated.DECIDE, change.company_id)
        return calendars.apply
    if change.kind == gate.OPEN:
        connections.demand_editor(scope)
        return gate.apply
    if change.kind in connections.APPLY:
        connections.demand_editor(scope)
        return connections.APPLY[change.kind]
    if change.kind not in _KINDS:
        raise NotAllowed("此类变更不在这里复核", "decided elsewhere")
    right, apply = _KINDS[change.kind]
    scope.demand(right, change.company_id)
    return apply


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
    apply = _demand_decider(change, scope)
    decide(change, accept=accept, actor=actor, why=why)
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
    try:
        _demand_decider(change, scope)
    except NotAllowed:
        return False
    return True
