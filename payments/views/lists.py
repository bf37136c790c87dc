"""Lists and desks of payment orders and batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from desk.filters import (
    ChoiceFilter,
    Filter,
)
from desk.pages import BulkAction, ListPage, render_list
from desk.rows import Column, Row
from desk.words import STATES
from kernel import clock
from kernel.scope import Scope
from payments import selectors
from payments.acts import ACTS
from payments.views.adjudications import AdjudicationList
from payments.views.columns import COMMON_FILTERS, ORDER_COLUMNS, order_link, states
from payments.views.records import BatchList, ImportList
from payments.views.status import StatusReport


class OrderList(ListPage):
    """Every order the viewer may see."""

    key = "payments.orders"
    title = _("付款单")
    columns: Sequence[Column] = ORDER_COLUMNS
    filters: Sequence[Filter] = (
        ChoiceFilter("state", _("状态"), "shown_state", choices=states),
        *COMMON_FILTERS,
        ChoiceFilter("import", _("导入"), "import_set_id", choices=lambda _scope: ()),
    )
    amount, currency = "amount", "currency"
    empty_title = _("没有符合条件的付款单")

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Orders of the viewer's companies."""
        return selectors.visible_orders(scope)

    def row_url(self, row: Row) -> str:
        """The order's page."""
        return order_link(row)


class _Desk(OrderList):
    """Orders waiting for one duty, oldest first."""

    right = ""
    act = ""
    filters = COMMON_FILTERS
    order = "created_at"
    selectable = True
    needs = ("order_no",)
    size = 100

    def base(self, scope: Scope) -> QuerySet[Any]:
        """What waits for the viewer."""
        scope.demand(self.right)
        return selectors.worklist(self.right, scope=scope)

    def row_url(self, row: Row) -> str:
        """The order's page, which knows the way back to the desk."""
        return f"{order_link(row)}?desk={self.act}"


def _bulk(act: str, label: Any, tone: str = "primary", shortcut: str = "") -> BulkAction:
    address: Any = reverse_lazy("payments:bulk", args=[act])  # resolved when drawn
    return BulkAction(label, address, tone=tone, shortcut=shortcut)


class CheckDesk(_Desk):
    """Orders to check."""

    key, title, right, act = "payments.check", _("待复核"), "payments.check", "check"
    caption = _("核对收款方、账号、金额与来源单据一致后复核；本人制的单不在此列。")
    actions = (
        _bulk("check", _("复核通过"), shortcut="A"),
        _bulk("return", _("退回制单"), "plain", "R"),
    )
    empty_title = _("暂无待复核的付款单")
    empty_hint = _("制单人提交后会出现在这里。")


class ApproveDesk(_Desk):
    """Orders to approve."""

    key, title, right, act = "payments.approve", _("待审批"), "payments.approve", "approve"
    caption = _("按审批矩阵需要您审批的付款单；本人制单或复核过的不在此列。")
    actions = (
        _bulk("approve", _("审批通过"), shortcut="A"),
        _bulk("return", _("退回制单"), "plain", "R"),
    )
    empty_title = _("暂无待审批的付款单")
    empty_hint = _("复核通过且金额达到审批线的付款单会出现在这里。")


class ReleaseDesk(_Desk):
    """Orders to release."""

    key, title, right, act = "payments.release", _("待授权"), "payments.release", "release"
    caption = _("授权是最后一道人工环节：授权后系统即向银行发送，无法撤回。")
    actions = (
        _bulk("release", _("授权付款"), "danger", "A"),
        _bulk("return", _("退回制单"), "plain", "R"),
    )
    empty_title = _("暂无待授权的付款单")
    empty_hint = _("复核、审批全部完成的付款单会出现在这里。")


class MakerDesk(_Desk):
    """Drafts and returned orders of the maker."""

    key, title, right, act = "payments.drafts", _("草稿与退回"), "payments.make", "submit"
    actions = (_bulk("submit", _("提交复核")), _bulk("void", _("作废"), "plain"))
    empty_title = _("没有草稿或被退回的付款单")


class HeldDesk(_Desk):
    """Orders a duplicate rule holds."""

    key, title, right, act = "payments.held", _("暂挂"), "payments.lift_hold", "lift"
    caption = _("命中重复付款等规则的付款单。由制单、复核以外的人核实并注明原因后解除，或作废。")
    columns = (
        *ORDER_COLUMNS[:5],
        Column(
            "hold_reasons",
            _("暂挂原因"),
            value=lambda row: "；".join(
                str(hold.get("message", "")) for hold in row["hold_reasons"]
            ),
            needs=("hold_reasons",),
        ),
        *ORDER_COLUMNS[5:10],
        ORDER_COLUMNS[11],
    )
    actions = (_bulk("lift", _("解除暂挂"), shortcut="A"),)
    empty_title = _("没有暂挂的付款单")
    empty_hint = _("命中重复付款规则的付款单会停在这里等待核实。")


def _age(row: Row) -> str:
    since = row["instruction__unknown_since"] or row["instruction__sent_at"]
    if since is None:
        return "—"
    minutes = int((clock.now() - since).total_seconds() // 60)
    if minutes < 60:
        return _now("%(n)s 分钟") % {"n": max(minutes, 0)}
    if minutes < 48 * 60:
        return _now("%(h)s 小时 %(m)s 分") % {"h": minutes // 60, "m": minutes % 60}
    return _now("%(n)s 天") % {"n": minutes // 1440}


class UnknownDesk(OrderList):
    """Payments whose end nobody knows yet, and those the bank still works on."""

    key, title = "payments.unknown", _("结果未知")
    caption = _(
        "结果未知，请勿重复付款。款项可能已付出；系统按时自动向银行查询，不会停止，也绝不会重发。"
    )
    columns = (
        *ORDER_COLUMNS[:6],
        Column(
            "age",
            _("已历时"),
            value=_age,
            needs=("instruction__unknown_since", "instruction__sent_at"),
        ),
        Column("instruction__inquiries", _("已查询次数"), kind="number"),
        Column("instruction__last_inquiry_at", _("最近查询"), kind="datetime"),
        Column("instruction__next_inquiry_at", _("下次查询"), kind="datetime"),
        Column("instruction__unknown_why", _("原因")),
        Column("instruction__bank_text", _("银行最近答复"), note="instruction__bank_code"),
        Column("instruction__instr_no", _("指令流水号"), kind="code"),
        Column(
            "adjudicate",
            _("处理"),
            value=lambda row: _now("裁定") if row["shown_state"] in ("unknown", "disputed") else "",
            link=lambda row: reverse("payments:adjudicate", args=[row["order_no"]]),
            needs=("shown_state", "order_no"),
        ),
    )
    filters = (
        ChoiceFilter(
            "state",
            _("状态"),
            "shown_state",
            choices=[
                (s, STATES[s].word)
                for s in ("unknown", "disputed", "accepted", "manual_handling", "sending")
            ],
        ),
        *COMMON_FILTERS,
    )
    order = "created_at"
    empty_title = _("没有结果未知的付款")
    empty_hint = _("所有已发送的付款都有明确结果。")

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Unknown and disputed ones, unless another open state is asked for."""
        rows = selectors.visible_orders(scope)
        if self.given.get("state"):
            return rows.filter(
                shown_state__in=["unknown", "disputed", "accepted", "manual_handling", "sending"]
            )
        return rows.filter(shown_state__in=["unknown", "disputed"])


class FailureList(OrderList):
    """Failed and returned payments."""

    key, title = "payments.failures", _("失败与退票")
    caption = _(
        "银行明确未付或付出后退回的付款。核实原因后可按新数据重付：须重新走制单、复核、审批、授权。"
    )
    columns = (
        *ORDER_COLUMNS[:6],
        Column("instruction__bank_code", _("银行代码"), kind="code"),
        Column("instruction__bank_text", _("银行原因")),
        Column("instruction__final_at", _("结果时间"), kind="datetime"),
        Column("instruction__attempt", _("第几次"), kind="number"),
        ORDER_COLUMNS[9],
        ORDER_COLUMNS[10],
    )
    filters = (
        ChoiceFilter(
            "state",
            _("状态"),
            "shown_state",
            choices=[(s, STATES[s].word) for s in ("failed", "returned")],
        ),
        *COMMON_FILTERS,
    )
    empty_title = _("没有失败或退票的付款")

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Failed or returned."""
        return selectors.visible_orders(scope).filter(shown_state__in=["failed", "returned"])


# page name -> (list, template)
PAGES: dict[str, tuple[type[ListPage], str]] = {
    "orders": (OrderList, "payments/orders.html"),
    "check": (CheckDesk, "payments/desk.html"),
    "approve": (ApproveDesk, "payments/desk.html"),
    "release": (ReleaseDesk, "payments/desk.html"),
    "drafts": (MakerDesk, "payments/desk.html"),
    "held": (HeldDesk, "payments/desk.html"),
    "unknown": (UnknownDesk, "desk/list.html"),
    "failed": (FailureList, "desk/list.html"),
    "status": (StatusReport, "desk/list.html"),
    "adjudications": (AdjudicationList, "desk/list.html"),
    "batches": (BatchList, "desk/list.html"),
    "imports": (ImportList, "desk/list.html"),
}


def _extra(page: ListPage) -> Mapping[str, Any]:
    if isinstance(page, _Desk):
        query = page.querystring(without=("after", "before", "sort", "size"))
        return {"act": page.act, "main_act": ACTS[page.act], "all_query": query}
    return {
        "can_make": page.scope.has("payments.make"),
        "can_import": page.scope.has("payments.import"),
    }


def show(request: HttpRequest, name: str) -> HttpResponseBase:
    """One of the lists."""
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    scope.demand("payments.view")
    page, template = PAGES[name]
    return render_list(request, page, template, _extra)
