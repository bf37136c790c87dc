"""Rights in the words of the people who read the rights report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

RIGHT_NAMES: dict[str, StrPromise] = {
    "payments.view": _("查看付款"),
    "payments.make": _("提交付款申请"),
    "payments.import": _("导入付款清单"),
    "payments.free_payee": _("手工收款方付款"),
    "payments.check": _("复核付款"),
    "payments.approve": _("审批付款"),
    "payments.release": _("授权付款"),
    "payments.cancel": _("撤销待发送"),
    "payments.lift_hold": _("解除暂挂"),
    "payments.inquire": _("立即查询"),
    "payments.adjudicate": _("裁定结果"),
    "payees.propose": _("申报收款账户"),
    "payees.confirm": _("确认收款账户"),
    "payees.call": _("登记回拨核实"),
    "receipts.view": _("查看收款"),
    "receipts.supplement": _("补录收款"),
    "receipts.review": _("复核收款"),
    "receipts.book": _("收款入账"),
    "receipts.arrange": _("提出收款安排"),
    "receipts.arrange_decide": _("复核收款安排"),
    "statements.view": _("查看余额与交易明细"),
    "statements.pull": _("立即取数"),
    "statements.import": _("导入对账单"),
    "statements.receipts": _("查看、下载与打印电子回单文件"),
    "ledger.view": _("查看凭证"),
    "ledger.book": _("制凭证"),
    "ledger.import": _("导入日记账"),
    "ledger.confirm": _("复核凭证"),
    "vouchers.acknowledge": _("回报凭证入账结果"),
    "reconciliation.view": _("查看对账"),
    "reconciliation.match": _("勾对与签字"),
    "reconciliation.decide": _("复核对账"),
    "cases.work": _("处理异常"),
    "masterdata.view": _("查看基础数据"),
    "masterdata.edit": _("维护基础数据"),
    "strategy.view": _("查看策略"),
    "strategy.propose": _("提出策略变更"),
    "strategy.decide": _("复核策略变更"),
    "connections.view": _("查看银行通道"),
    "connections.edit": _("维护银行通道"),
    "exchanges.read": _("查看银行报文"),
    "people.view": _("查看用户"),
    "people.edit": _("维护用户与职责"),
    "keys.confirm": _("确认签名密钥"),
    "audit.read": _("查看操作轨迹"),
    "evidence.export": _("导出证据包"),
}
