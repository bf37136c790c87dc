"""The bank journal (银行存款日记账) of each own account: the company's own book of its money, one row an entry."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from kernel import clock
from kernel.orm import MoneyRow, amount_column, currency_column
from ledger.models import guards
from ledger.models.vouchers import VoucherLine


class JournalEntry(MoneyRow):
    """One entry of an account's bank journal, from a posted voucher of ours or from the ERP's journal. Append-only.

    `direction` is what it does to the account: debit = money in, credit = money out. A red entry (红字, `is_red`) undoes
    one: it is kept as the opposite direction with a positive amount, and printed on its own side with a minus.
    """

    class Direction(models.TextChoices):
        DEBIT = "debit", "借"
        CREDIT = "credit", "贷"

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    day = models.DateField()
    period = models.CharField(max_length=7)
    direction = models.CharField(max_length=6, choices=Direction.choices)
    is_red = models.BooleanField(default=False)
    voucher_type = models.CharField(max_length=4, blank=True)
    voucher_no = models.CharField(max_length=20, blank=True)
    description = models.CharField(max_length=300, blank=True)
    settlement_method = models.CharField(max_length=20, blank=True)
    bill_no = models.CharField(max_length=60, blank=True)
    counterparty_name = models.CharField(max_length=200, blank=True)
    counterparty_account = models.CharField(max_length=40, blank=True)
    reference = models.CharField(
        max_length=40, blank=True
    )  # our bank_ref, where the book carries it
    opposite_subject = models.CharField(max_length=100, blank=True)
    # where it comes from: a line of our voucher, or a row of an imported file
    voucher_line = models.OneToOneField(
        VoucherLine, null=True, on_delete=models.PROTECT, related_name="journal_entry"
    )
    file_id = models.BigIntegerField(null=True, db_index=True)  # desk.UploadedFile
    file_row = models.PositiveIntegerField(null=True)
    digest = models.CharField(max_length=64, blank=True)  # content of the imported row
    occurrence = models.PositiveSmallIntegerField(default=1)  # equal rows are twins: 1, 2, …
    withdraws = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="withdrawn_by"
    )
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="journal_amount_positive"),
            models.CheckConstraint(
                condition=Q(voucher_line__isnull=False, file_id__isnull=True)
                | Q(voucher_line__isnull=True, file_id__isnull=False),
                name="journal_has_one_origin",
            ),
            models.UniqueConstraint(
                fields=["account", "digest", "occurrence"],
                condition=Q(file_id__isnull=False, withdraws__isnull=True),
                name="journal_row_once",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "day", "id"], name="journal_account_day"),
            models.Index(fields=["company_id", "-day", "-id"], name="journal_company_newest"),
            models.Index(
                fields=["reference"], condition=~Q(reference=""), name="journal_reference"
            ),
        ]
        triggers = [
            guards.statement_period_trigger(),
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.direction} {self.amount}"


class JournalOpening(models.Model):
    """The book balance of an account at the beginning of the day its journal is kept from; the highest number holds.

    Two people set it (masterdata's StagedChange); versions are never changed.
    """

    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    day = models.DateField()
    balance = amount_column()
    currency = currency_column()
    source_note = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="journal_opening_once")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day} {self.balance}"
