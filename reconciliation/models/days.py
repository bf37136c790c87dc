"""Sign-offs of an account's day, and what people say of debits that are not ours."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from kernel import clock
from kernel.orm import Stateful, Versioned, amount_column, flow_trigger, state_column
from reconciliation.states import DAY, DayState


class DebitClass(models.Model):
    """What a person says a debit is that belongs to no instruction of ours (R5); the highest number holds."""

    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    entry_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    note = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry_id", "number"], name="debit_class_once")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.kind}"


class DaySignOff(Versioned, Stateful):
    """A person signed what the daily reconciliation found on one account's day; a later fact that contradicts reopens it."""

    flow = DAY

    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    day = models.DateField()
    number = models.PositiveIntegerField()
    state = state_column(DayState, DayState.SIGNED, is_indexed=False)
    opening = amount_column()
    credits = amount_column()
    debits = amount_column()
    closing = amount_column()
    counts = models.JSONField()  # by class
    problems = models.JSONField(default=list)  # signed with a reason
    entries_digest = models.CharField(max_length=64)
    open_count = models.PositiveIntegerField(default=0)  # results not known when it was signed
    note = models.CharField(max_length=200, blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    signed_at = models.DateTimeField(default=clock.now)
    signed_factor = models.CharField(max_length=60)
    looked_at = models.DateTimeField(default=clock.now)  # when it was last seen to hold
    reopened_at = models.DateTimeField(null=True)
    reopened_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "day", "number"], name="day_signed_once"),
            models.UniqueConstraint(
                fields=["account", "day"],
                condition=Q(state=DayState.SIGNED),
                name="one_sign_off_holds",
            ),
        ]
        indexes = [
            models.Index(fields=["day"], condition=Q(state=DayState.SIGNED), name="day_signed")
        ]
        triggers = [
            flow_trigger(DAY),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day} v{self.number}"
