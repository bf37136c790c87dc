"""Batches and instructions: what is sent, once."""

from __future__ import annotations

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import Q

from kernel import clock
from kernel.orm import (
    MoneyRow,
    Stateful,
    Versioned,
    currency_column,
    flow_trigger,
    state_column,
)
from payments.models.guards import RELEASE_SQL
from payments.models.orders import PaymentOrder
from payments.states import INSTRUCTION, NOT_LIVE, InstructionState


class Batch(MoneyRow):
    """Instructions of one connection, payer account, currency and operation; no state of its own (DOMAIN §3.4).

    `amount` is the sum of its items, `item_count` their number: fixed at seal and checked before sending.
    """

    batch_no = models.CharField(max_length=20, unique=True)
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey(
        "masterdata.Connection", on_delete=models.PROTECT, related_name="+"
    )
    payer_account = models.ForeignKey(
        "masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+"
    )
    operation = models.CharField(max_length=20)
    item_count = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)  # when a byte may first have left
    met = models.JSONField(default=dict)  # versions of the rules obeyed at sending, by topic

    class Meta:
        indexes = [
            models.Index(fields=["company", "-created_at", "-id"], name="batch_company_newest")
        ]

    def __str__(self) -> str:
        return self.batch_no


class PaymentInstruction(Versioned, Stateful):
    """One attempt to execute an order: sealed at release, sent at most once, asked about until its end is known.

    `sealed` is the canonical instruction, closed for the bank's workers (AAD "instruction:<instr_no>"); `seal` its MAC. What
    is sent is opened from `sealed`. The row holds no account number and no amount in clear: these stand in the order, whose
    copies for search are compared at dispatch.
    """

    flow = INSTRUCTION

    order = models.ForeignKey(
        PaymentOrder, db_index=False, on_delete=models.PROTECT, related_name="instructions"
    )
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    payer_account = models.ForeignKey(
        "masterdata.OwnAccount", db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    connection = models.ForeignKey(
        "masterdata.Connection", db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    batch = models.ForeignKey(
        Batch, null=True, on_delete=models.PROTECT, related_name="instructions"
    )
    attempt = models.PositiveSmallIntegerField(default=1)
    instr_no = models.CharField(max_length=20)
    bank_ref = models.CharField(max_length=35)  # our number as this bank's wire carries it
    operation = models.CharField(max_length=20, default="pay_batch")
    currency = currency_column()
    state = state_column(InstructionState, InstructionState.QUEUED, is_indexed=False)
    content_hash = models.CharField(max_length=64)
    sealed = models.BinaryField()
    seal = models.CharField(max_length=64)
    route_requested = models.CharField(max_length=8, blank=True)
    route_actual = models.CharField(max_length=8, blank=True)
    not_before = models.DateTimeField(null=True)
    hold_reason = models.CharField(max_length=200, blank=True)
    met = models.JSONField(default=dict)  # versions of the rules obeyed at release, by topic
    # sending: lease and fencing token
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    send_attempts = models.PositiveIntegerField(default=0)
    # what the bank said last
    bank_serial = models.CharField(max_length=40, blank=True)
    bank_code = models.CharField(max_length=20, blank=True)
    bank_text = models.CharField(max_length=200, blank=True)
    # asking
    unknown_since = models.DateTimeField(null=True)
    unknown_why = models.CharField(max_length=200, blank=True)
    inquiries = models.PositiveIntegerField(default=0)
    not_found_count = models.PositiveIntegerField(default=0)
    first_not_found_at = models.DateTimeField(null=True)
    last_not_found_at = models.DateTimeField(
        null=True
    )  # the last one counted: they stand 15 minutes apart
    age_alarm = models.PositiveSmallIntegerField(
        default=0
    )  # how many of the age alarms (30 min, 4 h, 1 day) were given
    last_inquiry_at = models.DateTimeField(null=True)
    next_inquiry_at = models.DateTimeField(null=True)
    final_at = models.DateTimeField(null=True)
    recon_status = models.CharField(max_length=10, default="none")  # none, matched, exception
    voucher_status = models.CharField(max_length=10, default="none")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=~Q(state__in=[str(s) for s in NOT_LIVE]),
                name="one_live_instruction",
            ),
            models.UniqueConstraint(fields=["instr_no"], name="instr_no_once"),
            models.UniqueConstraint(fields=["order", "attempt"], name="attempt_once"),
            models.UniqueConstraint(fields=["connection", "bank_ref"], name="bank_ref_once"),
        ]
        indexes = [
            models.Index(
                fields=["connection", "id"],
                condition=Q(state="queued"),
                name="instruction_queue",
            ),
            models.Index(
                fields=["next_inquiry_at"],
                condition=Q(state__in=["accepted", "manual_handling", "unknown"]),
                name="instruction_to_ask",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state="sending"), name="instruction_leases"
            ),
            models.Index(fields=["payer_account", "sent_at"], name="instruction_sent"),
            models.Index(fields=["payer_account", "final_at"], name="instruction_reserved"),
            models.Index(
                fields=["id"],
                condition=Q(recon_status="matched", voucher_status="none"),
                name="instruction_to_book",
            ),
            models.Index(
                fields=["voucher_status"],
                condition=Q(voucher_status="exception")
                | Q(state="returned", voucher_status__in=["posted", "acked"]),
                name="instruction_to_book_back",
            ),
            models.Index(
                fields=["state"],
                condition=Q(state__in=["queued", "sending", "held", "unknown", "disputed"]),
                name="instruction_unsettled",
            ),
        ]
        triggers = [
            flow_trigger(INSTRUCTION),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="sealed_for_ever",
                fields=[
                    "order",
                    "instr_no",
                    "bank_ref",
                    "attempt",
                    "sealed",
                    "seal",
                    "content_hash",
                    "currency",
                    "met",
                ],
            ),
            pgtrigger.Trigger(
                name="released_by_people",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=RELEASE_SQL,
            ),
        ]

    def __str__(self) -> str:
        return self.instr_no

    @property
    def amount(self) -> Decimal:
        """The order's: an instruction pays its order, whole."""
        return self.order.amount  # type: ignore[no-any-return]  # a decimal column
