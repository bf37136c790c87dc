"""How events read on screen: `app.noun.verb` in words; an event nobody has named shows as itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

_EVENTS: dict[str, StrPromise] = {
    "payments.order.drafted": _("制单"),
    "payments.order.edited": _("修改付款单"),
    "payments.order.submitted": _("提交复核"),
    "payments.order.checked": _("复核通过"),
    "payments.order.approved": _("审批通过"),
    "payments.order.released": _("授权付款"),
    "payments.order.held": _("暂挂"),
    "payments.order.hold_lifted": _("解除暂挂"),
    "payments.order.lifted": _("解除暂挂"),
    "payments.order.returned_to_maker": _("退回制单"),
    "payments.order.voided": _("作废"),
    "payments.order.cancelled": _("撤销发送"),
    "payments.order.reissued": _("按新数据重付"),
    "payments.order.content_altered": _("发现内容被改动"),
    "payments.batch.claimed": _("指令开始发送"),
    "payments.batch.answered": _("银行应答"),
    "payments.batch.inquired": _("银行查询结果"),
    "payments.instruction.inquiry_wished": _("要求立即查询"),
    "payments.outside.proposed": _("登记平台外支付"),
    "payments.outside.agreed": _("确认平台外支付"),
    "payments.outside.refused": _("否决平台外支付"),
    "payments.order.paid_outside": _("已在平台外支付"),
    "payments.linked.created": _("联动付款制单"),
    "payments.instruction.lost": _("结果未知"),
    "payments.instruction.reaped": _("发送中断，结果未知"),
    "payments.instruction.handed_back": _("未发出，退回待发送"),
    "payments.instruction.held": _("指令暂挂"),
    "payments.instruction.lifted": _("指令恢复待发送"),
    "payments.instruction.seal_broken": _("封印不符，拒绝发送"),
    "payments.instruction.proved": _("银行流水证实已付"),
    "payments.instruction.returned": _("退票"),
    "payments.instruction.disputed": _("状态存疑，冻结账户"),
    "payments.instruction.debited_twice": _("发现第二笔扣款"),
    "payments.instruction.amount_differs": _("扣款金额不符"),
    "payments.instruction.adjudicated": _("裁定生效"),
    "payments.adjudication.proposed": _("提出裁定"),
    "payments.adjudication.agreed": _("裁定获同意"),
    "payments.adjudication.refused": _("裁定被否决"),
    "payments.adjudication.evidence_read": _("查看裁定证据"),
    "payments.import.previewed": _("上传付款清单"),
    "payments.import.confirmed": _("确认导入"),
    "payments.import.discarded": _("放弃导入"),
    "desk.case.taken": _("接手异常事项"),
    "desk.case.given_back": _("退回异常事项"),
    "desk.case.remark": _("登记处理记录"),
    "desk.case.closed": _("关闭异常事项"),
    "ledger.voucher.drafted": _("编制凭证"),
    "ledger.voucher.posted": _("凭证记账"),
    "ledger.voucher.voided": _("作废凭证"),
    "ledger.voucher.reversal_asked": _("申请红冲"),
    "ledger.voucher.reversed": _("红冲凭证"),
    "ledger.voucher.acknowledged": _("ERP 确认凭证"),
    "ledger.template.accepted": _("凭证模板生效"),
    "ledger.period.locked": _("锁定会计期间"),
    "ledger.period.reopened": _("重新打开会计期间"),
    "masterdata.counterparty.created": _("新增往来单位"),
    "masterdata.payee.staged": _("登记收款账户"),
    "masterdata.payee.confirmed": _("确认收款账户"),
    "masterdata.payee.rejected": _("拒绝收款账户"),
    "masterdata.session.opened": _("登录"),
    "masterdata.password.changed": _("修改密码"),
    "masterdata.factor.enrolled": _("绑定动态验证码"),
    "masterdata.factor.refused": _("动态验证码错误"),
    "masterdata.recovery_code.used": _("使用恢复码"),
    "masterdata.api_client.created": _("新增接口密钥"),
    "approvals.signing_key.enrolled": _("申请签名密钥"),
    "approvals.signing_key.confirmed": _("确认签名密钥"),
    "approvals.signing_key.refused": _("拒绝签名密钥"),
    "approvals.signing_key.revoked": _("吊销签名密钥"),
    "approvals.signing_key.passphrase_changed": _("修改签名口令"),
    "approvals.signing_key.unlock_failed": _("签名口令错误"),
    "approvals.signing_key.locked": _("签名密钥锁定"),
    "approvals.registrar.established": _("登记人密钥生效"),
}


def words_of(event: str) -> str:
    """The event in words."""
    return str(_EVENTS.get(event, event))
