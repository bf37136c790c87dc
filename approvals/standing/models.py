"""Standing mandates: versions, the signature under one, its end at once, and each release made under it."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models

from approvals.signing.models import Signature
from kernel import clock, seal
from kernel.orm import DatedRow, MoneyRow, amount_column, currency_column

_FOR_EVER = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class StandingAuthority(DatedRow):
    """One version of a mandate: from one own account to another, so much an item, a day, a month. In force only once signed."""

    sealed_columns = ("payer_id", "target_id", "currency", "item", "day", "month")

    payer = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    target = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    currency = currency_column()
    item = amount_column()
    day = amount_column()
    month = amount_column()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "number"], name="standing_version_once")
        ]
        triggers = [_FOR_EVER]

    def __str__(self) -> str:
        return f"{self.line}.{self.number}"

    def facts(self) -> dict[str, object]:
        """What is signed of a version: all that bounds it."""
        names = ("line", "number", "valid_from", "valid_to", "is_withdrawn", *self.sealed_columns)
        return {"id": self.pk, **{name: getattr(self, name) for name in names}}

    def accounts(self) -> dict[str, dict[str, str]]:
        """The two accounts as their bank knows them now: whoever signs, signs these, and another number wants another signature."""
        return {
            word: {"number": one.number, "name": one.name, "cnaps": one.cnaps}
            for word, one in (("payer", self.payer), ("target", self.target))
        }

    @property
    def digest(self) -> str:
        """The digest of that."""
        return seal.digest(seal.canonical(self.facts()))


class StandingSignature(models.Model):
    """A releaser's own signature under one version: from then on it may be used."""

    authority = models.OneToOneField(
        StandingAuthority, on_delete=models.PROTECT, related_name="signed"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person_key = models.CharField(max_length=40)
    statement = models.TextField()
    path = models.TextField(blank=True)
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        triggers = [_FOR_EVER]

    def __str__(self) -> str:
        return f"{self.authority_id} {self.user_id}"


class StandingStop(models.Model):
    """A version ended at once: nothing is released under it any more, nor sent that was."""

    authority = models.OneToOneField(
        StandingAuthority, on_delete=models.PROTECT, related_name="stopped"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=200)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        triggers = [_FOR_EVER]

    def __str__(self) -> str:
        return f"{self.authority_id} {self.at:%Y-%m-%d %H:%M}"


class StandingRelease(MoneyRow):
    """One case released under a mandate, in the platform's own signed words."""

    case = models.OneToOneField(
        "approvals.Case", on_delete=models.PROTECT, related_name="standing_release"
    )
    authority = models.ForeignKey(
        StandingAuthority, on_delete=models.PROTECT, related_name="releases"
    )
    statement = models.TextField()
    point = models.BinaryField()  # the platform's public key
    signature = models.BinaryField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["authority", "at"], name="standing_release_of")]
        triggers = [_FOR_EVER]

    def __str__(self) -> str:
        return f"{self.case_id} {self.authority_id}"
