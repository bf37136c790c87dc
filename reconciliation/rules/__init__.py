"""The ladder: each rung with its version, what it compares and which tolerances it keeps.

A rung's version rises whenever its rule changes, so that an old match names the rule that made it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Rule:
    """One rung: `compares` names fields both sides must agree in, `tolerances` the strategy's settings it obeys."""

    rung: str
    version: int
    title: str | Promise
    compares: tuple[str, ...]
    tolerances: tuple[str, ...] = ()


_REFERENCE_TOLERANCES = ("reference_days", "mention_days", "number_days", "tie_pairs_max")
LADDER: tuple[Rule, ...] = (
    Rule("M0", 2, _("同侧冲销"), ("reference", "amount"), ("reversal_days",)),
    Rule("M1", 2, _("参考号逐笔一致"), ("reference", "amount", "direction"), _REFERENCE_TOLERANCES),
    Rule("M2", 2, _("对方账号与起息日"), ("amount", "direction", "day", "account"), ("account_workdays", "amount_days")),
    Rule("M3", 2, _("对方户名与日期"), ("amount", "direction", "day", "name"), ("name_days", "amount_days", "cut_name_min")),
    Rule("M4", 2, _("金额与第二特征"), ("amount", "direction", "day", "text"), ("amount_days", "lookalike_days")),
    Rule("M5", 2, _("一笔银行流水对多笔日记账"), ("reference", "sum", "direction"), _REFERENCE_TOLERANCES),
    Rule("M6", 2, _("一笔日记账对多笔银行流水"), ("reference", "sum", "direction"), _REFERENCE_TOLERANCES),
    Rule("M7", 2, _("多笔对多笔"), ("reference", "sum", "direction"), _REFERENCE_TOLERANCES),
    Rule("M8", 1, _("相差手续费"), ("amount", "direction", "day"), ("fee_max", "fee_share_max", "name_days")),
    Rule("M9", 1, _("按银行摘要补凭证"), ("text",), ()),
    Rule("M10", 1, _("人工勾对"), ("sum",), ()),
)  # fmt: skip
RULES = {rule.rung: rule for rule in LADDER}


def versions() -> dict[str, int]:
    """The version of every rung, as a run keeps it."""
    return {rule.rung: rule.version for rule in LADDER}
