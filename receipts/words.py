"""How rules and ages read on screen."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

RULES = {
    "C1": _("摘要中有该客户的编号"),
    "C2": _("付款账号是该客户的"),
    "C3": _("付款户名与该客户一致"),
    "C4": _("该付款人曾代该客户付款"),
    "C5": _("摘要中有该客户的发票号"),
}
ALLOCATIONS = {
    "named": _("摘要写明的发票，合计正好相等"),
    "single": _("唯一一张等额的未付发票"),
    "fee": _("等额发票，短付部分在手续费上限内"),
    "sum": _("几张未付发票之和正好相等，且只有这一种组合"),
    "oldest": _("没有正好相等的发票，按开票先后冲销"),
    "on_account": _("没有未付发票，记往来"),
}
AGE_NAMES = {
    "3": _("3 天内"),
    "7": _("4–7 天"),
    "30": _("8–30 天"),
    "90": _("31–90 天"),
    "more": _("90 天以上"),
}
