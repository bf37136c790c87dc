"""How people prove who they are: second factor, recovery codes, old passwords, every try to sign in, every session."""

from __future__ import annotations

import base64
import os

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
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


class SecurityKey(models.Model):
    """A key in a token (WebAuthn) that stands for a person's second factor; the token's PIN or finger unlocks it.

    `uses` is the count the token told with its last answer: one that does not rise tells of a copy.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="security_keys"
    )
    name = models.CharField(max_length=60)
    credential = models.BinaryField()
    credential_digest = models.CharField(max_length=64, unique=True)
    point = models.BinaryField()
    device = models.CharField(max_length=40, blank=True)  # the model, as the token tells it
    uses = models.PositiveBigIntegerField(default=0)
    made_at = models.DateTimeField(default=clock.now)
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        triggers = [
            pgtrigger.ReadOnly(
                name="security_key_for_ever",
                fields=["user", "credential", "credential_digest", "point", "device", "made_at"],
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def reference(self) -> str:
        """How decisions and the trail name it."""
        return f"key:{self.pk}"


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


class OldPassword(models.Model):
    """The hash of a password a person had, so that it does not come back at once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="old_passwords"
    )
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.user} {self.set_at:%Y-%m-%d}"


METHODS = {
    "password": _("密码"),
    "password+totp": _("密码 + 动态验证码"),
    "password+recovery": _("密码 + 恢复码"),
    "password+key": _("密码 + 安全密钥"),
}


class _FromSomewhere(models.Model):
    """Where somebody came from and how they proved who they are."""

    origin = models.CharField(max_length=60, blank=True)  # the network address
    agent = models.CharField(max_length=200, blank=True)
    method = models.CharField(max_length=30, blank=True)  # "password", "password+totp", …

    class Meta:
        abstract = True

    @property
    def method_words(self) -> str:
        """The method as people read it."""
        return str(METHODS.get(self.method, self.method))


class SignInTry(_FromSomewhere):
    """One try to sign in, good or bad: who, when, from where, how, with what result. Never changed (database trigger)."""

    class Result(models.TextChoices):
        """What came of it."""

        OK = "ok", _("成功")
        BAD_PASSWORD = "bad_password", _("用户名或密码错误")  # a word, no password
        BAD_CODE = "bad_code", _("动态验证码或安全密钥错误")
        LOCKED_OUT = "locked_out", _("已锁定")
        UNLOCKED = "unlocked", _("解除锁屏")
        BAD_UNLOCK = "bad_unlock", _("解除锁屏失败")

    at = models.DateTimeField(default=clock.now)
    username = models.CharField(max_length=150)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="sign_in_tries"
    )
    result = models.CharField(max_length=16, choices=Result.choices)

    class Meta:
        indexes = [
            models.Index(fields=["-at", "-id"], name="sign_in_newest"),
            models.Index(fields=["user", "-at"], name="sign_in_of_person"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.username} {self.result}"


class UserSession(_FromSomewhere):
    """A session of a person: since when, from where, and how it ended. The key is kept only while it is open."""

    class End(models.TextChoices):
        """Why it ended."""

        SIGNED_OUT = "signed_out", _("退出登录")
        REPLACED = "replaced", _("在别处登录")
        TOO_OLD = "too_old", _("超过最长时限")
        REVOKED = "revoked", _("权限变更")
        DEACTIVATED = "deactivated", _("账号停用")
        PASSWORD = "password", _("密码已修改")  # a word, no password
        BY_ADMIN = "by_admin", _("被管理员结束")
        BY_PERSON = "by_person", _("本人结束")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions"
    )
    key = models.CharField(max_length=40, blank=True)
    key_digest = models.CharField(max_length=64, db_index=True)
    opened_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=12, choices=End.choices, blank=True)
    end_note = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=~models.Q(key=""), name="session_key_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["user"], condition=models.Q(ended_at=None), name="session_open_of_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.opened_at:%Y-%m-%d %H:%M}"
