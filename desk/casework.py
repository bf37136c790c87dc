"""What people do with an exception case: take it, give it back, note what they learnt, end one that no fact will end."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audit import services as audit
from desk import selectors
from desk.models import CaseNote, ExceptionCase
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed
from kernel.scope import Scope


def _locked(case_id: int, scope: Scope) -> ExceptionCase:
    case = selectors.case_of(case_id=case_id, scope=scope, lock=True)
    scope.demand("cases.work", case.company_id)
    if case.closed_at is not None:
        raise Conflict("该事项已关闭", "the case is closed", code="case_closed")
    return case


def _text(text: str, what: str) -> str:
    text = text.strip()
    if not 1 <= len(text) <= 500:
        raise InvalidInput(f"{what}应为 1 至 500 个字", "1 to 500 characters", field="text")
    return text


def _record(
    case: ExceptionCase, act: CaseNote.Act, text: str, *, actor: Any, before: dict[str, Any]
) -> None:
    CaseNote.objects.create(case=case, act=act, author=actor, text=text)
    after = {"owner": str(case.owner or ""), "is_closed": case.closed_at is not None}
    audit.record(
        f"desk.case.{act.value}", actor=actor, subject=case, before=before, after=after, why=text
    )


@transaction.atomic(durable=True)
def take_case(*, case_id: int, actor: Any, scope: Scope) -> ExceptionCase:
    """The person looks after the case from now on, whoever had it before. Raises NotFound, NotAllowed, Conflict."""
    case = _locked(case_id, scope)
    before = {"owner": str(case.owner or "")}
    if case.owner_id == actor.pk:
        return case
    case.owner, case.taken_at = actor, clock.now()
    case.save(update_fields=["owner", "taken_at"])
    _record(case, CaseNote.Act.TAKEN, "接手处理", actor=actor, before=before)
    return case


@transaction.atomic(durable=True)
def give_back(*, case_id: int, text: str, actor: Any, scope: Scope) -> ExceptionCase:
    """Its owner looks after the case no longer; anybody may take it. Raises NotFound, NotAllowed, Conflict, InvalidInput."""
    text = _text(text, "说明")
    case = _locked(case_id, scope)
    if case.owner_id != actor.pk:
        raise NotAllowed("只有当前处理人可以退回该事项", "only its owner gives a case back")
    before = {"owner": str(case.owner)}
    case.owner, case.taken_at = None, None
    case.save(update_fields=["owner", "taken_at"])
    _record(case, CaseNote.Act.GIVEN_BACK, text, actor=actor, before=before)
    return case


@transaction.atomic(durable=True)
def add_note(*, case_id: int, text: str, actor: Any, scope: Scope) -> ExceptionCase:
    """Keep what somebody did or learnt. Raises NotFound, NotAllowed, Conflict, InvalidInput."""
    text = _text(text, "处理记录")
    case = _locked(case_id, scope)
    _record(case, CaseNote.Act.REMARK, text, actor=actor, before={})
    return case


@transaction.atomic(durable=True)
def close_by_hand(*, case_id: int, text: str, actor: Any, scope: Scope) -> ExceptionCase:
    """End a case no fact will end, with the reason. Raises Conflict (`by_fact`) for a case that ends with its fact only."""
    text = _text(text, "关闭理由")
    case = _locked(case_id, scope)
    if not case.is_closable:
        raise Conflict(
            "该事项只随事实了结自动关闭，不能手工关闭",
            "this case is closed by its fact only",
            code="by_fact",
        )
    case.closed_at, case.closed_by, case.outcome = clock.now(), actor, text[:300]
    case.save(update_fields=["closed_at", "closed_by", "outcome"])
    _record(case, CaseNote.Act.CLOSED, text, actor=actor, before={"is_closed": False})
    return case
