"""Entry: append-only facts; Link: their hash chain, forged by a deferred database trigger at commit."""

from __future__ import annotations

import pgtrigger
from django.db import models

from kernel import clock

# Runs at commit, when the transaction takes no further locks: the chain cannot deadlock with business rows.
CHAIN_SQL = """
    PERFORM pg_advisory_xact_lock(7301);
    SELECT seq, digest INTO last_seq, last_digest FROM audit_link ORDER BY seq DESC LIMIT 1;
    last_seq := COALESCE(last_seq, 0) + 1;
    last_digest := COALESCE(last_digest, repeat('0', 64));
    INSERT INTO audit_link (seq, entry_id, previous, digest)
    VALUES (last_seq, NEW.id, last_digest, encode(sha256(convert_to(
        last_digest || ':' || last_seq || ':' || NEW.id || ':' || NEW.content_digest, 'UTF8')), 'hex'));
    RETURN NULL;
"""


class Entry(models.Model):
    """One fact: who did what to which object, and why. Never changed, never deleted (database trigger)."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=clock.now)
    event = models.CharField(max_length=80, db_index=True)  # app.noun.verb, past tense
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    company_id = models.BigIntegerField(null=True, db_index=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    why = models.TextField(blank=True)
    origin = models.CharField(max_length=120, blank=True)  # address or task the act came from
    content_digest = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="audit_entry_subject"),
            models.Index(fields=["-at", "-id"], name="audit_entry_newest"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="chain",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=CHAIN_SQL,
                declare=[("last_seq", "bigint"), ("last_digest", "text")],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.event} {self.subject_kind}:{self.subject_id}"


class Link(models.Model):
    """One link of the chain: digest = sha256(previous : seq : entry id : content digest)."""

    seq = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="link")
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.digest[:12]}"
