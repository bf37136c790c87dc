"""Lists of arrival notices: the inbox, the work lists, and the report 收款处理查询."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from desk.filters import (
    AmountRangeFilter,
    ChoiceFilter,
    CompanyFilter,
    DateRangeFilter,
    Filter,
    TextFilter,
)
from desk.pages import BulkAction, ListPage, render_list
from desk.rows import Column, Row
from desk.words import words_of
from kernel.scope import Scope
from masterdata import selectors as masterdata
from receipts import selectors
from receipts.models import ArrivalNotice, BookingRun, SplitLine, Supplement
from receipts.states import UNCLAIMED, NoticeState
from receipts.views.common import accounts, companies, offices

S = NoticeState
_KINDS: dict[str, Any] = dict(Supplement.Kind.choices)
_STYLES: dict[str, Any] = {"single": _("单笔"), "batch": _("批量")}
STATE_CHOICES = [(state.value, words_of(state.value).word) for state in NoticeState]


def notice_link(row: Row) -> str:
    """The address of a notice's page."""
    return reverse("receipts:notice", args=[row["notice_no"]])


class InvoiceFilter(Filter):
    """An invoice among the parts of the supplement in force."""

    def condition(self, value: str) -> Q:
        """Of that number, whatever the case."""
        parts = SplitLine.objects.filter(invoice_no=value.strip().upper()[:60])
        return Q(supplement_id__in=parts.values("supplement_id"))


class UnknownPayerFilter(ChoiceFilter):
    """Only what no rule has a customer for."""

    def apply(self, rows: QuerySet[Any], given: Any) -> QuerySet[Any]:
        """Notices without a customer."""
        return rows.filter(customer__isnull=True) if given.get(self.name) else rows


_NUMBER = Column("notice_no", _("通知单号"), kind="code", link=notice_link, is_key=True)
_STATE = Column("state", _("状态"), kind="state")
_AMOUNT = Column("amount", _("金额"), kind="money", note="currency", sort="amount", is_key=True)
_TIME = Column("entry_at", _("到账时间"), kind="datetime", sort="entry_at")
_PAYER = Column("counterparty_name", _("付款户名"))
_NARRATIVE = Column("narrative", _("摘要"))
_CUSTOMER = Column("customer__name", _("客户 / 依据"), note="rule")
_OFFICE = Column("office__name", _("办事处"))
_COMPANY = Column("company__short_name", _("公司"))
_ACCOUNT = Column("account__number", _("收款账号"), kind="account")
FILTERS: tuple[Filter, ...] = (
    TextFilter(
        "q",
        _("单号 / 付款方 / 摘要"),
        fields=("notice_no", "counterparty_name", "counterparty_account", "narrative", "purpose"),
    ),
    CompanyFilter("company", _("公司"), "company_id", choices=companies),
    ChoiceFilter("office", _("办事处"), "office_id", choices=offices),
    ChoiceFilter("account", _("收款账户"), "account_id", choices=accounts),
    ChoiceFilter(
        "bank",
        _("收款银行"),
        "account__bank__prefix",
        choices=lambda _scope: masterdata.bank_choices(),
    ),
    TextFilter("customer", _("客户编码 / 名称"), fields=("customer__code", "customer__name")),
    AmountRangeFilter("amount", _("金额")),
    DateRangeFilter("day", _("银行日期"), "bank_date"),
)


class NoticesPage(ListPage):
    """Arrival notices of the viewer's companies, newest first."""

    key, title = "receipts.inbox", _("到款通知")
    caption = _("银行每到一笔款即有一张通知单，只此一张；我方付款的退回与内部调拨不作收款。")
    order = "-entry_at"
    amount, currency = "amount", "currency"
    columns: Sequence[Column] = (
        *(_NUMBER, _STATE, _AMOUNT, _TIME, _PAYER, _NARRATIVE, _CUSTOMER, _OFFICE),
        Column("claimed_by__display_name", _("认领人")),
        *(_COMPANY, _ACCOUNT),
    )
    filters: tuple[Filter, ...] = (
        ChoiceFilter("state", _("状态"), choices=STATE_CHOICES),
        *FILTERS,
        UnknownPayerFilter("unknown", _("客户未知"), choices=(("1", _("只看客户未知")),)),
    )
    empty_title = _("没有到款")
    empty_hint = _("银行报来入账后一分钟内出现在这里。")

    def base(self, scope: Scope) -> QuerySet[ArrivalNotice]:
        """Everything that arrived."""
        return selectors.visible_notices(scope)

    def row_url(self, row: Row) -> str:
        """The notice's page."""
        return notice_link(row)


class SupplementPage(NoticesPage):
    """What waits for somebody to say what it is."""

    key, title = "receipts.to_supplement", _("补录")
    caption = _("认领后补录客户、发票与科目；多人同时认领时只有一人得到。")
    selectable = True
    actions = (
        BulkAction(_("认领"), url=reverse_lazy("receipts:claim_many"), right="receipts.supplement"),
    )
    filters = (
        ChoiceFilter(
            "state",
            _("状态"),
            choices=[
                one for one in STATE_CHOICES if one[0] in [state.value for state in UNCLAIMED]
            ],
        ),
        *FILTERS,
    )
    empty_title = _("没有待补录的到款")

    def base(self, scope: Scope) -> QuerySet[ArrivalNotice]:
        """Unclaimed and claimed ones."""
        return selectors.visible_notices(scope).filter(state__in=UNCLAIMED)


class ReviewPage(NoticesPage):
    """What somebody supplemented and another has to look at."""

    key, title = "receipts.to_review", _("补录复核")
    caption = _("补录人与复核人须为不同的自然人。")
    selectable = True
    actions = (
        BulkAction(
            _("复核通过"), url=reverse_lazy("receipts:approve_many"), right="receipts.review"
        ),
    )
    columns = (
        *(_NUMBER, _AMOUNT, _TIME, _PAYER, _CUSTOMER, _NARRATIVE),
        Column("supplement__kind", _("性质"), value=lambda row: _KINDS.get(row["supplement__kind"], ""), needs=("supplement__kind",)),
        Column("supplementer__display_name", _("补录人")),
        *(_OFFICE, _COMPANY, _ACCOUNT),
    )  # fmt: skip
    filters = FILTERS
    empty_title = _("没有待复核的补录")

    def base(self, scope: Scope) -> QuerySet[ArrivalNotice]:
        """Waiting for a review."""
        return selectors.visible_notices(scope).filter(state=S.PENDING_REVIEW)


class BookingPage(NoticesPage):
    """What is reviewed and waits for the books."""

    key, title = "receipts.to_book", _("收款入账")
    caption = _("按公司的入账方式生成凭证：单笔一张，或同日多笔一张；有误的逐行列出，其余照记。")
    selectable = True
    actions = (
        BulkAction(
            _("预览凭证"),
            url=reverse_lazy("receipts:book_preview"),
            tone="plain",
            right="receipts.book",
        ),
        BulkAction(_("入账"), url=reverse_lazy("receipts:book"), right="receipts.book"),
    )
    columns = (
        *(_NUMBER, _AMOUNT, _TIME, _PAYER, _CUSTOMER),
        Column("reviewer__display_name", _("复核人")),
        Column("reviewed_at", _("复核时间"), kind="datetime"),
        *(_OFFICE, _COMPANY, _ACCOUNT),
    )
    filters = FILTERS
    empty_title = _("没有待入账的到款")

    def base(self, scope: Scope) -> QuerySet[ArrivalNotice]:
        """Reviewed, not booked."""
        return selectors.visible_notices(scope).filter(state=S.APPROVED)


class UnconfirmedPage(NoticesPage):
    """What is booked and the finance system has not answered for."""

    key, title = "receipts.unconfirmed", _("待确认记账")
    caption = _("凭证已生成，财务系统尚未确认接收；应答到达后自动确认。")
    order = "-entry_at"
    columns = (
        *(_NUMBER, _AMOUNT, _TIME, _CUSTOMER),
        Column("voucher_label", _("凭证"), kind="code"),
        Column("booked_on", _("入账时间"), kind="datetime"),
        *(_OFFICE, _COMPANY, _ACCOUNT),
    )
    filters = FILTERS
    empty_title = _("没有待确认的收款")
    empty_hint = _("全部已由财务系统确认。")

    def base(self, scope: Scope) -> QuerySet[ArrivalNotice]:
        """Booked, not confirmed."""
        return selectors.visible_notices(scope).filter(state=S.BOOKED)


def _invoices() -> Subquery:
    parts = SplitLine.objects.filter(supplement_id=OuterRef("supplement_id"))
    listed = parts.exclude(invoice_no="").order_by().values("supplement_id")
    return Subquery(listed.annotate(x=StringAgg("invoice_no", "、")).values("x"))


class ReportPage(NoticesPage):
    """收款处理查询 (DOMAIN §8)."""

    key, title = "receipts.report", _("收款处理查询")
    caption = _("每笔到款的客户、发票、经手人与凭证；可导出筛选后的全部内容。")
    columns = (
        _NUMBER,
        Column("bank_date", _("银行日期"), kind="day"),
        *(_STATE, _AMOUNT),
        Column("counterparty_name", _("付款户名")),
        Column("counterparty_account", _("付款账号"), kind="account"),
        _NARRATIVE,
        Column("customer__name", _("客户"), note="customer__code"),
        Column("invoices", _("发票")),
        Column("rule", _("规则"), kind="code"),
        Column("supplementer__display_name", _("补录人")),
        Column("reviewer__display_name", _("复核人")),
        Column("voucher_label", _("凭证"), kind="code"),
        *(_OFFICE, _COMPANY, _ACCOUNT),
        Column("entry_at", _("到账时间"), kind="datetime", sort="entry_at"),
    )
    filters = (
        *NoticesPage.filters,
        InvoiceFilter("invoice", _("发票号")),
        ChoiceFilter("nature", _("款项类别"), choices=ArrivalNotice.Nature.choices),
        TextFilter("voucher", _("凭证"), fields=("voucher_label",)),
    )

    def base(self, scope: Scope) -> QuerySet[ArrivalNotice]:
        """Everything that arrived, with its invoices."""
        return selectors.visible_notices(scope).annotate(invoices=_invoices())


class BookingsPage(ListPage):
    """Acts of booking."""

    key, title = "receipts.bookings", _("入账记录")
    order = "-made_at"
    columns = (
        Column(
            "made_at",
            _("时间"),
            kind="datetime",
            sort="made_at",
            link=lambda row: reverse("receipts:booking", args=[row["pk"]]),
            is_key=True,
        ),
        Column("company__short_name", _("公司")),
        Column("style", _("方式"), value=lambda row: _STYLES[row["style"]], needs=("style",)),
        Column("booked", _("已入账"), kind="number"),
        Column("refused", _("未入账"), kind="number"),
        Column("vouchers", _("凭证数"), kind="number"),
        Column(
            "who",
            _("经手人"),
            value=lambda row: row["made_by__display_name"] or _("系统"),
            needs=("made_by__display_name",),
        ),
    )
    filters = (
        CompanyFilter("company", _("公司"), "company_id", choices=companies),
        DateRangeFilter("day", _("日期"), "made_at", moments=True),
    )
    empty_title = _("还没有入账记录")

    def base(self, scope: Scope) -> QuerySet[BookingRun]:
        """Of the viewer's companies."""
        return selectors.visible_bookings(scope)

    def row_url(self, row: Row) -> str:
        """Its page."""
        return reverse("receipts:booking", args=[row["pk"]])


PAGES: dict[str, type[ListPage]] = {
    "inbox": NoticesPage,
    "to_supplement": SupplementPage,
    "to_review": ReviewPage,
    "to_book": BookingPage,
    "unconfirmed": UnconfirmedPage,
    "report": ReportPage,
    "bookings": BookingsPage,
}


@require_safe
def show(request: HttpRequest, *, name: str) -> HttpResponseBase:
    """One of the lists."""
    return render_list(request, PAGES[name])
