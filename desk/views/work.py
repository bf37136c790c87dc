"""Jobs, notifications, saved views."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from desk import selectors, services
from desk.keysets import whole_number

STOP_POLLING = 286


def viewer(request: HttpRequest) -> int:
    """Id of who is signed in; pages of this module are for signed-in people only."""
    return int(request.user.pk or 0)


@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """The person's last 100 jobs."""
    return render(
        request, "desk/jobs.html", {"jobs": selectors.jobs_of(user_id=viewer(request))[:100]}
    )


@require_GET
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job; its fragment is asked again every two seconds until it is over."""
    found = selectors.job_of(job_id=job_id, user_id=viewer(request))
    if getattr(request, "htmx", False):
        return render(
            request, "desk/_job.html", {"job": found}, status=STOP_POLLING if found.is_over else 200
        )
    return render(request, "desk/job.html", {"job": found})


@require_GET
def job_result(request: HttpRequest, job_id: int) -> HttpResponse:
    """The file a job left."""
    found = selectors.job_of(job_id=job_id, user_id=viewer(request))
    response = HttpResponse(selectors.result_of(found), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = (
        content_disposition_header(True, found.result_name) or "attachment"
    )
    return response


@require_GET
def notifications(request: HttpRequest) -> HttpResponse:
    """The person's last 100 notifications."""
    return render(
        request,
        "desk/notifications.html",
        {"rows": selectors.notifications_of(user_id=viewer(request))[:100]},
    )


@require_POST
def notifications_read(request: HttpRequest) -> HttpResponse:
    """All seen."""
    services.mark_read(user_id=viewer(request))
    return HttpResponseRedirect(reverse("desk:notifications"))


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
    return HttpResponseRedirect(f"{_back(request)}?{view.query}")


@require_POST
def drop_view(request: HttpRequest) -> HttpResponse:
    """Forget one of the person's views, and go back to the list."""
    number = whole_number(request.POST.get("view", ""))
    if number is not None:
        services.drop_view(user_id=viewer(request), view_id=number)
    return HttpResponseRedirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The list the person came from; never another site."""
    target = request.POST.get("next", "/")
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts=None) else "/"


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """All components with sample data; only where DEBUG is on."""
    if not settings.DEBUG:
        raise Http404
    from desk.styleguide import sample

    return render(request, "desk/styleguide.html", sample())
