"""The archive of a closed month as one zip: every account's signed statement and book, and a manifest with each file's hash."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import translation

import ledger.reading
import ledger.workbooks
from desk.printing import PdfUnavailable, pdf
from kernel import clock, seal
from ledger.rules import month_ends
from reconciliation import close_selectors as reads
from reconciliation import statement_selectors, workbooks
from reconciliation.models import BankReconciliationStatement
from reconciliation.papers import statement_html

if TYPE_CHECKING:
    from ledger.models import Period
    from masterdata.models import OwnAccount

EPOCH = (1980, 1, 1, 0, 0, 0)
LANGUAGE = "zh-hans"  # of the archive, whoever closed the month


@dataclass(frozen=True)
class Pack:
    """The zip and what its manifest says."""

    content: bytes
    manifest: dict[str, Any]


def pack(period: Period) -> Pack:
    """Everything of a closed month. System look-up: the caller knows the month is closed."""
    last = month_ends(period.code)[1]
    accounts = reads.accounts_of(period.company)
    standing = statement_selectors.standing_statements([one.pk for one in accounts], last)
    with translation.override(LANGUAGE):
        files: dict[str, bytes] = {}
        for account in accounts:
            row = standing.get(account.pk)
            if row is not None:
                files |= _statement(account, row)
            files |= _book(account, period.code)
    manifest = {
        "company": period.company.code,
        "company_name": period.company.name,
        "month": period.code,
        "closed_at": period.changed_at and period.changed_at.astimezone(clock.SHANGHAI).isoformat(),
        "asked_by": str(period.asked_by or ""),
        "decided_by": str(period.decided_by or ""),
        "reason": period.reason,
        "statements": [_told(account, standing[account.pk]) for account in accounts if account.pk in standing],
        "files": {name: seal.digest(data) for name, data in sorted(files.items())},
    }  # fmt: skip
    files["manifest.json"] = json.dumps(
        manifest, ensure_ascii=False, indent=1, sort_keys=True
    ).encode()
    return Pack(_zip(files), manifest)


def _told(account: OwnAccount, row: BankReconciliationStatement) -> dict[str, Any]:
    return {
        "account": account.number,
        "day": row.day.isoformat(),
        "version": row.number,
        "digest": row.digest,
        "prepared_by": str(row.prepared_by),
        "reviewed_by": str(row.reviewed_by or ""),
    }


def _statement(account: OwnAccount, row: BankReconciliationStatement) -> dict[str, bytes]:
    stem = f"{account.number}/statement-{row.day}"
    files = {
        f"{stem}.json": row.content.encode(),
        f"{stem}.xlsx": workbooks.statement(row.sheet, row=row),
    }
    with suppress(PdfUnavailable):  # its content and workbook are there; the manifest shows what is
        files[f"{stem}.pdf"] = pdf(statement_html(row))
    return files


def _book(account: OwnAccount, month: str) -> dict[str, bytes]:
    book = ledger.reading.month_book(account, month, limit=ledger.workbooks.LINES_MAX)
    if not book.count and book.opening is None:
        return {}
    return {f"{account.number}/journal-{month}.xlsx": ledger.workbooks.journal(book, who="—")}


def _zip(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return target.getvalue()
