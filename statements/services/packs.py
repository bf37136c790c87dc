"""Many receipts in one ZIP: asked for on the list, made in the background, kept with the job."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
from desk import selectors as desk_rows
from desk import services as desk
from desk.exports import safe_text
from kernel import clock
from kernel.errors import InvalidInput
from kernel.scope import Scope
from kernel.vault import Undecipherable
from masterdata import selectors as masterdata
from statements import filing, receipt_selectors
from statements.services.receipts import READ, named

if TYPE_CHECKING:
    from desk.models import Job
    from masterdata.models import User
    from statements.models import BankReceipt

KIND = "receipt_pack"
BYTES_MAX = 256 * 1024 * 1024
CHUNK = 50


@transaction.atomic(durable=True)
def ask_for_pack(*, receipt_ids: Sequence[int], actor: User, scope: Scope) -> Job:
    """A job that packs those of these receipts the person may have. Raises InvalidInput where none has its file."""
    scope.demand(READ)
    rows = receipt_selectors.receipts_among(receipt_ids, scope=scope, right=READ)
    here = [row.pk for row in rows if row.file_id is not None]
    if not here:
        raise InvalidInput(_("所选回单的文件都尚未取得"), "none of these receipts has its file")
    for row in rows:
        audit.record("statements.receipt.packed", actor=actor, subject=row)
    return desk.start_job(
        kind=KIND,
        title=_("打包下载电子回单 %(n)s 份") % {"n": len(here)},
        user_id=actor.pk,
        total=len(here),
        params={"receipts": [row.pk for row in rows]},
    )


def make_waiting() -> int:
    """Every pack that waits; how many."""
    waiting = desk_rows.waiting_jobs(kind=KIND)
    for job_id in waiting:
        _make(desk_rows.job(job_id))
    return len(waiting)


def _make(job: Job) -> None:
    """Do one job, with what its person may see now; a file that is lost ends it with its reason."""
    if not desk.claim_job(job_id=job.pk):
        return
    scope = masterdata.scope_of(job.created_by)
    rows = receipt_selectors.receipts_among(job.params["receipts"], scope=scope, right=READ)
    try:
        data = _zipped(rows, job_id=job.pk)
    except (InvalidInput, filing.FileLost, Undecipherable) as error:
        desk.end_job(job_id=job.pk, error=getattr(error, "message", "") or str(error))
    else:
        name = f"{_('电子回单')}-{clock.now():%Y%m%d-%H%M}.zip"
        desk.end_job(job_id=job.pk, result_name=name, result=data)


def _zipped(rows: Sequence[BankReceipt], *, job_id: int) -> bytes:
    """The files by account and day, and a list of all that was asked for. Raises InvalidInput past the limit."""
    target, size = io.BytesIO(), 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for at, row in enumerate(rows, 1):
            if row.file is not None:
                data = filing.read(row.file)
                size += len(data)
                if size > BYTES_MAX:
                    raise InvalidInput(_("所选回单合计超过 256 MB，请分批下载"), "too many bytes")
                archive.writestr(f"{row.account.number}/{named(row)}", data)
            if at % CHUNK == 0:
                desk.advance(job_id=job_id, done=at)
        archive.writestr("index.csv", _index(rows))
    return target.getvalue()


def _index(rows: Sequence[BankReceipt]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("日期"), _("账号"), _("回单号"), _("金额"), _("币种"), _("文件"), "SHA-256"])
    for row in rows:
        file = row.file
        told = (named(row), file.sha256) if file is not None else (_("尚未取得"), "")
        writer.writerow(
            [
                row.day,
                f"\t{row.account.number}",
                safe_text(row.receipt_no),
                row.amount,
                row.currency,
                *map(safe_text, told),
            ]
        )
    return out.getvalue().encode("utf-8-sig")
