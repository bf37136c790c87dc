"""Months of a company: open, or locked against every further entry."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models

from kernel.orm import Stateful, Versioned, flow_trigger, state_column
from ledger.states import PERIOD, PeriodState


class Period(Versioned, Stateful):
    """One calendar month of one company ("2026-11"): the accounting period of China's law."""

    flow = PERIOD

    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=7)
    state = state_column(PeriodState, PeriodState.OPEN, is_indexed=False)
    changed_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="period_once"),
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^\d{4}-(0[1-9]|1[0-2])$"), name="period_is_a_month"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(decided_by=models.F("asked_by")),
                name="period_decided_by_two",
            ),
        ]
        triggers = [
            flow_trigger(PERIOD),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.company_id} {self.code} {self.state}"
