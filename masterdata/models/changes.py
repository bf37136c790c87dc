"""StagedChange: the one maker-checker for dual-controlled rows of any app."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel import clock


class StagedChange(models.Model):
    """A proposed change of one row (`kind` + `subject_id`, empty for a new one), decided by another person."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待复核")
        ACCEPTED = "accepted", _("已生效")
        REFUSED = "refused", _("已拒绝")

    kind = models.CharField(max_length=40, db_index=True)
    subject_id = models.CharField(max_length=40, blank=True)
    company = models.ForeignKey(
        "masterdata.Company", null=True, on_delete=models.PROTECT, related_name="+"
    )
    title = models.CharField(max_length=200)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    sealed = models.BinaryField(
        default=b"", editable=False
    )  # secrets of the change, encrypted, until it is decided; AAD "staged:<kind>:<subject_id>"
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
