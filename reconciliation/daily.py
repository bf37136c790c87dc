"""The daily reconciliation (日对账, DOMAIN §3.9): every instruction of a day and every entry of it gets its class. Pure.

A: what we sent. B: what the bank booked. R1 success and one debit · R2 success, no debit · R3 open, debit · R4 failed or
cancelled, debit · R5 debit of nobody's, classified · R6 a second debit · R7 other amount · R8 return.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel import seal
from payments.states import InstructionState

if TYPE_CHECKING:
    from payments.daily import SentInstruction
    from reconciliation.strategy import VoucherPattern
    from statements.daily import DayLine

S = InstructionState
RULES = R1, R2, R3, R4, R5, R6, R7, R8 = tuple(f"R{n}" for n in range(1, 9))
OPEN, FAILED, RECEIPT = "open", "failed", "receipt"
STOPPING = (
    R4,
    R6,
)  # money may have left twice or against our word: nobody signs, the account is frozen
ASKING = (R2, R7, OPEN)  # signed only with a reason

TITLES: dict[str, Promise] = {
    R1: _("成功且有扣款"), R2: _("成功但无扣款"), R3: _("由扣款证实"), R4: _("失败或撤销但有扣款"),
    R5: _("平台外扣款"), R6: _("同一指令第二笔扣款"), R7: _("扣款金额不符"), R8: _("退票"),
    OPEN: _("结果未定"), FAILED: _("失败，无扣款"), RECEIPT: _("收款"),
}  # fmt: skip
KINDS: dict[str, Promise] = {
    "fee": _("手续费"), "tax": _("税费"), "interest": _("利息"), "counter": _("柜面办理"), "loan": _("贷款本息"),
    "internal": _("内部调拨"), "outside": _("平台外支付"), "booked": _("已与账面勾对"),
    "reversal": _("银行冲正"), "other": _("其他渠道"),
}  # fmt: skip

PROVEN = ("booked", "reversal", "outside")  # nobody says these: something proves them


@dataclass(frozen=True)
class Found:
    """One instruction or entry with its class; `kind` further tells an R5, "" while nobody has."""

    rule: str
    instruction: SentInstruction | None = None
    line: DayLine | None = None
    kind: str = ""
    note: str = ""

    @property
    def key(self) -> str:
        """What names it in a sign-off."""
        return f"{self.rule}:{self.instruction.instr_no if self.instruction else self.line.id}"  # type: ignore[union-attr]  # one of both is there

    @property
    def amount(self) -> Decimal:
        """What it is about."""
        if self.line is not None:
            return self.line.amount
        return self.instruction.amount if self.instruction else Decimal(0)

    @property
    def is_unclassified(self) -> bool:
        """A debit nobody has explained."""
        return self.rule == R5 and not self.kind


@dataclass
class Report:
    """What a day's comparison found on one account."""

    found: list[Found] = field(default_factory=list)

    def of(self, *rules: str) -> list[Found]:
        """Everything of these classes."""
        return [one for one in self.found if one.rule in rules]

    @property
    def counts(self) -> dict[str, int]:
        """How many of each class."""
        return dict(Counter(one.rule for one in self.found))

    @property
    def unclassified(self) -> list[Found]:
        """Debits nobody has explained."""
        return [one for one in self.found if one.is_unclassified]

    @property
    def is_stopped(self) -> bool:
        """Whether an R4 or R6 is open."""
        return any(one.rule in STOPPING for one in self.found)

    @property
    def wants_reason(self) -> bool:
        """Whether something stays open that a person may sign with a reason."""
        return any(one.rule in ASKING for one in self.found)

    def problems(self) -> set[str]:
        """What would reopen a signed day if it were new: contradictions, not what is merely still open."""
        return {one.key for one in self.found if one.rule in (*STOPPING, R2, R7)}

    def entries_digest(self) -> str:
        """A digest of the bank's lines: equal while the bank tells the same day."""
        lines = sorted(
            (one.line.id, str(one.line.amount)) for one in self.found if one.line is not None
        )
        return seal.digest(seal.canonical({"lines": [list(pair) for pair in lines]}))


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known beside the day's own lines and instructions."""

    ties: Mapping[int, tuple[str, str]]  # entry → (rule, instruction no.)
    named: Mapping[tuple[int, str], SentInstruction]  # (account, reference) → instruction
    outside: Mapping[int, str]  # entry → order paid outside
    said: Mapping[int, tuple[str, str]]  # entry → (kind, note) a person gave
    matched: Mapping[int, str]  # entry → "booked" (a match ties it to the books) or "reversal"
    own_numbers: Collection[str]
    patterns: Sequence[VoucherPattern]
    disputes: Mapping[str, str] = field(
        default_factory=dict
    )  # instruction no. → R4 or R6, of open cases


def judge(
    instructions: Sequence[SentInstruction], lines: Sequence[DayLine], known: Evidence
) -> Report:
    """Class every instruction sent on the day and every entry of it."""
    report = Report()
    for one in lines:
        report.found.append(_credit(one, known) if not one.is_debit else _debit(one, known))
    told = {
        one.instruction.instr_no if one.instruction else one.note for one in report.of(R4, R6, R7)
    }
    for row in instructions:
        rule = known.disputes.get(row.instr_no) or _sent(row)
        if rule and not (rule in (R2, *STOPPING) and row.instr_no in told):
            report.found.append(Found(rule, instruction=row))
    return report


def _sent(row: SentInstruction) -> str:
    """The class of an instruction; "" where its debit tells it."""
    if row.state == S.DISPUTED:
        return R4
    if row.rule:
        return ""
    if row.state in (S.SUCCEEDED, S.RETURNED):
        return R2
    return FAILED if row.state in (S.FAILED, S.CANCELLED) else OPEN


def _debit(line: DayLine, known: Evidence) -> Found:
    tie = known.ties.get(line.id)
    if tie is not None:
        rule, instr_no = tie
        if rule == R4 and instr_no not in known.disputes:
            return Found(R1, line=line, note=instr_no)  # adjudicated since
        return Found(rule, line=line, note=instr_no)
    named = known.named.get((line.account_id, line.reference)) if line.reference else None
    if named is not None and (line.id not in known.said or named.instr_no in known.disputes):
        return Found(_named(line, named), instruction=named, line=line)
    kind, note = _explained(line, known)
    return Found(R5, line=line, kind=kind, note=note)


def _named(line: DayLine, named: SentInstruction) -> str:
    """The class of a debit that names an instruction and is not tied to it."""
    if named.amount != line.amount:
        return R7
    return R6 if named.rule else OPEN  # without a debit yet it is about to be tied


def _explained(line: DayLine, known: Evidence) -> tuple[str, str]:
    """What an R5 is: what a person said, else what proves it, else what the bank's words say."""
    if line.id in known.said:
        return known.said[line.id]
    if line.id in known.outside:
        return "outside", known.outside[line.id]
    if line.party_account and line.party_account in known.own_numbers:
        return "internal", ""
    if line.id in known.matched:
        return known.matched[line.id], ""
    text = line.text.upper()
    for pattern in known.patterns:
        if pattern.kind in KINDS and any(word.upper() in text for word in pattern.words):
            return pattern.kind, "M9"
    return "", ""


def _credit(line: DayLine, known: Evidence) -> Found:
    tie = known.ties.get(line.id)
    return Found(RECEIPT, line=line) if tie is None else Found(tie[0], line=line, note=tie[1])
