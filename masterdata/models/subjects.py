"""Account subjects (科目) as the finance system has them: we name them on our vouchers and book by their codes."""

from __future__ import annotations

from django.db import models

from kernel.orm import Versioned


class AccountSubject(Versioned):
    """One subject of a company's chart of accounts; `version` rises with every change over there."""

    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=15)
    name = models.CharField(max_length=120)
    origin = models.CharField(max_length=30)  # the finance system's name
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="subject_once_per_company")
        ]
        indexes = [models.Index(fields=["code", "id"], name="subject_by_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
