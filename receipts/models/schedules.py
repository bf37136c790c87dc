"""Collection schedules of head office, and their runs."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.orm import Stateful, Versioned, flow_trigger, state_column
from receipts.models.offices import SalesOffice
from receipts.states import RUN, RunState


class CollectionSchedule(Versioned):
    """When an office's credits are fetched; written by two people (see `receipts.services.schedules`)."""

    class Days(models.TextChoices):
        """On which days."""

        EVERY = "every", _("每天")
        WORKING = "working", _("每个工作日")
        MONTH_END = "month_end", _("每月最后一个工作日")

    office = models.ForeignKey(SalesOffice, on_delete=models.PROTECT, related_name="schedules")
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=60)
    times = ArrayField(models.TimeField())  # Shanghai, ascending
    days = models.CharField(max_length=10, choices=Days.choices, default=Days.WORKING)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    is_active = models.BooleanField(default=True)
    looked_at = models.DateTimeField()  # every moment before has been looked at

    class Meta:
        ordering = ["office_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(is_active=True),
                name="one_schedule_per_account",
            )
        ]
        triggers = [pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.title


class CollectionRun(Stateful):
    """One moment of a schedule: made once, whatever happens around it."""

    flow = RUN

    schedule = models.ForeignKey(CollectionSchedule, on_delete=models.PROTECT, related_name="runs")
    company_id = models.BigIntegerField()
    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    scheduled_at = models.DateTimeField()
    state = state_column(RunState, RunState.WAITING, is_indexed=False)
    is_late = models.BooleanField(default=False)  # made up after its time
    next_at = models.DateTimeField()  # not tried before
    attempt = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    arrivals = models.PositiveIntegerField(null=True)  # credits that came with it
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "scheduled_at"], name="one_run_per_moment")
        ]
        indexes = [
            models.Index(
                fields=["scheduled_at"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="run_to_do",
            ),
            models.Index(fields=["-scheduled_at", "-id"], name="run_newest"),
        ]
        triggers = [
            flow_trigger(RUN),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.scheduled_at}"
