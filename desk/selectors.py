"""Reads of the desk. Jobs, notifications and views belong to one person; cases to a company."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from desk.mappings import Mapping, header_key, mapping_of
from desk.models import (
    CaseNote,
    ExceptionCase,
    ImportMapping,
    Job,
    Notification,
    SavedView,
    UploadedFile,
)
from kernel.errors import NotFound
from kernel.scope import Scope
from kernel.vault import ring


def job_of(*, job_id: int, user_id: int) -> Job:
    """The person's job; raises NotFound."""
    job = Job.objects.defer("result").filter(pk=job_id, created_by_id=user_id).first()
    if job is None:
        raise NotFound("job", "未找到该任务")
    return job


def jobs_of(*, user_id: int) -> QuerySet[Job]:
    """The person's jobs, newest first."""
    return (
        Job.objects.defer("result", "params")
        .filter(created_by_id=user_id)
        .order_by("-created_at", "-pk")
    )


def result_of(job: Job) -> bytes:
    """The file a finished job left; raises NotFound."""
    sealed = Job.objects.values_list("result", flat=True).get(pk=job.pk)
    if sealed is None:
        raise NotFound("job result", "该任务没有结果文件")
    return ring().decrypt(bytes(sealed), aad=f"desk.job:{job.pk}:result")


def notifications_of(*, user_id: int) -> QuerySet[Notification]:
    """The person's notifications, newest first."""
    return Notification.objects.filter(user_id=user_id).order_by("-created_at", "-pk")


def unread_count(*, user_id: int) -> int:
    """How many notifications wait, counted up to 100."""
    return Notification.objects.filter(user_id=user_id, read_at=None)[:100].count()


def saved_views(*, user_id: int, page: str) -> list[SavedView]:
    """The person's named filters of one list page."""
    return list(SavedView.objects.filter(user_id=user_id, page=page).order_by("name"))


def visible_cases(scope: Scope) -> QuerySet[ExceptionCase]:
    """Cases of the companies the viewer serves; those of no company are seen by holders of connections.view."""
    mine = Q(company_id__in=scope.company_ids)
    if scope.has("connections.view"):
        mine |= Q(company_id=None)
    return ExceptionCase.objects.filter(mine)


def open_cases(scope: Scope) -> QuerySet[ExceptionCase]:
    """What still waits for somebody, newest first."""
    return visible_cases(scope).filter(closed_at=None).order_by("-opened_at", "-pk")


def case_of(*, case_id: int, scope: Scope, lock: bool = False) -> ExceptionCase:
    """A case of the viewer's companies, open or closed, locked when asked; raises NotFound."""
    rows = visible_cases(scope).select_related("owner", "closed_by")
    if lock:
        rows = rows.select_for_update(of=("self",))
    case = rows.filter(pk=case_id).first()
    if case is None:
        raise NotFound("case", "未找到该事项")
    return case


def notes_of(case: ExceptionCase) -> list[CaseNote]:
    """What people did about a case, oldest first."""
    return list(case.notes.select_related("author").order_by("pk"))


def cases_about(
    *, subject_kind: str, subject_ids: Sequence[int], scope: Scope
) -> list[ExceptionCase]:
    """Open cases about these subjects, the most urgent first."""
    rows = open_cases(scope).filter(
        subject_kind=subject_kind, subject_id__in=[str(one) for one in subject_ids]
    )
    rank = {ExceptionCase.Severity.CRITICAL: 0, ExceptionCase.Severity.HIGH: 1}
    return sorted(rows, key=lambda one: rank.get(ExceptionCase.Severity(one.severity), 2))


def open_kinds(
    *, kinds: Sequence[str], subject_kind: str, subject_ids: Sequence[int]
) -> list[tuple[str, str]]:
    """(kind, subject id) of the open cases of these kinds about these subjects. System look-up."""
    rows = ExceptionCase.objects.filter(
        kind__in=kinds,
        subject_kind=subject_kind,
        subject_id__in=[str(one) for one in subject_ids],
        closed_at=None,
    )
    return list(rows.values_list("kind", "subject_id"))


def kinds_told(
    *, kinds: Sequence[str], subject_kind: str, subject_ids: Sequence[int]
) -> list[tuple[str, str]]:
    """(kind, subject id) of the cases of these kinds about these subjects, open or closed. System look-up."""
    rows = ExceptionCase.objects.filter(
        kind__in=kinds, subject_kind=subject_kind, subject_id__in=[str(one) for one in subject_ids]
    )
    return list(rows.values_list("kind", "subject_id"))


def count_open(*, kinds: Sequence[str], company_id: int) -> int:
    """How many cases of these kinds are open in a company. System look-up."""
    return ExceptionCase.objects.filter(
        kind__in=kinds, company_id=company_id, closed_at=None
    ).count()


def file_content(file: UploadedFile) -> bytes:
    """The bytes as they were uploaded."""
    return ring().decrypt(bytes(file.content), aad=f"desk.file:{file.purpose}:{file.sha256}")


def waiting_jobs(*, kind: str, limit: int = 20) -> list[int]:
    """Ids of jobs nobody has begun, oldest first; for the system's ticks, hence without a scope."""
    rows = Job.objects.filter(kind=kind, state=Job.State.WAITING).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def job(job_id: int) -> Job:
    """A job with its person; for the system's ticks, hence without a scope."""
    return Job.objects.select_related("created_by").get(pk=job_id)


def uploaded_file(*, file_id: int, purpose: str) -> UploadedFile:
    """An upload of this purpose; without a scope, for the caller checks who may see it. Raises NotFound."""
    file = UploadedFile.objects.filter(pk=file_id, purpose=purpose).first()
    if file is None:
        raise NotFound("uploaded file", "未找到该上传文件")
    return file


def uploads(*, purpose: str, user_id: int) -> QuerySet[UploadedFile]:
    """The person's own files of this purpose, newest first, without their content."""
    rows = UploadedFile.objects.filter(purpose=purpose, uploaded_by_id=user_id)
    return rows.defer("content").order_by("-uploaded_at", "-pk")


def mappings(*, purpose: str) -> QuerySet[ImportMapping]:
    """Saved column mappings of a kind of file, by name: everybody who may import uses them."""
    return ImportMapping.objects.filter(purpose=purpose).select_related("made_by").order_by("name")


def mapping(mapping_id: int, *, purpose: str) -> Mapping:
    """One saved mapping; raises NotFound."""
    row = ImportMapping.objects.filter(pk=mapping_id, purpose=purpose).first()
    if row is None:
        raise NotFound("import mapping", "未找到该列映射")
    return mapping_of(row.content)


def mapping_for(header: Sequence[str], *, purpose: str) -> ImportMapping | None:
    """The saved mapping that was made on these very headings, if any. System look-up."""
    rows = ImportMapping.objects.filter(purpose=purpose, header_key=header_key(header))
    return rows.order_by("-changed_at").first()
