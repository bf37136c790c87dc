"""Acts of booking, and refunds."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from kernel import clock
from kernel.orm import MoneyRow
from receipts.models.notices import ArrivalNotice


class BookingRun(models.Model):
    """One act of booking: which notices a person (or the strategy) sent to the books, and what became of each."""

    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    style = models.CharField(max_length=8)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)
    booked = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    vouchers = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["-made_at", "-id"], name="booking_newest")]

    def __str__(self) -> str:
        return f"{self.pk}"


class BookingLine(models.Model):
    """One notice in an act of booking: the voucher it is in, or why it is in none."""

    run = models.ForeignKey(BookingRun, on_delete=models.PROTECT, related_name="lines")
    notice = models.ForeignKey(ArrivalNotice, on_delete=models.PROTECT, related_name="bookings")
    round = models.PositiveSmallIntegerField()
    voucher_id = models.BigIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    error_en = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["run_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "round"],
                condition=Q(voucher_id__isnull=False),
                name="notice_booked_once",
            )
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.notice_id}"


class Refund(MoneyRow):
    """Money sent back to its payer: a payment order with its own check, approval and release, linked to the notice."""

    notice = models.ForeignKey(ArrivalNotice, on_delete=models.PROTECT, related_name="refunds")
    order_id = models.BigIntegerField(unique=True)  # payments.PaymentOrder
    order_no = models.CharField(max_length=20)
    why = models.CharField(max_length=200)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return self.order_no
