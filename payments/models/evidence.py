"""What proves the end of an instruction: ties to statement entries, and adjudications by two people."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.orm import Versioned
from payments.models.instructions import PaymentInstruction


class DebitTie(models.Model):
    """A statement entry that is the debit (or the return credit) of one instruction (DOMAIN §3.9 R1, R3, R8)."""

    class Role(models.TextChoices):
        DEBIT = "debit", _("付款")
        RETURN = "return", _("退票")

    instruction = models.ForeignKey(
        PaymentInstruction, on_delete=models.PROTECT, related_name="ties"
    )
    entry_id = models.BigIntegerField(unique=True)  # statements.StatementEntry
    role = models.CharField(max_length=8, choices=Role.choices)
    rule = models.CharField(max_length=8)
    evidence = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["instruction", "role"], name="one_tie_per_role")
        ]

    def __str__(self) -> str:
        return f"{self.instruction_id} {self.role} {self.entry_id}"


class Adjudication(Versioned):
    """Two people settle what no bank answer settles (DOMAIN §3.3): one proposes with evidence, another agrees or refuses."""

    class Verdict(models.TextChoices):
        SUCCEEDED = "succeeded", _("认定成功")
        FAILED = "failed", _("认定失败")
        RETURNED = "returned", _("认定退票")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待第二人裁定")
        AGREED = "agreed", _("已裁定")
        REFUSED = "refused", _("已否决")

    instruction = models.ForeignKey(
        PaymentInstruction, on_delete=models.PROTECT, related_name="adjudications"
    )
    company = models.ForeignKey("masterdata.Company", on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.CharField(max_length=300)
    branch_call = models.CharField(
        max_length=300, blank=True
    )  # who was called at the bank, when, what was said
    evidence = models.JSONField(default=dict)  # state, answers and statement as they stood
    evidence_file = models.BinaryField(default=b"")  # encrypted, AAD "adjudication:<instr_no>"
    evidence_name = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["instruction"], condition=Q(state="proposed"), name="one_open_adjudication"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("proposed_by")),
                name="adjudicated_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instruction} → {self.verdict}"
