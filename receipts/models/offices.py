"""Sales offices (销售办事处): their collection account, imprest card, people and customers."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models

from kernel.orm import Versioned


class SalesOffice(Versioned):
    """One sales office of a company; written by two people (see `receipts.services.offices`)."""

    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    account = models.ForeignKey(
        "masterdata.OwnAccount", null=True, on_delete=models.PROTECT, related_name="+"
    )  # where its customers pay in
    card_number = models.CharField(max_length=35, blank=True)  # the imprest card (备用金银行卡)
    card_holder = models.CharField(max_length=60, blank=True)
    partner = models.ForeignKey(
        "masterdata.Counterparty", null=True, on_delete=models.PROTECT, related_name="+"
    )  # the office as a counterparty of the finance system (S22)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(is_active=True, account__isnull=False),
                name="one_office_per_account",
            )
        ]
        triggers = [pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class OfficeCustomer(models.Model):
    """A customer an office looks after: its payments are told to that office, wherever they come in."""

    office = models.ForeignKey(SalesOffice, on_delete=models.PROTECT, related_name="customers")
    customer = models.ForeignKey(
        "masterdata.Counterparty", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["office_id", "customer_id"]
        constraints = [
            models.UniqueConstraint(fields=["office", "customer"], name="customer_of_office_once")
        ]

    def __str__(self) -> str:
        return f"{self.office} {self.customer_id}"
