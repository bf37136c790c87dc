"""Wire evidence, pull cursors and the health of ticks."""

from __future__ import annotations

import pgtrigger
from django.db import models

from kernel import clock


class Exchange(models.Model):
    """One request to a bank and what came back: written before the first byte, completed once, never deleted.

    `request` and `answer` are encrypted, AAD "exchange:<key>:request|answer", with the session's and operator's secrets starred
    out; where that changed a byte, `request_raw` and `answer_raw` hold what went over the wire, closed for the bank's workers
    alone. The digests are of the wire. `subject_*` names the batch or account it was about.
    """

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=32, unique=True)
    connection = models.ForeignKey(
        "masterdata.Connection", on_delete=models.PROTECT, related_name="+"
    )
    operation = models.CharField(max_length=20)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True)
    company_id = models.BigIntegerField(null=True)
    began_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    request = models.BinaryField()
    request_sha256 = models.CharField(max_length=64)
    request_bytes = models.PositiveIntegerField()
    answer = models.BinaryField(null=True)
    request_raw = models.BinaryField(null=True)
    answer_raw = models.BinaryField(null=True)
    answer_sha256 = models.CharField(max_length=64, blank=True)
    answer_bytes = models.PositiveIntegerField(null=True)
    result = models.CharField(
        max_length=16, default="open"
    )  # open, answered, not_sent, lost, unreadable
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["-began_at", "-id"], name="exchange_newest"),
            models.Index(fields=["connection", "-began_at", "-id"], name="exchange_connection"),
            models.Index(fields=["subject_kind", "subject_id"], name="exchange_subject"),
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="completed_once",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__result="open"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"


class ExchangeReading(models.Model):
    """What the code of its day made of an exchange's answer, and what was asked: so that the answer can be read again.

    `said` is the verdict with each payment's fate, and digests of the rest. `answer_raw` is there where what was read is not
    what the exchange holds: a verified body, or bytes the evidence masks.
    """

    exchange = models.OneToOneField(Exchange, on_delete=models.PROTECT, related_name="reading")
    key = models.CharField(max_length=32)
    ability = models.CharField(max_length=20)
    asked = models.BinaryField()  # encrypted, AAD "reading:<key>:asked"
    answer_raw = models.BinaryField(null=True)  # closed for the bank's workers
    said = models.JSONField()
    read_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["read_at", "id"], name="reading_by_time")]
        triggers = [
            pgtrigger.Protect(name="as_read", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.ability} {self.key}"


class PullCursor(models.Model):
    """When an account's balance, statement or receipts were last pulled, and when they are due again."""

    class Kind(models.TextChoices):
        BALANCE = "balance", "余额"
        STATEMENT = "statement", "明细"
        RECEIPT = "receipt", "回单"

    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    pulled_until = models.DateField(
        null=True
    )  # statement days up to and including this one were pulled on a later day
    tied_until = models.BigIntegerField(
        default=0
    )  # entries up to this id are not offered to payments again
    last_ok_at = models.DateTimeField(null=True)
    last_error_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    failures = models.PositiveIntegerField(default=0)
    next_due_at = models.DateTimeField(default=clock.now)
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "kind"], name="one_cursor_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.account_id}"


class Pace(models.Model):
    """When the next message of one kind may leave to a bank: one row for all workers, taken in turn.

    `key` names who is paced: a connection, or the login several connections share.
    """

    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=12)
    next_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "kind"], name="one_pace_per_kind")]

    def __str__(self) -> str:
        return f"{self.key} {self.kind}"


class TickHealth(models.Model):
    """The last run of each tick, so that a clock that stopped is seen."""

    name = models.CharField(max_length=40, primary_key=True)
    last_run_at = models.DateTimeField(default=clock.now)
    last_ok_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    runs = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class AccountCheck(models.Model):
    """One self-test of what a bank lets us do with an account: asked by a person or system, made by a worker, kept.

    `results` is a list of {ability, verdict, code, text}: a verdict is one of `bankbridge.checks.VERDICTS`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "待执行"
        RUNNING = "running", "执行中"
        DONE = "done", "已完成"

    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(default=clock.now)
    asked_by = models.CharField(max_length=80)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    results = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=~models.Q(state="done"), name="one_open_check"
            )
        ]
        indexes = [models.Index(fields=["account", "-id"], name="check_newest")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.state}"
