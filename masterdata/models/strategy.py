"""What the group has decided about its own software: versioned, dated values by company code and account subject."""

from __future__ import annotations

import pgtrigger
from django.db import models

from kernel.orm import DatedRow


class StrategyRow(DatedRow):
    """One version of a topic's values for a company (null: the group) and an account subject ("": all), or for a bank.

    The values are read by the topic's own dataclass, which stands in the app that obeys it.
    """

    sealed_columns = ("topic", "company_id", "subject", "bank", "value")

    topic = models.CharField(max_length=40)
    company = models.ForeignKey(
        "masterdata.Company", null=True, on_delete=models.PROTECT, related_name="+"
    )
    subject = models.CharField(max_length=15, blank=True)  # account subject (科目), "" for all
    bank = models.CharField(max_length=3, blank=True)  # CNAPS prefix, for topics of banks
    value = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["line", "-valid_from", "-number"], name="strategy_row_line_newest")
        ]
        constraints = [
            models.UniqueConstraint(fields=["line", "number"], name="strategy_row_version_once"),
            models.UniqueConstraint(
                fields=["topic", "company", "subject", "bank", "number"],
                nulls_distinct=False,
                name="strategy_row_key_once",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.company_id or '*'} {self.subject or self.bank or '*'} v{self.number}"
