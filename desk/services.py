"""Writes of the desk: jobs, notifications, saved views, one-time tokens, exception cases, uploaded files.

Steps run inside the caller's transaction (open_case, use_token, …); nothing here talks to anybody.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from audit import services as audit
from desk.mappings import Mapping, header_key
from desk.models import (
    ConfirmToken,
    ExceptionCase,
    ImportMapping,
    Job,
    Notification,
    SavedView,
    UploadedFile,
)
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from kernel.vault import ring


class TokenMismatch(Conflict):
    """The confirmation belongs to something else than what is asked now."""

    code = "token_mismatch"

    def __init__(self) -> None:
        super().__init__(
            "确认内容与页面显示不一致，未执行任何操作，请重新打开页面核对",
            "what was confirmed is not what was shown",
        )


class SameFile(Conflict):
    """The very same bytes were uploaded before."""

    code = "file_known"

    def __init__(self, earlier: UploadedFile) -> None:
        when = earlier.uploaded_at.astimezone(clock.SHANGHAI)
        super().__init__(
            f"该文件已于 {when:%Y-%m-%d %H:%M} 上传（{earlier.name}），相同内容不能重复导入",
            "the same file was uploaded before",
        )
        self.earlier = earlier


# --- one-time tokens ----------------------------------------------------------------------------------------------


def issue_token(*, user_id: int, purpose: str, digest: str, shown: bytes = b"") -> str:
    """A token for the page that shows what `digest` stands for; confirms it once. `shown` is that page's content, to be signed."""
    token = secrets.token_urlsafe(32)
    kept = ring().encrypt(shown, aad=f"token:{token}") if shown else b""
    ConfirmToken.objects.create(
        token=token, user_id=user_id, purpose=purpose, digest=digest, shown=kept
    )
    return token


def shown_with(*, token: str, user_id: int) -> bytes:
    """What the page of this person's token had shown; empty where nothing was kept."""
    row = ConfirmToken.objects.filter(token=token, user_id=user_id).first()
    if row is None or not row.shown:
        return b""
    return ring().decrypt(bytes(row.shown), aad=f"token:{token}")


def use_token(*, token: str, user_id: int, purpose: str, digest: str) -> Any:
    """Step: spend the token. None the first time, the remembered result at every later click.

    The row stays locked until the caller's transaction ends, so a double click waits and then gets the first result.
    Raises TokenMismatch for a token of another person, purpose or content; Conflict when the first click left none.
    """
    row = ConfirmToken.objects.select_for_update().filter(token=token).first()
    if row is None or (row.user_id, row.purpose) != (user_id, purpose):
        raise TokenMismatch()
    if row.used_at is not None:
        if row.result is None:
            raise Conflict("此操作已提交，请勿重复提交", "already submitted", code="token_spent")
        return row.result
    if row.digest != digest:
        raise TokenMismatch()
    row.used_at = clock.now()
    row.save(update_fields=["used_at"])
    return None


def remember_result(*, token: str, result: Any) -> None:
    """Step: keep what the confirmed act gave (JSON values), for the second click."""
    ConfirmToken.objects.filter(token=token).update(result=result)


# --- exception cases ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class NewCase:
    """One case to open; see `open_case`."""

    kind: str
    subject_kind: str
    subject_id: int | str
    title: str
    company_id: int | None = None
    severity: str = ExceptionCase.Severity.NORMAL
    reason: str = ""
    next_step: str = ""
    owner_role: str = ""
    is_closable: bool = False


def open_cases(cases: Sequence[NewCase]) -> None:
    """Step: open many cases with one statement; one that is open already for its kind and subject stays as it is."""
    now = clock.now()
    rows = [
        ExceptionCase(
            kind=one.kind,
            subject_kind=one.subject_kind,
            subject_id=str(one.subject_id),
            company_id=one.company_id,
            severity=one.severity,
            title=one.title[:200],
            reason=one.reason[:500],
            next_step=one.next_step[:300],
            owner_role=one.owner_role,
            is_closable=one.is_closable,
            opened_at=now,
        )
        for one in cases
    ]
    ExceptionCase.objects.bulk_create(rows, ignore_conflicts=True)


def close_cases(
    *, kinds: Sequence[str], subject_kind: str, subject_ids: Sequence[int | str], outcome: str
) -> int:
    """Step: close the open cases of these kinds and subjects with one statement; returns how many there were."""
    rows = ExceptionCase.objects.filter(
        kind__in=kinds,
        subject_kind=subject_kind,
        subject_id__in=[str(one) for one in subject_ids],
        closed_at=None,
    )
    return rows.update(closed_at=clock.now(), outcome=outcome[:300])


def open_case(
    *,
    kind: str,
    subject_kind: str,
    subject_id: int | str,
    title: str,
    company_id: int | None = None,
    severity: str = ExceptionCase.Severity.NORMAL,
    reason: str = "",
    next_step: str = "",
    owner_role: str = "",
    page: str = "",
) -> ExceptionCase:
    """Step: open a case, or refresh the one already open for this kind and subject."""
    words = {
        "title": title[:200],
        "company_id": company_id,
        "severity": severity,
        "reason": reason[:500],
        "next_step": next_step[:300],
        "owner_role": owner_role,
        "page": page,
    }
    case, _made = ExceptionCase.objects.update_or_create(
        kind=kind,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        closed_at=None,
        defaults=words,
        create_defaults={**words, "opened_at": clock.now()},
    )
    return case


def close_case(*, kind: str, subject_kind: str, subject_id: int | str, outcome: str = "") -> bool:
    """Step: close the open case of this kind and subject; False when there is none."""
    rows = ExceptionCase.objects.filter(
        kind=kind, subject_kind=subject_kind, subject_id=str(subject_id), closed_at=None
    )
    return rows.update(closed_at=clock.now(), outcome=outcome[:300]) > 0


def open_subjects(*, kind: str, subject_kind: str, subject_ids: Sequence[int]) -> list[str]:
    """The ids among these whose case of this kind is open. System look-up for steps that close many."""
    rows = ExceptionCase.objects.filter(
        kind=kind,
        subject_kind=subject_kind,
        subject_id__in=[str(one) for one in subject_ids],
        closed_at=None,
    )
    return list(rows.values_list("subject_id", flat=True))


# --- jobs and notifications ---------------------------------------------------------------------------------------


def start_job(
    *,
    kind: str,
    title: str,
    user_id: int,
    total: int = 0,
    company_id: int | None = None,
    params: dict[str, Any] | None = None,
) -> Job:
    """Step: a job others will advance."""
    return Job.objects.create(
        kind=kind,
        title=title,
        created_by_id=user_id,
        total=total,
        company_id=company_id,
        params=params or {},
    )


def claim_job(*, job_id: int) -> bool:
    """Whether the caller is the one who runs it: WAITING → RUNNING, once."""
    return (
        Job.objects.filter(pk=job_id, state=Job.State.WAITING).update(state=Job.State.RUNNING) == 1
    )


def advance(
    *, job_id: int, done: int, total: int | None = None, counts: dict[str, int] | None = None
) -> None:
    """Step: show progress."""
    changes: dict[str, Any] = {"done": done, "state": Job.State.RUNNING}
    if total is not None:
        changes["total"] = total
    if counts is not None:
        changes["counts"] = counts
    Job.objects.filter(pk=job_id, finished_at=None).update(**changes)


def finish(
    *,
    job_id: int,
    error: str = "",
    counts: dict[str, int] | None = None,
    result_name: str = "",
    result: bytes | None = None,
) -> None:
    """Step: end the job, well or with an error, keep its file sealed, and tell its owner."""
    job = Job.objects.select_for_update().get(pk=job_id)
    job.state = Job.State.ERROR if error else Job.State.DONE
    job.error, job.finished_at = error, clock.now()
    job.done = job.done if error else max(job.done, job.total)
    job.counts = counts if counts is not None else job.counts
    job.result_name = result_name
    job.result = None if result is None else ring().encrypt(result, aad=f"desk.job:{job.pk}:result")
    job.save()
    notify(
        user_id=job.created_by_id,
        title=job.title,
        body=error or "任务已完成",
        url=f"/jobs/{job.pk}/",
    )


def notify(*, user_id: int, title: str, body: str = "", url: str = "") -> None:
    """Step: leave a line for a person."""
    Notification.objects.create(user_id=user_id, title=title[:200], body=body[:500], url=url)


def mark_read(*, user_id: int) -> None:
    """The person has seen them all."""
    Notification.objects.filter(user_id=user_id, read_at=None).update(read_at=clock.now())


# --- saved views --------------------------------------------------------------------------------------------------


def save_view(*, user_id: int, page: str, name: str, query: str) -> SavedView:
    """Keep a list's filters under a name; the same name is overwritten. Raises InvalidInput."""
    name = name.strip()
    if not name or len(name) > 40:
        raise InvalidInput(
            "视图名称应为 1 至 40 个字", "a view's name has 1 to 40 characters", field="name"
        )
    view, _made = SavedView.objects.update_or_create(
        user_id=user_id, page=page[:60], name=name, defaults={"query": query.lstrip("?")[:1000]}
    )
    return view


def drop_view(*, user_id: int, view_id: int) -> None:
    """Forget one of the person's views."""
    SavedView.objects.filter(user_id=user_id, pk=view_id).delete()


@transaction.atomic(durable=True)
def save_mapping(
    *, purpose: str, name: str, mapping: Mapping, header: Sequence[str], user_id: int
) -> ImportMapping:
    """Keep a column mapping under a name; the same name is overwritten. Raises InvalidInput."""
    name = name.strip()
    if not 1 < len(name) <= 60:
        raise InvalidInput(
            "映射名称应为 2 至 60 个字", "a name has 2 to 60 characters", field="name"
        )
    row, _made = ImportMapping.objects.update_or_create(
        purpose=purpose,
        name=name,
        defaults={
            "content": mapping.plain(),
            "header_key": header_key(header),
            "made_by_id": user_id,
            "changed_at": clock.now(),
        },
    )
    audit.record(
        "desk.mapping.saved", actor=row.made_by, subject=row, after={"name": name, **row.content}
    )
    return row


# --- uploaded files -----------------------------------------------------------------------------------------------


def store_file(
    *,
    purpose: str,
    name: str,
    data: bytes,
    user_id: int,
    preview: dict[str, Any] | None = None,
    company_id: int | None = None,
) -> UploadedFile:
    """Step: keep an upload, sealed. Raises SameFile when these bytes were taken before for this purpose.

    A file somebody previewed and dropped (state "dropped") may come again: its row is used anew.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    earlier = (
        UploadedFile.objects.select_for_update().filter(purpose=purpose, sha256=sha256).first()
    )
    if earlier is not None and earlier.state != "dropped":
        raise SameFile(earlier)
    row = earlier or UploadedFile(purpose=purpose, sha256=sha256)
    row.name, row.size, row.uploaded_by_id, row.company_id = (
        name[-200:],
        len(data),
        user_id,
        company_id,
    )
    row.content = ring().encrypt(data, aad=f"desk.file:{purpose}:{sha256}")
    row.preview, row.state, row.uploaded_at, row.decided_at = (
        preview or {},
        "previewed",
        clock.now(),
        None,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise SameFile(UploadedFile.objects.get(purpose=purpose, sha256=sha256)) from None
    return row


def renew_preview(*, file_id: int, preview: dict[str, Any]) -> None:
    """Step: what an undecided file would do was judged again. Raises Conflict."""
    if not UploadedFile.objects.filter(pk=file_id, state="previewed").update(preview=preview):
        raise Conflict("此文件已处理", "already decided")


def decide_file(*, file_id: int, state: str) -> bool:
    """Step: "imported" or "dropped", once; False when somebody decided before."""
    rows = UploadedFile.objects.filter(pk=file_id, state="previewed")
    return rows.update(state=state, decided_at=clock.now()) == 1


@transaction.atomic(durable=True)
def end_job(
    *, job_id: int, error: str = "", result_name: str = "", result: bytes | None = None
) -> None:
    """`finish` as a command of its own, for work that holds no transaction."""
    finish(job_id=job_id, error=error, result_name=result_name, result=result)
