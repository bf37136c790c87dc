"""Keys people sign with, and the signatures they made."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from approvals.signing.states import KEY, KeyState
from kernel import clock
from kernel.orm import Stateful, Versioned, flow_trigger, state_column


class SigningKey(Versioned, Stateful):
    """One key of one natural person: its public half, who vouches for it, and how long it is good.

    `box` is a software key's private half under its owner's passphrase, and once more under our data keys (AAD
    "signing_key:<fingerprint>"); empty where the private half never leaves a token. `certificate` is what the registrar
    signed about the key. From `distrusted_from` on nothing it signed counts.
    """

    flow = KEY

    class Provider(models.TextChoices):
        SOFTWARE = "software", "软件密钥"
        WEBAUTHN = "webauthn", "安全密钥"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person_key = models.CharField(max_length=40)
    provider = models.CharField(max_length=10, choices=Provider.choices, default=Provider.SOFTWARE)
    algorithm = models.CharField(max_length=12)
    point = models.BinaryField()  # the public key, x‖y
    fingerprint = models.CharField(max_length=64, unique=True)
    box = models.BinaryField(default=b"", editable=False)
    # of a key in a token: its name there, and the count of its last use (one that does not rise tells of a copy)
    credential = models.BinaryField(default=b"", editable=False)
    uses = models.PositiveBigIntegerField(default=0)
    state = state_column(KeyState, KeyState.PENDING)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    # who vouches for it
    certificate = models.TextField(blank=True)
    certificate_signature = models.BinaryField(default=b"")
    registrar = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    # how it ended
    distrusted_from = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=200, blank=True)
    # wrong passphrases since the last right one
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state="active"), name="one_active_key"
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(state="pending"), name="one_pending_key"
            ),
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="key_validity"),
        ]
        triggers = [
            flow_trigger(KEY),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="key_for_ever",
                fields=[
                    "user",
                    "person_key",
                    "provider",
                    "algorithm",
                    "point",
                    "fingerprint",
                    "credential",
                    "valid_from",
                    "valid_to",
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.fingerprint[:16]}"


class Signature(models.Model):
    """One signature over one or many decisions made in one act: over the root of their tree, each provable alone.

    `shown` is what the person saw (a page in canonical bytes), under our data keys, AAD "signature:<root>"; each statement
    carries its digest.
    """

    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="+")
    root = models.CharField(max_length=64)
    signature = models.BinaryField()
    shown = models.BinaryField(default=b"")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.root[:16]}"
