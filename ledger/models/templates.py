"""Voucher templates: which lines an event makes, by company and account subject, in versions."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models

from kernel import clock


class VoucherTemplate(models.Model):
    """One version of the template of an event; `company` null holds for all, `subject` "" for every account subject.

    Two people made it (masterdata's StagedChange). A version never changes; a later one takes its place from its day on.
    """

    event = models.CharField(max_length=30)
    company = models.ForeignKey(
        "masterdata.Company", null=True, on_delete=models.PROTECT, related_name="+"
    )
    subject = models.CharField(max_length=15, blank=True)  # prefix of the own account's subject
    number = models.PositiveIntegerField()
    valid_from = models.DateField()
    name = models.CharField(max_length=60)
    voucher_type = models.CharField(max_length=4)
    lines = models.JSONField()  # ledger.rules.TemplateLine as plain values
    source_note = models.CharField(max_length=120, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["event", "company_id", "subject", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "company", "subject", "number"],
                nulls_distinct=False,
                name="template_version_once",
            )
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.name} v{self.number}"
