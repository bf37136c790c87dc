"""Collection schedules of head office, and their runs."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.orm import Stateful, Versioned, amount_column, flow_trigger, state_column
from receipts.models.offices import SalesOffice
from receipts.states import RUN, RunState


class CollectionSchedule(Versioned):
    """When an office's credits are fetched, and whether its balance is pulled up; written by two people (see
    `receipts.services.schedules`). The limits of a pull are the mandate head office gave it."""

    class Rule(models.TextChoices):
        """What a run does."""

        FETCH = "fetch", _("只取数")
        PULL = "pull", _("取数并起草上划单")

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
    rule = models.CharField(max_length=6, choices=Rule.choices, default=Rule.FETCH)
    target = models.ForeignKey(
        "masterdata.OwnAccount", null=True, on_delete=models.PROTECT, related_name="+"
    )
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )  # in whose name the order is drafted; submitting it stays that person's act
    keep = amount_column(default=0)  # stays on the account
    at_least = amount_column(default=0)  # less is not worth a transfer
    most = amount_column(null=True)  # a run
    most_a_day = amount_column(null=True)
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
            ),
            models.CheckConstraint(
                condition=~models.Q(rule="pull")
                | models.Q(
                    target__isnull=False,
                    maker__isnull=False,
                    most__gt=0,
                    most_a_day__gt=0,
                    keep__gte=0,
                    at_least__gte=0,
                ),
                name="pull_has_its_mandate",
            ),
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
    order_id = models.BigIntegerField(null=True)  # payments.PaymentOrder: what a pull drafted
    order_no = models.CharField(max_length=20, blank=True)
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
