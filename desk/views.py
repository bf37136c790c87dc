"""Exception centre, jobs, notifications, saved views."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from desk import selectors, services
from desk.filters import ChoiceFilter, TextFilter
from desk.models import ExceptionCase
from desk.pages import ListPage, render_list
from desk.rows import Column, Row
from kernel.scope import Scope

STOP_POLLING = 286
SEVERITIES = {
    ExceptionCase.Severity.CRITICAL.value: _("紧急"),
    ExceptionCase.Severity.HIGH.value: _("重要"),
    ExceptionCase.Severity.NORMAL.value: _("一般"),
}


def viewer(request: HttpRequest) -> int:
    """Id of who is signed in; pages of this module are for signed-in people only."""
    return int(request.user.pk or 0)


def _case_url(row: Row) -> str:
    """The page to act on; a case whose page is gone leads nowhere."""
    if not row["page"]:
        return ""
    try:
        return reverse(row["page"], args=[row["subject_id"]])
    except NoReverseMatch:
        try:
            return reverse(row["page"])
        except NoReverseMatch:
            return ""


class CasesPage(ListPage):
    """What waits for a person, newest first."""

    key = "desk.cases"
    title = _("异常中心")
    caption = _("需要人工处理的事项；处理后自动关闭。")
    order = "-opened_at"
    needs = ("page", "subject_id")
    empty_title = _("当前没有待处理的异常")
    empty_hint = _("系统发现异常时会在此列出原因与下一步。")
    columns = (
        Column(
            "severity",
            _("级别"),
            value=lambda row: SEVERITIES.get(row["severity"], ""),
            needs=("severity",),
        ),
        Column("title", _("事项"), link=_case_url),
        Column("reason", _("原因")),
        Column("next_step", _("下一步")),
        Column("opened_at", _("发现时间"), kind="datetime", sort="opened_at"),
    )
    filters = (
        TextFilter("q", _("搜索"), fields=("title", "reason")),
        ChoiceFilter("severity", _("级别"), choices=tuple(SEVERITIES.items())),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Open cases of the viewer's companies."""
        return selectors.open_cases(scope)

    def row_url(self, row: Row) -> str:
        """The page to act on."""
        return _case_url(row)


@login_required
@require_GET
def cases(request: HttpRequest) -> HttpResponseBase:
    """Exception centre."""
    return render_list(request, CasesPage)


@login_required
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """The person's last 100 jobs."""
    return render(
        request, "desk/jobs.html", {"jobs": selectors.jobs_of(user_id=viewer(request))[:100]}
    )


@login_required
@require_GET
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job; its fragment is asked again every two seconds until it is over."""
    found = selectors.job_of(job_id=job_id, user_id=viewer(request))
    if getattr(request, "htmx", False):
        return render(
            request, "desk/_job.html", {"job": found}, status=STOP_POLLING if found.is_over else 200
        )
    return render(request, "desk/job.html", {"job": found})


@login_required
@require_GET
def job_result(request: HttpRequest, job_id: int) -> HttpResponse:
    """The file a job left."""
    found = selectors.job_of(job_id=job_id, user_id=viewer(request))
    response = HttpResponse(selectors.result_of(found), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = (
        content_disposition_header(True, found.result_name) or "attachment"
    )
    return response


@login_required
@require_GET
def notifications(request: HttpRequest) -> HttpResponse:
    """The person's last 100 notifications."""
    return render(
        request,
        "desk/notifications.html",
        {"rows": selectors.notifications_of(user_id=viewer(request))[:100]},
    )


@login_required
@require_POST
def notifications_read(request: HttpRequest) -> HttpResponse:
    """All seen."""
    services.mark_read(user_id=viewer(request))
    return HttpResponseRedirect(reverse("desk:notifications"))


@login_required
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep a list's filters under a name, and go back to the list."""
    posted = request.POST
    view = services.save_view(
        user_id=viewer(request),
        page=posted.get("page", ""),
        name=posted.get("name", ""),
        query=posted.get("query", ""),
    )
    target = posted.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        target = "/"
    return HttpResponseRedirect(f"{target}?{view.query}")


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """All components with sample data; only where DEBUG is on."""
    if not settings.DEBUG:
        raise Http404
    from desk.styleguide import sample

    return render(request, "desk/styleguide.html", sample())
