"""Outstanding items as people word them, and the bank reconciliation statements two people sign."""

from __future__ import annotations

import json

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from kernel import clock
from kernel.orm import Stateful, Versioned, amount_column, flow_trigger, state_column
from reconciliation.brs import Sheet, sheet_of
from reconciliation.states import STATEMENT, StatementState

_FOR_EVER = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class OutstandingItem(models.Model):
    """What people say of one outstanding line (未达账项): why, who sees to it, what is next. The highest number holds.

    That a line is outstanding follows from the matches and stands in no table.
    """

    class Side(models.TextChoices):
        """Whose line it is."""

        BANK = "bank", "银行"
        BOOK = "book", "企业"

    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    side = models.CharField(max_length=4, choices=Side.choices)
    line_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=300, blank=True)
    next_step = models.CharField(max_length=200, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "side", "line_id", "number"], name="outstanding_word_once"
            )
        ]
        triggers = [_FOR_EVER]

    def __str__(self) -> str:
        return f"{self.side} {self.line_id}"


class OpeningItems(models.Model):
    """The lines older than an account's book opening that were outstanding at it; the highest number holds."""

    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    bank_ids = ArrayField(models.BigIntegerField())
    book_ids = ArrayField(models.BigIntegerField())
    why = models.CharField(max_length=200)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="opening_items_once")
        ]
        triggers = [_FOR_EVER]

    def __str__(self) -> str:
        return f"{self.account_id} v{self.number}"


# What the preparer signs never changes; state and the reviewer's word may still be written.
_FIXED = (
    "account_id", "company_id", "day", "number", "content", "digest", "entry_id", "journal_id", "act_id", "known_at",
    "difference", "item_count", "prepared_by_id", "prepared_at",
)  # fmt: skip


def _fixed_trigger() -> pgtrigger.Trigger:
    old, new = (", ".join(f"{side}.{name}" for name in _FIXED) for side in ("OLD", "NEW"))
    return pgtrigger.Trigger(
        name="signed_for_ever",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=f"""
            IF ROW({old}) IS DISTINCT FROM ROW({new}) THEN
                RAISE EXCEPTION 'statement % is signed and never changes', OLD.id USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


class BankReconciliationStatement(Versioned, Stateful):
    """One account's 银行存款余额调节表 at the end of a day, as its preparer signed it: `content` is `brs.Sheet.content()`.

    Prints, workbooks and archives are drawn from `content` alone. The ids say what was known: the same statement can be
    computed again from the lines and matches of then.
    """

    flow = STATEMENT

    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    day = models.DateField()
    number = models.PositiveIntegerField()  # of the account and day
    state = state_column(StatementState, StatementState.PREPARED, is_indexed=False)
    content = models.TextField()
    digest = models.CharField(max_length=64)
    known_at = models.DateTimeField()
    entry_id = models.BigIntegerField()
    journal_id = models.BigIntegerField()
    act_id = models.BigIntegerField()
    difference = amount_column()
    item_count = models.PositiveIntegerField()
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    prepared_at = models.DateTimeField(default=clock.now)
    prepared_factor = models.CharField(max_length=60)  # the second factor it was signed with
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True)
    reviewed_factor = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=200, blank=True)  # why it was sent back

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "day", "number"], name="statement_once"),
            models.UniqueConstraint(
                fields=["account", "day"],
                condition=Q(state=StatementState.PREPARED),
                name="one_statement_waits",
            ),
            models.UniqueConstraint(
                fields=["account", "day"],
                condition=Q(state=StatementState.REVIEWED),
                name="one_statement_holds",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("prepared_by")),
                name="statement_signed_by_two",
            ),
            models.CheckConstraint(condition=Q(difference=0), name="statement_is_balanced"),
        ]
        indexes = [models.Index(fields=["company_id", "-day", "-id"], name="statement_newest")]
        triggers = [
            flow_trigger(STATEMENT),
            _fixed_trigger(),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day} v{self.number}"

    @property
    def sheet(self) -> Sheet:
        """The statement itself."""
        return sheet_of(json.loads(self.content))
