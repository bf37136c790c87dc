"""The approval matrix, the case of one subject, and each person's decision. Knows subjects by kind, id and digest only."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models

from approvals.signing.models import Signature, SigningKey
from approvals.standing.models import (
    StandingAuthority,
    StandingRelease,
    StandingSignature,
    StandingStop,
)
from kernel import clock
from kernel.orm import DatedRow, MoneyRow, amount_column, currency_column

# The database's own copy of the segregation rules: whatever code runs, it refuses the maker's second act.
SEGREGATION_SQL = """
    SELECT * INTO house FROM approvals_case WHERE id = NEW.case_id;
    IF house.voided_at IS NOT NULL OR house.digest <> NEW.digest THEN
        RAISE EXCEPTION 'case % is void or about another content', NEW.case_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.person_key = house.maker_person
       OR NEW.person_key IS DISTINCT FROM (SELECT person_key FROM masterdata_user WHERE id = NEW.user_id)
       OR (NEW.behalf_id IS NULL) <> (NEW.behalf_person = '')
       OR NEW.behalf_person = house.maker_person
       OR NEW.behalf_person <> COALESCE((SELECT person_key FROM masterdata_user WHERE id = NEW.behalf_id), '')
       OR EXISTS (SELECT 1 FROM approvals_decision d WHERE d.case_id = NEW.case_id
                  AND (d.behalf_person IN (NEW.person_key, NULLIF(NEW.behalf_person, ''))
                       OR d.person_key = NEW.behalf_person)) THEN
        RAISE EXCEPTION 'person % may not act in case %', NEW.person_key, NEW.case_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""

# No decision without the signature of the person's own key, and no statement that says something else than the row.
SIGNED_SQL = """
    SELECT k.* INTO own FROM approvals_signature s JOIN approvals_signingkey k ON k.id = s.key_id WHERE s.id = NEW.signature_id;
    IF own.id IS NULL OR own.user_id <> NEW.user_id OR own.person_key <> NEW.person_key OR own.state <> 'active'
       OR NEW.at < own.valid_from OR NEW.at >= own.valid_to THEN
        RAISE EXCEPTION 'the decision in case % is not signed with a key of its person', NEW.case_id
            USING ERRCODE = 'check_violation';
    END IF;
    said := NEW.statement::jsonb;
    IF (said->>'act', said->>'case', said->>'content', said->>'person', said->>'behalf', said->>'step', said->>'key')
       IS DISTINCT FROM (NEW.act::text, NEW.case_id::text, NEW.digest::text, NEW.person_key::text,
                         NEW.behalf_person::text, NEW.step::text, own.fingerprint::text) THEN
        RAISE EXCEPTION 'what was signed in case % is not what the decision says', NEW.case_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""

__all__ = [
    "Case",
    "Decision",
    "Policy",
    "Signature",
    "SigningKey",
    "StandingAuthority",
    "StandingRelease",
    "StandingSignature",
    "StandingStop",
]


class Policy(DatedRow):
    """One version of a row of the matrix: which steps a subject wants, by level, type, payee class and amount band.

    A row stands for an account, else a company and those below it, else the group; empty lists stand for all.
    """

    sealed_columns = (
        *("kind", "company_id", "account_id", "types", "classes", "currency"),
        *("amount_from", "amount_below", "steps"),
    )

    kind = models.CharField(max_length=30)
    company = models.ForeignKey(
        "masterdata.Company", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    account = models.ForeignKey(
        "masterdata.OwnAccount", null=True, on_delete=models.PROTECT, related_name="+"
    )
    types = models.JSONField(default=list)
    classes = models.JSONField(default=list)
    currency = currency_column()
    amount_from = amount_column(default=0)
    amount_below = amount_column(null=True, blank=True)  # null = no upper end
    steps = models.JSONField(default=list)  # [[roles], people] in their order

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "number"], name="policy_version_once")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.line}.{self.number} {self.amount_from}+"


class Case(MoneyRow):
    """The decisions on one version of one subject; a changed digest voids the case."""

    subject_kind = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    company_id = models.BigIntegerField()
    account_id = models.BigIntegerField(null=True)
    payment_type = models.CharField(max_length=12, blank=True)
    payee_class = models.CharField(max_length=12, blank=True)
    digest = models.CharField(max_length=64)
    maker_id = models.BigIntegerField()
    maker_person = models.CharField(max_length=40)
    approvers_needed = models.PositiveSmallIntegerField()
    policy_id = models.BigIntegerField()
    opened_at = models.DateTimeField(default=clock.now)
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id"],
                condition=models.Q(voided_at__isnull=True),
                name="one_open_case_per_subject",
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="subject_for_ever",
                fields=[
                    "subject_kind",
                    "subject_id",
                    "digest",
                    "maker_id",
                    "maker_person",
                    "amount",
                    "currency",
                    "company_id",
                    "account_id",
                    "payment_type",
                    "payee_class",
                ],
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.subject_kind}:{self.subject_id}"


class Decision(models.Model):
    """One person's act in a case: made once, never changed; one natural person acts once in a case."""

    class Act(models.TextChoices):
        CHECK = "check", "复核"
        APPROVE = "approve", "审批"
        RELEASE = "release", "授权"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    act = models.CharField(max_length=8, choices=Act.choices)
    step = models.PositiveSmallIntegerField(default=1)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person_key = models.CharField(max_length=40)
    # whose duty it was, where it was lent to the person (代理)
    behalf = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    behalf_person = models.CharField(max_length=40, blank=True)
    digest = models.CharField(max_length=64)
    roles = models.JSONField(default=list)  # the duties the person held when deciding
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=clock.now)
    # the second factor given for this act: "totp", which device, when
    factor_method = models.CharField(max_length=12, blank=True)
    factor_id = models.CharField(max_length=40, blank=True)
    factor_at = models.DateTimeField(null=True)
    # what the person signed: the statement, its path to the root of the signature; null only in rows older than signatures
    statement = models.TextField(default="")
    path = models.TextField(default="", blank=True)
    signature = models.ForeignKey(
        Signature, null=True, on_delete=models.PROTECT, related_name="decisions"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "person_key"], name="one_act_per_person"),
            models.UniqueConstraint(fields=["case", "act", "step"], name="one_decision_per_step"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="segregation",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=SEGREGATION_SQL,
                declare=[("house", "approvals_case%ROWTYPE")],
            ),
            pgtrigger.Trigger(
                name="signed",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=SIGNED_SQL,
                declare=[("own", "approvals_signingkey%ROWTYPE"), ("said", "jsonb")],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.who}"

    @property
    def who(self) -> str:
        """Who decided: "X", or "X 代 Y" where the duty was lent."""
        return f"{self.user} 代 {self.behalf}" if self.behalf_id else str(self.user)
