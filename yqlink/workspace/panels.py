"""Panels of the workspace, by what the viewer may do: one literal table, a few rows each with the way to the whole list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from audit import selectors as audit
from audit.words import words_of as event_words
from bankbridge import channels as bank
from desk.rows import Column, Row, row_html
from kernel import clock
from kernel.scope import Scope
from payments import selectors as payments
from statements import selectors as statements
from statements.balances import age_words, gather

ROWS = 6
# What examiners look at first: overrides, verdicts, emergency stops and reopenings.
EXCEPTIONS = (
    "payments.order.hold_lifted",
    "payments.order.content_altered",
    "payments.instruction.seal_broken",
    "payments.instruction.adjudicated",
    "payments.instruction.disputed",
    "payments.adjudication.proposed",
    "masterdata.connection.frozen",
    "masterdata.account.frozen",
    "ledger.period.reopened",
)


@dataclass(frozen=True)
class PanelLine:
    """One line of the table: title, its rows, the list behind it and its query, who sees it (any of `rights`, none of `unless`)."""

    title: Promise
    rows: Callable[[Scope], list[dict[str, Any]]]
    columns: Sequence[Column]
    url_name: str
    query: str
    rights: tuple[str, ...]
    link: Callable[[Row], str]
    unless: tuple[str, ...] = ()
    empty: Promise | str = ""  # words for an empty panel; without them it is left out


@dataclass(frozen=True)
class Panel:
    """A panel as the template draws it."""

    title: Promise
    url: str
    heads: Sequence[Column]
    body: SafeString
    empty: Promise | str


def _order_link(row: Row) -> str:
    return reverse("payments:order", args=[row["order_no"]])


_ORDER_PATHS = (
    *("pk", "order_no", "shown_state", "amount", "currency", "payee_name", "wish_date"),
    *("company__short_name", "return_reason", "instruction__bank_text", "instruction__bank_code"),
    *("instruction__unknown_why", "instruction__next_inquiry_at", "instruction__inquiries"),
    "is_urgent",
)


def _orders(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    return list(rows.values(*_ORDER_PATHS)[:ROWS])


def _waiting(right: str) -> Callable[[Scope], list[dict[str, Any]]]:
    """What waits for the holder of a right: urgent ones first, then by the day wished for."""

    def rows(scope: Scope) -> list[dict[str, Any]]:
        waiting = payments.worklist(right, scope=scope).select_related(None)
        return _orders(waiting.order_by("-is_urgent", "wish_date", "pk"))

    return rows


def _sent_back(scope: Scope) -> list[dict[str, Any]]:
    """The viewer's own payments that came back from a person or from the bank."""
    rows = payments.visible_orders(scope).filter(
        maker__person_key=scope.person_key, shown_state__in=("rejected", "failed", "returned")
    )
    return _orders(rows)


def _uncertain(scope: Scope) -> list[dict[str, Any]]:
    rows = payments.visible_orders(scope).filter(shown_state__in=("unknown", "disputed"))
    return _orders(rows.order_by("created_at", "pk"))


def _balances(scope: Scope) -> list[dict[str, Any]]:
    """Book balance of each company with everything below it, and the age of its oldest figure."""
    now = clock.now()
    nodes, figures = statements.group_figures(scope)
    rows = []
    for row in gather(nodes, figures, now=now).rows:
        ages = [age for one in row.figures if (age := one.age(now)) is not None]
        rows += [
            {
                "pk": row.company.id,
                "company": f"{row.company.code} {row.company.name}",
                "book": sums.book if sums.known else None,
                "available": sums.available if sums.known else None,
                "currency": currency,
                "accounts": f"{sums.known}/{sums.known + sums.unknown}",
                "age": age_words(max(ages, default=None)),
            }
            for currency, sums in sorted(row.sums.items())
        ]
    return rows[: 2 * ROWS]


_LAMPS = {"ok": "online", "bad": "error", "closed": "offline"}


def _channels(scope: Scope) -> list[dict[str, Any]]:
    return [
        {
            "pk": index,
            "name": one.name,
            "lamp": "frozen" if one.is_frozen else _LAMPS[one.lamp],
            "last_ok_at": one.last_ok_at,
            "waiting": one.waiting,
            "unknown": one.unknown,
            "last_error": one.last_error if one.lamp != "ok" else "",
        }
        for index, one in enumerate(bank.lamps(scope))
    ]


def _overrides(scope: Scope) -> list[dict[str, Any]]:
    rows = audit.visible_entries(scope).filter(event__in=EXCEPTIONS)
    return [dict(row) for row in rows.values("pk", "at", "event", "actor_name", "why")[:ROWS]]


_NUMBER = Column("order_no", _("付款单号"), kind="code", link=_order_link)
_AMOUNT = Column("amount", _("金额"), kind="money", note="currency")
_PAYEE = Column("payee_name", _("收款户名"))
_COMPANY = Column("company__short_name", _("付款公司"))
_STATE = Column("shown_state", _("状态"), kind="state")
_WISH = Column("wish_date", _("期望付款日"), kind="day")
_URGENT = Column("x", _("加急"), value=lambda row: _now("加急") if row["is_urgent"] else "")
_TO_DO = (_NUMBER, _AMOUNT, _PAYEE, _COMPANY, _WISH, _URGENT)


def _why(row: Row) -> str:
    said = (row["return_reason"], row["instruction__bank_code"], row["instruction__bank_text"])
    return " ".join(filter(None, said if row["shown_state"] != "rejected" else said[:1]))


def _desk_link(desk: str) -> Callable[[Row], str]:
    return lambda row: f"{_order_link(row)}?desk={desk}"


def _desk(title: Promise, right: str, name: str, url_name: str) -> PanelLine:
    return PanelLine(title, _waiting(right), _TO_DO, url_name, "", (right,), _desk_link(name))


PANELS: tuple[PanelLine, ...] = (
    PanelLine(
        _("结果未知，请勿重复付款"),
        _uncertain,
        (
            *(_NUMBER, _STATE, _AMOUNT, _PAYEE),
            Column("instruction__unknown_why", _("原因")),
            Column("instruction__inquiries", _("已查询次数"), kind="number"),
            Column("instruction__next_inquiry_at", _("下次查询"), kind="datetime"),
        ),
        "payments:unknown",
        "",
        ("payments.inquire", "payments.adjudicate"),
        _order_link,
    ),
    _desk(_("待我复核"), "payments.check", "check", "payments:check_desk"),
    _desk(_("待我审批"), "payments.approve", "approve", "payments:approve_desk"),
    _desk(_("待我授权"), "payments.release", "release", "payments:release_desk"),
    _desk(_("暂挂待解除"), "payments.lift_hold", "lift", "payments:held"),
    PanelLine(
        _("我的退回与失败"),
        _sent_back,
        (_NUMBER, _STATE, _AMOUNT, _PAYEE, Column("why", _("原因"), value=_why)),
        "payments:orders",
        "?state=rejected,failed,returned",
        ("payments.make",),
        _order_link,
        empty=_("没有被退回、失败或退票的付款单。"),
    ),
    PanelLine(
        _("各公司余额"),
        _balances,
        (
            Column("company", _("公司")),
            Column("book", _("账面余额"), kind="money", note="currency"),
            Column("available", _("可用余额"), kind="money", note="currency"),
            Column("accounts", _("已取得账户")),
            Column("age", _("最旧的数字")),
        ),
        "statements:balances",
        "",
        ("statements.view",),
        lambda row: reverse("statements:balances"),
        unless=("payments.make", "payments.check"),
    ),
    PanelLine(
        _("银行通道"),
        _channels,
        (
            Column("name", _("通道名称")),
            Column("lamp", _("状态"), kind="state"),
            Column("last_ok_at", _("最近成功"), kind="datetime"),
            Column("waiting", _("待发送"), kind="number"),
            Column("unknown", _("结果未知"), kind="number"),
            Column("last_error", _("最近失败")),
        ),
        "bankbridge:channels",
        "",
        ("connections.view",),
        lambda row: reverse("bankbridge:channels"),
    ),
    PanelLine(
        _("近期例外操作"),
        _overrides,
        (
            Column("at", _("时间"), kind="datetime"),
            Column("event", _("事件"), value=lambda row: event_words(row["event"])),
            Column("actor_name", _("操作人")),
            Column("why", _("原因")),
        ),
        "audit:trail",
        "",
        ("audit.read",),
        lambda row: reverse("audit:entry", args=[row["pk"]]),
        empty=_("没有解除暂挂、裁定、冻结或反结账等例外操作。"),
    ),
)


def _body(line: PanelLine, rows: Iterable[Row]) -> SafeString:
    columns = list(line.columns)
    drawn = (row_html(columns, row, selectable=False, url=line.link(row)) for row in rows)
    return mark_safe("".join(drawn))  # noqa: S308 - every cell is escaped by desk.rows


def panels_for(scope: Scope) -> list[Panel]:
    """The viewer's panels, in the table's order."""
    found = []
    for line in PANELS:
        if not any(scope.has(right) for right in line.rights):
            continue
        if any(scope.has(right) for right in line.unless):
            continue
        rows = line.rows(scope)
        if rows or line.empty:
            url = reverse(line.url_name) + line.query
            found.append(Panel(line.title, url, line.columns, _body(line, rows), line.empty))
    return found
