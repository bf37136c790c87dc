"""StagedChange: the one maker-checker for dual-controlled rows of any app."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from kernel import clock


class StagedChange(models.Model):
    """A proposed change of one row (`kind` + `subject_id`, empty for a new one), decided by another person."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待复核"
        ACCEPTED = "accepted", "已生效"
        REFUSED = "refused", "已拒绝"

    kind = models.CharField(max_length=40, db_index=True)
    subject_id = models.CharField(max_length=40, blank=True)
    company = models.ForeignKey(
        "masterdata.Company", null=True, on_delete=models.PROTECT, related_name="+"
    )
    title = models.CharField(max_length=200)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.title
