"""The bank directory (CNAPS) and what each bank's adapter declares of its bank."""

from __future__ import annotations

from django.db import models

from kernel import clock


class Bank(models.Model):
    """A bank, by the three-digit prefix of its CNAPS codes."""

    prefix = models.CharField(max_length=3, primary_key=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60, blank=True)
    pinyin = models.CharField(max_length=200, blank=True)
    head_office_cnaps = models.CharField(max_length=12, blank=True)
    slug = models.CharField(max_length=20, blank=True)  # the adapter's name, where there is one

    class Meta:
        ordering = ["prefix"]

    def __str__(self) -> str:
        return self.name


class Branch(models.Model):
    """One line of the national directory (联行号)."""

    cnaps = models.CharField(max_length=12, primary_key=True)
    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, related_name="branches")
    name = models.CharField(max_length=120)
    pinyin = models.CharField(max_length=400, blank=True)
    area_code = models.CharField(max_length=4, blank=True)
    imported_at = models.DateTimeField(default=clock.now)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["cnaps"]

    def __str__(self) -> str:
        return f"{self.cnaps} {self.name}"


class BankProfile(models.Model):
    """Limits and manners of a bank, written by the bank bridge from its adapter's declaration; dated for operators' overrides."""

    slug = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60, blank=True)
    abilities = models.JSONField(default=list)
    items_max = models.PositiveIntegerField(default=100)
    inquiry_items_max = models.PositiveIntegerField(default=50)
    min_inquiry_interval_s = models.PositiveIntegerField(default=0)
    visibility_delay_s = models.PositiveIntegerField(default=0)
    not_found_is_final = models.BooleanField(default=False)
    bank_dedups_by_reference = models.BooleanField(default=False)
    cnaps_prefix = models.CharField(max_length=3, blank=True)
    statement_rows_max = models.PositiveIntegerField(default=50)
    statement_span_days = models.PositiveIntegerField(default=31)
    balance_accounts_max = models.PositiveIntegerField(default=1)
    field_limits = models.JSONField(
        default=dict
    )  # our field -> [limit, "chars" | "boc" | "bytes:<codec>"]
    forbidden = models.JSONField(default=dict)  # our field -> characters
    confirm_with_bank = models.JSONField(default=list)
    reference_rule = models.CharField(
        max_length=20, default="instr_no"
    )  # of our number on its wire
    endpoints = models.JSONField(default=list)  # {role, label_zh, label_en, example}
    settings = models.JSONField(
        default=list
    )  # what a connection may set, as its adapter declares it
    updated_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.name
