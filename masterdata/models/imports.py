"""A file of master data somebody uploaded: previewed, then confirmed or discarded."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from kernel import clock


class MasterImport(models.Model):
    """One uploaded file with what its preview found; nothing is written before somebody confirms."""

    class Kind(models.TextChoices):
        BRANCHES = "branches", "联行号"
        COUNTERPARTIES = "counterparties", "往来单位"

    class State(models.TextChoices):
        PREVIEWED = "previewed", "待确认"
        CONFIRMED = "confirmed", "已导入"
        DISCARDED = "discarded", "已放弃"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    data = models.BinaryField(editable=False)  # emptied once decided
    counts = models.JSONField(default=dict)  # rows, new, changed, same, bad
    faults = models.JSONField(default=list)  # the first ones: [row, column, message]
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREVIEWED)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.filename}"
