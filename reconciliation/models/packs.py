"""The archive of a closed month: its statements, books and their hashes in one sealed file."""

from __future__ import annotations

import pgtrigger
from django.db import models

from kernel import clock


class ClosePack(models.Model):
    """One archive of a company's closed month; a month closed again gets another. Append-only.

    `content` is the archive (zip), encrypted with AAD "close:<company>:<month>:<number>"; `sha256` is of the archive itself.
    """

    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    month = models.CharField(max_length=7)
    number = models.PositiveIntegerField()
    locked_at = models.DateTimeField()  # the close it is of
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    manifest = models.JSONField()
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "month", "number"], name="close_pack_once"),
            models.UniqueConstraint(
                fields=["company", "month", "locked_at"], name="one_pack_a_close"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.company_id} {self.month} v{self.number}"
