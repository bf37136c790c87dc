"""Payments made outside the platform (at the counter, by cheque, in e-banking during an outage), recorded with proof by two people."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from kernel import clock
from kernel.orm import Versioned
from payments.models.orders import PaymentOrder


class OutsidePayment(Versioned):
    """One order was paid outside: what the bank's paper says, who says so, and who agreed; later the debit that proves it."""

    class Channel(models.TextChoices):
        """Where it was paid."""

        COUNTER = "counter", "柜台"
        EBANK = "ebank", "网上银行"
        CHEQUE = "cheque", "支票或票据"
        OTHER = "other", "其他"

    class State(models.TextChoices):
        """How far the record is."""

        PROPOSED = "proposed", "待第二人确认"
        AGREED = "agreed", "已确认"
        REFUSED = "refused", "已否决"

    order = models.ForeignKey(PaymentOrder, on_delete=models.PROTECT, related_name="outside")
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    paid_on = models.DateField()
    bank_serial = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=300)
    evidence_name = models.CharField(max_length=120)
    evidence_file = models.BinaryField()  # encrypted, AAD "outside:<order_no>"
    content_hash = models.CharField(max_length=64)  # of the order as it was proposed for
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_note = models.CharField(max_length=300, blank=True)
    entry_id = models.BigIntegerField(null=True, unique=True)  # statements.StatementEntry

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=["proposed", "agreed"]),
                name="one_outside_record_per_order",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("proposed_by")),
                name="outside_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.channel}"
