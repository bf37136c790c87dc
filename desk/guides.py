"""What the desk cannot know of a case's subject: its page, what the system does next, who may do what. The owning app says so.

`settings.CASE_GUIDES` is a literal table: label of the subject's model → dotted path of a function
`(subject_ids, scope) -> {subject_id: Guide}` in the app that owns the subject.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from kernel.scope import Scope

Words = str | Promise


@dataclass(frozen=True)
class CaseAct:
    """One thing the viewer may do about the subject now."""

    label: Words
    url: str


@dataclass(frozen=True)
class Guide:
    """The subject of a case as its viewer may see it; a subject out of the viewer's scope has no guide."""

    label: str
    url: str
    state: str = ""
    amount: str = ""  # with its currency, ready to show
    next_text: Words = ""  # what the system does next by itself; empty: nothing
    next_at: datetime | None = None
    acts: tuple[CaseAct, ...] = ()


NOTHING = Guide("", "")


def guides_for(cases: Iterable[Mapping[str, Any]], *, scope: Scope) -> dict[Any, Guide]:
    """The guide of each case (`pk`, `subject_kind`, `subject_id`), one call an app; cases without one are absent."""
    wanted: dict[str, dict[str, list[Any]]] = {}
    for case in cases:
        of_kind = wanted.setdefault(case["subject_kind"], {})
        of_kind.setdefault(case["subject_id"], []).append(case["pk"])
    found: dict[Any, Guide] = {}
    for kind, subjects in wanted.items():
        dotted = settings.CASE_GUIDES.get(kind)
        if dotted is None:
            continue
        told: Mapping[str, Guide] = import_string(dotted)(list(subjects), scope)
        for subject_id, guide in told.items():
            found.update(dict.fromkeys(subjects.get(subject_id, ()), guide))
    return found
