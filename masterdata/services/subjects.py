"""Account subjects from the finance system: made, renamed, versioned, with their origin."""

from __future__ import annotations

import re
from typing import Any

from audit.services import record
from kernel.errors import Conflict, InvalidInput
from masterdata import checks
from masterdata.models import AccountSubject, Company

_CODE = re.compile(r"[0-9A-Za-z.\\-]{1,15}")


def take_subject(
    *, company: Company, code: str, name: str, actor: Any, origin: str
) -> tuple[AccountSubject, bool]:
    """A subject as the finance system says it (a step); and whether anything changed.

    Raises InvalidInput, Conflict where another system told it under another name.
    """
    if not _CODE.fullmatch(code):
        raise InvalidInput(
            "科目编码应为 1 至 15 位数字、字母、点或横线",
            "a code has 1 to 15 digits, letters, dots",
            field="code",
        )
    clean = checks.clean_name(name)
    row = AccountSubject.objects.select_for_update().filter(company=company, code=code).first()
    if row is None:
        row = AccountSubject.objects.create(company=company, code=code, name=clean, origin=origin)
        record(
            "masterdata.subject.created",
            actor=actor,
            subject=row,
            after={"code": code, "name": clean},
        )
        return row, True
    if row.name == clean:
        return row, False
    if row.origin != origin:
        raise Conflict(
            f"科目 {code} 已由「{row.origin}」登记为「{row.name}」",
            "another system told this subject",
            code="code_taken",
            field="code",
        )
    before, row.name = {"name": row.name}, clean
    row.save_changes(["name"])
    record(
        "masterdata.subject.edited", actor=actor, subject=row, before=before, after={"name": clean}
    )
    return row, True
