"""How columns read to an examiner; one nobody has named shows as itself."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_WORDS: dict[str, str | Promise] = {
    "state": _("状态"),
    "shown_state": _("显示状态"),
    "held_from": _("暂挂前状态"),
    "hold_reasons": _("暂挂原因"),
    "return_reason": _("退回原因"),
    "amount": _("金额"),
    "currency": _("币种"),
    "payer_account_id": _("付款账户"),
    "payee_account_id": _("收款账户"),
    "payee_name": _("收款人"),
    "payee_number": _("收款账号"),
    "payee_bank": _("收款银行"),
    "payee_cnaps": _("收款联行号"),
    "purpose": _("用途"),
    "remark": _("附言"),
    "wish_date": _("期望付款日"),
    "invoice_no": _("发票号"),
    "content_hash": _("内容摘要"),
    "approvals_needed": _("须审批人数"),
    "approvals_given": _("已审批人数"),
    "checker_id": _("复核人"),
    "releaser_id": _("授权人"),
    "released_at": _("授权时间"),
    "instruction_id": _("支付指令"),
    "is_paid_outside": _("已在平台外支付"),
    "is_urgent": _("加急"),
    "name": _("名称"),
    "short_name": _("简称"),
    "code": _("编码"),
    "number": _("账号"),
    "cnaps": _("联行号"),
    "branch_name": _("开户行"),
    "gl_subject": _("科目"),
    "is_frozen": _("冻结"),
    "is_direct_link": _("银企直联"),
    "is_active": _("启用"),
    "is_whitelisted": _("白名单"),
    "company_id": _("公司"),
    "bank_id": _("银行"),
    "connection_id": _("银行通道"),
    "counterparty_id": _("往来单位"),
    "parent_id": _("上级公司"),
    "decided_by_id": _("确认人"),
    "decided_at": _("确认时间"),
    "role": _("职责"),
    "user_id": _("用户"),
    "username": _("登录名"),
    "display_name": _("姓名"),
    "person_key": _("自然人标识"),
    "valid_from": _("生效日期"),
    "valid_to": _("失效日期"),
    "values": _("内容"),
    "steps": _("审批步骤"),
    "amount_from": _("金额起"),
    "amount_below": _("金额到（不含）"),
    "source_note": _("依据"),
}


def column_word(name: str) -> str:
    """A column in words."""
    return str(_WORDS.get(name, name))
