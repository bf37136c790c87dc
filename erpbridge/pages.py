"""List pages of the ERP border: what finance systems delivered, and what was told to them."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from desk.filters import ChoiceFilter, DateRangeFilter, MoreThanFilter, TextFilter
from desk.pages import ListPage
from desk.rows import Column, Row
from erpbridge import selectors
from kernel.scope import Scope


def _answered(row: Row) -> Any:
    if not row["status"]:
        return _("等待应答")
    return f"{row['status']}" + (f" · {_('错误')} {row['faults']}" if row["faults"] else "")


def _delivered(row: Row) -> Any:
    if row["acked_at"]:
        return _("对方已确认")
    if row["delivered_at"]:
        return _("已送达")
    return _("未送达") if row["last_error"] else _("待送达")


class InboxPage(ListPage):
    """Deliveries from finance systems, newest first."""

    key = "erpbridge.inbox"
    title = _("接口日志查询 · ERP 来报")
    caption = _("财务系统送来的每一次请求：同一幂等键只处理一次，内容加密保存。")
    order = "-received_at"
    columns = (
        Column("received_at", _("时间"), kind="datetime", sort="received_at", is_key=True),
        Column("direction", _("方向"), value=lambda row: _("ERP → 平台")),
        Column("system", _("对方"), note="source_system"),
        Column("kind", _("交易"), kind="code"),
        Column("key", _("报文号（幂等键）"), kind="code"),
        Column("items", _("条数"), kind="number"),
        Column("result", _("结果"), value=_answered, needs=("status", "faults")),
        Column("latency_ms", _("耗时 ms"), kind="number"),
        Column("style", _("方式"), kind="code"),
        Column("origin", _("来源")),
    )
    filters = (
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
            choices=[(str(n), str(n)) for n in (0, 200, 202, 400, 403, 409, 422)],
        ),
        MoreThanFilter("slow", _("慢于（毫秒）"), field="latency_ms"),
        DateRangeFilter("at", _("日期"), field="received_at", moments=True),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Deliveries of systems whose companies the viewer may all see."""
        return selectors.visible_inbox(scope)


class OutboxPage(ListPage):
    """Messages to finance systems, newest first."""

    key = "erpbridge.outbox"
    title = _("接口日志查询 · 送往 ERP")
    caption = _("送给财务系统的每一条消息：至少送达一次，消息号不变；未送达的按时重试。")
    order = "-made_at"
    columns = (
        Column("made_at", _("时间"), kind="datetime", sort="made_at", is_key=True),
        Column("direction", _("方向"), value=lambda row: _("平台 → ERP")),
        Column("system", _("对方"), note="company_code"),
        Column("kind", _("交易"), kind="code"),
        Column("message_id", _("报文号"), kind="code"),
        Column("subject_id", _("业务编号"), kind="code"),
        Column(
            "result", _("结果"), value=_delivered, needs=("acked_at", "delivered_at", "last_error")
        ),
        Column("attempts", _("第几次"), kind="number"),
        Column("delivered_at", _("送达时间"), kind="datetime"),
        Column("acked_at", _("确认时间"), kind="datetime"),
        Column("last_error", _("说明")),
    )
    filters = (
        TextFilter("peer_name", _("对方"), fields=("system",)),
        TextFilter("tx", _("交易"), fields=("kind",), exact=True),
        TextFilter("id", _("报文号"), fields=("message_id",), exact=True),
        ChoiceFilter(
            "delivered",
            _("送达"),
            "is_delivered",
            choices=[("False", _("未送达")), ("True", _("已送达"))],
        ),
        DateRangeFilter("at", _("日期"), field="made_at", moments=True),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Messages about the viewer's companies."""
        told = ExpressionWrapper(Q(delivered_at__isnull=False), output_field=BooleanField())
        return selectors.visible_outbox(scope).annotate(is_delivered=told)
