"""What was found to differ on an account when its matching last came to rest."""

from __future__ import annotations

from django.db import models

from kernel import clock


class FoundDifferences(models.Model):
    """How many outstanding lines of each class an account had after an act of matching; looked at again after the next one."""

    account = models.OneToOneField(
        "masterdata.OwnAccount", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    company_id = models.BigIntegerField()
    act_id = models.BigIntegerField()  # the newest act it knew
    counts = models.JSONField(default=dict)  # class → lines
    found_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return str(self.account_id)
