"""List page of wire evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bankbridge import selectors
from desk.filters import ChoiceFilter, DateRangeFilter, MoreThanFilter, TextFilter
from desk.pages import ListPage
from desk.rows import Column, Row
from desk.subjects import SubjectFilter, name_subjects
from kernel.scope import Scope
from masterdata import selectors as masterdata

RESULT_WORDS = {
    "open": _("等待应答"),
    "answered": _("已应答"),
    "not_sent": _("未发出"),
    "lost": _("应答丢失"),
    "unreadable": _("无法解析"),
}
OPERATION_WORDS = {
    "b2e0001": _("签到"),
    "b2e0002": _("签退"),
    "b2e0005": _("余额查询"),
    "b2e0007": _("交易状态查询"),
    "b2e0009": _("转账"),
    "b2e0012": _("历史余额"),
    "b2e0035": _("交易明细"),
    "b2e0061": _("对私转账"),
    "b2e0078": _("代发"),
}


def connection_choices(scope: Scope) -> Sequence[tuple[str, str]]:
    """The viewer's connections."""
    rows = masterdata.visible_connections(scope).values_list("pk", "name")
    return [(str(pk), name) for pk, name in rows]


class ExchangesPage(ListPage):
    """Every conversation with a bank, newest first."""

    key = "bankbridge.exchanges"
    keeps = ("peer",)
    title = _("银行报文")
    caption = _("发出第一个字节之前即登记，收到应答后补全；内容加密保存，查看留痕。")
    order = "-began_at"
    needs = ("key", "subject_id")
    empty_title = _("没有符合条件的报文")
    empty_hint = _("与银行往来后，这里逐笔登记。")
    columns = (
        Column("began_at", _("发出时间"), kind="datetime", sort="began_at", is_key=True),
        Column("direction", _("方向"), value=lambda row: _("平台 → 银行")),
        Column("connection__name", _("连接")),
        Column(
            "operation",
            _("交易"),
            value=lambda row: OPERATION_WORDS.get(row["operation"], row["operation"]),
            needs=("operation",),
            is_key=True,
        ),
        Column(
            "subject_kind",
            _("业务"),
            value=lambda row: row["subject_words"],
            needs=("subject_kind", "subject_id"),
        ),
        Column(
            "result",
            _("结果"),
            value=lambda row: RESULT_WORDS.get(row["result"], row["result"]),
            needs=("result",),
            is_key=True,
        ),
        Column("attempt", _("第几次"), kind="number", value=lambda row: row["attempt"]),
        Column("latency_ms", _("耗时 ms"), kind="number"),
        Column("request_bytes", _("发送字节"), kind="number"),
        Column("answer_bytes", _("接收字节"), kind="number"),
        Column("key", _("报文号"), kind="code"),
        Column("error", _("说明")),
    )
    filters = (
        TextFilter("op", _("交易代码"), fields=("operation",), exact=True),
        ChoiceFilter("result", _("结果"), choices=tuple(RESULT_WORDS.items())),
        ChoiceFilter("connection", _("连接"), field="connection_id", choices=connection_choices),
        ChoiceFilter(
            "kind",
            _("业务"),
            field="subject_kind",
            choices=(
                ("payments.batch", _("付款批次")),
                ("payments.instruction", _("状态查询")),
                ("masterdata.ownaccount", _("账户查询")),
            ),
        ),
        SubjectFilter("subject", _("业务编号")),
        MoreThanFilter("slow", _("慢于（毫秒）"), field="latency_ms"),
        TextFilter("id", _("报文号"), fields=("key",), exact=True),
        DateRangeFilter("began", _("日期"), field="began_at", moments=True),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Evidence the viewer may see."""
        return selectors.visible_exchanges(scope)

    def enrich(self, rows: list[dict[str, Any]]) -> None:
        """What each conversation was about, by its business number; and the how manieth of its kind it was about a payment."""
        name_subjects(rows)
        attempts = selectors.attempts_of([row["pk"] for row in rows])
        for row in rows:
            row["attempt"] = attempts.get(row["pk"])

    def row_url(self, row: Row) -> str:
        """The exchange's page."""
        return reverse("bankbridge:exchange", args=[row["key"]])
