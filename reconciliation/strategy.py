"""How bold the matching is: which rungs stand in the ladder, how far dates may lie apart, what counts as a fee.

A Strategy is data: it is stored with the run that used it, and the same lines under the same strategy give the same
matches. The figures of the defaults are DOMAIN §5's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

from kernel.errors import InvalidInput

REFERENCE_RUNGS = ("M0", "M1", "M5", "M6", "M7")
PAIR_RUNGS = ("M2", "M3", "M4")
PROPOSAL_RUNGS = ("M8", "M9")
VALUE_MAX = 1_000_000


@dataclass(frozen=True)
class VoucherPattern:
    """Words in a bank's narrative that say what an entry is: one of them is enough for M9."""

    kind: str
    words: tuple[str, ...]


PATTERNS = (
    VoucherPattern("interest", ("结息", "利息", "INTEREST")),
    VoucherPattern("tax", ("税款", "缴税", "扣税", "社保", "公积金")),
    VoucherPattern("fee", ("手续费", "管理费", "工本费", "年费", "邮电费", "短信费")),
)


@dataclass(frozen=True)
class Strategy:
    """The rungs in their order, and the tolerance of each. Days are calendar days unless the name says workdays."""

    rungs: tuple[str, ...] = ("M1", "M5", "M6", "M7", "M0", "M2", "M3", "M4", "M8", "M9")
    reversal_days: int = 5  # M0: between a posting and its reversal
    account_workdays: int = 1  # M2, within amount_days
    name_days: int = 3  # M3
    amount_days: int = 5  # M4; no pair lies farther apart
    lookalike_days: int = 15  # M4: no other line like it so near
    reference_days: int = (
        180  # M1, M5–M7: a reference of ours; a number that comes again later was given anew
    )
    mention_days: int = 25  # M1, M5–M7: a number found in a text or bill, shorter than a month
    number_days: int = 5  # the same for a bare number too short to be anybody's own
    tie_pairs_max: int = 2500  # a word that could tie more pairs names a contract, not a payment
    cut_name_min: int = 6  # characters a cut name must at least have
    cover_lines_max: int = 6  # lines of an exact cover that no reference ties (proposals)
    fee_max: Decimal = Decimal("50.00")  # M8
    fee_share_max: Decimal = Decimal("0.001")  # M8, of the larger amount
    patterns: tuple[VoucherPattern, ...] = PATTERNS  # M9

    def __post_init__(self) -> None:
        known = {*REFERENCE_RUNGS, *PAIR_RUNGS, *PROPOSAL_RUNGS}
        if unknown := [rung for rung in self.rungs if rung not in known]:
            raise _invalid("rungs", f"没有规则 {unknown[0]}", f"there is no rule {unknown[0]}")
        if len(set(self.rungs)) < len(self.rungs):
            raise _invalid("rungs", "规则重复", "a rule occurs twice")
        ranks = [
            0 if rung in REFERENCE_RUNGS else 2 if rung == "M4" else 1 if rung in PAIR_RUNGS else 3
            for rung in self.rungs
        ]
        if ranks != sorted(ranks):
            raise _invalid(
                "rungs",
                "凭业务参考号的规则（M0、M1、M5–M7）在最前，其次是 M2、M3，再次是 M4，最后是 M8、M9",
                "the rules by reference (M0, M1, M5–M7) come first, then M2 and M3, then M4, then M8 and M9",
            )
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | Decimal) and value < 0:
                raise _invalid(field.name, "不得为负数", "must not be negative")
            if isinstance(value, int | Decimal) and value > VALUE_MAX:
                raise _invalid(field.name, f"不得大于 {VALUE_MAX}", f"must not exceed {VALUE_MAX}")

    def has(self, rung: str) -> bool:
        """Whether the rung stands in the ladder."""
        return rung in self.rungs

    def puts_first(self, one: str, other: str) -> bool:
        """Whether both rungs stand in the ladder, the one before the other."""
        return self.has(one) and self.has(other) and self.rungs.index(one) < self.rungs.index(other)

    def is_fee(self, one_cents: int, other_cents: int) -> bool:
        """Whether two amounts differ by no more than a bank's fee (M8)."""
        difference = abs(one_cents - other_cents)
        larger = max(one_cents, other_cents)
        return 0 < difference <= min(self.fee_max * 100, self.fee_share_max * larger)

    def to_json(self) -> str:
        """The strategy as text; equal strategies give equal text."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, default=str)

    @classmethod
    def from_json(cls, text: str) -> Strategy:
        """The strategy a text tells; what it does not mention keeps its default. Raises InvalidInput."""
        try:
            told = json.loads(text)
        except ValueError as error:
            raise _invalid("", f"不是 JSON：{error}", f"not JSON: {error}") from None
        if not isinstance(told, dict):
            raise _invalid("", "应为一个 JSON 对象", "a JSON object was expected")
        kinds = {field.name: field.type for field in fields(cls)}
        return cls(**{name: _value(name, kinds.get(name), value) for name, value in told.items()})


def _value(name: str, kind: Any, value: Any) -> Any:
    """One setting, typed. Raises InvalidInput."""
    if kind is None:
        raise _invalid(name, "没有这项设置", "there is no such setting")
    if kind == "int" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == "Decimal" and isinstance(value, str | int):
        try:
            number = Decimal(value)
        except ArithmeticError:
            number = Decimal("NaN")
        if number.is_finite():
            return number
        raise _invalid(name, "应为数字", "a number was expected")
    if name == "rungs" and isinstance(value, list):
        return tuple(str(rung) for rung in value)
    if name == "patterns" and isinstance(value, list):
        return tuple(_pattern(one) for one in value)
    raise _invalid(name, "值的类型不对", "a value of another type was expected")


def _pattern(told: Any) -> VoucherPattern:
    if not (isinstance(told, Mapping) and set(told) == {"kind", "words"}):
        raise _invalid("patterns", "应为 kind 与 words", "kind and words were expected")
    return VoucherPattern(str(told["kind"]), tuple(str(word) for word in told["words"]))


def _invalid(field: str, message: str, message_en: str) -> InvalidInput:
    return InvalidInput(
        f"对账策略 {field}：{message}",
        f"reconciliation strategy {field}: {message_en}",
        code="strategy_invalid",
        field=field,
    )
