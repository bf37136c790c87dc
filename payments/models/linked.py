"""Linked payments (联动支付): funds down, payment, rest back up as one business act; each leg is an order of its own."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from kernel import clock
from payments.models.orders import PaymentOrder


class LinkedPayment(models.Model):
    """One business act of several legs, sent in turn; it has no state of its own, only what its legs show (DOMAIN §3.4's way)."""

    link_no = models.CharField(max_length=20, unique=True)
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=200, blank=True)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.link_no


class LinkedLeg(models.Model):
    """One leg: its place in the turn, what it is for, and the order that is it."""

    class Role(models.TextChoices):
        """What a leg does."""

        FUND = "fund", "下拨"
        PAY = "pay", "付款"
        SWEEP = "sweep", "上划"

    linked = models.ForeignKey(LinkedPayment, on_delete=models.PROTECT, related_name="legs")
    place = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=6, choices=Role.choices)
    order = models.OneToOneField(PaymentOrder, on_delete=models.PROTECT, related_name="leg")

    class Meta:
        ordering = ["linked_id", "place"]
        constraints = [
            models.UniqueConstraint(fields=["linked", "place"], name="one_leg_per_place")
        ]

    def __str__(self) -> str:
        return f"{self.linked_id}/{self.place}"
