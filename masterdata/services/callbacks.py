"""Calling the payee back before money goes to a new or changed account: one person calls, another confirms the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from audit.services import record
from desk import services as desk
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from masterdata import payee_selectors, selectors
from masterdata.models import CallBack, CounterpartyAccount, User
from masterdata.selectors import scope_of
from masterdata.services.payees import demand_other_person
from masterdata.states import PayeeState

DENIED = "masterdata.payee_denied"
OLDEST = timedelta(days=30)  # a call of long ago proves nothing about the account of now


@dataclass(frozen=True, kw_only=True)
class Call:
    """What the person who called tells."""

    person_called: str
    telephone: str
    source: str
    called_at: datetime
    answer: str
    note: str = ""

    def checked(self) -> Call:
        """The same, trimmed; raises InvalidInput."""
        if not self.person_called.strip():
            raise InvalidInput("请填写接听人", "who was called?", field="person_called")
        if not self.telephone.strip() and self.source != CallBack.Source.VISIT:
            raise InvalidInput("请填写拨打的电话号码", "which number?", field="telephone")
        if self.source not in CallBack.Source.values:
            raise InvalidInput(
                "请选择电话号码的来源", "where was the number taken from?", field="source"
            )
        if self.answer not in CallBack.Answer.values:
            raise InvalidInput("请选择核实结果", "what was the answer?", field="answer")
        if not clock.now() - OLDEST <= self.called_at <= clock.now():
            raise InvalidInput(
                "核实时间应在最近 30 天内且不晚于现在",
                "a call of the last 30 days is wanted",
                field="called_at",
            )
        return Call(
            person_called=self.person_called.strip()[:60],
            telephone=self.telephone.strip()[:40],
            source=self.source,
            called_at=self.called_at,
            answer=self.answer,
            note=self.note.strip()[:300],
        )


def _told(call: CallBack) -> dict[str, object]:
    return {
        "version_no": call.version_no,
        "person_called": call.person_called,
        "telephone": call.telephone,
        "source": call.source,
        "called_at": call.called_at.isoformat(),
        "answer": call.answer,
        "state": call.state,
    }


@transaction.atomic(durable=True)
def record_call(*, account_id: int, version: int, call: Call, actor: User) -> CallBack:
    """Write down a call about a confirmed payee account's present version; by another than who announced the account.

    A denial stops payments to the account at once and asks for help; a confirmation counts once a second person
    confirmed it. Raises NotFound, NotAllowed, StaleVersion, Conflict (not confirmed, one waits), InvalidInput.
    """
    scope = scope_of(actor)
    scope.demand("payees.call")
    account = selectors.get_payee(account_id, scope=scope, lock=True)
    account.require_version(version)
    if account.state != PayeeState.CONFIRMED:
        raise Conflict("收款账户尚未确认或已停用", "the account is not in use", code="illegal_move")
    demand_other_person(account.made_by, actor)
    if CallBack.objects.filter(account=account, state=CallBack.State.PROPOSED).exists():
        raise Conflict("已有一份回拨记录等待第二人确认", "a call waits for its second person")
    clean = call.checked()
    is_denied = clean.answer == CallBack.Answer.DENIED
    made = CallBack.objects.create(
        account=account, version_no=account.version_no, made_by=actor, **vars(clean)
    )
    record(
        "masterdata.payee.called", actor=actor, subject=account, after=_told(made), why=made.note
    )
    if is_denied:
        _alarm(account, made)
    return made


def _alarm(account: CounterpartyAccount, call: CallBack) -> None:
    desk.open_case(
        kind=DENIED,
        subject_kind="masterdata.counterpartyaccount",
        subject_id=account.pk,
        title=f"收款方否认账户：{account.name}",
        severity="critical",
        reason=f"{call.person_called}（{call.telephone}）否认账号 {account.number}；{call.note}",
        next_step="停止对该账户的付款，查明是谁提出的变更，必要时停用账户",
        owner_role="admin",
        page="masterdata:payee",
    )


@transaction.atomic(durable=True)
def decide_call(*, call_id: int, confirm: bool, actor: User, why: str = "") -> CallBack:
    """A second person confirms the record of a call, or sends it back with a reason; never who called.

    A confirmed "yes" ends the alarm of an earlier denial. Raises NotFound, NotAllowed, Conflict, InvalidInput.
    """
    scope = scope_of(actor)
    scope.demand("payees.confirm")
    call = payee_selectors.lock_call(call_id)
    account = selectors.get_payee(call.account_id, scope=scope, lock=True)
    demand_other_person(call.made_by, actor)
    if call.state != CallBack.State.PROPOSED:
        raise Conflict("此回拨记录已处理", "already decided", code="illegal_move")
    if not confirm and not why.strip():
        raise InvalidInput("退回时请填写原因", "a refusal wants a reason", field="why")
    call.state = CallBack.State.CONFIRMED if confirm else CallBack.State.REFUSED
    call.decided_by, call.decided_at, call.why = actor, clock.now(), why.strip()[:200]
    call.save(update_fields=["state", "decided_by", "decided_at", "why"])
    event = "masterdata.payee.call_confirmed" if confirm else "masterdata.payee.call_refused"
    record(event, actor=actor, subject=account, after=_told(call), why=call.why)
    if confirm and call.answer == CallBack.Answer.CONFIRMED:
        desk.close_case(
            kind=DENIED,
            subject_kind="masterdata.counterpartyaccount",
            subject_id=account.pk,
            outcome=f"回拨确认：{call.person_called}",
        )
    return call
