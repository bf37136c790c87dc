"""风控 → 重复规则: the rules with their parameters in force, and what they found lately with what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from desk.filters import ChoiceFilter, CompanyFilter, DateRangeFilter, Filter, TextFilter
from desk.pages import ListPage, render_list
from desk.rows import Column, Row
from kernel import clock
from kernel.scope import Scope
from masterdata import selectors as master
from masterdata.strategies import Strategies
from masterdata.topics import Topic
from payments import rule_selectors
from payments.checks.parameters import RULES, SCENARIO_WORDS, rule_words
from payments.models import RuleHit
from payments.topics import DuplicateRules, ScreeningRules
from payments.views.columns import companies

OUTCOMES = {
    RuleHit.Outcome.OPEN: _("待处理"),
    RuleHit.Outcome.LIFTED: _("已解除"),
    RuleHit.Outcome.TICKED: _("审批人已核对"),
}
LEVELS = {
    "hold": _("暂挂"),
    "tick": _("须核对"),
    "inform": _("提示"),
    "block": _("阻止"),
    "off": _("不检查"),
}
NAMES = {one.rule: one.name for one in RULES} | dict(SCENARIO_WORDS)


def _order_link(row: Row) -> str:
    return reverse("payments:order", args=[row["order__order_no"]])


def _rule(row: Row) -> str:
    return rule_words(row["rule"])


def _outcome(row: Row) -> str:
    if row["level"] == "inform":
        return "—"
    return str(OUTCOMES[row["outcome"]])


class HitList(ListPage):
    """Hits of duplicate rules and screening on the viewer's companies."""

    key, title = "payments.hits", _("重复与异常命中")
    caption = _("默认列出暂挂与须核对的命中；仅提示的请按级别筛选。")
    order = "-found_at"
    columns = (
        Column("found_at", _("时间"), kind="datetime", sort="found_at"),
        Column("rule", _("规则"), value=_rule, needs=("rule",)),
        Column(
            "level",
            _("级别"),
            value=lambda row: str(LEVELS.get(row["level"], row["level"])),
            needs=("level",),
        ),
        Column("order__order_no", _("付款单号"), kind="code", link=_order_link, is_key=True),
        Column("order__shown_state", _("付款单状态"), kind="state"),
        Column("order__amount", _("金额"), kind="money", note="order__currency"),
        Column("twin_no", _("对方单据")),
        Column("outcome", _("处理"), value=_outcome, needs=("outcome", "level")),
        Column("decided_by__display_name", _("处理人")),
        Column("why", _("原因")),
        Column("message", _("说明")),
        Column("order__payee_name", _("收款户名")),
        Column("version", _("规则版本"), kind="code"),
    )
    filters: tuple[Filter, ...] = (
        ChoiceFilter("rule", _("规则"), choices=lambda _scope: list(NAMES.items())),
        ChoiceFilter("level", _("级别"), choices=lambda _scope: list(LEVELS.items())),
        ChoiceFilter("outcome", _("处理"), choices=lambda _scope: list(OUTCOMES.items())),
        CompanyFilter("company", _("公司"), "company_id", choices=companies),
        DateRangeFilter("day", _("日期"), "found_at", moments=True),
        TextFilter("number", _("付款单号"), fields=("order__order_no",), exact=True),
    )
    empty_title = _("没有命中")
    empty_hint = _("提交、授权和发送付款时，命中的规则会列在这里。")

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Hits of the viewer's companies."""
        rows = rule_selectors.visible_hits(scope)
        return rows if self.given.get("level") else rows.exclude(level="inform")

    def row_url(self, row: Row) -> str:
        """The order's page."""
        return _order_link(row)


@dataclass(frozen=True)
class RuleLine:
    """One rule as the page shows it."""

    code: str
    name: str
    condition: str
    window: str
    action: str
    hits: int


def _value(topic: type[Topic], values: Topic, name: str) -> str:
    if not name:
        return ""
    return f"{getattr(values, name)} {topic.specs()[name].unit}"


def _lines(scope: Scope) -> list[RuleLine]:
    """The rules with the group's own parameters; a company's may differ, and stand on the page of the strategy."""
    decided = Strategies(clock.today()).on(clock.today())
    company = master.visible_companies(scope).order_by("path").first()
    doubles, screening = DuplicateRules(), ScreeningRules()
    if company is not None:
        doubles = decided.of(DuplicateRules, company, "")[0]
        screening = decided.of(ScreeningRules, company, "")[0]
    counts = rule_selectors.hit_counts(scope, days=30)
    lines = [
        RuleLine(
            one.rule,
            str(one.name),
            str(one.condition),
            _value(DuplicateRules, doubles, one.window),
            str(LEVELS[getattr(doubles, one.action) if one.action else "block"]),
            counts.get(one.rule, 0),
        )
        for one in RULES
    ]
    lines += [
        RuleLine(
            "",
            str(words),
            "",
            "",
            str(LEVELS[getattr(screening, f"{name}_level")]),
            counts.get(name, 0),
        )
        for name, words in SCENARIO_WORDS.items()
    ]
    return lines


def _extra(page: ListPage) -> Mapping[str, Any]:
    return {"rules": _lines(page.scope), "since": _now("近 30 天")}


def hits(request: HttpRequest) -> HttpResponseBase:
    """The rules, and their hits."""
    return render_list(request, HitList, "payments/rules.html", _extra)
