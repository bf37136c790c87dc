"""How people prove who they are: the second factor and the codes that replace a lost one."""

from __future__ import annotations

import base64
import os

from django.conf import settings
from django.db import models
from django_otp.plugins.otp_totp.models import TOTPDevice

from kernel import clock, vault


def _aad(user_id: int) -> str:
    return f"masterdata.factor:{user_id}:key"


class Factor(TOTPDevice):  # type: ignore[misc]  # the library has no types
    """A person's code generator (RFC 6238): the library's device, its key sealed by the key ring and bound to its owner."""

    class Meta:
        proxy = True

    def __str__(self) -> str:
        return self.reference

    @property
    def bin_key(self) -> bytes:
        """The shared secret."""
        return vault.ring().decrypt(base64.b64decode(self.key), aad=_aad(self.user_id))

    @property
    def reference(self) -> str:
        """How decisions and the trail name it."""
        return f"totp:{self.pk}"

    @staticmethod
    def sealed_key(user_id: int, secret: bytes = b"") -> str:
        """A fresh 160-bit secret (or the given one) as it is stored."""
        sealed = vault.ring().encrypt(secret or os.urandom(20), aad=_aad(user_id))
        return base64.b64encode(sealed).decode()


class RecoveryCode(models.Model):
    """One of a person's codes for the day the second factor is lost: kept as a keyed digest, used once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=clock.now)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.pk}"
