"""系统→权限报告: who can do what in which company, whose duties clash, whose are not used; exported like any list."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from desk.filters import ChoiceFilter, CompanyFilter, TextFilter
from desk.pages import ListPage, render_list
from desk.rows import Column, Row
from desk.viewing import scope_in
from kernel.scope import Scope
from masterdata import people_selectors as people
from masterdata import rights_report as report
from masterdata import selectors
from masterdata.right_words import RIGHT_NAMES
from masterdata.roles import RIGHTS, ROLE_NAMES, Role

FINDINGS = {
    report.CONFLICT: _("职责冲突"),
    report.UNUSED: _("超过 90 天未登录"),
    report.INACTIVE: _("账号已停用"),
}


def _may(row: Row) -> str:
    return "、".join(str(name) for right, name in RIGHT_NAMES.items() if right in RIGHTS[Role(row["role"])])  # fmt: skip


def _companies(scope: Scope) -> list[tuple[str, str]]:
    seen = selectors.visible_companies(scope).filter(pk__in=scope.companies_with("people.view"))
    return [(str(one.pk), str(one)) for one in seen]


class RightsPage(ListPage):
    """Every duty somebody holds."""

    key = "masterdata.rights"
    title = _("权限报告")
    caption = _(
        "每行是一个账号在一家公司（含下级）的一项职责；委托与接口客户端列于表后。导出即当前筛选结果。"
    )
    order = "user_id"
    columns = [
        Column("user__display_name", _("姓名"), note="user__username", is_key=True),
        Column("user__person_key", _("人员编号"), kind="code"),
        Column("role", _("职责"), value=lambda row: ROLE_NAMES[Role(row["role"])], needs=("role",)),
        Column("company__short_name", _("公司（含下级）"), note="company__code"),
        Column("may", _("可做什么"), value=_may, needs=("role",)),
        Column("user__last_login", _("最近登录"), kind="datetime"),
        Column("finding", _("发现"), value=lambda row: FINDINGS.get(row["finding"], ""), needs=("finding",)),
    ]  # fmt: skip
    filters = [
        TextFilter("q", _("姓名 / 用户名 / 编号"), fields=("user__display_name", "user__username", "user__person_key")),
        ChoiceFilter("role", _("职责"), choices=[(role.value, name) for role, name in ROLE_NAMES.items()]),
        CompanyFilter("company", _("公司"), field="company_id", choices=_companies),
        ChoiceFilter("finding", _("发现"), choices=[*FINDINGS.items()]),
    ]  # fmt: skip
    needs = ["user_id"]

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Duties in the viewer's companies."""
        return report.visible_duties(scope, frozenset(report.all_clashes()))

    def row_url(self, row: Row) -> str:
        """The person's page."""
        return reverse("masterdata:person", args=[row["user_id"]])


@require_GET
def rights(request: HttpRequest) -> HttpResponseBase:
    """The report."""
    scope = scope_in(request)

    def extra(_page: ListPage) -> dict[str, Any]:
        duties = report.visible_duties(scope, frozenset())
        return {
            "clashes": report.visible_clashes(scope),
            "unused": duties.filter(finding=report.UNUSED).values("user_id").distinct().count(),
            "loans": report.visible_loans(scope),
            "clients": [
                (one, [RIGHT_NAMES.get(right, right) for right in one.rights])
                for one in people.visible_clients(scope).filter(is_active=True).order_by("name")
            ],
        }

    return render_list(request, RightsPage, "masterdata/rights.html", extra)
