"""Vouchers and their entry lines: posted once, balanced, dense in number, reversed only by a red voucher."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kernel.orm import MoneyRow, Stateful, Versioned, amount_column, flow_trigger, state_column
from ledger.models import guards
from ledger.models.templates import VoucherTemplate
from ledger.states import VOUCHER, VoucherState


class Voucher(Versioned, Stateful, MoneyRow):
    """One accounting voucher (记账凭证). `amount` is the sum of either side: negative on a red voucher.

    `posting_key` names the business fact it books, once per company; `voucher_no` is given at posting, without gaps per
    company, month and type.
    """

    flow = VOUCHER

    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    period = models.CharField(max_length=7)
    voucher_type = models.CharField(max_length=4)
    voucher_no = models.PositiveIntegerField(null=True)
    state = state_column(VoucherState, VoucherState.DRAFT, is_indexed=False)
    posting_key = models.CharField(max_length=100)
    payload_digest = models.CharField(max_length=64)
    event = models.CharField(max_length=30)
    template = models.ForeignKey(
        VoucherTemplate, null=True, on_delete=models.PROTECT, related_name="+"
    )
    source_kind = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=40, blank=True)
    description = models.CharField(max_length=200)
    attachment_count = models.PositiveSmallIntegerField(default=0)
    evidence = models.JSONField(default=list)  # [[kind, id], …]: what a person may look up
    reverses = models.ForeignKey(
        "self", null=True, db_index=False, on_delete=models.PROTECT, related_name="reds"
    )
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    poster = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    posted_at = models.DateTimeField(null=True)
    acked_at = models.DateTimeField(null=True)
    erp_voucher_no = models.CharField(max_length=40, blank=True)  # the number the ERP gave it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "posting_key"], name="posting_key_once"),
            models.UniqueConstraint(
                fields=["company", "period", "voucher_type", "voucher_no"], name="voucher_no_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "void"], voucher_no__isnull=True)
                | Q(state__in=["posted", "acked", "reversed"], voucher_no__gt=0),
                name="voucher_no_from_posting",
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, amount__gt=0)
                | Q(reverses__isnull=False, amount__lt=0),
                name="red_is_negative",
            ),
            models.CheckConstraint(condition=~Q(reverses=F("id")), name="voucher_reverses_another"),
            models.UniqueConstraint(
                fields=["reverses"],
                condition=Q(reverses__isnull=False) & ~Q(state="void"),
                name="one_red_per_voucher",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-day", "-id"], name="voucher_company_newest"),
            models.Index(fields=["-day", "-id"], name="voucher_newest"),
            models.Index(
                fields=["source_kind", "source_id"],
                condition=~Q(source_kind=""),
                name="voucher_of_source",
            ),
            models.Index(
                fields=["acked_at"], condition=Q(acked_at__isnull=False), name="voucher_acked"
            ),
        ]
        triggers = [
            flow_trigger(VOUCHER),
            guards.row_period_trigger(),
            guards.whole_trigger(),
            guards.fixed_trigger(),
            guards.reversal_trigger(),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """`付-0012`; a draft has none."""
        return "" if self.voucher_no is None else f"{self.voucher_type}-{self.voucher_no:04d}"

    @property
    def is_red(self) -> bool:
        """Whether it is the undoing of another voucher."""
        return self.reverses_id is not None


class VoucherLine(models.Model):
    """One entry line (分录): exactly one of debit and credit is not zero; negative only on a red voucher."""

    id = models.BigAutoField(primary_key=True)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="lines")
    line_no = models.PositiveSmallIntegerField()
    description = models.CharField(max_length=200)
    subject = models.CharField(max_length=15)
    debit = amount_column(default=0)
    credit = amount_column(default=0)
    # a line on a bank subject names the own account: it becomes that account's journal entry
    account = models.ForeignKey(
        "masterdata.OwnAccount", null=True, on_delete=models.PROTECT, related_name="+"
    )
    settlement_method = models.CharField(max_length=20, blank=True)
    bill_no = models.CharField(max_length=60, blank=True)
    bill_date = models.DateField(null=True)
    reference = models.CharField(max_length=40, blank=True)  # our bank_ref
    counterparty_name = models.CharField(max_length=200, blank=True)
    counterparty_account = models.CharField(max_length=40, blank=True)
    # auxiliary dimensions (辅助核算), by the ERP's own codes
    department = models.CharField(max_length=30, blank=True)
    person = models.CharField(max_length=30, blank=True)
    supplier = models.CharField(max_length=30, blank=True)
    customer = models.CharField(max_length=30, blank=True)
    project = models.CharField(max_length=30, blank=True)
    cash_flow_item = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["voucher_id", "line_no"]
        constraints = [
            models.UniqueConstraint(fields=["voucher", "line_no"], name="voucher_line_once"),
            models.CheckConstraint(
                condition=Q(debit=0) & ~Q(credit=0) | ~Q(debit=0) & Q(credit=0),
                name="one_side_per_line",
            ),
        ]
        triggers = [guards.drafts_only_trigger(), guards.balanced_trigger()]

    def __str__(self) -> str:
        return f"{self.subject} {self.debit or -self.credit}"
