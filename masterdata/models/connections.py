"""Connections to bank front-ends, and the gate that lets anything out at all."""

from __future__ import annotations

from django.db import models

from kernel import clock
from kernel.orm import Versioned


class Connection(Versioned):
    """One way to one bank: endpoints, plain parameters, sealed credentials, and the session kept between processes.

    Only the workers that talk to banks can open them. `credentials` is JSON of sealed texts by name, AAD
    "connection:<pk>:credentials:<name>"; `session` a sealed JSON, AAD "connection:<pk>:session".
    """

    class Channel(models.TextChoices):
        SIMULATOR = "simulator", "模拟"
        LIVE = "live", "生产"

    name = models.CharField(max_length=60, unique=True)
    bank_slug = models.CharField(max_length=20, db_index=True)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.SIMULATOR)
    endpoints = models.JSONField(default=dict)
    parameters = models.JSONField(default=dict)
    credentials = models.BinaryField(default=b"", editable=False)
    session = models.BinaryField(default=b"", editable=False)
    session_changed_at = models.DateTimeField(null=True, editable=False)
    final_failures = models.JSONField(
        default=list
    )  # inquiry item codes this operator's table calls final
    not_found_codes = models.JSONField(default=list)
    connect_timeout_s = models.PositiveIntegerField(default=10)
    read_timeout_s = models.PositiveIntegerField(default=120)
    parallel_max = models.PositiveIntegerField(default=4)
    is_active = models.BooleanField(default=True)
    is_frozen = models.BooleanField(
        default=False
    )  # nothing is sent while set; the reason stands in the trail
    last_ok_at = models.DateTimeField(null=True)
    last_error_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class OutboundGate(models.Model):
    """The one row that carries the number epoch (it rises after every restore) and opens or closes all outbound traffic."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.PositiveIntegerField(default=1)
    is_open = models.BooleanField(default=True)
    changed_at = models.DateTimeField(default=clock.now)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="outbound_gate_single")
        ]

    def __str__(self) -> str:
        return f"epoch {self.epoch} {'open' if self.is_open else 'closed'}"
