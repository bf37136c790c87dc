"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import path

from desk.views import cases, work

app_name = "desk"
urlpatterns = [
    path("cases/", cases.cases, name="cases"),
    path("cases/<int:case_id>/", cases.case, name="case"),
    path("cases/<int:case_id>/act/", cases.act, name="case_act"),
    path("jobs/", work.jobs, name="jobs"),
    path("jobs/<int:job_id>/", work.job, name="job"),
    path("jobs/<int:job_id>/result/", work.job_result, name="job_result"),
    path("notifications/", work.notifications, name="notifications"),
    path("notifications/read/", work.notifications_read, name="notifications_read"),
    path("views/save/", work.save_view, name="save_view"),
    path("desk/styleguide/", work.styleguide, name="styleguide"),
]
