"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import path

from desk.views import cases, work
from kernel.access import guarded, personal, public

app_name = "desk"
urlpatterns = [
    path("cases/", personal(cases.cases), name="cases"),
    path("cases/runbook/", personal(cases.runbook), name="runbook"),
    path("cases/<int:case_id>/", personal(cases.case), name="case"),
    path("cases/<int:case_id>/act/", guarded(cases.act, "cases.work"), name="case_act"),
    path("jobs/", personal(work.jobs), name="jobs"),
    path("jobs/<int:job_id>/", personal(work.job), name="job"),
    path("jobs/<int:job_id>/result/", personal(work.job_result), name="job_result"),
    path("notifications/", personal(work.notifications), name="notifications"),
    path("notifications/read/", personal(work.notifications_read), name="notifications_read"),
    path("views/save/", personal(work.save_view), name="save_view"),
    path("views/drop/", personal(work.drop_view), name="drop_view"),
    path("desk/styleguide/", public(work.styleguide), name="styleguide"),
]
