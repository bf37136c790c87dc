"""May this person do this act in this case now? Pure: values in, an error or nothing out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.errors import Conflict, DomainError, NotAllowed


@dataclass(frozen=True)
class CaseView:
    """What of a case decides: digests, people, and how far it is."""

    digest: str
    maker_person: str
    is_void: bool
    approvers_needed: int
    acts: Sequence[tuple[str, str]]  # (act, person_key), in the order made


def refusal(case: CaseView, *, act: str, person: str, digest: str) -> DomainError | None:
    """Why `person` may not do `act` on the content `digest` now, or None."""
    if case.is_void:
        return Conflict("审批已失效，请按最新内容重新提交", "the case is void", code="case_void")
    if digest != case.digest:
        return Conflict(
            "内容在您查看之后有变化，请重新查看后再操作",
            "the content changed",
            code="digest_changed",
        )
    if person == case.maker_person:
        return NotAllowed(
            "制单人不能复核、审批或授权自己的单据", "the maker may not decide", code="same_person"
        )
    if any(person == acted for _, acted in case.acts):
        return NotAllowed(
            "同一自然人在一笔单据上只能办理一个环节",
            "one natural person acts once in a case",
            code="same_person",
        )
    return _out_of_turn(case, act=act)


def _out_of_turn(case: CaseView, *, act: str) -> DomainError | None:
    is_checked = any(done == "check" for done, _ in case.acts)
    is_released = any(done == "release" for done, _ in case.acts)
    approvals = sum(done == "approve" for done, _ in case.acts)
    if is_released:
        return Conflict("已授权，不能重复办理", "already released", code="out_of_turn")
    if act == "check":
        return (
            Conflict("已复核，不能重复复核", "already checked", code="out_of_turn")
            if is_checked
            else None
        )
    if not is_checked:
        return Conflict("尚未复核", "not checked yet", code="out_of_turn")
    if act == "approve" and approvals >= case.approvers_needed:
        return Conflict("审批已齐，无需再审批", "all approvals are there", code="out_of_turn")
    if act == "release" and approvals < case.approvers_needed:
        return Conflict(
            f"审批未齐：需 {case.approvers_needed} 人，已有 {approvals} 人",
            "approvals are missing",
            code="approvals_missing",
        )
    return None
