"""The evidence bundle of an order, asked for on its page and made by a worker that may open what was sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from audit import services as audit
from desk import selectors as desk_rows
from desk import services as desk
from kernel.errors import DomainError, InvariantBroken
from kernel.scope import Scope
from masterdata import selectors as masterdata
from payments import dossier

if TYPE_CHECKING:
    from desk.models import Job
    from masterdata.models import User

RIGHT = "evidence.export"
KIND = "evidence"


@transaction.atomic(durable=True)
def ask_for_bundle(*, order_no: str, actor: User, scope: Scope) -> Job:
    """A job that makes the bundle; who asked stands in the trail. Raises NotFound, NotAllowed."""
    order = dossier.order_named(order_no, scope=scope)
    scope.demand(RIGHT, order.company_id)
    audit.record("payments.order.evidence_asked", actor=actor, subject=order)
    return desk.start_job(
        kind=KIND,
        title=_("证据包 %(no)s") % {"no": order.order_no},
        user_id=actor.pk,
        total=1,
        company_id=order.company_id,
        params={"order_no": order.order_no},
    )


def make_bundle(job: Job) -> None:
    """Do one job, with what its person may see now; a refusal or a broken seal ends it with its reason."""
    from yqlink.evidence.gather import Wish, bundle

    if not desk.claim_job(job_id=job.pk):
        return
    scope = masterdata.scope_of(job.created_by)
    try:
        order = dossier.order_named(job.params["order_no"], scope=scope)
        scope.demand(RIGHT, order.company_id)
        data = bundle(order, scope=scope, wish=Wish(), by=str(job.created_by))
    except DomainError as error:
        desk.end_job(job_id=job.pk, error=error.message)
    except InvariantBroken as error:
        desk.end_job(job_id=job.pk, error=_("封印不符，不能出具证据包：%(why)s") % {"why": error})
    else:
        name = f"evidence-{order.order_no}.zip"
        desk.end_job(job_id=job.pk, result_name=name, result=data)


def make_waiting() -> int:
    """Every bundle that waits; how many."""
    waiting = desk_rows.waiting_jobs(kind=KIND)
    for job_id in waiting:
        make_bundle(desk_rows.job(job_id))
    return len(waiting)


@require_POST
def ask(request: HttpRequest, order_no: str) -> HttpResponse:
    """证据包: asked for, then waited for on the job's page."""
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    user: User = request.user  # type: ignore[assignment]  # the gate stands before every view
    job = ask_for_bundle(order_no=order_no, actor=user, scope=scope)
    messages.success(request, _("正在出具证据包，完成后可在此下载。"))
    return HttpResponseRedirect(reverse("desk:job", args=[job.pk]))
