"""What keeps a payment from being made twice: hits of rules, numbers its papers name, and planned recurring payments."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from kernel import clock
from kernel.orm import MoneyRow, Stateful, Versioned, flow_trigger, state_column
from payments.models.orders import PaymentOrder
from payments.states import SCHEDULE, ScheduleState


class OrderReference(models.Model):
    """A document number the texts of a submitted order name, normalised; rewritten when the order is submitted anew."""

    order = models.ForeignKey(PaymentOrder, on_delete=models.CASCADE, related_name="references")
    key = models.CharField(max_length=60)

    class Meta:
        indexes = [models.Index(fields=["key"], name="reference_key")]

    def __str__(self) -> str:
        return self.key


class RuleHit(models.Model):
    """One hit of a rule on one order: which rule in which version, at which step, both sides and what became of it.

    A lifted hit binds to what both sides said then (`order_digest`, `twin_digest`): when either changes, it stands again.
    """

    class Outcome(models.TextChoices):
        OPEN = "open", "待处理"
        LIFTED = "lifted", "已解除"
        TICKED = "ticked", "审批人已核对"

    order = models.ForeignKey(PaymentOrder, on_delete=models.PROTECT, related_name="hits")
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=20)
    version = models.CharField(max_length=20)
    stage = models.CharField(max_length=10)
    level = models.CharField(max_length=8)
    twin_kind = models.CharField(
        max_length=8, blank=True
    )  # order, entry, file, account; "" for one-sided rules
    twin_id = models.BigIntegerField(default=0)
    twin_no = models.CharField(max_length=200, blank=True)
    order_digest = models.CharField(max_length=64)
    twin_digest = models.CharField(max_length=64, blank=True)
    message = models.CharField(max_length=400)
    message_en = models.CharField(max_length=300, blank=True)
    found_at = models.DateTimeField(default=clock.now)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "rule", "twin_kind", "twin_id", "order_digest", "twin_digest"],
                name="hit_once",
            )
        ]
        indexes = [
            models.Index(fields=["-found_at", "-id"], name="hit_newest"),
            models.Index(fields=["company", "-found_at", "-id"], name="hit_company_newest"),
            models.Index(
                fields=["twin_id"],
                condition=Q(twin_kind="order", outcome="lifted"),
                name="hit_lifted_twin",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.order_id} {self.twin_no}"


class RecurringSchedule(Versioned, Stateful, MoneyRow):
    """Planned payments of one amount to one payee on named dates; exempts exactly those from duplicate rules, once each."""

    flow = SCHEDULE

    code = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=80)
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    payer_account = models.ForeignKey(
        "masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+"
    )
    payee_account = models.ForeignKey(
        "masterdata.CounterpartyAccount", on_delete=models.PROTECT, related_name="+"
    )
    purpose = models.CharField(max_length=200, blank=True)
    dates = models.JSONField(default=list)  # ISO days, ascending
    state = state_column(ScheduleState, ScheduleState.STAGED)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="schedule_amount_positive"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("made_by")),
                name="schedule_by_two",
            ),
        ]
        triggers = [flow_trigger(SCHEDULE)]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"
