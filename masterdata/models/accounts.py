"""Own bank accounts of the group's companies."""

from __future__ import annotations

import pgtrigger
from django.db import models

from kernel.orm import Versioned, currency_column


class OwnAccount(Versioned):
    """One bank account of one company."""

    class Kind(models.TextChoices):
        BASIC = "basic", "基本户"
        GENERAL = "general", "一般户"
        SPECIAL = "special", "专用户"
        TEMPORARY = "temporary", "临时户"

    company = models.ForeignKey(
        "masterdata.Company", on_delete=models.PROTECT, related_name="accounts"
    )
    bank = models.ForeignKey("masterdata.Bank", on_delete=models.PROTECT, related_name="+")
    cnaps = models.CharField(max_length=12)
    branch_name = models.CharField(max_length=120)
    branch_code = models.CharField(
        max_length=20, blank=True
    )  # the bank's own branch code (boc: 5 digits)
    number = models.CharField(max_length=35, unique=True)
    name = models.CharField(max_length=120)  # 户名 as registered at the bank
    pinyin = models.CharField(max_length=400, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.GENERAL)
    currency = currency_column()
    gl_subject = models.CharField(max_length=15)
    connection = models.ForeignKey(
        "masterdata.Connection", null=True, blank=True, on_delete=models.PROTECT
    )
    is_direct_link = models.BooleanField(default=False)  # the go-live switch of this account
    is_frozen = models.BooleanField(
        default=False
    )  # outbound stopped (daily reconciliation, DOMAIN §3.9)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["company"],
                condition=models.Q(kind="basic", is_active=True),
                name="one_basic_account_per_company",
            )
        ]
        triggers = [pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
