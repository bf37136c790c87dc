"""Payment orders, their instructions and batches, holds, and the tie of each payment to its debit."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from kernel import clock
from kernel.orm import MoneyRow, Stateful, Versioned, state_column
from kernel.states import Flow
from payments.states import INSTRUCTION, NOT_LIVE, ORDER, STATE_NAMES, InstructionState, OrderState

# An instruction exists only for an order whose present content was checked, approved as often as needed, and released.
RELEASE_SQL = """
    IF NOT EXISTS (
        SELECT 1 FROM payments_paymentorder o JOIN approvals_case c ON c.id = o.approval_id
        WHERE o.id = NEW.order_id AND c.voided_at IS NULL AND c.digest = NEW.content_hash
          AND c.subject_kind = 'payment' AND c.subject_id = o.id::text AND c.amount = NEW.amount AND c.currency = NEW.currency
          AND EXISTS (SELECT 1 FROM approvals_decision d WHERE d.case_id = c.id AND d.act = 'check')
          AND EXISTS (SELECT 1 FROM approvals_decision d WHERE d.case_id = c.id AND d.act = 'release')
          AND (SELECT count(*) FROM approvals_decision d WHERE d.case_id = c.id AND d.act = 'approve') >= c.approvers_needed
    ) THEN
        RAISE EXCEPTION 'order % was not released by its people', NEW.order_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


def flow_trigger(flow: Flow) -> pgtrigger.Trigger:
    """The database's own copy of a Flow: an UPDATE of `state` along no declared edge is refused."""
    pairs = ", ".join(sorted(f"('{a}','{b}')" for a, b in flow.edges()))
    return pgtrigger.Trigger(
        name="flow",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]  # pgtrigger has no types here
        condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
        func=f"""
            IF (OLD.state, NEW.state) NOT IN ({pairs}) THEN
                RAISE EXCEPTION 'illegal move % -> % of %', OLD.state, NEW.state, OLD.id USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


class PaymentOrder(Versioned, Stateful, MoneyRow):
    """A business intent: one payer account, one payee, one amount. Money fields are frozen by `content_hash` once submitted."""

    flow = ORDER

    class Kind(models.TextChoices):
        SUPPLIER = "supplier", "供应商付款"
        INTERNAL = "internal", "内部调拨"
        PAYROLL = "payroll", "代发"

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
    held_from = models.CharField(max_length=24, blank=True)
    hold_reasons = models.JSONField(default=list)  # [{rule, message, details}]
    lifted_rules = models.JSONField(default=list)  # [{rule, details, by, why}]
    return_reason = models.CharField(max_length=200, blank=True)
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
                condition=~Q(state__in=["void", "cancelled"]),
                name="one_order_per_erp_line",
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
            models.Index(fields=["payee_number", "amount"], name="order_payee_amount"),
            models.Index(fields=["invoice_no"], name="order_invoice"),
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

    class Meta:
        indexes = [
            models.Index(fields=["company", "-created_at", "-id"], name="batch_company_newest")
        ]

    def __str__(self) -> str:
        return self.batch_no


class PaymentInstruction(Versioned, Stateful, MoneyRow):
    """One attempt to execute an order: sealed at release, sent at most once, asked about until its end is known.

    `sealed` is the canonical instruction, encrypted (AAD "instruction:<instr_no>"); `seal` its MAC. What is sent is decrypted
    from `sealed`; the plain columns are copies for search, compared at dispatch.
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
    state = state_column(InstructionState, InstructionState.QUEUED, is_indexed=False)
    content_hash = models.CharField(max_length=64)
    sealed = models.BinaryField()
    seal = models.CharField(max_length=64)
    route_requested = models.CharField(max_length=8, blank=True)
    route_actual = models.CharField(max_length=8, blank=True)
    not_before = models.DateTimeField(null=True)
    hold_reason = models.CharField(max_length=200, blank=True)
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
            models.CheckConstraint(condition=Q(amount__gt=0), name="instruction_amount_positive"),
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
            models.Index(fields=["payer_account", "amount"], name="instruction_debit"),
            models.Index(fields=["payer_account", "final_at"], name="instruction_reserved"),
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
                    "amount",
                    "currency",
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


class DebitTie(models.Model):
    """A statement entry that is the debit (or the return credit) of one instruction (DOMAIN §3.9 R1, R3, R8)."""

    class Role(models.TextChoices):
        DEBIT = "debit", "付款"
        RETURN = "return", "退票"

    instruction = models.ForeignKey(
        PaymentInstruction, on_delete=models.PROTECT, related_name="ties"
    )
    entry_id = models.BigIntegerField(unique=True)  # statements.StatementEntry
    role = models.CharField(max_length=8, choices=Role.choices)
    rule = models.CharField(max_length=8)
    evidence = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["instruction", "role"], name="one_tie_per_role")
        ]

    def __str__(self) -> str:
        return f"{self.instruction_id} {self.role} {self.entry_id}"


class Adjudication(Versioned):
    """Two people settle what no bank answer settles (DOMAIN §3.3): one proposes with evidence, another agrees or refuses."""

    class Verdict(models.TextChoices):
        SUCCEEDED = "succeeded", "认定成功"
        FAILED = "failed", "认定失败"
        RETURNED = "returned", "认定退票"

    class State(models.TextChoices):
        PROPOSED = "proposed", "待第二人裁定"
        AGREED = "agreed", "已裁定"
        REFUSED = "refused", "已否决"

    instruction = models.ForeignKey(
        PaymentInstruction, on_delete=models.PROTECT, related_name="adjudications"
    )
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.CharField(max_length=300)
    branch_call = models.CharField(
        max_length=300, blank=True
    )  # who was called at the bank, when, what was said
    evidence = models.JSONField(default=dict)  # state, answers and statement as they stood
    evidence_file = models.BinaryField(default=b"")  # encrypted, AAD "adjudication:<instr_no>"
    evidence_name = models.CharField(max_length=120, blank=True)
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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["instruction"], condition=Q(state="proposed"), name="one_open_adjudication"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("proposed_by")),
                name="adjudicated_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instruction} → {self.verdict}"


class ImportSet(Versioned):
    """One imported payment list: preview first, orders only after confirmation; the same bytes are never taken twice."""

    class State(models.TextChoices):
        PREVIEW = "preview", "待确认"
        CONFIRMED = "confirmed", "已导入"
        DISCARDED = "discarded", "已放弃"

    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()  # encrypted, AAD "import:<sha256>"
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREVIEW)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    source_system = models.CharField(max_length=30, default="file")
    sheet = models.CharField(max_length=60, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    row_count = models.PositiveIntegerField(default=0)
    good_count = models.PositiveIntegerField(default=0)
    totals = models.JSONField(
        default=dict
    )  # {"good": {"CNY": "…"}, "per_company": {code: [rows, "sum"]}}
    rows = models.JSONField(default=list)  # canonical rows with their faults and warnings
    new_payees = models.JSONField(default=list)
    why_partial = models.CharField(max_length=200, blank=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sha256"], condition=~Q(state="discarded"), name="one_import_per_file"
            )
        ]

    def __str__(self) -> str:
        return self.file_name
