"""Companies of the group, a tree."""

from __future__ import annotations

from django.db import models

from kernel.orm import Versioned, currency_column


class Company(Versioned):
    """One legal entity: its company code is the ERP's own (公司代码/账套)."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=40)
    pinyin = models.CharField(
        max_length=300, blank=True
    )  # full spelling and initials, for search and sorting
    uscc = models.CharField(max_length=18, blank=True)  # 统一社会信用代码
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(
        max_length=200, db_index=True
    )  # ids from the root, "/1/4/", for subtree look-ups
    currency = currency_column()
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.short_name}"
