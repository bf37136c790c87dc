"""Keys of calling systems: how a system signs what it asks, and the numbers it used once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel import clock


class ApiKey(models.Model):
    """A key a calling system signs its requests with: a shared secret, closed by the key ring, or its public SM2 key."""

    class Scheme(models.TextChoices):
        """How requests are signed."""

        HMAC = "hmac-sha256", _("HMAC-SHA256（共享密钥）")
        SM2 = "sm2", _("SM2（对方私钥，平台只存公钥）")

    client = models.ForeignKey(
        "masterdata.ApiClient", on_delete=models.PROTECT, related_name="keys"
    )
    key_id = models.CharField(max_length=32, unique=True)
    scheme = models.CharField(max_length=12, choices=Scheme.choices)
    secret = models.BinaryField(default=b"")  # closed; AAD "api_key:<key id>:secret"
    point = models.BinaryField(default=b"")  # of an SM2 key: x‖y
    made_at = models.DateTimeField(default=clock.now)
    valid_to = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)
    used_at = models.DateTimeField(null=True)  # written at most once a minute

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scheme="hmac-sha256", point=b"") | models.Q(scheme="sm2", secret=b""),
                name="api_key_of_its_scheme",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.client} {self.key_id}"

    @property
    def is_usable(self) -> bool:
        """Whether requests signed with it are heard."""
        return self.revoked_at is None and clock.now() < self.valid_to


class ApiNonce(models.Model):
    """A number a key has used: none counts twice while its time stamp could still be taken."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=64)
    at = models.BigIntegerField()  # seconds since the epoch, of the request's time stamp

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "nonce"], name="api_nonce_once"),
        ]
        indexes = [models.Index(fields=["at"], name="api_nonce_over")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.nonce}"
