"""Statement files on disk: taken in whole, and known again by their digest before anything of them is read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Max

from desk.mappings import Mapping
from kernel import clock
from kernel.formats.sections import Section
from masterdata import selectors as masterdata
from statements.ingest import Load
from statements.models import BankStatement, StatementEntry
from statements.rules import SHEET
from statements.services.files import Taken, judge_place, keep, kind_of, note, take_all
from statements.services.recording import lock_entries

_OF_THE_FILE = {"sum", "totals", "page"}  # findings that stand in the file, whatever else came in


@transaction.atomic(durable=True)
def import_path(
    path: Path, *, mapping: Mapping | None = None, number: str = ""
) -> list[BankStatement]:
    """Take a file of any size in from disk, for operators and file interfaces. System command; raises InvalidInput.

    A file that was taken in before, to whose accounts nothing came since, is not read again: its days are checked once more.
    """
    scope = masterdata.system_scope()
    chosen = masterdata.account_by_number(number, scope=scope) if number else None
    with path.open("rb") as stream:
        kind = kind_of(stream.read(8192), path.name)
        stream.seek(0)
        # A sheet says another thing under another mapping, any file may for another account.
        is_plain = kind != SHEET and chosen is None
        digest = hashlib.file_digest(stream, "sha256").hexdigest() if is_plain else ""
        taken = _seen(digest) if is_plain else []
        mark: dict[str, Any] = {}
        if not taken:
            stream.seek(0)
            taken = take_all(stream, path.name, kind, scope=scope, chosen=chosen, mapping=mapping)
            mark = _mark(digest, taken)
    rows = [keep(one, file_id=None, file_name=path.name, **mark) for one in taken]
    note(rows, taken, actor=None, why=path.name)
    return rows


def _mark(digest: str, taken: list[Taken]) -> dict[str, Any]:
    """What makes the file known again, where its rows tell all that is needed to keep it again."""
    if any(one.section.closing_day not in (None, one.last) for one in taken):
        return {}
    newest = StatementEntry.objects.aggregate(last=Max("pk"))["last"] or 0
    return {"file_digest": digest, "last_entry_id": newest}


def _seen(digest: str) -> list[Taken]:
    """The statements of the very same file as it was last read; none where one of their accounts has newer entries."""
    before = BankStatement.objects.filter(file_digest=digest).select_related("account")
    newest = before.aggregate(last=Max("last_entry_id"))["last"]
    rows = list(before.filter(last_entry_id=newest).order_by("pk"))
    for account_id in sorted({row.account_id for row in rows}):
        lock_entries(account_id)
        if StatementEntry.objects.filter(account_id=account_id, pk__gt=newest).exists():
            return []
    return [_again(row) for row in rows]


def _again(row: BankStatement) -> Taken:
    """A statement as its row tells it: no entry of it is new, and what lies beside it is judged as things stand now."""
    section = Section(
        account=row.account.number,
        currency=row.currency,
        number=row.number,
        sequence=row.sequence,
        page=row.page,
        first=row.first_day,
        last=row.last_day,
        opening=row.opening,
        closing=row.closing,
        is_interim=row.is_interim,
        count=row.entry_count,
        skipped=row.skipped_count,
    )
    load = Load(row.account_id, row.company_id, row.source, clock.now())
    load.count, load.credits, load.debits = row.entry_count, row.credits, row.debits
    one = Taken(row.account, section, load)
    one.findings = [(code, words) for code, words in row.findings if code in _OF_THE_FILE]
    one.findings += [] if row.is_interim else judge_place(one)
    return one
