"""List pages of the ERP border: what finance systems delivered, and what was told to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import BooleanField, DurationField, ExpressionWrapper, F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from desk.filters import ChoiceFilter, DateRangeFilter, Filter, MoreThanFilter, TextFilter
from desk.keysets import whole_number
from desk.pages import ListPage
from desk.rows import Column, Row
from erpbridge import conversations, selectors
from erpbridge.models import ErpSystem, Outbox
from kernel.scope import Scope

SLOW_MAX_MS = 10**11  # three years


def _answered(row: Row) -> Any:
    if not row["status"]:
        return _("等待应答")
    return f"{row['status']}" + (f" · {_('错误')} {row['faults']}" if row["faults"] else "")


def _delivered(row: Row) -> Any:
    if row["acked_at"]:
        return _("对方已确认")
    if row["delivered_at"]:
        return _("已送达")
    if row["dead_at"]:
        return _("多次推送失败，已停止")
    return _("未送达") if row["last_error"] else _("待送达")


def _told(name: str) -> Any:
    return lambda row: getattr(row["told"], name)


def _latency(row: Row) -> int | None:
    """Milliseconds from writing a message to its being there; None while it is not."""
    if row["delivered_at"] is None:
        return None
    return int((row["delivered_at"] - row["made_at"]) / timedelta(milliseconds=1))


class SlowerFilter(Filter):
    """What took longer than so many milliseconds; what is no number finds nothing."""

    def condition(self, value: str) -> Q:
        """Longer than the value."""
        number = whole_number(value)
        if number is None or number > SLOW_MAX_MS:
            return Q(pk__in=[])
        return Q(**{f"{self.field}__gt": timedelta(milliseconds=number)})


class InboxPage(ListPage):
    """Deliveries from finance systems, newest first."""

    key = "erpbridge.inbox"
    keeps = ("peer",)
    title = _("接口日志查询 · ERP 来报")
    caption = _("财务系统送来的每一次请求：同一幂等键只处理一次，内容加密保存。")
    order = "-received_at"
    columns = (
        Column("received_at", _("时间"), kind="datetime", sort="received_at", is_key=True),
        Column("direction", _("方向"), value=lambda row: _("ERP → 平台")),
        Column("system", _("对方"), note="source_system"),
        Column("kind", _("交易"), kind="code"),
        Column("key", _("报文号（幂等键）"), kind="code"),
        Column("ours", _("业务编号"), kind="code", value=_told("numbers")),
        Column("items", _("条数"), kind="number"),
        Column("result", _("结果"), value=_answered, needs=("status", "faults")),
        Column("attempt", _("第几次"), kind="number", value=_told("attempt")),
        Column("latency_ms", _("耗时 ms"), kind="number"),
        Column("sent", _("内容字节"), kind="number", value=_told("request_bytes")),
        Column("answered", _("应答字节"), kind="number", value=_told("answer_bytes")),
        Column("style", _("方式"), kind="code"),
        Column("origin", _("来源")),
    )
    filters: tuple[Filter, ...] = (
        TextFilter("peer_name", _("对方"), fields=("system", "source_system")),
        TextFilter("tx", _("交易"), fields=("kind",), exact=True),
        ChoiceFilter(
            "style",
            _("方式"),
            choices=[(one, one) for one in ("api", "db", "file", "tcp", "table")],
        ),
        TextFilter("id", _("报文号"), fields=("key",), exact=True),
        ChoiceFilter(
            "status",
            _("应答码"),
            choices=[(str(n), str(n)) for n in (0, 200, 201, 202, 400, 403, 409, 422)],
        ),
        MoreThanFilter("slow", _("慢于（毫秒）"), field="latency_ms"),
        DateRangeFilter("at", _("日期"), field="received_at", moments=True),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Deliveries of systems whose companies the viewer may all see."""
        return selectors.visible_inbox(scope)

    def enrich(self, rows: list[dict[str, Any]]) -> None:
        """What each became here, its sizes, which attempt it was."""
        told = conversations.told_of_deliveries([row["pk"] for row in rows])
        for row in rows:
            row["told"] = told[row["pk"]]

    def row_url(self, row: Row) -> str:
        """Its page, with its refusals and, by right, what was sent."""
        return reverse("erpbridge:delivery", args=[row["pk"]])


class OutboxPage(ListPage):
    """Messages to finance systems, newest first."""

    key = "erpbridge.outbox"
    by_base = ("business",)
    keeps = ("peer",)
    title = _("接口日志查询 · 送往 ERP")
    caption = _("送给财务系统的每一条消息：至少送达一次，消息号不变；未送达的按时重试。")
    order = "-made_at"
    columns = (
        Column("made_at", _("时间"), kind="datetime", sort="made_at", is_key=True),
        Column("direction", _("方向"), value=lambda row: _("平台 → ERP")),
        Column("system", _("对方"), note="company_code"),
        Column("kind", _("交易"), kind="code"),
        Column("message_id", _("报文号"), kind="code"),
        Column("subject_id", _("业务编号"), kind="code", value=_told("numbers")),
        Column(
            "result",
            _("结果"),
            value=_delivered,
            needs=("acked_at", "delivered_at", "dead_at", "last_error"),
        ),
        Column("attempts", _("第几次"), kind="number"),
        Column(
            "latency",
            _("送达用时 ms"),
            kind="number",
            value=_latency,
            needs=("made_at", "delivered_at"),
        ),
        Column("bytes", _("内容字节"), kind="number", value=_told("request_bytes")),
        Column("delivered_at", _("送达时间"), kind="datetime"),
        Column("acked_at", _("确认时间"), kind="datetime"),
        Column("last_error", _("说明")),
    )
    filters: tuple[Filter, ...] = (
        TextFilter("peer_name", _("对方"), fields=("system",)),
        TextFilter("tx", _("交易"), fields=("kind",), exact=True),
        TextFilter("id", _("报文号"), fields=("message_id",), exact=True),
        Filter("business", _("业务编号")),
        ChoiceFilter(
            "delivered",
            _("送达"),
            "is_delivered",
            choices=[("False", _("未送达")), ("True", _("已送达"))],
        ),
        SlowerFilter("slow", _("慢于（毫秒）"), field="waited"),
        DateRangeFilter("at", _("日期"), field="made_at", moments=True),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Messages about the viewer's companies."""
        return self.told(selectors.visible_outbox(scope), scope)

    def told(self, rows: QuerySet[Outbox], scope: Scope) -> QuerySet[Outbox]:
        """These messages with what the filters ask about; of one business number where one is given."""
        if number := self.given.get("business", "").strip():
            rows = rows.filter(conversations.about(number, scope=scope))
        reached = ExpressionWrapper(Q(delivered_at__isnull=False), output_field=BooleanField())
        waited = ExpressionWrapper(F("delivered_at") - F("made_at"), output_field=DurationField())
        return rows.annotate(is_delivered=reached, waited=waited)

    def enrich(self, rows: list[dict[str, Any]]) -> None:
        """What each tells of, and its size."""
        told = conversations.told_of_messages([row["pk"] for row in rows])
        for row in rows:
            row["told"] = told[row["pk"]]

    def row_url(self, row: Row) -> str:
        """Its page, with, by right, what it tells."""
        return reverse("erpbridge:message", args=[row["pk"]])


STYLES = [(one.value, one.label) for one in ErpSystem.Style]
STYLE_WORDS = {value: str(label) for value, label in STYLES}


class WatchedInPage(InboxPage):
    """Deliveries as the monitor lists them: each opens, with its refusals and, by right, what was sent."""

    key = "erpbridge.monitor_in"
    title = _("接口监控 · 来报")
    filters = (
        *InboxPage.filters,
        ChoiceFilter(
            "faults",
            _("结果"),
            "has_faults",
            choices=[("True", _("有错误")), ("False", _("全部接收"))],
        ),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Deliveries of the systems the viewer watches."""
        wrong = ExpressionWrapper(Q(faults__gt=0), output_field=BooleanField())
        return selectors.watched_inbox(scope).annotate(has_faults=wrong)


class WatchedOutPage(OutboxPage):
    """Messages as the monitor lists them."""

    key = "erpbridge.monitor_out"
    title = _("接口监控 · 去报")
    filters = (
        *OutboxPage.filters,
        ChoiceFilter("dead", _("死信"), "is_dead", choices=[("True", _("是")), ("False", _("否"))]),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Messages about the companies the viewer watches."""
        dead = ExpressionWrapper(
            Q(dead_at__isnull=False, delivered_at=None), output_field=BooleanField()
        )
        return self.told(selectors.watched_outbox(scope), scope).annotate(is_dead=dead)


def _reason(row: Row) -> Any:
    is_english = (get_language() or "").startswith("en")
    return (row["message_en"] if is_english else "") or row["message_zh"]


class RefusalsPage(ListPage):
    """What was not taken, a row a fault, newest first."""

    key = "erpbridge.refusals"
    title = _("接口监控 · 错误行")
    caption = _(
        "财务系统送来而未被接收的每一行：哪一行、哪个字段、为什么；处理原因后可在报文页重放。"
    )
    order = "-at"
    columns = (
        Column("at", _("时间"), kind="datetime", sort="at", is_key=True),
        Column("system", _("对方")),
        Column("style", _("方式"), value=lambda row: STYLE_WORDS.get(row["style"], row["style"]), needs=("style",)),
        Column("name", _("报文号"), kind="code"),
        Column("document", _("对方单据"), kind="code"),
        Column("row", _("行"), kind="number"),
        Column("field", _("字段"), kind="code"),
        Column("code", _("错误码"), kind="code"),
        Column("reason", _("原因"), value=_reason, needs=("message_zh", "message_en")),
        Column("settled_at", _("重放接收"), kind="datetime"),
    )  # fmt: skip
    filters = (
        TextFilter("peer_name", _("对方"), fields=("system",)),
        ChoiceFilter("style", _("方式"), choices=STYLES),
        TextFilter("id", _("报文号"), fields=("name",), exact=True),
        TextFilter("document", _("对方单据"), fields=("document",), exact=True),
        TextFilter("code", _("错误码"), fields=("code",), exact=True),
        ChoiceFilter(
            "open", _("处理"), "is_open", choices=[("True", _("未处理")), ("False", _("已接收"))]
        ),
        DateRangeFilter("at", _("日期"), field="at", moments=True),
    )
    needs = ("delivery_id",)
    empty_title = _("没有被拒绝的内容")

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Refusals of the systems the viewer watches."""
        waits = ExpressionWrapper(Q(settled_at=None), output_field=BooleanField())
        return selectors.watched_refusals(scope).annotate(is_open=waits)

    def row_url(self, row: Row) -> str:
        """The delivery it was part of."""
        return (
            reverse("erpbridge:delivery", args=[row["delivery_id"]]) if row["delivery_id"] else ""
        )
