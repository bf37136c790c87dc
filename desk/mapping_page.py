"""The editor of a column mapping: headings beside what they mean, tried on the file's own rows, saved under a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from desk import services
from desk.imports import Table, read_grid, table_from
from desk.mappings import (
    Mapping,
    Reader,
    Target,
    header_line,
    mapping_of,
    require_complete,
)
from desk.words import said
from kernel.errors import InvalidInput

SAMPLE = 12


@dataclass(frozen=True, kw_only=True)
class Editor:
    """What an app gives: the targets of its files, the mapping in use, and what to do once one was saved."""

    purpose: str
    targets: Sequence[Target]
    mapping: Mapping
    data: bytes
    filename: str
    title: str
    back: str
    use: Callable[[int], Any]  # the id of the saved mapping


def table_of(
    data: bytes, filename: str, targets: Sequence[Target], header_row: int | None
) -> Table:
    """The file's table below the headings a person points at, or those that are recognised. Raises InvalidInput."""
    grid = read_grid(data, filename)
    if header_row is not None:
        index = next((at for at, line in enumerate(grid.lines) if line.number == header_row), 0)
        return table_from(grid, index)
    try:
        return table_from(grid, header_line(grid.lines, targets, None))
    except InvalidInput:
        return table_from(grid, 0)


def posted(request: HttpRequest, targets: Sequence[Target]) -> Mapping:
    """The mapping as the form says it."""
    given = request.POST
    columns = {
        one.name: given.get(f"column-{one.name}", "")
        for one in targets
        if given.get(f"column-{one.name}")
    }
    return mapping_of(
        {
            "columns": columns,
            "words_in": given.get("words_in", "").split(),
            "words_out": given.get("words_out", "").split(),
            "day_format": given.get("day_format", "").strip()[:30],
        }
    )


def edit(request: HttpRequest, editor: Editor) -> HttpResponse:
    """Show, try, or save."""
    row_text = (request.POST or request.GET).get("header_row", "")
    header_row = int(row_text) if row_text.isdigit() and len(row_text) < 6 else None
    table = table_of(editor.data, editor.filename, editor.targets, header_row)
    mapping, error = editor.mapping, ""
    if request.method == "POST":
        mapping = posted(request, editor.targets)
        if request.POST.get("act") == "save":
            try:
                require_complete(mapping, _wanted(editor, mapping))
                saved = services.save_mapping(
                    purpose=editor.purpose,
                    name=request.POST.get("name", ""),
                    mapping=mapping,
                    header=table.header,
                    user_id=request.user.pk or 0,
                )
                editor.use(saved.pk)
            except InvalidInput as refusal:
                error = said(refusal)
            else:
                messages.success(request, _("列映射已保存并用于此文件"))
                return redirect(editor.back)
    context = {
        "editor": editor,
        "table": table,
        "mapping": mapping,
        "words_in": " ".join(mapping.words_in),
        "words_out": " ".join(mapping.words_out),
        "rows": [
            {"target": one, "chosen": mapping.columns.get(one.name, "")} for one in editor.targets
        ],
        "tried": _tried(table, mapping, editor),
        "error": error,
        "name": request.POST.get("name", ""),
    }
    return render(request, "desk/mapping.html", context, status=422 if error else 200)


def _wanted(editor: Editor, mapping: Mapping) -> list[Target]:
    """The targets that must be mapped: the day may come with its time in one column."""
    has_moment = "booked_at" in mapping.columns
    return [one for one in editor.targets if not (has_moment and one.name == "bank_date")]


def _tried(table: Table, mapping: Mapping, editor: Editor) -> list[dict[str, Any]]:
    """The first rows read by the mapping: what each target gets, or what is wrong."""
    reader = Reader(mapping, _wanted(editor, mapping), table.header)
    shown = [one for one in editor.targets if one.name in mapping.columns]
    tried = []
    for line in table.rows[:SAMPLE]:
        values, faults = reader.read(line)
        tried.append(
            {
                "row": line.number,
                "cells": [_plain(values.get(one.name)) for one in shown],
                "signed": values.get("signed"),
                "faults": faults,
            }
        )
    return tried


def _plain(value: Any) -> str:
    return "" if value is None else str(value)
