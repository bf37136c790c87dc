"""The left-hand menu: one literal table. An entry whose page does not exist, or whose right the viewer lacks, is left out."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.scope import Scope

# (section, icon, [(label, url name, right or "" for everybody)])
MENU: list[tuple[Promise, str, list[tuple[Promise, str, str]]]] = [
    (
        _("总览"),
        "home",
        [
            (_("工作台"), "workspace:home", ""),
            (_("流程看板"), "workspace:board", ""),
            (_("异常中心"), "desk:cases", ""),
        ],
    ),
    (
        _("付款"),
        "send",
        [
            (_("新建付款"), "payments:create", "payments.make"),
            (_("手工收款方付款"), "payments:create_typed", "payments.free_payee"),
            (_("付款导入"), "payments:import", "payments.import"),
            (_("周期付款"), "payments:schedules", "payments.view"),
            (_("付款单"), "payments:orders", "payments.view"),
            (_("复核"), "payments:check_desk", "payments.check"),
            (_("审批"), "payments:approve_desk", "payments.approve"),
            (_("授权"), "payments:release_desk", "payments.release"),
            (_("批次"), "payments:batches", "payments.view"),
            (_("联动付款"), "payments:linked_list", "payments.view"),
            (_("失败与退票"), "payments:failures", "payments.view"),
            (_("结果未知"), "payments:unknown", "payments.view"),
            (_("裁定单"), "payments:adjudications", "payments.view"),
            (_("暂挂"), "payments:held", "payments.lift_hold"),
            (_("平台外支付"), "payments:outside_list", "payments.view"),
        ],
    ),
    (
        _("收款"),
        "download",
        [
            (_("到款通知"), "receipts:inbox", "receipts.view"),
            (_("补录"), "receipts:to_supplement", "receipts.supplement"),
            (_("补录复核"), "receipts:to_review", "receipts.review"),
            (_("收款入账"), "receipts:to_book", "receipts.book"),
            (_("待确认记账"), "receipts:unconfirmed", "receipts.view"),
            (_("未认领账龄"), "receipts:ageing", "receipts.view"),
            (_("未收发票"), "receipts:receivables", "receipts.view"),
            (_("付款方标识"), "receipts:payers", "receipts.view"),
            (_("归集计划"), "receipts:schedules", "receipts.view"),
            (_("归集执行记录"), "receipts:runs", "receipts.view"),
            (_("销售办事处"), "receipts:offices", "receipts.view"),
        ],
    ),
    (
        _("账户与头寸"),
        "bank",
        [
            (_("余额"), "statements:balances", "statements.view"),
            (_("交易明细"), "statements:entries", "statements.view"),
            (_("电子回单"), "statements:receipts", "statements.view"),
            (_("对账单导入"), "statements:import", "statements.import"),
            (_("对账单连续性"), "statements:continuity", "statements.view"),
            (_("资料完整性"), "statements:completeness", "statements.view"),
            (_("日记账"), "ledger:books", "ledger.view"),
        ],
    ),
    (
        _("对账"),
        "check",
        [
            (_("日对账"), "reconciliation:days", "reconciliation.view"),
            (_("未达账项"), "reconciliation:items", "reconciliation.view"),
            (_("勾对台"), "reconciliation:accounts", "reconciliation.view"),
            (_("余额调节表"), "reconciliation:brs_overview", "reconciliation.view"),
            (_("结账"), "reconciliation:closes", "reconciliation.view"),
            (_("规则试算"), "reconciliation:trial", "reconciliation.view"),
            (_("解释率"), "reconciliation:explained", "reconciliation.view"),
        ],
    ),
    (
        _("凭证与 ERP"),
        "book",
        [
            (_("凭证"), "ledger:vouchers", "ledger.view"),
            (_("凭证模板"), "ledger:templates", "ledger.view"),
            (_("会计期间"), "ledger:periods", "ledger.view"),
            (_("财务系统对账"), "erpbridge:comparisons", "ledger.view"),
            (_("接口监控"), "erpbridge:monitor", "connections.view"),
            (_("财务系统"), "erpbridge:systems", "connections.view"),
        ],
    ),
    (
        _("报表"),
        "chart",
        [
            (_("支付状态查询"), "payments:status", "payments.view"),
            (_("收款处理查询"), "receipts:report", "receipts.view"),
            (_("交易明细查询"), "reconciliation:transactions", "statements.view"),
            (_("账户余额变化"), "statements:balance_changes", "statements.view"),
            (_("接口日志查询"), "workspace:interface_log", "connections.view"),
        ],
    ),
    (
        _("基础数据"),
        "book",
        [
            (_("公司"), "masterdata:companies", "masterdata.view"),
            (_("银行账户"), "masterdata:accounts", "masterdata.view"),
            (_("往来单位"), "masterdata:counterparties", "masterdata.view"),
            (_("会计科目"), "masterdata:subjects", "masterdata.view"),
            (_("收款账户确认"), "masterdata:payees", "masterdata.view"),
            (_("待确认变更"), "masterdata:changes", "payees.confirm"),
            (_("联行号"), "masterdata:branches", "masterdata.view"),
            (_("工作日历"), "masterdata:calendar", "strategy.view"),
            (_("路由与限额"), "masterdata:routing", "strategy.view"),
            (_("银行通道"), "masterdata:connections", "connections.view"),
            (_("账户自检"), "bankbridge:checks", "connections.view"),
        ],
    ),
    (
        _("风控"),
        "shield",
        [
            (_("审批矩阵"), "masterdata:matrix", "strategy.view"),
            (_("限额"), "masterdata:limits", "strategy.view"),
            (_("常设授权"), "approvals:mandates", "strategy.view"),
            (_("策略"), "masterdata:strategy", "strategy.view"),
            (_("重复规则"), "payments:rules", "payments.view"),
            (_("出口"), "payments:gate", "payments.adjudicate"),
        ],
    ),
    (
        _("系统与审计"),
        "shield",
        [
            (_("银行报文"), "bankbridge:exchanges", "exchanges.read"),
            (_("操作轨迹"), "audit:trail", "audit.read"),
            (_("用户与角色"), "masterdata:people", "people.view"),
            (_("用户变更确认"), "masterdata:people_changes", "people.view"),
            (_("权限报告"), "masterdata:rights", "people.view"),
            (_("接口客户端"), "masterdata:clients", "people.view"),
            (_("登录日志"), "masterdata:sign_ins", "people.view"),
            (_("签名密钥"), "approvals:keys", ""),
            (_("任务"), "desk:jobs", ""),
        ],
    ),
]


@dataclass(frozen=True)
class Entry:
    """One line of the menu as the viewer sees it."""

    label: Promise
    url: str
    is_current: bool
    icon: str


@dataclass(frozen=True)
class Section:
    """One heading of the menu with its lines."""

    label: Promise
    icon: str
    entries: tuple[Entry, ...]


ICONS = {
    "workspace:home": "home",
    "workspace:board": "chart",
    "desk:cases": "warning",
    "payments:create": "plus",
    "payments:import": "upload",
    "payments:create_typed": "edit",
    "payments:schedules": "clock",
    "payments:orders": "list",
    "payments:check_desk": "eye",
    "payments:approve_desk": "check",
    "payments:release_desk": "key",
    "payments:batches": "layers",
    "payments:linked_list": "swap",
    "payments:failures": "back",
    "payments:unknown": "question",
    "payments:adjudications": "hand",
    "payments:gate": "shield",
    "payments:held": "pause",
    "payments:rules": "layers",
    "payments:outside_list": "file",
    "receipts:inbox": "inbox",
    "receipts:to_supplement": "edit",
    "receipts:to_review": "eye",
    "receipts:to_book": "book",
    "receipts:unconfirmed": "clock",
    "receipts:ageing": "warning",
    "receipts:report": "list",
    "receipts:receivables": "file",
    "receipts:payers": "user",
    "receipts:schedules": "clock",
    "receipts:runs": "layers",
    "receipts:offices": "users",
    "statements:balances": "wallet",
    "statements:entries": "swap",
    "statements:receipts": "file",
    "statements:import": "upload",
    "statements:continuity": "calendar",
    "statements:completeness": "check",
    "reconciliation:days": "calendar",
    "reconciliation:items": "list",
    "reconciliation:brs_overview": "file",
    "reconciliation:closes": "lock",
    "reconciliation:accounts": "check",
    "reconciliation:trial": "play",
    "reconciliation:explained": "chart",
    "payments:status": "list",
    "reconciliation:transactions": "swap",
    "statements:balance_changes": "chart",
    "workspace:interface_log": "message",
    "ledger:books": "book",
    "ledger:vouchers": "file",
    "ledger:templates": "layers",
    "ledger:periods": "lock",
    "erpbridge:comparisons": "check",
    "erpbridge:monitor": "plug",
    "erpbridge:systems": "bank",
    "masterdata:companies": "tree",
    "masterdata:accounts": "bank",
    "masterdata:counterparties": "users",
    "masterdata:subjects": "book",
    "masterdata:payees": "check",
    "masterdata:changes": "hand",
    "masterdata:branches": "book",
    "masterdata:connections": "plug",
    "bankbridge:checks": "check",
    "masterdata:matrix": "layers",
    "masterdata:limits": "wallet",
    "approvals:mandates": "clock",
    "masterdata:strategy": "list",
    "masterdata:routing": "swap",
    "masterdata:calendar": "calendar",
    "bankbridge:exchanges": "message",
    "audit:trail": "shield",
    "masterdata:people": "user",
    "masterdata:people_changes": "hand",
    "masterdata:rights": "shield",
    "masterdata:clients": "plug",
    "masterdata:sign_ins": "list",
    "approvals:keys": "key",
    "desk:jobs": "clock",
}


def _address(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def visible_menu(scope: Scope, *, path: str) -> list[Section]:
    """What the viewer may open; the entry with the longest address `path` begins with is the current one."""
    found = [
        (section, mark, label, name, url)
        for section, mark, lines in MENU
        for label, name, right in lines
        if (url := _address(name)) and (not right or scope.has(right))
    ]
    matching = [url for *_, url in found if path == url or (url != "/" and path.startswith(url))]
    current = max(matching, key=len, default="")
    sections = []
    for section, mark, _lines in MENU:
        entries = tuple(
            Entry(label, url, url == current, ICONS.get(name, "dot"))
            for owner, _mark, label, name, url in found
            if owner is section
        )
        if entries:
            sections.append(Section(section, mark, entries))
    return sections
