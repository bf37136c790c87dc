"""时延报告: how long each kind of message took, by peer, and payments from release to their end. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bankbridge import scorecard
from bankbridge.abilities import ABILITY_WORDS
from erpbridge import latency as erp
from erpbridge import selectors as erp_selectors
from kernel import clock
from kernel.scope import Scope
from masterdata import selectors as master
from payments import scoring

DAYS_MAX = 31
Words = str | Promise
Figures = Sequence[int | None]
KIND_WORDS: dict[str, Words] = {
    "payment_request": _("付款申请"),
    "payment_result": _("付款结果"),
    "master_data": _("基础数据"),
    "receipt": _("消息确认"),
    "voucher": _("凭证"),
    "voucher_ack": _("凭证确认"),
    "arrival_notice": _("到款通知"),
    "statement": _("银行明细"),
    "holding": _("日终清单"),
}
_WAYS: dict[str, Words] = {
    "released_to_sent": _("可发送至已发送"),
    "sent_to_final": _("已发送至最终结果"),
}
_DELIVERED, _CONFIRMED = _("送达"), _("对方确认")


@dataclass(frozen=True)
class Line:
    """One kind of message with one peer. `good`: answered, delivered or ended; `figures`: P50, P95, P99 and the slowest, in ms."""

    peer: str
    kind: Words
    code: str
    count: int
    good: int
    figures: Figures
    url: str = ""


@dataclass(frozen=True)
class Group:
    """All kinds of one side."""

    title: Words
    good: Words  # what the second figure counts
    lines: list[Line]


def days_of(first: str, last: str) -> tuple[date, date]:
    """The days asked for, today where none is told; at most 31, the last one kept."""
    today = clock.today()
    end = min(_day(last) or today, today)
    begin = min(_day(first) or end, end)
    return max(begin, end - timedelta(days=DAYS_MAX - 1)), end


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def report(scope: Scope, *, first: date, last: date) -> list[Group]:
    """Every kind of message between these days that the viewer may watch."""
    since = datetime.combine(first, time(), clock.SHANGHAI)
    until = datetime.combine(last + timedelta(days=1), time(), clock.SHANGHAI)
    names = erp_selectors.watched_systems(scope)
    watched = scope.companies_with(erp_selectors.WATCH) | scope.companies_with(erp_selectors.READ)
    companies = master.visible_companies(scope).filter(pk__in=watched)
    codes = list(companies.values_list("code", flat=True))
    groups = [_banks(scope, since, until, first, last)]
    heard = erp.heard(names, since=since, until=until)
    groups.append(
        Group(
            _("财务系统来报"),
            _("无误"),
            [
                Line(
                    one.system, KIND_WORDS.get(one.kind, one.kind), one.kind, one.count, one.count - one.faulty,
                    (one.p50, one.p95, one.p99, one.slowest),
                )
                for one in heard
            ],
        )
    )  # fmt: skip
    told = []
    for one in erp.told(codes, since=since, until=until):
        kind = KIND_WORDS.get(one.kind, one.kind)
        told.append(Line(one.system, f"{kind} · {_DELIVERED}", one.kind, one.count, one.delivered, one.delivery))  # fmt: skip
        told.append(Line(one.system, f"{kind} · {_CONFIRMED}", one.kind, one.count, one.confirmed, one.confirmation))  # fmt: skip
    groups.append(Group(_("送往财务系统"), _("完成"), told))
    ids = list(companies.values_list("pk", flat=True))
    ways = [
        Line("", _WAYS[name], "", count, count, figures)
        for name, count, figures in scoring.delays(ids, since=since, until=until)
    ]
    return [*groups, Group(_("付款"), _("完成"), [one for one in ways if one.count])]


def _banks(scope: Scope, since: datetime, until: datetime, first: date, last: date) -> Group:
    rows = {row.pk: row.name for row in master.visible_connections(scope)}
    lines = []
    for pk, operation, ability, count, answered, *figures in scorecard.said(
        list(rows), since=since, until=until
    ):
        query = {"connection": pk, "op": operation, "began_from": first, "began_to": last}
        url = f"{reverse('bankbridge:exchanges')}?{urlencode(query)}"
        words = ABILITY_WORDS.get(ability or "", operation)
        lines.append(Line(rows[pk], words, operation, count, answered, figures, url))
    return Group(_("银行往来"), _("已应答"), lines)
