"""Limits on payments, and what is used of each in each period."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.orm import DatedRow, amount_column, currency_column
from masterdata.classes import PayeeClass
from payments.models.instructions import PaymentInstruction


class Limit(DatedRow):
    """One version of a limit: so much at most for each item, day or month, by company, account, releaser and payee class."""

    class Period(models.TextChoices):
        ITEM = "item", _("单笔")
        DAY = "day", _("单日")
        MONTH = "month", _("单月")

    sealed_columns = (
        *("company_id", "account_id", "user_id", "payee_class", "currency", "period", "amount"),
    )

    company = models.ForeignKey(
        "masterdata.Company", null=True, on_delete=models.PROTECT, related_name="+"
    )
    account = models.ForeignKey(
        "masterdata.OwnAccount", null=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )  # the releaser, by natural person
    payee_class = models.CharField(max_length=12, blank=True, choices=PayeeClass.choices)
    currency = currency_column()
    period = models.CharField(max_length=5, choices=Period.choices)
    amount = amount_column()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "number"], name="limit_once")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.line}.{self.number} {self.period} {self.amount}"


class LimitCounter(models.Model):
    """What is used of one limit in one period: the sum of its uses that were not freed. Its row lock orders releases."""

    line = models.PositiveIntegerField()
    period = models.CharField(max_length=10)  # 2026-11-24 or 2026-11
    used = amount_column(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "period"], name="limit_counter_once"),
            models.CheckConstraint(condition=Q(used__gte=0), name="limit_counter_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.period} {self.used}"


class LimitUse(models.Model):
    """One released payment counted in one period: reserved at release, spent once paid, freed when it surely was not."""

    counter = models.ForeignKey(LimitCounter, on_delete=models.PROTECT, related_name="uses")
    instruction = models.ForeignKey(
        PaymentInstruction, on_delete=models.PROTECT, related_name="limit_uses"
    )
    amount = amount_column()
    made_at = models.DateTimeField(default=clock.now)
    freed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["instruction", "counter"], name="limit_use_once")
        ]

    def __str__(self) -> str:
        return f"{self.instruction_id} {self.amount}"
