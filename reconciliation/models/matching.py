"""What was matched, by whom and when. A line of either side is in one live match at most: two unique indexes say so.

`MatchLine` holds the live matches only and is partitioned by account, so that the first million of an account is copied into
a table of its own and indexed afterwards, and uniqueness still holds across runs (docs/adr/0008-matches-by-account.md).
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CompositePrimaryKey, Q

from kernel import clock
from kernel.orm import amount_column


class Basis(models.IntegerChoices):
    """What a match rests on."""

    REFERENCE = 1, "业务参考号"
    MENTION = 2, "摘要、票号或流水号中的号码"
    ACCOUNT = 3, "对方账号"
    NAME = 4, "对方户名"
    TEXT = 5, "摘要"
    REVERSAL = 6, "冲销"
    PERSON = 7, "人工"


class MatchedAccount(models.Model):
    """One own account as the matching knows it; its row is locked by whoever matches there."""

    account = models.OneToOneField(
        "masterdata.OwnAccount", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    company_id = models.BigIntegerField()
    next_match_no = models.BigIntegerField(default=1)
    seen = models.JSONField(default=dict)  # what a tick saw of new lines when it last ran here
    run_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.account_id)


class Act(models.Model):
    """One step of matching: a run of the machine, or what a person did. Matches name the act that made or ended them."""

    class Kind(models.TextChoices):
        """Who did what."""

        RUN = "run", "自动勾对"
        RETIRE = "retire", "流水被银行更正，解除勾对"
        CONFIRM = "confirm", "人工勾对"
        SPLIT = "split", "拆分勾对"
        REFUSE = "refuse", "不采用建议"
        UNDO = "undo", "撤销"

    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(default=clock.now)
    why = models.CharField(max_length=300, blank=True)
    undoes = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    # of a run
    strategy = models.JSONField(default=dict)  # the tolerances and the version of every rule
    strategy_version = models.BigIntegerField(default=0)
    last_entry_id = models.BigIntegerField(default=0)  # it saw no line beyond these
    last_journal_id = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="act_account_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class _Line(models.Model):
    """A bank line and a book line side by side; in groups one of them may be absent."""

    account_id = models.BigIntegerField()
    match_no = models.BigIntegerField()  # of the account; never given twice
    place = models.IntegerField()
    act_id = models.BigIntegerField()  # that made it
    rung = models.SmallIntegerField()
    basis = models.SmallIntegerField(choices=Basis.choices)
    bank_id = models.BigIntegerField(null=True)  # statements.StatementEntry
    book_id = models.BigIntegerField(null=True)  # ledger.JournalEntry

    class Meta:
        abstract = True


class MatchLine(_Line):
    """A line of a live match. The table, its partitions and indexes are made by migrations and `services.storing`."""

    pk = CompositePrimaryKey("account_id", "match_no", "place")

    class Meta:
        managed = False
        db_table = "reconciliation_matchline"

    def __str__(self) -> str:
        return f"{self.account_id}:{self.match_no}"


class EndedLine(_Line):
    """A line of a match that is no more, and the act that ended it."""

    id = models.BigAutoField(primary_key=True)
    ended_act_id = models.BigIntegerField()
    revived_act_id = models.BigIntegerField(null=True)  # an undo brought the match back

    class Meta:
        indexes = [
            models.Index(fields=["ended_act_id"], name="ended_line_act"),
            models.Index(fields=["account_id", "match_no"], name="ended_line_match"),
            models.Index(fields=["act_id"], name="ended_line_made_by"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}:{self.match_no}"


class MatchNote(models.Model):
    """What a match is to remember beyond its lines: the words that tied it, and the lines that were rejected."""

    account_id = models.BigIntegerField()
    match_no = models.BigIntegerField()
    tied = models.CharField(max_length=300, blank=True)
    rejected_bank = ArrayField(models.BigIntegerField(), default=list)
    rejected_book = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "match_no"], name="one_note_a_match")
        ]

    def __str__(self) -> str:
        return self.tied


class Proposal(models.Model):
    """What the newest run asks a person: lines that may belong together, and why no rule dared."""

    account = models.ForeignKey("masterdata.OwnAccount", on_delete=models.PROTECT, related_name="+")
    act = models.ForeignKey(Act, on_delete=models.CASCADE, related_name="+")
    rung = models.SmallIntegerField()
    reason = models.CharField(max_length=20)
    bank_ids = ArrayField(models.BigIntegerField())
    book_ids = ArrayField(models.BigIntegerField())
    residual = amount_column()  # bank minus book
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "rung"], name="proposal_account")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(bank_ids=[], book_ids=[]), name="proposal_names_a_line"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rung} {self.reason}"


class Refusal(models.Model):
    """A person's word that these lines do not belong together: no run asks about them again, until the act is undone."""

    act = models.OneToOneField(Act, on_delete=models.PROTECT, related_name="refusal")
    account_id = models.BigIntegerField(db_index=True)
    bank_ids = ArrayField(models.BigIntegerField())
    book_ids = ArrayField(models.BigIntegerField())

    def __str__(self) -> str:
        return f"{self.account_id}: {self.bank_ids} {self.book_ids}"


class Watermark(models.Model):
    """Where the tick looks for new lines from; one row."""

    entry_id = models.BigIntegerField(default=0)
    journal_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.entry_id} {self.journal_id}"
