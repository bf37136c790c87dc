"""What only two people can settle: one says how an uncertain payment ended, with evidence; another agrees or refuses (裁定)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from audit import services as audit
from kernel import clock, vault
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from masterdata import selectors as masterdata
from masterdata.services import stepup as second_factor
from payments import selectors
from payments.models import Adjudication, PaymentInstruction
from payments.services.alarms import settle
from payments.services.proof import debit_seen, is_statement_told
from payments.services.writing import Change, show, write
from payments.states import OPEN_AT_BANK, VERDICTS, InstructionState

if TYPE_CHECKING:
    from masterdata.models import User
    from masterdata.services.stepup import StepUp

S = InstructionState
QUIET = timedelta(minutes=30)  # the first age alarm: before it the bank is asked, nobody judges
EVIDENCE_BYTES_MAX = 10 * 1024 * 1024
EVIDENCE_KINDS = (".pdf", ".ofd", ".jpg", ".jpeg", ".png", ".zip")


def _aad(row: PaymentInstruction) -> str:
    return f"adjudication:{row.instr_no}"


def verdicts(row: PaymentInstruction) -> list[str]:
    """What two people may say of the instruction now; empty where its end is certain or the bank is still being asked."""
    is_early = row.state in OPEN_AT_BANK and (
        row.sent_at is None or clock.now() - row.sent_at < QUIET
    )
    return [] if is_early else [verdict for state, verdict in VERDICTS if state == row.state]


def _require_negative_proof(row: PaymentInstruction) -> None:
    """Nobody calls an unknown payment failed before the statement was fetched after it, and without its debit."""
    if debit_seen(row):
        raise Conflict(
            "对账单上有该笔扣款，不能裁定为失败", "the statement shows its debit", code="debit_seen"
        )
    since = row.unknown_since or row.sent_at
    if row.state == S.UNKNOWN and since and not is_statement_told(row, since=since):
        raise Conflict(
            "尚未取得发送之后的账户流水，不能认定失败；请先更新流水",
            "the statement since it was sent was not fetched yet",
            code="statement_wanted",
        )


def _require_proposable(row: PaymentInstruction, verdict: str) -> None:
    if verdict not in verdicts(row):
        raise Conflict(
            "该指令当前不能这样裁定：结果确定，或发送未满 30 分钟、仍在自动查询",
            "this verdict does not fit: the outcome is certain, or the bank is still being asked",
            code="illegal_move",
        )
    if verdict == S.FAILED:
        _require_negative_proof(row)
    if row.adjudications.filter(state=Adjudication.State.PROPOSED).exists():
        raise Conflict("已有待确认的裁定", "a proposal is open", code="proposal_open")


def _require_grounds(
    row: PaymentInstruction, verdict: str, *, reason: str, branch_call: str, name: str, file: bytes
) -> None:
    """A reason always; for a payment called failed that may have been paid, the call to the branch and a file as well."""
    if not reason.strip():
        raise InvalidInput("请填写裁定理由", "a reason is wanted", field="reason")
    if file and not name.lower().endswith(EVIDENCE_KINDS):
        kinds = "、".join(kind.lstrip(".") for kind in EVIDENCE_KINDS)
        raise InvalidInput(f"证据文件应为 {kinds}", f"one of {kinds} is wanted", field="file")
    if len(file) > EVIDENCE_BYTES_MAX:
        raise InvalidInput("证据文件不能超过 10 MB", "the file is above 10 MB", field="file")
    if row.state != S.UNKNOWN or verdict != S.FAILED:
        return
    if not branch_call.strip():
        raise InvalidInput(
            "请填写与开户行的电话核实记录", "the call to the branch is wanted", field="branch_call"
        )
    if not file:
        raise InvalidInput(
            "认定失败须附证据文件（银行回复、网银截图等）", "evidence is wanted", field="file"
        )


def _found(row: PaymentInstruction) -> dict[str, object]:
    """What was known of the payment when the verdict was proposed."""
    return {
        "state": row.state,
        "bank_code": row.bank_code,
        "bank_text": row.bank_text,
        "inquiries": row.inquiries,
        "not_found_count": row.not_found_count,
        "debit_seen": debit_seen(row),
    }


@transaction.atomic(durable=True)
def propose_adjudication(
    *,
    instruction_id: int,
    verdict: str,
    actor: User,
    reason: str,
    branch_call: str = "",
    evidence_name: str = "",
    evidence_file: bytes = b"",
) -> Adjudication:
    """The first of two people says how an uncertain payment ended, with evidence. Right payments.adjudicate.

    Raises NotFound, NotAllowed, InvalidInput, Conflict (the verdict does not fit the state or the statement, or one is
    open already).
    """
    scope = masterdata.scope_of(actor)
    row = selectors.lock_instruction(instruction_id)
    if row.company_id not in scope.company_ids:
        raise NotFound("payment instruction")
    scope.demand("payments.adjudicate", row.company_id)
    _require_grounds(
        row, verdict, reason=reason, branch_call=branch_call, name=evidence_name, file=evidence_file
    )
    _require_proposable(row, verdict)
    digest = hashlib.sha256(evidence_file).hexdigest() if evidence_file else ""
    document = Adjudication.objects.create(
        instruction=row,
        company_id=row.company_id,
        verdict=verdict,
        reason=reason.strip()[:300],
        branch_call=branch_call.strip()[:300],
        evidence=_found(row) | {"file_sha256": digest},
        evidence_name=evidence_name[:120] if evidence_file else "",
        evidence_file=vault.ring().encrypt(evidence_file, aad=_aad(row)) if evidence_file else b"",
        proposed_by=actor,
    )
    audit.record(
        "payments.adjudication.proposed",
        actor=actor,
        subject=document,
        after={"instr_no": row.instr_no, "verdict": verdict, "file_sha256": digest},
        why=reason,
    )
    return document


@transaction.atomic(durable=True)
def read_evidence(*, adjudication_id: int, actor: User) -> tuple[str, bytes]:
    """Name and bytes of the evidence file; reading it leaves a trace. Raises NotFound, Undecipherable."""
    scope = masterdata.scope_of(actor)
    document = selectors.get_adjudication(adjudication_id, scope=scope)
    if not document.evidence_name:
        raise NotFound("evidence file", "该裁定没有证据文件")
    sealed = Adjudication.objects.values_list("evidence_file", flat=True).get(pk=document.pk)
    data = vault.ring().decrypt(bytes(sealed), aad=_aad(document.instruction))
    audit.record("payments.adjudication.evidence_read", actor=actor, subject=document)
    return document.evidence_name, data


def _demand_other_person(document: Adjudication, actor: User) -> None:
    proposer = document.proposed_by
    is_same = proposer.person_key == actor.person_key
    if is_same or masterdata.lent_between(proposer, actor, at=document.proposed_at):
        raise NotAllowed("裁定须由另一人确认", "another person decides", code="same_person")


@transaction.atomic(durable=True)
def decide_adjudication(
    *,
    adjudication_id: int,
    version: int,
    agree: bool,
    actor: User,
    note: str = "",
    stepup: StepUp | None = None,
) -> Adjudication:
    """The second person agrees with the second factor just given, and the state moves; or refuses with a reason, and it stays. Statement evidence wins over both.

    Raises NotFound, NotAllowed (the same natural person; StepUpNeeded), InvalidInput, Conflict (FAILED while the statement
    shows the debit; the state moved on; decided already).
    """
    if agree:
        second_factor.demand(stepup, actor)
    scope = masterdata.scope_of(actor)
    found = selectors.get_adjudication(adjudication_id, scope=scope)
    row = selectors.lock_instruction(found.instruction_id)
    document = (
        Adjudication.objects.select_for_update(of=("self",))
        .select_related("proposed_by")
        .get(pk=adjudication_id)
    )
    document.require_version(version)
    scope.demand("payments.adjudicate", row.company_id)
    if document.state != Adjudication.State.PROPOSED:
        raise Conflict("该裁定已处理", "already decided", code="illegal_move")
    _demand_other_person(document, actor)
    if not agree and not note.strip():
        raise InvalidInput("否决时请填写理由", "a refusal wants a reason", field="note")
    document.state = Adjudication.State.AGREED if agree else Adjudication.State.REFUSED
    document.decided_by, document.decided_at, document.decision_note = (
        actor,
        clock.now(),
        note.strip()[:300],
    )
    document.save_changes(["state", "decided_by", "decided_at", "decision_note"])
    if agree:
        _settle(row, document, actor)
    audit.record(
        "payments.adjudication.agreed" if agree else "payments.adjudication.refused",
        actor=actor,
        subject=document,
        after={"verdict": document.verdict, "factor": stepup.words if stepup else ""},
        why=note,
    )
    return document


def _settle(row: PaymentInstruction, document: Adjudication, actor: User) -> None:
    moves = VERDICTS.get((row.state, document.verdict))
    if moves is None:
        raise Conflict("该指令的状态已变化，请重新裁定", "the state moved on", code="illegal_move")
    if document.verdict == S.FAILED:
        _require_negative_proof(row)
    before = row.state
    for name in moves:
        write([Change(row, document.verdict, final_at=clock.now())], move=name)
    show([row.pk])
    audit.record(
        "payments.instruction.adjudicated",
        actor=actor,
        subject=row,
        before={"state": before},
        after={"state": row.state},
        why=document.reason,
    )
    for kind in (
        "payments.not_found",
        "payments.open_too_long",
        "payments.disputed",
        "payments.return_candidate",
    ):
        settle(kind=kind, subject=row, outcome=document.verdict)
