"""Entry: append-only facts; Link: their hash chain, forged by a deferred database trigger at commit."""

from __future__ import annotations

import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from kernel import clock

# One link per act, not per entry: of the entries written together only the first (`leads` = how many they are) forges it.
# Runs at commit, when the transaction takes no further locks: the chain cannot deadlock with business rows.
CHAIN_SQL = """
    SELECT count(*), string_agg(e.id || ':' || e.content_digest, ' ' ORDER BY e.id) INTO found, told
    FROM (SELECT id, content_digest FROM audit_entry WHERE id >= NEW.id AND link_id = NEW.link_id
          ORDER BY id LIMIT NEW.leads) e;
    IF found <> NEW.leads THEN
        RAISE EXCEPTION 'entry % leads % entries, found %', NEW.id, NEW.leads, found USING ERRCODE = 'check_violation';
    END IF;
    told := told || ' @' || COALESCE(current_setting('yqlink.hand', true), '');
    PERFORM pg_advisory_xact_lock(7301);
    SELECT seq, digest INTO last_seq, last_digest FROM audit_link ORDER BY seq DESC LIMIT 1;
    last_seq := COALESCE(last_seq, 0) + 1;
    last_digest := COALESCE(last_digest, repeat('0', 64));
    INSERT INTO audit_link (seq, act, entries, previous, digest)
    VALUES (last_seq, NEW.link_id, told, last_digest, encode(sha256(convert_to(
        last_digest || ':' || last_seq || ':' || NEW.link_id || ':' || told, 'UTF8')), 'hex'));
    RETURN NULL;
"""


class Link(models.Model):
    """One link of the chain, for the entries of one act or the rows one transaction changed.

    digest = sha256(previous : seq : act : entries). `entries` names each of them, "id:content digest" parted by blanks, a
    row change as "h<id>:digest", so that whatever is altered, deleted or slipped in afterwards is named exactly; then "@"
    and the hand it was written with (`audit.hand`).
    """

    seq = models.BigIntegerField(primary_key=True)
    act = models.UUIDField(unique=True)
    entries = models.TextField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.digest[:12]}"

    def told(self) -> dict[int, str]:
        """The content digest of each entry of the act, by entry id, as it was at commit."""
        pairs = (part.partition(":") for part in self.entries.split(" "))
        return {int(entry_id): digest for entry_id, _, digest in pairs if entry_id.isdigit()}

    def changes(self) -> list[int]:
        """The row changes it names."""
        names = (part.partition(":")[0] for part in self.entries.split(" "))
        return [int(name[1:]) for name in names if name[:1] == "h" and name[1:].isdigit()]

    @property
    def entry(self) -> Entry | None:
        """The last entry of the act."""
        return Entry.objects.filter(pk=max(self.told(), default=0)).first()


class Anchor(models.Model):
    """What of the chain is known outside the database: links up to `last_seq`, as one line of the anchor file."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(default=clock.now)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    line = (
        models.TextField()
    )  # canonical JSON: numbers, root over the link digests, head, digest of the line before
    digest = models.CharField(max_length=64)
    filed_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # by mail and webhook, once a day
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="said_for_ever",
                fields=["number", "at", "first_seq", "last_seq", "line", "digest"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"


class Entry(models.Model):
    """One fact: who did what to which object, and why. Never changed, never deleted (database trigger)."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=clock.now)
    event = models.CharField(max_length=80)  # app.noun.verb, past tense
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    company_id = models.BigIntegerField(null=True, db_index=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    why = models.TextField(blank=True)
    origin = models.CharField(max_length=120, blank=True)  # address or task the act came from
    content_digest = models.CharField(max_length=64, default="")  # taken by the database at insert
    # What was written together. The link follows at commit, hence no constraint; read by entry, never by link.
    link = models.ForeignKey(
        Link,
        to_field="act",
        default=uuid.uuid4,
        null=True,  # an entry whose link is gone must still be listed
        db_constraint=False,
        db_index=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
    )
    leads = models.PositiveIntegerField(
        default=1
    )  # how many entries the act has; 0 but on its first

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="audit_entry_subject"),
            models.Index(fields=["-at", "-id"], name="audit_entry_newest"),
            models.Index(fields=["event"], name="audit_entry_event"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="digest",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    NEW.content_digest := encode(sha256(convert_to(audit_content(NEW), 'UTF8')), 'hex');
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="chain",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=CHAIN_SQL,
                condition=pgtrigger.Q(new__leads__gt=0),
                declare=[
                    ("found", "bigint"),
                    ("told", "text"),
                    ("last_seq", "bigint"),
                    ("last_digest", "text"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.event} {self.subject_kind}:{self.subject_id}"


# One link for all that a transaction changed: the first change (`leads`) forges it at commit.
CHANGES_SQL = """
    SELECT string_agg('h' || c.id || ':' || audit_change_digest(c), ' ' ORDER BY c.id) INTO told
    FROM audit_rowchange c WHERE c.id >= NEW.id AND c.xact = NEW.xact;
    told := told || ' @' || COALESCE(current_setting('yqlink.hand', true), '');
    PERFORM pg_advisory_xact_lock(7301);
    SELECT seq, digest INTO last_seq, last_digest FROM audit_link ORDER BY seq DESC LIMIT 1;
    last_seq := COALESCE(last_seq, 0) + 1;
    last_digest := COALESCE(last_digest, repeat('0', 64));
    INSERT INTO audit_link (seq, act, entries, previous, digest)
    SELECT last_seq, act, told, last_digest,
           encode(sha256(convert_to(last_digest || ':' || last_seq || ':' || act || ':' || told, 'UTF8')), 'hex')
    FROM gen_random_uuid() AS act;
    RETURN NULL;
"""


class RowChange(models.Model):
    """One statement that changed rows of one table: their keys, the digest of each as it was found and as it was left.

    What it found has to be what the change before left: so a row altered behind the triggers is known for ever, whatever the
    platform makes of it afterwards. Append-only.
    Written by triggers alone (`audit.row_sql`). `hand` is the platform's own word about who did it (`audit.hand`), empty
    for whoever writes to the database by another way; `who` is the database's: role, address, program.
    """

    class Op(models.TextChoices):
        INSERT = "I", "新增"
        UPDATE = "U", "修改"
        DELETE = "D", "删除"
        ADOPT = "A", "迁移后登记"

    id = models.BigAutoField(primary_key=True)
    at = (
        models.DateTimeField()
    )  # the database's own time: whoever changes rows behind us tells none
    xact = models.BigIntegerField()
    leads = models.BooleanField()
    relation = models.CharField(max_length=63)
    op = models.CharField(max_length=1, choices=Op.choices)
    ids = ArrayField(models.TextField())
    befores = ArrayField(models.BinaryField())  # empty where a row is new, or found by a migration
    digests = ArrayField(models.BinaryField())  # empty where it is deleted
    said = models.JSONField(null=True)  # of some tables, by key: {column: [before, after]}
    hand = models.TextField(blank=True)
    who = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["relation", "id"], name="rowchange_relation")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="chain",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=CHANGES_SQL,
                condition=pgtrigger.Q(new__leads=True),
                declare=[("told", "text"), ("last_seq", "bigint"), ("last_digest", "text")],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.op} {self.relation} {len(self.ids)}"
