"""Rows every page stands on: jobs, notifications, saved views, confirm tokens, exception cases, uploaded files."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from kernel import clock


class Job(models.Model):
    """Long work somebody waits for: progress, counts, and the file it left behind."""

    class State(models.TextChoices):
        """Where a job stands."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        ERROR = "error"

    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    params = models.JSONField(default=dict)
    result_name = models.CharField(max_length=200, blank=True)
    result = models.BinaryField(null=True)  # sealed by the key ring, aad "desk.job:pk:result"
    error = models.TextField(blank=True)
    company_id = models.BigIntegerField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["created_by", "-created_at"], name="job_of_person")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (self.State.DONE, self.State.ERROR)

    @property
    def percent(self) -> int:
        """Progress, 0 to 100."""
        if self.state == self.State.DONE:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else 0


class Notification(models.Model):
    """One line for one person, with the address it leads to."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=200)
    body = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notification_of_person"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notification_unread"),
        ]

    def __str__(self) -> str:
        return self.title


class SavedView(models.Model):
    """A list page's filters under a name, for one person."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=60)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="saved_view_once")
        ]

    def __str__(self) -> str:
        return self.name


class ConfirmToken(models.Model):
    """Leave to do one thing once: what was shown (digest), who may confirm it, and what came of it."""

    token = models.CharField(max_length=64, unique=True)
    user_id = models.BigIntegerField()
    purpose = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    shown = models.BinaryField(default=b"")  # the page in canonical bytes, aad "token:<token>"
    created_at = models.DateTimeField(default=clock.now)
    used_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class ExceptionCase(models.Model):
    """Something a person must look at: what, why, what to do next, and on which page."""

    class Severity(models.TextChoices):
        """How urgent."""

        CRITICAL = "critical"
        HIGH = "high"
        NORMAL = "normal"

    kind = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    company_id = models.BigIntegerField(null=True, db_index=True)
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.NORMAL)
    title = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, blank=True)
    next_step = models.CharField(max_length=300, blank=True)
    owner_role = models.CharField(max_length=20, blank=True)
    page = models.CharField(max_length=80, blank=True)  # url name; takes the subject's id
    # Most cases end with the fact that opened them; these may also be ended by a person who says why.
    is_closable = models.BooleanField(default=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    taken_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )  # null: the system, by a fact
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_kind", "subject_id"],
                condition=Q(closed_at=None),
                name="case_open_once",
            )
        ]
        indexes = [models.Index(fields=["-opened_at", "-id"], name="case_newest")]

    def __str__(self) -> str:
        return self.title


class CaseNote(models.Model):
    """What a person did or learnt about a case; never changed, never deleted (database trigger)."""

    class Act(models.TextChoices):
        """What the note tells."""

        TAKEN = "taken"
        GIVEN_BACK = "given_back"
        REMARK = "remark"
        CLOSED = "closed"

    case = models.ForeignKey(ExceptionCase, on_delete=models.PROTECT, related_name="notes")
    act = models.CharField(max_length=10, choices=Act.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=500)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return self.text


class UploadedFile(models.Model):
    """A file somebody sent in, sealed, with the preview made of it; the same bytes are taken once per purpose."""

    purpose = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    content = models.BinaryField()  # sealed by the key ring, aad "desk.file:purpose:sha256"
    state = models.CharField(max_length=20, default="previewed")
    preview = models.JSONField(default=dict)
    company_id = models.BigIntegerField(null=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "sha256"], name="file_once_per_purpose")
        ]

    def __str__(self) -> str:
        return self.name


class ImportMapping(models.Model):
    """Which column of a kind of file means what (`desk.mappings.Mapping`), saved under a name for everybody's use."""

    purpose = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    content = models.JSONField()
    header_key = models.CharField(
        max_length=64, blank=True
    )  # digest of the headings it was made on
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "name"], name="mapping_once_per_purpose")
        ]

    def __str__(self) -> str:
        return self.name
