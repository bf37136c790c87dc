"""Imported payment lists."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from kernel.orm import Versioned


class ImportSet(Versioned):
    """One imported payment list: preview first, orders only after confirmation; the same bytes are never taken twice."""

    class State(models.TextChoices):
        PREVIEW = "preview", "待确认"
        CONFIRMED = "confirmed", "已导入"
        DISCARDED = "discarded", "已放弃"

    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()  # encrypted, AAD "import:<sha256>"
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREVIEW)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    source_system = models.CharField(max_length=30, default="file")
    sheet = models.CharField(max_length=60, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    row_count = models.PositiveIntegerField(default=0)
    good_count = models.PositiveIntegerField(default=0)
    totals = models.JSONField(
        default=dict
    )  # {"good": {"CNY": "…"}, "per_company": {code: [rows, "sum"]}}
    rows_digest = models.CharField(
        max_length=64, blank=True
    )  # payees and amounts of the good rows (D7)
    rows = models.JSONField(default=list)  # canonical rows with their faults and warnings
    new_payees = models.JSONField(default=list)
    why_partial = models.CharField(max_length=200, blank=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sha256"], condition=~Q(state="discarded"), name="one_import_per_file"
            )
        ]

    def __str__(self) -> str:
        return self.file_name
