"""What is known of payers, and what customers owe."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.orm import MoneyRow, Versioned, amount_column


class PayerKey(models.Model):
    """A mark by which money is known to be a customer's: a reference in the narrative, an account, a payer's name.

    Learned when a second person approves, or written by hand. `has_proof`: somebody pays for the customer and a proof of
    that (代付证明) is on file; without it such a payer is only proposed.
    """

    class Kind(models.TextChoices):
        """Which mark."""

        REFERENCE = "reference", _("摘要中的编号")
        ACCOUNT = "account", _("付款账号")
        NAME = "name", _("付款户名")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=200)  # normalised
    customer = models.ForeignKey(
        "masterdata.Counterparty", on_delete=models.PROTECT, related_name="+"
    )
    has_proof = models.BooleanField(default=False)
    is_learned = models.BooleanField(default=True)
    hits = models.PositiveIntegerField(default=1)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    last_used_at = models.DateTimeField(default=clock.now)
    sources = models.JSONField(default=list)  # numbers of the newest notices it was learned from
    proof_file_id = models.BigIntegerField(null=True)  # desk.UploadedFile, the 代付证明
    revoked_at = models.DateTimeField(
        null=True
    )  # it speaks of nobody any more, and is not learned anew
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "value", "customer"], name="payer_key_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class Receivable(Versioned, MoneyRow):
    """An invoice a customer owes, as the finance system has it; `open_amount` is what is not yet paid."""

    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(
        "masterdata.Counterparty", on_delete=models.PROTECT, related_name="+"
    )
    invoice_no = models.CharField(max_length=60)
    contract_no = models.CharField(max_length=40, blank=True)
    issued_on = models.DateField()
    open_amount = amount_column()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "invoice_no"], name="receivable_once"),
            models.CheckConstraint(
                condition=Q(open_amount__gte=0) & Q(open_amount__lte=models.F("amount")),
                name="receivable_open_within",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-issued_on", "-id"], name="receivable_newest"),
            models.Index(
                fields=["customer", "company"],
                condition=Q(open_amount__gt=0),
                name="receivable_open",
            ),
        ]

    def __str__(self) -> str:
        return self.invoice_no
