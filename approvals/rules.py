"""May this person do this act in this case now? Pure: values in, an error or nothing out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from approvals.policy import Progress, Step, progress
from kernel.errors import Conflict, DomainError, NotAllowed
from masterdata.roles import ROLE_NAMES, Role


class Done(NamedTuple):
    """One act of a case: who did it, the duties they held then, and for whom where the duty was lent to them."""

    act: str
    person: str
    roles: frozenset[str] = frozenset()
    behalf: str = ""

    @property
    def persons(self) -> frozenset[str]:
        """The natural persons behind it: who acted, and for whom."""
        return frozenset({self.person, self.behalf} - {""})


@dataclass(frozen=True)
class CaseView:
    """What of a case decides: digests, people, the steps the matrix asks for now, and how far it is."""

    digest: str
    maker_person: str
    is_void: bool
    steps: Sequence[Step]
    acts: Sequence[Done]  # in the order made

    @property
    def progress(self) -> Progress:
        """How far the approvals given fill the steps."""
        return progress(self.steps, [done.roles for done in self.acts if done.act == "approve"])


def refusal(case: CaseView, now: Done, *, digest: str) -> DomainError | None:
    """Why this act may not be done on the content `digest` now, or None."""
    if case.is_void:
        return Conflict("审批已失效，请按最新内容重新提交", "the case is void", code="case_void")
    if digest != case.digest:
        return Conflict(
            "内容在您查看之后有变化，请重新查看后再操作",
            "the content changed",
            code="digest_changed",
        )
    if case.maker_person in now.persons:
        return NotAllowed(
            "制单人不能复核、审批或授权自己的单据", "the maker may not decide", code="same_person"
        )
    if any(now.persons & done.persons for done in case.acts):
        return NotAllowed(
            "同一自然人在一笔单据上只能办理一个环节",
            "one natural person acts once in a case",
            code="same_person",
        )
    return _out_of_turn(case, act=now.act, roles=now.roles)


def _out_of_turn(case: CaseView, *, act: str, roles: frozenset[str]) -> DomainError | None:
    made = {done.act for done in case.acts}
    if "release" in made:
        return Conflict("已授权，不能重复办理", "already released", code="out_of_turn")
    if act == "check":
        if "check" in made:
            return Conflict("已复核，不能重复复核", "already checked", code="out_of_turn")
        return None
    if "check" not in made:
        return Conflict("尚未复核", "not checked yet", code="out_of_turn")
    return _wrong_step(case.progress, act=act, roles=roles)


def _wrong_step(now: Progress, *, act: str, roles: frozenset[str]) -> DomainError | None:
    """An approval beyond what is asked for counts for nothing, but lets a case go on whose matrix asks for less by now."""
    wanted = "、".join(str(ROLE_NAMES[Role(role)]) for role in sorted(now.next_roles))
    if act == "approve" and now.next_roles and now.next_roles.isdisjoint(roles):
        return NotAllowed(
            f"本步骤须由「{wanted}」审批",
            f"this step is for {', '.join(sorted(now.next_roles))}",
            code="role_missing",
        )
    if act == "release" and not now.is_complete:
        return Conflict(
            f"审批未齐：需 {now.needed} 人，已有 {now.filled} 人，还须「{wanted}」",
            "approvals are missing",
            code="approvals_missing",
        )
    return None
