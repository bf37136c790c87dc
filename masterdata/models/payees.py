"""What a payee account was at each time, and the calls that proved it."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kernel import clock
from masterdata.models.counterparties import CounterpartyAccount


class PayeeVersion(models.Model):
    """The particulars of a payee account from one decision to the next; payments name the version they were made with."""

    account = models.ForeignKey(
        CounterpartyAccount, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField()  # 1 is what was first confirmed
    name = models.CharField(max_length=120)
    account_number = models.CharField(max_length=35)
    bank_name = models.CharField(max_length=120)
    cnaps = models.CharField(max_length=12)
    is_personal = models.BooleanField()
    valid_from = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["account_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="one_payee_version")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.account_id} v{self.number}"


class CallBack(models.Model):
    """A call to the payee about one version of its account: whom, on which number and where that was taken from.

    It proves something once a second person has confirmed the record; a denial counts at once.
    """

    class Source(models.TextChoices):
        """Where the telephone number was taken from; never from the paper that announced the change."""

        CONTRACT = "contract", "合同或协议"
        REGISTER = "register", "工商登记信息"
        WEBSITE = "website", "对方官方网站"
        EARLIER = "earlier", "此前往来留存"
        VISIT = "visit", "当面核实"

    class Answer(models.TextChoices):
        CONFIRMED = "confirmed", "对方确认账户无误"
        DENIED = "denied", "对方否认"

    class State(models.TextChoices):
        PROPOSED = "proposed", "待第二人确认"
        CONFIRMED = "confirmed", "已确认"
        REFUSED = "refused", "已退回"

    account = models.ForeignKey(CounterpartyAccount, on_delete=models.PROTECT, related_name="calls")
    version_no = models.PositiveIntegerField()  # of the account's particulars
    person_called = models.CharField(max_length=60)
    telephone = models.CharField(max_length=40)
    source = models.CharField(max_length=10, choices=Source.choices)
    called_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=Answer.choices)
    note = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["account", "version_no"], name="call_of_version")]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(state="proposed"), name="one_open_call"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("made_by")),
                name="called_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.answer}"
