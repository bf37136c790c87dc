"""What a record is about, as people say it: the kind of object in words, and its business number instead of a row's id.

A literal table by model; a kind nobody has named shows as itself. Reads names of rows the caller may already see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from desk import formats
from desk.filters import TextFilter
from desk.keysets import whole_number

Words = str | Promise
# kind → what it is called, and the column people know it by ("" where only the id tells).
KINDS: Mapping[str, tuple[Words, str]] = {
    "payments.paymentorder": (_("付款单"), "order_no"),
    "payments.paymentinstruction": (_("支付指令"), "instr_no"),
    "payments.batch": (_("付款批次"), "batch_no"),
    "payments.importset": (_("付款导入"), ""),
    "payments.adjudication": (_("裁定单"), ""),
    "payments.outsidepayment": (_("平台外支付"), ""),
    "payments.linkedpayment": (_("联动付款"), "link_no"),
    "payments.recurringschedule": (_("周期付款计划"), "code"),
    "payments.limit": (_("限额"), "line"),
    "receipts.arrivalnotice": (_("到款通知"), "notice_no"),
    "receipts.supplement": (_("补录"), "notice__notice_no"),
    "receipts.refund": (_("退款"), "order_no"),
    "receipts.salesoffice": (_("销售办事处"), "code"),
    "receipts.collectionschedule": (_("归集计划"), "title"),
    "receipts.receivable": (_("未收发票"), "invoice_no"),
    "receipts.bookingrun": (_("批量入账"), ""),
    "receipts.payerkey": (_("付款方标识"), ""),
    "statements.statemententry": (_("交易明细"), "bank_serial"),
    "statements.bankreceipt": (_("电子回单"), "receipt_no"),
    "statements.bankstatement": (_("对账单"), ""),
    "ledger.voucher": (_("凭证"), "voucher_no"),
    "ledger.vouchertemplate": (_("凭证模板"), "name"),
    "ledger.period": (_("会计期间"), "code"),
    "ledger.journalopening": (_("日记账期初"), "account__number"),
    "reconciliation.daysignoff": (_("日对账"), "day"),
    "reconciliation.bankreconciliationstatement": (_("余额调节表"), "day"),
    "reconciliation.outstandingitem": (_("未达账项"), ""),
    "reconciliation.closepack": (_("结账存档"), ""),
    "reconciliation.matchedaccount": (_("勾对账户"), "account__number"),
    "masterdata.company": (_("公司"), "code"),
    "masterdata.ownaccount": (_("银行账户"), "number"),
    "masterdata.counterparty": (_("往来单位"), "code"),
    "masterdata.counterpartyaccount": (_("收款账户"), "number"),
    "masterdata.bank": (_("银行"), "name"),
    "masterdata.connection": (_("银行通道"), "name"),
    "masterdata.accountsubject": (_("科目"), "code"),
    "masterdata.user": (_("用户"), "username"),
    "masterdata.membership": (_("职责"), "user__username"),
    "masterdata.delegation": (_("代理"), "giver__username"),
    "masterdata.usersession": (_("会话"), "user__username"),
    "masterdata.securitykey": (_("安全密钥"), "name"),
    "masterdata.apiclient": (_("接口系统"), "name"),
    "masterdata.stagedchange": (_("待确认变更"), "title"),
    "masterdata.strategyrow": (_("策略"), "line"),
    "masterdata.calendaryear": (_("工作日历"), "year"),
    "masterdata.outboundgate": (_("付款出口"), ""),
    "approvals.case": (_("审批"), "subject_id"),
    "approvals.policy": (_("审批矩阵"), "line"),
    "approvals.signingkey": (_("签名密钥"), "user__username"),
    "approvals.standingauthority": (_("常设授权"), "line"),
    "bankbridge.exchange": (_("银行报文"), "key"),
    "erpbridge.erpsystem": (_("财务系统"), "name"),
    "erpbridge.filemapping": (_("列映射"), ""),
    "erpbridge.inbox": (_("财务系统来报"), "key"),
    "erpbridge.outbox": (_("送往财务系统"), ""),
    "desk.exceptioncase": (_("异常事项"), "title"),
    "desk.importmapping": (_("列映射"), "name"),
    "desk.job": (_("任务"), "title"),
}
# The log of conversations with banks says briefly what it is about.
_SHORT = {"payments.instruction": "payments.paymentinstruction"}
_ACCOUNTS = frozenset({"number", "account__number"})
# Whose number somebody who examines has in hand; each column has an index, or its table is small.
_SOUGHT = (
    "payments.paymentorder",
    "payments.paymentinstruction",
    "payments.batch",
    "payments.linkedpayment",
    "receipts.arrivalnotice",
    "masterdata.company",
    "masterdata.ownaccount",
    "masterdata.counterparty",
    "masterdata.counterpartyaccount",
    "masterdata.user",
    "masterdata.connection",
    "masterdata.apiclient",
)
_SOUGHT_MAX = 50


def kind_words(kind: str) -> Words:
    """What an object of this kind is called."""
    return KINDS.get(_SHORT.get(kind, kind), (kind, ""))[0]


KIND_CHOICES = [(kind, words) for kind, (words, _column) in KINDS.items()]  # for a drop-down


def _numbers(kind: str, ids: Iterable[str]) -> dict[str, str]:
    column = KINDS.get(kind, ("", ""))[1]
    keys = [number for one in ids if (number := whole_number(one)) is not None]
    if not column or not keys:
        return {}
    found = apps.get_model(kind)._base_manager.filter(pk__in=keys).values_list("pk", column)
    return {
        str(pk): formats.masked_account(value) if column in _ACCOUNTS else str(value)
        for pk, value in found
        if value
    }


def name_subjects(rows: Sequence[dict[str, Any]]) -> None:
    """Put `subject_words` into each row: `付款单 P0100…`; one query a kind, whatever the number of rows."""
    wanted: dict[str, set[str]] = {}
    for row in rows:
        kind = _SHORT.get(row["subject_kind"], row["subject_kind"])
        wanted.setdefault(kind, set()).add(str(row["subject_id"]))
    numbers = {kind: _numbers(kind, ids) for kind, ids in wanted.items()}
    for row in rows:
        kind, key = _SHORT.get(row["subject_kind"], row["subject_kind"]), str(row["subject_id"])
        row["subject_words"] = f"{kind_words(kind)} {numbers[kind].get(key, key)}" if kind else ""


class SubjectFilter(TextFilter):
    """Rows about the object with this business number, whatever its kind; or with this id."""

    def condition(self, value: str) -> Q:
        """The id itself, or the rows the number belongs to."""
        text = value.strip()[:64]
        number = whole_number(text)
        found = [Q(pk__in=[]) if number is None else Q(subject_id=number)]
        for name in _SOUGHT:
            rows = apps.get_model(name)._base_manager.filter(**{KINDS[name][1]: text})
            if ids := list(rows.values_list("pk", flat=True)[:_SOUGHT_MAX]):
                kinds = [name, *(short for short, full in _SHORT.items() if full == name)]
                found.append(Q(subject_kind__in=kinds, subject_id__in=ids))
        return reduce(or_, found)
