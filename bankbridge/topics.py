"""What the house may decide about its bank channels: when a person is called."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from masterdata.topics import BY_BANK, Topic
from masterdata.typed import whole


@dataclass(frozen=True, kw_only=True)
class ChannelAlarms(Topic):
    """From when on a channel rings: failures in a row, slow answers, payments that do not leave, open outcomes."""

    key = "bankbridge.alarms"
    title = _("通道告警")
    about = _("银行通道中断、变慢、积压或结果未知过多时，在异常中心告警，最迟 20 秒后出现。")
    keyed_by = BY_BANK

    failures: int = whole(
        _("连续失败"), default=2, low=1, high=20, unit=_("次"), help=_("达到即视为通道中断。")
    )
    slow_ms: int = whole(
        _("变慢"),
        default=15000,
        low=100,
        high=120000,
        unit="ms",
        help=_("最近 10 分钟应答耗时的 P95 超过此数。"),
    )
    backlog_minutes: int = whole(
        _("积压"),
        default=5,
        low=1,
        high=1440,
        unit=_("分钟"),
        help=_("已到发送时间的付款仍未发出超过此时长。"),
    )
    unknown_max: int = whole(
        _("结果未知"), default=3, low=1, high=1000, unit=_("笔"), help=_("同一通道达到此数。")
    )
