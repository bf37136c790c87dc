"""Inbox and Outbox of the ERP border: idempotency keys with the first reply, and results until they are acknowledged."""

from __future__ import annotations

from django.db import models

from kernel import clock


class Inbox(models.Model):
    """One request from outside: its key, the digest of its body, and the first answer, replayed for the same key."""

    system = models.CharField(max_length=60)
    key = models.CharField(max_length=100)
    kind = models.CharField(max_length=30)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)  # 0 = not answered yet
    reply = models.JSONField(null=True)
    received_at = models.DateTimeField(default=clock.now)
    origin = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "key"], name="one_request_per_key")
        ]
        verbose_name_plural = "inbox"

    def __str__(self) -> str:
        return f"{self.system} {self.key}"


class Outbox(models.Model):
    """One result to publish to an ERP: at least once, always under the same message id."""

    message_id = models.CharField(max_length=40, unique=True)
    system = models.CharField(max_length=60)
    kind = models.CharField(max_length=30)
    order_id = models.BigIntegerField(db_index=True)
    state_version = models.PositiveIntegerField()
    payload = models.JSONField()
    made_at = models.DateTimeField(default=clock.now)
    acked_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order_id", "state_version"], name="one_result_per_state"
            )
        ]
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return self.message_id
