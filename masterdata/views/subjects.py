"""会计科目: the charts of accounts finance systems told."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from desk.filters import CompanyFilter, Filter, TextFilter
from desk.pages import ListPage, render_list
from desk.rows import Column
from kernel.scope import Scope
from masterdata import partners
from masterdata.forms import company_choices


class SubjectsPage(ListPage):
    """Subjects, by code."""

    key, title = "masterdata.subjects", _("会计科目")
    caption = _("由财务系统同步：编码不变，名称每次变更版本加一。")
    order = "code"
    columns = (
        Column("code", _("科目编码"), kind="code", sort="code", is_key=True),
        Column("name", _("科目名称")),
        Column("company__short_name", _("公司"), note="company__code"),
        Column("origin", _("来源"), kind="code"),
        Column("version", _("版本"), kind="number"),
        Column("updated_at", _("最近变更"), kind="datetime"),
    )
    filters: tuple[Filter, ...] = (
        TextFilter("q", _("编码 / 名称"), fields=("code", "name")),
        CompanyFilter(
            "company",
            _("公司"),
            "company_id",
            choices=lambda scope: [(str(pk), name) for pk, name in company_choices(scope)],
        ),
    )
    empty_title = _("还没有会计科目")
    empty_hint = _("由财务系统通过主数据接口同步。")

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Of the viewer's companies."""
        return partners.visible_subjects(scope)


@require_safe
def subjects(request: HttpRequest) -> HttpResponseBase:
    """The list."""
    return render_list(request, SubjectsPage)
