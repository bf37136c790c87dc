"""What each kind of exception case means and what to do about it: the runbook, beside the case and as one page."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from desk.guides import Words


@dataclass(frozen=True)
class Entry:
    """One kind: what it means, and what to do, step by step."""

    means: Words
    steps: tuple[Words, ...]


_CHANNEL = _("打开“银行通道”页，看最后一次成功、最后一次错误和该通道的报文。")
_NEVER_TWICE = _("在结果确定之前不要用任何方式再付这一笔。")
_ASK_BRANCH = _("电话开户行，以指令流水号或银行流水号查询，并把答复记入本事项。")
_ADJUDICATE = _("凭银行书面或对账单证据，由两人在付款单页裁定。")
_ERP_MONITOR = _("打开“接口监控”，看该财务系统的通道、被拒绝的行和原因。")

RUNBOOK: dict[str, Entry] = {
    # channels and the machine itself
    "bankbridge.channel_down": Entry(
        _("与银行的往来连续失败：没有应答，或应答无法识别。未发出的付款留在队列，不会丢失。"),
        (
            _CHANNEL,
            _("确认前置机在运行、网络可达、证书或 UKey 未到期；本机可达而银行不应答时联系银行。"),
            _("恢复后系统自动发送和查询；期间确需付款的，按“平台外支付”登记，由两人确认。"),
        ),
    ),
    "bankbridge.channel_slow": Entry(
        _("银行应答明显变慢。付款结果会晚到，但不影响正确性。"),
        (_CHANNEL, _("询问银行是否在维护或限流；临近截止时刻的大额付款提前联系开户行。")),
    ),
    "bankbridge.backlog": Entry(
        _("付款已到可发送时间，却没有发出。"),
        (
            _("依次检查：出口是否打开、公司与科目是否已上线、发送时段、账户是否暂停对外付款。"),
            _CHANNEL,
            _("排除原因后系统自动发送；不再需要的付款由授权人撤销发送。"),
        ),
    ),
    "bankbridge.unknowns": Entry(
        _("同一通道有多笔付款结果未知，多为银行侧故障。"),
        (_NEVER_TWICE, _CHANNEL, _ASK_BRANCH, _ADJUDICATE),
    ),
    "bankbridge.certificate.ends": Entry(
        _("前置机的证书或密钥即将到期；到期后银行拒绝签名，付款和查询都会中断。"),
        (
            _("向银行申请更新证书或 UKey，在测试环境验证签名。"),
            _("更新后由两位系统管理员修改通道参数中的有效期，本事项自动关闭。"),
        ),
    ),
    "bankbridge.not_entitled": Entry(
        _("账户自检发现银行没有开放某项服务；不处理时对账或回单会悄悄缺数。"),
        (
            _("打开“账户自检”，看是哪一项、银行的错误代码和原话。"),
            _("带上错误代码联系开户行开通；开通后重新自检，通过后自动关闭。"),
        ),
    ),
    "bankbridge.tick_stopped": Entry(
        _("一项后台定时任务停止运行。业务数据不丢失，恢复后从断点继续。"),
        (
            _("查看工作进程和日志，必要时重启工作进程；“银行通道”页列有各任务最后运行时间。"),
            _("任务恢复运行后本事项自动关闭。"),
        ),
    ),
    "audit.broken": Entry(
        _("数据库在平台之外被改动，或被恢复为旧备份。"),
        (
            _("停止操作，保留现场；在“校验审计链”页查看是哪一行、哪个字段、哪个数据库账号。"),
            _("查明由谁改动后按内部制度处理；若为恢复备份，执行 settle_restore 并重新打开出口。"),
        ),
    ),
    # early warnings
    "treasury.balance_low": Entry(
        _("账户可用余额低于策略设定的下限。"),
        (_("安排调拨，或把非急需付款推迟；余额回升后自动关闭。"),),
    ),
    "treasury.limit_near": Entry(
        _("日限额或月限额即将用完，之后的付款会在授权时被拒绝。"),
        (_("安排剩余付款的先后；确需提高时由两位系统管理员调整限额。"),),
    ),
    "treasury.night_payment": Entry(
        _("夜间授权了一笔达到提醒金额的付款。"),
        (_("向授权人和制单部门核实；有疑问立即撤销发送，已发出的联系银行。核实后关闭本事项。"),),
    ),
    "treasury.new_payee": Entry(
        _("首次向某一账号付出达到提醒金额的款项。"),
        (_("用登记的电话回拨收款方核实账号；有疑问立即撤销发送。核实后关闭本事项。"),),
    ),
    # payments
    "payments.order_held": Entry(
        _("付款单被规则暂挂：疑似重复、收款方未核实、余额不足或不在时段内。"),
        (
            _("打开付款单，阅读每条暂挂原因，核对并排显示的另一笔。"),
            _("确认无误由制单、复核以外的第三人解除；确为重复的退回或作废。"),
        ),
    ),
    "payments.instruction_held": Entry(
        _("已授权的指令在发送前被暂挂，一个字节都没有发出。"),
        (_("打开付款单阅读原因；原因消除后恢复发送，否则撤销发送。"),),
    ),
    "payments.unknown": Entry(
        _("指令已发出但没有可信的结果：款项可能已付出。"),
        (
            _NEVER_TWICE,
            _("系统按银行允许的间隔自动查询；可在付款单页“立即查询”。"),
            _ASK_BRANCH,
            _ADJUDICATE,
        ),
    ),
    "payments.open_too_long": Entry(
        _("指令发出很久仍没有最终结果。"), (_NEVER_TWICE, _ASK_BRANCH, _ADJUDICATE)
    ),
    "payments.not_found": Entry(
        _("银行多次答复查无此笔，但不能据此认定没有付出。"),
        (_NEVER_TWICE, _("取得当日及次日对账单，确认没有这笔扣款。"), _ASK_BRANCH, _ADJUDICATE),
    ),
    "payments.manual_handling": Entry(
        _("银行转为人工处理，结果会晚些到。"), (_("需要时联系开户行催办；结果由系统自动取得。"),)
    ),
    "payments.failed": Entry(
        _("银行明确答复没有付出。"),
        (_("按银行答复更正收款资料，用“按新数据重付”重新走全部审批；不再支付的关闭并说明。"),),
    ),
    "payments.returned": Entry(
        _("款项付出后被退回。"),
        (
            _("核对退回入账和退票原因，更正收款资料后重付；不再支付的关闭并说明。"),
        ),
    ),
    "payments.return_candidate": Entry(
        _("一笔入账像是某笔付款的退回，但证据不足以自动认定。"),
        (_("打开付款单对照金额、户名和附言；确认后按退票处理，否则按收款处理。"),),
    ),
    "payments.disputed": Entry(
        _("银行答复与账户流水矛盾，账户已暂停对外付款。"),
        (_NEVER_TWICE, _("以对账单为准收集证据。"), _ASK_BRANCH, _ADJUDICATE),
    ),
    "payments.wrong_echo": Entry(
        _("银行应答里的流水号、金额或账号与所发不同，应答未被采信。"),
        (_NEVER_TWICE, _("审计员查看报文原文，向银行提交缺陷；系统继续查询。")),
    ),
    "payments.failed_with_debit": Entry(
        _("银行答复失败，对账单上却有这笔扣款。"), (_NEVER_TWICE, _ASK_BRANCH, _ADJUDICATE)
    ),
    "payments.instruction.paid_twice": Entry(
        _("疑似同一笔款付了两次。"),
        (
            _("立即联系开户行和收款方，要求退回多付的一笔；保留两笔的银行流水和报文。"),
            _("在事项中登记追回经过。"),
        ),
    ),
    "payments.instruction.debited_twice": Entry(
        _("一个指令流水号对应两笔扣款。"),
        (_("立即联系开户行查明并退回；在查明之前暂停该通道的付款。"),),
    ),
    "payments.instruction.amount_differs": Entry(
        _("银行扣款金额与指令不同。"), (_("向开户行取得回单原件，要求更正；按实际扣款入账。"),)
    ),
    "payments.instruction.cancelled_but_debited": Entry(
        _("已撤销发送的指令出现了扣款。"), (_("保留现场，审计员查看报文；联系开户行查明来源。"),)
    ),
    "payments.content_altered": Entry(
        _("付款单内容与审批时不同，已拒绝继续。"),
        (_("停止操作；审计员在“变更历史”中查看由谁改动。原付款作废后重新制单。"),),
    ),
    "payments.seal_broken": Entry(
        _("指令的封印不符：封存内容或密钥被改动，已拒绝发送。"),
        (_("保留现场，审计员校验审计链；查明前不要恢复发送。"),),
    ),
    "payments.leg_stopped": Entry(
        _("联动付款的一段失败，后续各段停在原处。"),
        (_("打开联动付款，对失败的一段重付或结束整单；已付出的各段不会自动反向。"),),
    ),
    "payments.outside_unproved": Entry(
        _("登记为平台外支付的款项，对账单上一直没有扣款。"),
        (_("向经办人索取回单；确未付出的由两人更正登记后重新付款。"),),
    ),
    "payments.voucher.failed": Entry(
        _("付款已成功，但凭证未能编制。"), (_("按原因补全凭证模板或科目，系统自动重试。"),)
    ),
    "masterdata.payee_denied": Entry(
        _("回拨核实时收款方否认该账号。"),
        (
            _("停止向该账号付款，核对账号来源；疑似诈骗的按内部制度报告。"),
            _("由两人变更或停用该收款账户。"),
        ),
    ),
    # receipts
    "receipts.unclaimed": Entry(
        _("到款超过时限无人认领。"), (_("按付款方和附言查找客户；查不到的挂账或原路退回。"),)
    ),
    "receipts.return_booked": Entry(
        _("一笔付款的退回曾被当作收款入账。"), (_("冲销该收款凭证，再按退票处理。"),)
    ),
    "receipts.amended_after_booking": Entry(
        _("入账之后银行更正了这笔到款。"), (_("比较两个版本，冲销后按新版本重新入账。"),)
    ),
    "receipts.collection_failed": Entry(
        _("归集计划到点却没有取到银行数据。"), (_CHANNEL, _("恢复后系统补做一次。"))
    ),
    # finance systems
    "erp.lane_down": Entry(
        _("与财务系统的通道不通。消息留在队列，恢复后按原编号送达。"),
        (_ERP_MONITOR, _("用“测试连接”逐项检查地址、权限和密钥。")),
    ),
    "erp.file_waits": Entry(
        _("交换目录里的文件长时间没有成对或没有被取走。"),
        (_ERP_MONITOR, _("检查对方作业是否在运行、目录权限是否改变。")),
    ),
    "erp.message_unfit": Entry(
        _("一条消息超出对方能接收的格式，没有送出。"), (_ERP_MONITOR, _("按原因更正资料后重新送达。"))
    ),
    "erp.dead_letter": Entry(
        _("一条消息多次推送失败，已停止自动重试。"),
        (_ERP_MONITOR, _("排除原因后在消息页“重新送达”；编号不变，对方按编号去重。")),
    ),
    "erp.voucher_refused": Entry(
        _("财务系统没有接收一张凭证。"), (_("按对方的原因更正科目或辅助项，再重新送达。"),)
    ),
    "erp.voucher_renumbered": Entry(
        _("财务系统对同一凭证报了另一个凭证号。"), (_("在两边核对凭证，确认没有重复入账。"),)
    ),
    "erp.books_differ": Entry(
        _("平台与财务系统两边的账不一致。"),
        (_("打开比对页，逐条按“原因与办法”处理；再次比对一致后自动关闭。"),),
    ),
    # statements and reconciliation
    "statements.entry.amended": Entry(
        _("银行更正了先前报过的明细，两个版本都已保留。"),
        (_("比较两个版本；涉及的勾对、收款和凭证按新版本处理。"),),
    ),
    "statements.day.differs": Entry(
        _("期初加减发生额不等于期末余额，当日明细有缺或有多。"),
        (_("重新取得该日明细；仍不符时导入银行盖章对账单并向开户行查询。"),),
    ),
    "statements.day.untold": Entry(
        _("有的日期没有取得银行明细。"), (_CHANNEL, _("通道恢复后自动补取，也可导入对账单文件。"))
    ),
    "statements.receipts.missing": Entry(
        _("电子回单少于明细，或回单文件没有取到。"), (_("系统继续按时补取；仍缺的向开户行补打。"),)
    ),
    "reconciliation.day_reopened": Entry(
        _("签署之后出现了与之矛盾的事实，该日重新打开。"), (_("打开该日，查看新事实，处理后重新签署。"),)
    ),
    "reconciliation.items_old": Entry(
        _("未达账项长期未清。"), (_("按账龄逐条说明原因和办法，向开户行或业务部门催办。"),)
    ),
    "reconciliation.differences": Entry(
        _("未勾对的流水中，银行与账面说的是同一笔业务，金额、方向、日期不同，或一方重复。"),
        (_("打开未达账项，按差异逐笔核对对方流水。"), _("账面有误的红冲更正，银行有误的向开户行查询。")),
    ),
    "reconciliation.match_stale": Entry(
        _("人工勾对所依据的流水已被银行更正。"), (_("打开该勾对，拆分后按新流水重新勾对。"),)
    ),
}  # fmt: skip


# The sections of the page: how they are called, and the beginning of their kinds.
SECTIONS: tuple[tuple[Words, tuple[str, ...]], ...] = (
    (_("银行通道与平台"), ("bankbridge.", "audit.")),
    (_("资金预警"), ("treasury.",)),
    (_("付款"), ("payments.", "masterdata.")),
    (_("收款"), ("receipts.",)),
    (_("财务系统"), ("erp.",)),
    (_("流水与对账"), ("statements.", "reconciliation.")),
)


def entry_of(kind: str) -> Entry | None:
    """The runbook of a kind; None where nobody has written one."""
    return RUNBOOK.get(kind)
