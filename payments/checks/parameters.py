"""The duplicate rules by name, and which parameters of the strategy are theirs (`payments.topics.DuplicateRules`)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class RuleWords:
    """How a rule is called and what it asks, for the page of rules."""

    rule: str
    name: str | Promise
    condition: str | Promise
    window: str = ""  # the parameter of its window
    action: str = ""  # the parameter of its action; empty: always blocks


RULES: tuple[RuleWords, ...] = (
    RuleWords("D1", _("同一来源单据"), _("同一 ERP 单据行已有未作废的付款单")),
    RuleWords("D2", _("已有在途指令"), _("付款单已有未终结的支付指令")),
    RuleWords(
        "D3",
        _("相同付款"),
        _("付款公司、收款账号、金额、币种、用途都相同"),
        "d3_working_days",
        "d3_action",
    ),
    RuleWords(
        "D4",
        _("相同收款与金额"),
        _("收款账号或户名与金额相同，不论哪家公司付款"),
        "d4_working_days",
        "d4_action",
    ),
    RuleWords(
        "D5",
        _("相同发票、合同或单据"),
        _("发票号、合同号或单据号出现在另一笔付款的单据或附言中"),
        "d5_days",
        "d5_action",
    ),
    RuleWords(
        "D6",
        _("拆分付款"),
        _("同一公司同日付同一收款方多笔，各笔略低于审批线或汇路上限，合计超过"),
        "d6_near_percent",
        "d6_action",
    ),
    RuleWords("D7", _("相同清单"), _("与近期导入的清单行数、金额相同"), "d7_days", "d7_action"),
    RuleWords(
        "D8",
        _("同名换账号"),
        _("同名收款方近期新增或变更账号，尚未回拨核实"),
        "d8_days",
        "d8_action",
    ),
    RuleWords(
        "D9",
        _("银行已有扣款"),
        _("对账单上已有金额、收款方相同的扣款，且不属于任何支付指令"),
        "d9_working_days",
        "d9_action",
    ),
    RuleWords(
        "RET",
        _("退票后再付"),
        _("与一笔已退票的付款收款方、金额相同"),
        "returned_days",
        "returned_action",
    ),
)
# Scenarios of screening by the name of their level's parameter (`<name>_level` of ScreeningRules).
SCENARIO_WORDS: dict[str, str | Promise] = {
    "first_payment": _("首次付款"),
    "shared_account": _("账号为多家共用"),
    "insider": _("与本单位人员或账户相同"),
    "near_limit": _("略低于限额"),
    "unusual_amount": _("金额异常"),
    "unusual_time": _("非工作时间"),
    "changed": _("上次付款后资料变更"),
    "round_sum": _("大额整数"),
    "dormant": _("久未往来"),
    "free_typed": _("手工录入的收款方"),
}
CODE_VERSION = "2"  # raised whenever a rule's meaning changes; a hit stores it with the version of the parameters


def rule_words(code: str) -> str:
    """How a rule is called on screen: D1–D9 with their number, the others by name alone."""
    for one in RULES:
        if one.rule == code:
            return f"{code} {one.name}" if code.startswith("D") else str(one.name)
    return str(SCENARIO_WORDS.get(code, code))
