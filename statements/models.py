"""What banks told us about accounts: statement entries, balances, closed days, electronic receipts. Append-only."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models

from kernel import clock
from kernel.orm import MoneyRow, amount_column, currency_column
from statements.rules import BANK


class StatementEntry(MoneyRow):
    """One entry of a bank's statement, as reported; an amended entry is a new revision, both are kept.

    Key (DOMAIN §3.5 layer 4): account, bank date, bank serial, direction, occurrence; `digest` is over the content. The
    entry in force is the highest revision of its key.
    """

    class Direction(models.TextChoices):
        CREDIT = "credit", "收"
        DEBIT = "debit", "付"

    id = models.BigAutoField(primary_key=True)
    # No constraint a row and no index of its own: the trigger `account_exists` looks once a statement, and the unique
    # key below begins with the account. A hundred thousand entries are one account's.
    account = models.ForeignKey(
        "masterdata.OwnAccount",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    company_id = models.BigIntegerField()
    source = models.CharField(max_length=10, default=BANK)  # the bank link, or a kind of file
    bank_date = models.DateField()
    booked_at = models.DateTimeField()
    value_date = models.DateField(null=True)
    bank_serial = models.CharField(max_length=60)
    direction = models.CharField(max_length=6, choices=Direction.choices)
    occurrence = models.PositiveSmallIntegerField(default=1)
    revision = models.PositiveSmallIntegerField(default=1)
    balance_after = amount_column(null=True)
    counterparty_name = models.CharField(max_length=200, blank=True)
    counterparty_account = models.CharField(max_length=40, blank=True)
    counterparty_bank = models.CharField(max_length=200, blank=True)
    narrative = models.CharField(max_length=300, blank=True)
    purpose = models.CharField(max_length=300, blank=True)
    reference = models.CharField(max_length=40, blank=True)  # our bank_ref when the bank carries it
    digest = models.CharField(max_length=64)
    exchange_id = models.BigIntegerField(null=True)  # the wire evidence it came from
    fetched_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "account",
                    "bank_date",
                    "bank_serial",
                    "direction",
                    "occurrence",
                    "revision",
                ],
                name="statement_entry_once",
            )
        ]
        indexes = [
            models.Index(fields=["account", "-booked_at", "-id"], name="entry_account_newest"),
            models.Index(fields=["company_id", "-booked_at", "-id"], name="entry_company_newest"),
            models.Index(
                fields=["amount", "company_id"],
                condition=models.Q(direction="debit"),
                name="entry_debit_amount",
            ),
            models.Index(
                fields=["account"], condition=models.Q(revision__gt=1), name="entry_amended"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="account_exists",
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_rows"),  # type: ignore[no-untyped-call]  # untyped there
                func="""
                    PERFORM 1 FROM masterdata_ownaccount
                        WHERE id IN (SELECT DISTINCT account_id FROM new_rows) FOR KEY SHARE;
                    IF EXISTS (SELECT DISTINCT account_id FROM new_rows EXCEPT SELECT id FROM masterdata_ownaccount) THEN
                        RAISE EXCEPTION 'an entry names no account of ours' USING ERRCODE = 'foreign_key_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bank_date} {self.bank_serial} {self.direction} {self.amount}"


class Balance(models.Model):
    """A balance as the bank told it at one moment; history is kept, `is_day_closing` marks end-of-day figures."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    currency = currency_column()
    as_of = models.DateField()  # the bank's own date of the figure
    book = amount_column()
    available = amount_column(null=True)
    frozen = amount_column(null=True)
    is_day_closing = models.BooleanField(default=False)
    fetched_at = models.DateTimeField(default=clock.now)
    exchange_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "-fetched_at", "-id"], name="balance_account_newest"),
            models.Index(fields=["account", "-as_of", "-id"], name="balance_account_day"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.as_of} {self.book}"


class LatestBalance(models.Model):
    """The newest figure of each account, so that a group view costs one row an account."""

    account = models.OneToOneField(
        "masterdata.OwnAccount", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    company_id = models.BigIntegerField()
    currency = currency_column()
    book = amount_column()
    available = amount_column(null=True)
    frozen = amount_column(null=True)
    as_of = models.DateField()
    fetched_at = models.DateTimeField()
    failed_at = models.DateTimeField(
        null=True
    )  # last fetch that failed: a failed fetch is not zero
    failure = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.account_id} {self.book}"


class BankStatement(models.Model):
    """One statement as a file brought it: what it says of itself, beside what its entries say. Append-only."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    source = models.CharField(max_length=10)
    number = models.CharField(max_length=40, blank=True)
    sequence = models.PositiveIntegerField(null=True)  # the bank's running number of statements
    page = models.PositiveIntegerField(null=True)
    first_day = models.DateField()
    last_day = models.DateField()
    currency = currency_column()
    opening = amount_column(null=True)
    closing = amount_column(null=True)
    credits = amount_column(default=0)
    debits = amount_column(default=0)
    entry_count = models.PositiveIntegerField(default=0)
    new_count = models.PositiveIntegerField(default=0)
    amended_count = models.PositiveIntegerField(default=0)
    skipped_count = models.PositiveIntegerField(default=0)  # pending: announced, not booked
    is_interim = models.BooleanField(default=False)
    findings = models.JSONField(default=list)  # [[code, words], …]
    file_id = models.BigIntegerField(null=True)  # desk.UploadedFile
    file_name = models.CharField(max_length=200, blank=True)
    file_digest = models.CharField(max_length=64, blank=True)  # SHA-256, of files from disk
    last_entry_id = models.BigIntegerField(default=0)  # the newest entry once the file was in
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(
                fields=["account", "-last_day", "-id"], name="bank_statement_account_newest"
            ),
            models.Index(
                fields=["file_digest"],
                name="bank_statement_file",
                condition=~models.Q(file_digest=""),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.number} {self.first_day}…{self.last_day}"


class DayClose(models.Model):
    """The check of one account's day: opening + credits − debits = closing, and opening = the day before's closing."""

    class Status(models.TextChoices):
        """What the continuity of the day is worth, the worst first."""

        BROKEN = "broken", "不连续"
        AMENDED = "amended", "银行有更正"
        UNPROVEN = "unproven", "无法核对"
        PROVISIONAL = "provisional", "暂定"
        COMPLETE = "complete", "完整"

    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    day = models.DateField()
    opening = amount_column(null=True)
    credits = amount_column(default=0)
    debits = amount_column(default=0)
    closing = amount_column(null=True)
    entry_count = models.PositiveIntegerField(default=0)
    difference = amount_column(null=True)  # null = not judged yet
    is_closed = models.BooleanField(default=False)  # refetched on T+1 or later
    checked_at = models.DateTimeField(default=clock.now)
    note = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PROVISIONAL)
    findings = models.JSONField(
        default=list
    )  # codes: opening, sum, chain, closing, number, amended
    amended_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="one_close_per_day")]
        indexes = [models.Index(fields=["company_id", "-day", "-id"], name="day_company_newest")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day} {self.difference}"


class ReceiptFile(models.Model):
    """The bytes of an electronic receipt: on disk at `place`, closed under a key of their own, which the key ring closes.

    The same bytes are kept once. Rotation of keys closes `key` anew and leaves the file as it is.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField()
    media = models.CharField(max_length=8)  # pdf, ofd, zip, xml, png, other: by its first bytes
    suite = models.CharField(max_length=8)
    key = models.BinaryField()  # closed, aad "statements.receiptfile:<sha256>"
    place = models.CharField(max_length=120)  # below the folder of files
    stored_at = models.DateTimeField(default=clock.now)

    class Meta:
        triggers = [
            pgtrigger.Protect(name="as_stored", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.media} {self.sha256[:12]}"


class BankReceipt(models.Model):
    """An electronic receipt (电子回单) the bank lists, its file where the bank gives it, and the entry it proves.

    What the bank said stays; a file once stored is never another. `day` is the bank's, or the day asked about where it
    tells none. One that `covers_day` holds the receipts of all the day's entries.
    """

    class FileState(models.TextChoices):
        """Whether the file is here."""

        WAITING = "waiting", "待下载"
        STORED = "stored", "已取得"
        AT_BANK = "at_bank", "须到银行端领取"

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    receipt_no = models.CharField(max_length=120)
    day = models.DateField()
    amount = amount_column(null=True)
    currency = currency_column()
    direction = models.CharField(max_length=6, blank=True)
    bank_serial = models.CharField(max_length=80, blank=True)
    counterparty_account = models.CharField(max_length=40, blank=True)
    verify_code = models.CharField(max_length=40, blank=True)
    bank_file = models.CharField(max_length=200, blank=True)  # how the bank names its file
    covers_day = models.BooleanField(default=False)
    listed_at = models.DateTimeField(default=clock.now)
    exchange_id = models.BigIntegerField(null=True)  # the wire evidence of the list
    entry = models.ForeignKey(StatementEntry, null=True, on_delete=models.PROTECT, related_name="+")
    link_rule = models.CharField(max_length=12, blank=True)  # statements.receipt_rules
    file = models.ForeignKey(ReceiptFile, null=True, on_delete=models.PROTECT, related_name="+")
    file_state = models.CharField(
        max_length=8, choices=FileState.choices, default=FileState.WAITING
    )
    file_exchange_id = models.BigIntegerField(null=True)
    file_attempts = models.PositiveIntegerField(default=0)
    file_error = models.CharField(max_length=200, blank=True)
    next_file_at = models.DateTimeField(default=clock.now)
    print_count = models.PositiveIntegerField(default=0)
    printed_at = models.DateTimeField(null=True)
    printed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "receipt_no", "day"], name="bank_receipt_once"
            )
        ]
        indexes = [
            models.Index(fields=["account", "day"], name="receipt_account_day"),
            models.Index(fields=["company_id", "-day", "-id"], name="receipt_company_newest"),
            models.Index(
                fields=["account", "next_file_at"],
                condition=models.Q(file_state="waiting"),
                name="receipt_file_wanted",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="as_listed",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("account", "receipt_no", "day", "listed_at"),
            ),
            pgtrigger.Protect(
                name="file_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__file__isnull=False)
                & pgtrigger.Q(old__file__df=pgtrigger.F("new__file")),
            ),
        ]

    def __str__(self) -> str:
        return self.receipt_no


class ReceiptDay(models.Model):
    """The completeness of one account's day: receipts against entries. Counted anew at every look, never edited."""

    class Status(models.TextChoices):
        """What the day wants, the worst first."""

        MISSING = "missing", "缺回单"
        STRAY = "stray", "有回单无明细"
        NO_FILE = "no_file", "缺回单文件"
        WAITING = "waiting", "待取"
        COMPLETE = "complete", "齐全"

    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    day = models.DateField()
    entry_count = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)  # entries no receipt proves
    receipt_count = models.PositiveIntegerField(default=0)
    stray = models.PositiveIntegerField(default=0)  # receipts no entry could be found for
    without_file = models.PositiveIntegerField(default=0)  # receipts whose file is still waited for
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    note = models.CharField(max_length=200, blank=True)  # why the bank's list could not be had
    checked_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="one_receipt_day")]
        indexes = [
            models.Index(fields=["company_id", "-day", "-id"], name="receipt_day_newest"),
            models.Index(
                fields=["account", "day"],
                condition=~models.Q(status="complete"),
                name="receipt_day_wanting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day} {self.status}"
