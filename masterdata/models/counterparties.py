"""Suppliers, customers, employees and group companies we pay or are paid by, with their bank accounts."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from kernel.orm import Stateful, Versioned, currency_column, state_column
from masterdata.states import COUNTERPARTY_ACCOUNT, PayeeState


class Counterparty(Versioned):
    """One trading partner (往来单位), group-wide, known by the ERP's code."""

    class Kind(models.TextChoices):
        SUPPLIER = "supplier", "供应商"
        CUSTOMER = "customer", "客户"
        EMPLOYEE = "employee", "员工"
        GROUP = "group", "集团内"

    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    pinyin = models.CharField(max_length=400, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SUPPLIER)
    uscc = models.CharField(max_length=18, blank=True)
    origin = models.CharField(max_length=30, default="manual")  # manual, import, the ERP's name
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CounterpartyAccount(Versioned, Stateful):
    """A bank account of a counterparty; payable only once another person confirmed it (DOMAIN §3.7)."""

    flow = COUNTERPARTY_ACCOUNT

    counterparty = models.ForeignKey(
        Counterparty, on_delete=models.PROTECT, related_name="accounts"
    )
    number = models.CharField(max_length=35, db_index=True)  # normalised
    name = models.CharField(max_length=120)  # registered 户名, sent as it stands
    name_key = models.CharField(max_length=120, db_index=True)  # the name normalised, for comparing
    bank_name = models.CharField(max_length=120)
    cnaps = models.CharField(max_length=12)
    currency = currency_column()
    is_personal = models.BooleanField(default=False)
    is_whitelisted = models.BooleanField(default=False)  # by two people; an edit ends it
    version_no = models.PositiveIntegerField(default=0)  # of its particulars; 0 until confirmed
    state = state_column(PayeeState, PayeeState.STAGED)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    source_note = models.CharField(max_length=120, blank=True)  # e.g. the import that announced it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["counterparty", "number"],
                condition=~models.Q(state__in=["rejected", "closed"]),
                name="one_live_payee_account",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
