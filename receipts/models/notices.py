"""Arrival notices (到款通知单): one for each credit a bank told, and everything people said about it."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.orm import MoneyRow, Stateful, Versioned, amount_column, flow_trigger, state_column
from receipts.states import NOTICE, NoticeState

# What is approved or booked is split to the cent: the database adds up too.
_SPLIT_SQL = """
    IF NEW.supplement_id IS NULL OR
       (SELECT coalesce(sum(amount), 0) FROM receipts_splitline WHERE supplement_id = NEW.supplement_id) <> NEW.amount THEN
        RAISE EXCEPTION 'arrival notice % is not split to the cent', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class ArrivalNotice(Versioned, Stateful, MoneyRow):
    """Our document about one incoming credit. What the bank said of it is copied, so that lists need no second table."""

    flow = NOTICE

    class Nature(models.TextChoices):
        """What kind of money it is."""

        BUSINESS = "business", _("业务收款")
        INTERNAL = "internal", _("内部调拨")
        INTEREST = "interest", _("存款利息")
        OWN_RETURN = "own_return", _("我方付款退回")
        OTHER = "other", _("其他非业务款项")

    notice_no = models.CharField(max_length=20, unique=True)
    company = models.ForeignKey(
        "masterdata.Company", db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    account = models.ForeignKey(
        "masterdata.OwnAccount", db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    office = models.ForeignKey(
        "receipts.SalesOffice", null=True, on_delete=models.PROTECT, related_name="notices"
    )
    # the credit: its key at the bank, and the revision in force
    entry_id = models.BigIntegerField(unique=True)  # statements.StatementEntry
    bank_date = models.DateField()
    bank_serial = models.CharField(max_length=60)
    occurrence = models.PositiveSmallIntegerField(default=1)
    entry_at = models.DateTimeField()
    counterparty_name = models.CharField(max_length=200, blank=True)
    counterparty_account = models.CharField(max_length=40, blank=True)
    counterparty_bank = models.CharField(max_length=200, blank=True)
    narrative = models.CharField(max_length=300, blank=True)
    purpose = models.CharField(max_length=300, blank=True)
    reference = models.CharField(max_length=40, blank=True)
    # what people and rules made of it
    state = state_column(NoticeState, NoticeState.FETCHED, is_indexed=False)
    nature = models.CharField(max_length=12, choices=Nature.choices, default=Nature.BUSINESS)
    may_be_return = models.CharField(max_length=20, blank=True)  # instr_no of ours it looks like
    rule = models.CharField(max_length=4, blank=True)  # C1–C5: what the best proposal rests on
    customer = models.ForeignKey(
        "masterdata.Counterparty", null=True, on_delete=models.PROTECT, related_name="+"
    )  # of the supplement in force; else of the one proposal that fits
    supplement = models.ForeignKey(
        "receipts.Supplement", null=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True)
    supplementer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)  # of the last rejection, change or reversal
    round = models.PositiveSmallIntegerField(default=1)  # a booking undone may be made anew
    voucher_id = models.BigIntegerField(null=True)  # ledger.Voucher
    voucher_label = models.CharField(max_length=40, blank=True)
    suspense_voucher_id = models.BigIntegerField(null=True)
    reversal_entry_id = models.BigIntegerField(
        null=True
    )  # the debit by which the bank took it back
    booked_on = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "bank_date", "bank_serial", "occurrence"],
                name="one_notice_per_credit",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="notice_amount_positive"),
            models.CheckConstraint(
                condition=Q(reviewer__isnull=True) | ~Q(reviewer=F("supplementer")),
                name="receipt_reviewed_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["booked", "confirmed"]) | Q(voucher_id__isnull=False),
                name="booked_has_voucher",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-entry_at", "-id"], name="notice_company_newest"),
            models.Index(fields=["company", "state", "-entry_at", "-id"], name="notice_by_state"),
            models.Index(fields=["-updated_at"], name="notice_changed"),
            models.Index(
                fields=["entry_id"], condition=~Q(may_be_return=""), name="notice_doubtful"
            ),
            models.Index(
                fields=["voucher_id"], condition=Q(state="booked"), name="notice_unconfirmed"
            ),
        ]
        triggers = [
            flow_trigger(NOTICE),
            pgtrigger.ReadOnly(
                name="whose_money",
                fields=["notice_no", "account", "company", "bank_date", "bank_serial"],
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="split_to_the_cent",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]  # untyped there
                condition=pgtrigger.Q(new__state__in=["approved", "booked", "confirmed"]),
                func=_SPLIT_SQL,
            ),
        ]

    def __str__(self) -> str:
        return self.notice_no


class Supplement(models.Model):
    """What a person says a credit is for; never changed: a change is a further one, the old ones stay to be looked at."""

    class Kind(models.TextChoices):
        """What is to become of the money."""

        BUSINESS = "business", _("业务收款")
        SUSPENSE = "suspense", _("挂账")
        NON_BUSINESS = "non_business", _("非业务款项")

    notice = models.ForeignKey(ArrivalNotice, on_delete=models.PROTECT, related_name="supplements")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.BUSINESS)
    nature = models.CharField(max_length=12, choices=ArrivalNotice.Nature.choices)
    note = models.CharField(max_length=200, blank=True)
    why = models.CharField(max_length=200, blank=True)  # of a change
    reasons = models.JSONField(default=list)  # [[rule, words]] of the proposal it was made from
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["notice_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "number"], name="one_supplement_per_number")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.notice} #{self.number}"


class SplitLine(models.Model):
    """One part of a credit: which customer, for what, to which subject. The parts of a supplement add up to the credit."""

    supplement = models.ForeignKey(Supplement, on_delete=models.PROTECT, related_name="lines")
    line_no = models.PositiveSmallIntegerField()
    customer = models.ForeignKey(
        "masterdata.Counterparty", null=True, on_delete=models.PROTECT, related_name="+"
    )
    contract_no = models.CharField(max_length=40, blank=True)
    invoice_no = models.CharField(max_length=60, blank=True)
    subject = models.CharField(max_length=15)
    cash_flow_item = models.CharField(max_length=60, blank=True)
    amount = amount_column()
    fee = amount_column(default=0)  # short-paid within tolerance: the customer owes it no more

    class Meta:
        ordering = ["supplement_id", "line_no"]
        constraints = [
            models.UniqueConstraint(fields=["supplement", "line_no"], name="one_split_per_place"),
            models.CheckConstraint(
                condition=Q(amount__gt=0) & Q(fee__gte=0), name="split_amounts_positive"
            ),
        ]
        indexes = [
            models.Index(
                fields=["invoice_no"], condition=~Q(invoice_no=""), name="split_by_invoice"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.supplement} {self.line_no}"


class ArrivalCursor(models.Model):
    """Up to which statement entry every credit has its notice; one row."""

    entry_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.entry_id)
