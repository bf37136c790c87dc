"""What the group may decide about its payments, by company and account subject; the code that obeys names its topic."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from masterdata.topics import Topic
from masterdata.typed import choice, whole

HOLD, TICK, INFORM, OFF = "hold", "tick", "inform", "off"
_ACTIONS = (
    (HOLD, _("暂挂，由第三人核实")),
    (TICK, _("审批人须勾选已核对")),
    (INFORM, _("仅提示")),
    (OFF, _("不检查")),
)
_WORKING_DAYS, _DAYS = _("个工作日"), _("天")


@dataclass(frozen=True, kw_only=True)
class DuplicateRules(Topic):
    """Windows and actions of the duplicate rules D3–D9 (DOMAIN §3.6); D1 and D2 always block."""

    key = "payments.duplicates"
    title = _("重复付款规则")
    about = _(
        "提交、授权、发送时检查疑似重复付款的时间窗口和处理方式。同一单据、在途指令始终禁止，不可关闭。"
    )

    d3_working_days: int = whole(
        _("D3 相同付款：窗口"), default=5, low=1, high=60, unit=_WORKING_DAYS
    )
    d3_action: str = choice(_("D3 相同付款：处理"), default=HOLD, choices=_ACTIONS)
    d4_working_days: int = whole(
        _("D4 相同收款与金额：窗口"), default=3, low=1, high=60, unit=_WORKING_DAYS
    )
    d4_action: str = choice(_("D4 相同收款与金额：处理"), default=TICK, choices=_ACTIONS)
    d5_days: int = whole(_("D5 相同发票或单据：窗口"), default=365, low=1, high=1830, unit=_DAYS)
    d5_action: str = choice(_("D5 相同发票或单据：处理"), default=HOLD, choices=_ACTIONS)
    d5_contract_action: str = choice(_("D5 相同合同：处理"), default=HOLD, choices=_ACTIONS)
    d6_near_percent: int = whole(_("D6 拆分付款：距上限多近"), default=10, low=1, high=50, unit="%")
    d6_action: str = choice(_("D6 拆分付款：处理"), default=HOLD, choices=_ACTIONS)
    d7_days: int = whole(_("D7 相同清单：窗口"), default=30, low=1, high=366, unit=_DAYS)
    d7_action: str = choice(_("D7 相同清单：处理"), default=HOLD, choices=_ACTIONS)
    d8_days: int = whole(_("D8 同名换账号：窗口"), default=30, low=1, high=366, unit=_DAYS)
    d8_action: str = choice(_("D8 同名换账号：处理"), default=HOLD, choices=_ACTIONS)
    d9_working_days: int = whole(
        _("D9 银行已有扣款：窗口"), default=10, low=1, high=60, unit=_WORKING_DAYS
    )
    d9_action: str = choice(_("D9 银行已有扣款：处理"), default=HOLD, choices=_ACTIONS)
    returned_days: int = whole(_("退票后再付：窗口"), default=30, low=1, high=366, unit=_DAYS)
    returned_action: str = choice(_("退票后再付：处理"), default=HOLD, choices=_ACTIONS)
