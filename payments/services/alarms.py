"""Exception cases for what people must look at: one per kind and subject, in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog
from django.db import models

from desk import services as desk

log = structlog.get_logger(__name__)


def alarm(
    *, kind: str, subject: models.Model, title: str, details: Mapping[str, str], next_step: str = ""
) -> None:
    """Open (or refresh) the urgent case of this kind for this payment, and say so in the log."""
    log.error(kind.replace(".", "_"), subject=subject._meta.label_lower, subject_id=subject.pk)
    desk.open_case(
        kind=kind,
        subject_kind=subject._meta.label_lower,
        subject_id=subject.pk,
        company_id=getattr(subject, "company_id", None),
        title=title,
        severity="critical",
        reason="；".join(f"{name}：{value}" for name, value in details.items()),
        next_step=next_step,
        owner_role="treasurer",
        page="",
    )


def settle(*, kind: str, subject: models.Model, outcome: str) -> None:
    """Close the case of this kind, if one is open."""
    desk.close_case(
        kind=kind, subject_kind=subject._meta.label_lower, subject_id=subject.pk, outcome=outcome
    )


def settle_many(*, kind: str, subjects: Sequence[models.Model], outcome: str) -> None:
    """Close the open cases of this kind for subjects of one model; few have any, so they are looked up at once."""
    if not subjects:
        return
    label = subjects[0]._meta.label_lower
    opened = desk.open_subjects(
        kind=kind, subject_kind=label, subject_ids=[one.pk for one in subjects]
    )
    for pk in opened:
        desk.close_case(kind=kind, subject_kind=label, subject_id=pk, outcome=outcome)
