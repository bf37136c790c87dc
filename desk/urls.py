"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import path

from desk import views

app_name = "desk"
urlpatterns = [
    path("cases/", views.cases, name="cases"),
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<int:job_id>/", views.job, name="job"),
    path("jobs/<int:job_id>/result/", views.job_result, name="job_result"),
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/read/", views.notifications_read, name="notifications_read"),
    path("views/save/", views.save_view, name="save_view"),
    path("desk/styleguide/", views.styleguide, name="styleguide"),
]
