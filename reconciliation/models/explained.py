"""How much of a bank day is explained: one row an account and day, written once the two moments it tells of have passed."""

from __future__ import annotations

from django.db import models

from kernel import clock
from kernel.orm import amount_column, currency_column


class ExplainedDay(models.Model):
    """The value the bank moved on one day, in and out added up, and how much of it a match explained one and two working
    days later. What a later day brings does not change it: entries told late count as unexplained at both moments.
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    day = models.DateField()
    currency = currency_column()
    value = amount_column()
    lines = models.PositiveIntegerField()
    value_t1 = amount_column()  # explained by the end of the first working day after
    lines_t1 = models.PositiveIntegerField()
    value_t2 = amount_column(null=True)  # by the end of the second; null until it has passed
    lines_t2 = models.PositiveIntegerField(null=True)
    measured_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="explained_day_once")
        ]
        indexes = [models.Index(fields=["-day", "company_id"], name="explained_newest")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}"
