"""Lists as .xlsx: the filtered set, real numbers, account numbers as text, totals, who and when on the first row."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.services import record
from desk import services
from desk.models import Job
from desk.pages import ListPage
from desk.rows import Column
from desk.words import words_of
from kernel import clock
from kernel.errors import InvalidInput
from kernel.scope import Scope

INLINE_MAX = 5_000
ROWS_MAX = 1_000_000  # a sheet of Excel ends at 1,048,576
CHUNK = 2_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def safe_text(value: Any) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_RISKY) else text


def all_rows(page: ListPage) -> Iterator[dict[str, Any]]:
    """Every filtered row in the list's order, fetched in keyset chunks."""
    page.size, cursor = CHUNK, ""
    base = {k: v for k, v in page.given.items() if k not in ("after", "before")}
    for _n in range(ROWS_MAX // CHUNK):
        page.given = {**base, "after": cursor} if cursor else base
        piece = page.slice()
        yield from piece.rows
        if not piece.next:
            return
        cursor = piece.next
    raise _too_many()


def _too_many() -> InvalidInput:
    return InvalidInput(
        _("数据超过 1,000,000 行，请缩小筛选范围后再导出"), "too many rows for one sheet"
    )


def workbook(page: ListPage, *, job_id: int = 0) -> bytes:
    """The whole filtered set as one .xlsx."""
    import xlsxwriter  # few processes write a sheet

    target = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(target, {**options, "in_memory": False})
    sheet = book.add_worksheet(_("数据"))
    money = book.add_format({"num_format": "#,##0.00"})
    text = book.add_format({"num_format": "@"})
    time = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    bold = book.add_format({"bold": True, "bg_color": "#EAF1FC", "bottom": 1})
    formats = {"money": money, "datetime": time, "day": day}
    chips = "；".join(f"{chip.label}：{chip.text}" for chip in page.chips()) or _("无")
    stamp = clock.now().strftime("%Y-%m-%d %H:%M")
    summary = _("%(title)s　筛选：%(filters)s　导出人：%(who)s　导出时间：%(when)s")
    sheet.write_string(
        0,
        0,
        summary
        % {"title": page.title, "filters": chips, "who": page.scope.actor_name, "when": stamp},
    )
    columns = [*page.columns, *page.export_columns]
    for at, column in enumerate(columns):
        sheet.write_string(1, at, str(column.label), bold)
        sheet.set_column(
            at, at, 22 if column.kind in ("account", "full_account", "text", "datetime") else 14
        )
    sheet.freeze_panes(2, 0)
    sums: dict[tuple[str, str], dict[str, Decimal]] = {}
    line = 1
    for line, row in enumerate(all_rows(page), start=2):
        for at, column in enumerate(columns):
            _write(sheet, line, at, column.kind, column.plain(row), formats.get(column.kind, text))
        for words, code, name, amount in page.footings(row):
            told = sums.setdefault((code, words), {})
            told[name] = told.get(name, Decimal(0)) + amount
        if job_id and line % CHUNK == 0:
            services.advance(job_id=job_id, done=line - 1)
    if job_id:
        services.advance(job_id=job_id, done=line - 1)
    total = book.add_format({"num_format": "#,##0.00", "bold": True})
    _write_sums(sheet, line + 1, columns, sums, (bold, total))
    book.close()
    return target.getvalue()


def _write_sums(
    sheet: Any,
    line: int,
    columns: Sequence[Column],
    sums: Mapping[tuple[str, str], Mapping[str, Decimal]],
    styles: tuple[Any, Any],
) -> None:
    """The totals under the rows, a line a currency and words, each amount below its column."""
    spots = {column.name: at for at, column in enumerate(columns)}
    for at, ((code, words), amounts) in enumerate(sorted(sums.items(), key=lambda one: one[0][0])):
        sheet.write_string(line + at, 0, f"{words} {code}".strip(), styles[0])
        for name, amount in amounts.items():
            sheet.write_number(line + at, spots.get(name, 1), float(amount), styles[1])


def _write(sheet: Any, line: int, at: int, kind: str, value: Any, style: Any) -> None:
    if value is None or value == "":
        return
    if kind in ("money", "number"):
        sheet.write_number(line, at, float(value), style)  # a spreadsheet has no other number
    elif kind == "datetime":
        sheet.write_datetime(line, at, value.astimezone(clock.SHANGHAI).replace(tzinfo=None), style)
    elif kind == "day":
        shown = value.astimezone(clock.SHANGHAI).date() if isinstance(value, datetime) else value
        sheet.write_datetime(line, at, shown, style)
    elif kind == "state":
        sheet.write_string(line, at, str(words_of(str(value)).word))
    else:
        sheet.write_string(line, at, safe_text(value), style)


def respond(page: ListPage, *, user_id: int) -> HttpResponseBase:
    """The workbook at once, or a job when it has more than 5,000 rows."""
    many = page.filtered().values_list("pk")[: INLINE_MAX + 1].count()
    name = f"{page.title}-{clock.now():%Y%m%d-%H%M}.xlsx"
    if many <= INLINE_MAX:
        data = workbook(page)
        response = HttpResponse(data, content_type=XLSX)
        response.headers["Content-Disposition"] = _disposition(name)
        response.headers["X-Content-SHA256"] = _note(page, data, name=name, user_id=user_id)
        return response
    job = services.start_job(
        kind="export",
        title=_("导出 %(title)s") % {"title": page.title},
        user_id=user_id,
        params={
            "page": f"{type(page).__module__}.{type(page).__qualname__}",
            "given": dict(page.given),
            "company_ids": sorted(page.scope.company_ids),
            "rights": {right: sorted(ids) for right, ids in page.scope.rights.items()},
            "actor_name": page.scope.actor_name,
            "name": name,
        },
    )
    return HttpResponseRedirect(reverse("desk:job", args=[job.pk]))


@transaction.atomic
def _note(page: ListPage, data: bytes, *, name: str, user_id: int) -> str:
    """Who took which list out of the platform, and the digest of the file; the digest."""
    digest = hashlib.sha256(data).hexdigest()
    person = get_user_model().objects.filter(pk=user_id).first()
    if person is not None:
        record(
            "desk.list.exported",
            actor=person,
            subject=person,
            after={
                "list": page.key,
                "file": name,
                "filters": [f"{chip.label}：{chip.text}" for chip in page.chips()],
                "bytes": len(data),
                "sha256": digest,
            },
        )
    return digest


def _disposition(name: str) -> str:
    from django.utils.http import content_disposition_header

    return content_disposition_header(True, name) or "attachment"


def run(*, job_id: int) -> bool:
    """Do one waiting export; False when somebody else took it. What the person could see when asking is what is exported."""
    if not services.claim_job(job_id=job_id):
        return False
    job = Job.objects.get(pk=job_id)
    module, _dot, name = job.params["page"].rpartition(".")
    page_class = getattr(import_module(module), name)
    scope = Scope(
        actor_id=job.created_by_id,
        actor_name=job.params["actor_name"],
        company_ids=frozenset(job.params["company_ids"]),
        rights={right: frozenset(ids) for right, ids in job.params["rights"].items()},
    )
    try:
        page = page_class(scope=scope, given=job.params["given"])
        many = page.filtered().values_list("pk")[: ROWS_MAX + 1].count()
        if many > ROWS_MAX:  # said at once, not after the millionth
            raise _too_many()
        services.advance(job_id=job_id, done=0, total=many)
        data = workbook(page, job_id=job_id)
    except InvalidInput as error:
        services.end_job(job_id=job_id, error=error.message)
        return True
    _note(page, data, name=job.params["name"], user_id=job.created_by_id or 0)
    services.end_job(job_id=job_id, result_name=job.params["name"], result=data)
    return True
