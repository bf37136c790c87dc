"""How states read on screen: one table of word, tone and icon for every state any app stores.

A tone is a colour family of tokens.css; colour never stands alone: the word and the icon always come with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError, Finding


@dataclass(frozen=True)
class StateWords:
    """What a state is called, how it is coloured, and which icon of icons.svg stands before it."""

    word: str | Promise
    tone: str
    icon: str


def _you(word: Promise, icon: str = "hand") -> StateWords:
    return StateWords(word, "you", icon)


def _busy(word: Promise, icon: str = "clock") -> StateWords:
    return StateWords(word, "busy", icon)


def _closed(word: Promise, icon: str = "minus") -> StateWords:
    return StateWords(word, "closed", icon)


STATES: dict[str, StateWords] = {
    "draft": _closed(_("草稿"), "edit"),
    "pending_check": _you(_("待复核")),
    "pending_approval": _you(_("待审批")),
    "pending_release": _you(_("待授权")),
    "held": _you(_("暂挂"), "pause"),
    "rejected": _you(_("已退回"), "back"),
    "void": _closed(_("已作废")),
    "released": _busy(_("已授权")),
    "cancelled": _closed(_("已撤销")),
    "queued": _busy(_("待发送")),
    "sending": _busy(_("发送中"), "send"),
    "accepted": _busy(_("银行已受理"), "bank"),
    "manual_handling": _busy(_("银行落地处理"), "bank"),
    "unknown": StateWords(_("结果未知"), "unknown", "question"),
    "succeeded": StateWords(_("支付成功"), "ok", "check"),
    "failed": StateWords(_("支付失败"), "bad", "cross"),
    "returned": StateWords(_("已退票"), "returned", "back"),
    "disputed": StateWords(_("状态存疑"), "unknown", "warning"),
    "all_succeeded": StateWords(_("全部成功"), "ok", "check"),
    "partial": _you(_("部分失败"), "warning"),
    "open": _busy(_("进行中")),
    "stopped": StateWords(_("中断"), "bad", "pause"),
    "all_failed": StateWords(_("全部失败"), "bad", "cross"),
    "announced": _you(_("待建档")),
    "staged": _you(_("待确认")),
    "pending": _you(_("待处理")),
    "proposed": _you(_("待确认")),
    "agreed": StateWords(_("已确认"), "ok", "check"),
    "refused": _closed(_("已否决"), "cross"),
    "active": StateWords(_("启用"), "ok", "check"),
    "confirmed": StateWords(_("已确认"), "ok", "check"),
    "inactive": _closed(_("停用")),
    "frozen": StateWords(_("冻结"), "bad", "pause"),
    "closed": _closed(_("已关闭")),
    "blocked": StateWords(_("已停用"), "bad", "cross"),
    "running": _busy(_("执行中")),
    "waiting": _busy(_("排队中")),
    "done": StateWords(_("已完成"), "ok", "check"),
    "error": StateWords(_("出错"), "bad", "warning"),
    "previewed": _you(_("待确认导入")),
    "parsed": _you(_("待确认导入")),
    "imported": StateWords(_("已导入"), "ok", "check"),
    "matched": StateWords(_("已匹配"), "ok", "check"),
    "fetched": _you(_("待认领"), "hand"),
    "supplementing": _you(_("待补录"), "edit"),
    "pending_review": _you(_("待复核")),
    "approved": _busy(_("待入账")),
    "booked": _busy(_("已入账"), "check"),
    "non_business": _closed(_("非业务款项")),
    "suspense": _you(_("已挂账"), "pause"),
    "covered": _closed(_("已由后次补做")),
    "run_failed": StateWords(_("未能取数"), "bad", "cross"),
    "none": _closed(_("未处理")),
    "exception": StateWords(_("异常"), "bad", "warning"),
    "posted": _busy(_("已记账"), "check"),
    "acked": StateWords(_("ERP 已确认"), "ok", "check"),
    "reversed": StateWords(_("已红冲"), "returned", "back"),
    "locked": _closed(_("已锁定")),
    "online": StateWords(_("在线"), "ok", "check"),
    "offline": _closed(_("离线")),
    "disabled": _closed(_("停用")),
    "live": StateWords(_("生效中"), "ok", "check"),
    "coming": _busy(_("待生效")),
    "over": _closed(_("已失效")),
    "retired": _closed(_("已更换")),
    "revoked": StateWords(_("已吊销"), "bad", "cross"),
    # a day of an account's statement, and what people sign of it
    "complete": StateWords(_("完整"), "ok", "check"),
    "provisional": _busy(_("暂定")),
    "unproven": _you(_("无法核对"), "question"),
    "amended": _you(_("银行有更正"), "edit"),
    "broken": StateWords(_("不连续"), "bad", "warning"),
    "missing": StateWords(_("缺少"), "bad", "cross"),
    "unsigned": _you(_("待签署"), "edit"),
    "signed": StateWords(_("已签署"), "ok", "check"),
    "reopened": _you(_("重新打开"), "refresh"),
    "prepared": _you(_("待复核签字")),
    "reviewed": StateWords(_("已复核签字"), "ok", "check"),
    "superseded": _closed(_("已被替代")),
    "period_open": _busy(_("未结账")),
}


def said(error: DomainError | Finding) -> str:
    """What a refusal or a finding says, in the viewer's language."""
    is_english = (get_language() or "").startswith("en")
    return (error.message_en if is_english else "") or error.message


def words_of(state: str) -> StateWords:
    """The words of a state; one nobody has named shows as itself, in grey."""
    return STATES.get(state) or StateWords(state or "—", "closed", "minus")


# What an exception case is about, by the kind its app opens it under.
CASE_KINDS: dict[str, str | Promise] = {
    "bankbridge.channel_down": _("通道中断"),
    "bankbridge.channel_slow": _("通道变慢"),
    "bankbridge.backlog": _("付款积压"),
    "bankbridge.unknowns": _("结果未知过多"),
    "bankbridge.certificate.ends": _("证书将到期"),
    "bankbridge.not_entitled": _("银行服务未开通"),
    "bankbridge.tick_stopped": _("定时任务停止"),
    "treasury.balance_low": _("余额偏低"),
    "treasury.limit_near": _("限额将尽"),
    "treasury.night_payment": _("夜间付款"),
    "treasury.new_payee": _("首次大额付款"),
    "payments.voucher.failed": _("付款凭证未编成"),
    "masterdata.payee_denied": _("收款方否认账号"),
    "erp.dead_letter": _("消息停止推送"),
    "statements.day.untold": _("缺银行明细"),
    "statements.receipts.missing": _("缺电子回单"),
    "payments.order_held": _("付款单暂挂"),
    "payments.instruction_held": _("指令暂挂"),
    "payments.unknown": _("结果未知"),
    "payments.open_too_long": _("久无结果"),
    "payments.not_found": _("银行查无此笔"),
    "payments.manual_handling": _("银行落地处理"),
    "payments.failed": _("支付失败"),
    "payments.returned": _("退票"),
    "payments.return_candidate": _("疑似退票"),
    "payments.disputed": _("状态存疑"),
    "payments.wrong_echo": _("银行回显不符"),
    "payments.failed_with_debit": _("答失败但有扣款"),
    "payments.instruction.paid_twice": _("疑似重复付款"),
    "payments.instruction.debited_twice": _("重复扣款"),
    "payments.instruction.amount_differs": _("扣款金额不符"),
    "payments.instruction.cancelled_but_debited": _("已撤销但有扣款"),
    "payments.content_altered": _("内容被改动"),
    "audit.broken": _("数据库被改动"),
    "payments.seal_broken": _("封印不符"),
    "payments.leg_stopped": _("联动付款中断"),
    "payments.outside_unproved": _("平台外支付无扣款"),
    "receipts.unclaimed": _("到款无人认领"),
    "receipts.return_booked": _("退回误作收款"),
    "receipts.amended_after_booking": _("入账后银行更正"),
    "receipts.collection_failed": _("归集未能取数"),
    "erp.lane_down": _("财务系统通道不通"),
    "erp.file_waits": _("交换文件等待"),
    "erp.message_unfit": _("消息超出对方格式"),
    "erp.voucher_refused": _("凭证未被接收"),
    "erp.voucher_renumbered": _("凭证号被改报"),
    "erp.books_differ": _("两边账不一致"),
    "statements.entry.amended": _("流水被更正"),
    "statements.day.differs": _("余额不连续"),
    "reconciliation.day_reopened": _("日对账重新打开"),
    "reconciliation.items_old": _("未达账项久悬"),
    "reconciliation.match_stale": _("人工勾对含失效流水"),
    "reconciliation.differences": _("银行与账面记录不一致"),
}


def case_kind(kind: str) -> str:
    """A case's kind in words; one nobody has named shows as itself."""
    return str(CASE_KINDS.get(kind, kind))
