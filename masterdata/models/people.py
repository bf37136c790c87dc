"""People, their duties by company, and API clients."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models

from kernel import clock
from masterdata.roles import ROLE_NAMES, Role


class User(AbstractUser):
    """One sign-in of one natural person; two sign-ins of the same person share `person_key`."""

    display_name = models.CharField(max_length=40)
    person_key = models.CharField(
        max_length=40, db_index=True
    )  # the natural person, for segregation of duties
    language = models.CharField(max_length=10, default="zh-hans")
    password_set_at = models.DateTimeField(default=clock.now)
    must_change_password = models.BooleanField(
        default=False
    )  # a first or reset password is another's

    class Meta:
        ordering = ["username"]

    def __str__(self) -> str:
        return self.display_name or self.username


class Membership(models.Model):
    """A duty of a person in a company and in every company below it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(
        max_length=20, choices=[(role.value, name) for role, name in ROLE_NAMES.items()]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "company", "role"], name="membership_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} {ROLE_NAMES[Role(self.role)]} {self.company}"


class Delegation(models.Model):
    """A duty lent for some days: two people agreed (`staged change`), the giver keeps it, the receiver acts for them."""

    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(
        max_length=20, choices=[(role.value, name) for role, name in ROLE_NAMES.items()]
    )
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_to = models.DateField()  # the last day
    why = models.CharField(max_length=200, blank=True)
    change = models.ForeignKey(
        "masterdata.StagedChange", on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(
        null=True
    )  # ended early, by either of them or a security administrator

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__gte=models.F("valid_from")), name="delegation_days"
            ),
            models.CheckConstraint(
                condition=~models.Q(giver=models.F("receiver")), name="delegation_of_two"
            ),
        ]
        indexes = [
            models.Index(
                fields=["receiver"],
                condition=models.Q(ended_at=None),
                name="delegation_of_receiver",
            )
        ]

    def __str__(self) -> str:
        return f"{self.receiver} 代 {self.giver} {ROLE_NAMES[Role(self.role)]}"


class ApiClient(models.Model):
    """A system that calls our API: its own identity, companies and rights; the key is kept as a digest only."""

    name = models.CharField(max_length=60, unique=True)
    source_system = models.CharField(max_length=30)
    key_id = models.CharField(max_length=32, unique=True)
    key_digest = models.CharField(max_length=64)
    companies = models.ManyToManyField("masterdata.Company", related_name="+")
    rights = models.JSONField(default=list)
    acts_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.name

    @property
    def display_name(self) -> str:
        """The name the trail shows."""
        return f"接口 {self.name}"
