"""支付状态查询: every payment with its state since when, what the bank said, who did which step, reconciliation and voucher."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

import ledger.selectors
from approvals import selectors as approvals
from desk.filters import (
    AmountRangeFilter,
    ChoiceFilter,
    CompanyFilter,
    DateRangeFilter,
    Filter,
    TextFilter,
)
from desk.keysets import whole_number
from desk.pages import ListPage
from desk.rows import Column, Row
from desk.words import words_of
from kernel import clock
from kernel.scope import Scope
from payments import selectors
from payments.views.columns import (
    NumberedFilter,
    PayeeFilter,
    accounts,
    approvals_note,
    banks,
    companies,
    order_link,
    states,
)

VOUCHED = "payments.paymentinstruction"
OPEN = ("sending", "accepted", "manual_handling", "unknown")
HOURS_MAX = 24 * 3660


@dataclass(frozen=True)
class OpenLongerFilter(Filter):
    """Sent more than so many hours ago and still without an end."""

    def condition(self, value: str) -> Q:
        """Open, and sent before then; what is no number finds nothing."""
        hours = whole_number(value)
        if hours is None or hours > HOURS_MAX:
            return Q(pk__in=[])
        before = clock.now() - timedelta(hours=hours)
        return Q(shown_state__in=OPEN, instruction__sent_at__lt=before)


def _people(row: Row) -> str:
    told = [
        (_now("制单"), row["maker__display_name"]),
        *row["people"],
    ]
    return " → ".join(f"{word} {name}" for word, name in told if name)


def _word(name: str) -> Any:
    return lambda row: words_of(row[name]).word if row[name] else ""


class StatusReport(ListPage):
    """Payments and all that is known of each."""

    key, title = "payments.status", _("支付状态查询")
    caption = _("每笔付款的状态、银行答复、各环节经办人、对账与凭证；点开一笔看它的全部经过。")
    order = "-created_at"
    amount, currency = "amount", "currency"
    needs = ("approval_id", "instruction_id")
    empty_title = _("没有符合条件的付款单")
    columns = (
        Column("order_no", _("付款单号"), kind="code", link=order_link, is_key=True),
        Column("shown_state", _("状态"), kind="state"),
        Column("updated_at", _("状态更新"), kind="datetime"),
        Column("amount", _("金额"), kind="money", sort="amount", note="currency"),
        Column("payee_name", _("收款户名")),
        Column("payee_number", _("收款账号"), kind="account"),
        Column("payee_bank", _("收款银行")),
        Column("company__short_name", _("付款公司")),
        Column("payer_account__number", _("付款账号"), kind="account"),
        Column("purpose", _("用途")),
        Column("erp_doc_no", _("来源单据"), kind="code", value=approvals_note, needs=("erp_doc_no", "erp_line_no")),
        Column("instruction__route_actual", _("清算渠道"), kind="code",
               value=lambda row: row["instruction__route_actual"] or row["instruction__route_requested"],
               needs=("instruction__route_actual", "instruction__route_requested")),
        Column("instruction__instr_no", _("指令流水号"), kind="code"),
        Column("instruction__batch__batch_no", _("批次号"), kind="code"),
        Column("instruction__bank_serial", _("银行流水号"), kind="code"),
        Column("instruction__bank_code", _("银行代码"), kind="code"),
        Column("instruction__bank_text", _("银行答复")),
        Column("people", _("各环节经办人"), value=_people, needs=("maker__display_name",)),
        Column("recon", _("对账"), value=_word("instruction__recon_status"), needs=("instruction__recon_status",)),
        Column("voucher", _("凭证"), kind="code", value=lambda row: row["vouchers"]),
        Column("created_at", _("制单时间"), kind="datetime", sort="created_at"),
        Column("released_at", _("授权时间"), kind="datetime"),
        Column("instruction__sent_at", _("发送时间"), kind="datetime"),
        Column("instruction__final_at", _("结果时间"), kind="datetime"),
    )  # fmt: skip
    filters = (
        ChoiceFilter("state", _("状态"), "shown_state", choices=states),
        CompanyFilter("company", _("公司"), "company_id", choices=companies),
        ChoiceFilter("account", _("付款账户"), "payer_account_id", choices=accounts),
        ChoiceFilter("bank", _("付款银行"), "payer_account__bank__prefix", choices=banks),
        PayeeFilter("payee", _("收款方")),
        AmountRangeFilter("amount", _("金额")),
        DateRangeFilter("made", _("制单日期"), "created_at", moments=True),
        DateRangeFilter("released", _("授权日期"), "released_at", moments=True),
        DateRangeFilter("bank", _("银行结果日期"), "instruction__final_at", moments=True),
        NumberedFilter("number", _("单号")),
        TextFilter("batch", _("批次号"), fields=("instruction__batch__batch_no",), exact=True),
        OpenLongerFilter("open", _("无结果超过（小时）")),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Orders of the viewer's companies."""
        return selectors.visible_orders(scope)

    def enrich(self, rows: list[dict[str, Any]]) -> None:
        """Who decided, and which vouchers book the payment."""
        words = {"check": _now("复核"), "approve": _now("审批"), "release": _now("授权")}
        people = approvals.people_of_cases(
            [row["approval_id"] for row in rows if row["approval_id"]]
        )
        numbers: dict[str, list[str]] = {}
        ids = [row["instruction_id"] for row in rows if row["instruction_id"]]
        for one in ledger.selectors.vouchers_of(VOUCHED, ids):
            numbers.setdefault(one.source_id, []).append(one.number or _now("草稿"))
        for row in rows:
            row["people"] = [(words[act], name) for act, name in people.get(row["approval_id"], ())]
            row["vouchers"] = " ".join(numbers.get(str(row["instruction_id"]), ()))

    def row_url(self, row: Row) -> str:
        """The payment's page with its whole trail."""
        return order_link(row)
