"""Payment orders: the business intent, before and after release."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kernel.orm import MoneyRow, Stateful, Versioned, flow_trigger, state_column
from masterdata.classes import PayeeClass, PaymentType
from payments.states import ORDER, STATE_NAMES, OrderState

# An order that ended without a payment gives its document line free again; one paid outside the platform never does.
GAVE_UP_ITS_LINE = Q(
    state__in=[OrderState.VOID.value, OrderState.CANCELLED.value], is_paid_outside=False
)


class PaymentOrder(Versioned, Stateful, MoneyRow):
    """A business intent: one payer account, one payee, one amount. Money fields are frozen by `content_hash` once submitted."""

    flow = ORDER

    Kind = PaymentType

    company = models.ForeignKey(
        "masterdata.Company", db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    payer_account = models.ForeignKey(
        "masterdata.OwnAccount", db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    order_no = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SUPPLIER)
    # where it comes from (DOMAIN §3.5 layer 1)
    source_system = models.CharField(max_length=30)
    erp_doc_type = models.CharField(max_length=30)
    erp_doc_no = models.CharField(max_length=40)
    erp_line_no = models.CharField(max_length=10, default="1")
    payload_hash = models.CharField(max_length=64)
    import_set = models.ForeignKey(
        "payments.ImportSet",
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="orders",
    )
    import_row = models.PositiveIntegerField(null=True)
    replaces = models.ForeignKey(
        "self", null=True, db_index=False, on_delete=models.PROTECT, related_name="replaced_by"
    )
    schedule = models.ForeignKey(
        "payments.RecurringSchedule",
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="orders",
    )
    # the payee as it will be sent
    payee_account = models.ForeignKey(
        "masterdata.CounterpartyAccount",
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    payee_version = models.PositiveIntegerField(default=0)
    payee_code = models.CharField(max_length=30, blank=True)
    payee_name = models.CharField(max_length=120)
    payee_number = models.CharField(max_length=35)
    payee_bank = models.CharField(max_length=120, blank=True)
    payee_cnaps = models.CharField(max_length=12, blank=True)
    is_personal = models.BooleanField(default=False)
    is_free_typed = models.BooleanField(default=False)  # the payee is not in the master data
    # the business
    purpose = models.CharField(max_length=200, blank=True)
    remark = models.CharField(max_length=200, blank=True)  # 附言
    wish_date = models.DateField()
    is_urgent = models.BooleanField(default=False)
    invoice_no = models.CharField(max_length=60, blank=True)
    gl_subject = models.CharField(max_length=15, blank=True)
    cash_flow_item = models.CharField(max_length=60, blank=True)
    # control
    state = state_column(OrderState, OrderState.DRAFT, is_indexed=False)
    shown_state = models.CharField(
        max_length=24, default="draft", choices=list(STATE_NAMES.items())
    )
    content_hash = models.CharField(max_length=64, blank=True)
    approval_id = models.BigIntegerField(null=True)  # approvals.Case
    approvals_needed = models.PositiveSmallIntegerField(default=0)
    approvals_given = models.PositiveSmallIntegerField(default=0)
    next_roles = ArrayField(
        models.CharField(max_length=20), default=list
    )  # who may approve next; empty: any approver
    payee_class = models.CharField(
        max_length=12, blank=True, choices=PayeeClass.choices
    )  # as of submission
    held_from = models.CharField(max_length=24, blank=True)
    hold_reasons = models.JSONField(default=list)  # [{rule, message, details}]
    return_reason = models.CharField(max_length=200, blank=True)
    is_paid_outside = models.BooleanField(default=False)  # two people said so (OutsidePayment)
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    releaser = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    released_at = models.DateTimeField(null=True)
    instruction = models.ForeignKey(
        "payments.PaymentInstruction",
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="+",
    )  # the latest
    erp_ack_status = models.CharField(max_length=8, default="none")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="order_amount_positive"),
            models.UniqueConstraint(fields=["order_no"], name="order_no_once"),
            models.UniqueConstraint(
                fields=["erp_doc_no", "company", "source_system", "erp_doc_type", "erp_line_no"],
                condition=~GAVE_UP_ITS_LINE,
                name="one_order_per_erp_line",
            ),
            models.UniqueConstraint(
                fields=["schedule", "wish_date"],
                condition=Q(schedule__isnull=False) & ~GAVE_UP_ITS_LINE,
                name="one_order_per_planned_date",
            ),
        ]
        # An order changes its shown state at every step of its payment, and each change writes every index once more:
        # there is none here that no query needs.
        indexes = [
            models.Index(fields=["company", "-created_at", "-id"], name="order_company_newest"),
            models.Index(fields=["-created_at", "-id"], name="order_newest"),
            models.Index(
                fields=["company", "shown_state", "-created_at", "-id"], name="order_company_state"
            ),
            models.Index(fields=["payee_number", "-created_at"], name="order_payee_newest"),
            models.Index(
                fields=["import_set"], condition=Q(import_set__isnull=False), name="order_import"
            ),
            models.Index(
                fields=["replaces"], condition=Q(replaces__isnull=False), name="order_replaces"
            ),
        ]
        triggers = [flow_trigger(ORDER)]

    def __str__(self) -> str:
        return self.order_no
