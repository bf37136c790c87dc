"""列映射: a sample is sent in, its columns are mapped and tried on it, and the mapping proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from desk import services as desk
from desk.imports import SIZE_MAX
from desk.keysets import whole_number
from desk.mappings import Mapping, mapping_of
from desk.selectors import file_content
from desk.upload_page import own_file
from desk.viewing import acted, scope_in
from desk.words import said
from erpbridge import mapped, selectors
from erpbridge.services import mappings
from kernel.errors import InvalidInput, NotAllowed, NotFound

if TYPE_CHECKING:
    from desk.models import UploadedFile
    from masterdata.models import User


def _purpose(request: HttpRequest) -> str:
    return f"erp.mapping.{request.user.pk}"  # one's own samples: two people may try the same file


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)


def _type(file_type: str) -> str:
    if file_type not in mapped.TYPES:
        raise NotFound("file type", "没有这种文件")
    return file_type


@transaction.atomic(durable=True)
def _stored(request: HttpRequest, data: bytes, name: str) -> UploadedFile:
    try:
        return desk.store_file(
            purpose=_purpose(request), name=name, data=data, user_id=request.user.pk or 0
        )
    except desk.SameFile as same:
        return same.earlier


@require_POST
def sample(request: HttpRequest, system_id: int, file_type: str) -> HttpResponse:
    """Keep a sample and go on to its editor."""
    scope = scope_in(request)
    system = selectors.get_system(system_id, scope=scope)
    sent = request.FILES.get("file")
    try:
        if sent is None or (sent.size or 0) > SIZE_MAX:
            raise InvalidInput(
                "请选择不超过 20 MB 的样例文件", "choose a file of at most 20 MB", field="file"
            )
        data, name = sent.read(), str(sent.name)
        mapped.table_of(data, name, None, _type(file_type))
    except InvalidInput as refusal:
        messages.error(request, said(refusal))
        return redirect("erpbridge:system", system.pk)
    return redirect("erpbridge:mapping", system.pk, file_type, _stored(request, data, name).pk)


def _posted(request: HttpRequest, file_type: str) -> Mapping:
    given = request.POST
    names = [one.name for one in mapped.targets(file_type)]
    columns = {name: given[f"column-{name}"] for name in names if given.get(f"column-{name}")}
    fixed = {
        name: given[f"fixed-{name}"].strip()[:200]
        for name in names
        if given.get(f"fixed-{name}", "").strip() and name not in columns
    }
    return Mapping(columns, day_format=given.get("day_format", "").strip()[:30], fixed=fixed)


@require_http_methods(["GET", "POST"])
def editor(request: HttpRequest, system_id: int, file_type: str, file_id: int) -> HttpResponse:
    """Show, try, or propose."""
    system = selectors.get_system(system_id, scope=scope_in(request))
    file = own_file(request, file_id, purpose=_purpose(request))
    data, error = file_content(file), ""
    table = mapped.table_of(data, file.name, None, _type(file_type))
    held = selectors.mapping_in_force(system, file_type)
    mapping = mapped.guessed(table, file_type)
    if request.method == "POST":
        mapping = _posted(request, file_type)
    elif held is not None:
        mapping = mapping_of(held.content)
    tried = mappings.try_out(system, file_type=file_type, table=table, mapping=mapping)
    if request.method == "POST" and request.POST.get("act") == "propose":
        try:
            mappings.propose(
                system_id=system.pk,
                file_type=file_type,
                mapping=mapping,
                actor=_person(request),
                sample=file.name,
                tried=tried,
            )
        except (NotFound, NotAllowed):
            raise
        except InvalidInput as refusal:
            error = said(refusal)
        else:
            messages.success(request, _("已提交，等待另一人复核"))
            return redirect("erpbridge:system", system.pk)
    context = {
        "system": system,
        "file": file,
        "file_type": file_type,
        "table": table,
        "mapping": mapping,
        "rows": _rows(mapping, file_type),
        "tried": tried,
        "lines": _lines(tried, mapping, file_type),
        "error": error,
    }
    return render(request, "erpbridge/mapping.html", context, status=422 if error else 200)


def _rows(mapping: Mapping, file_type: str) -> list[dict[str, Any]]:
    return [
        {
            "target": one,
            "chosen": mapping.columns.get(one.name, ""),
            "fixed": mapping.fixed.get(one.name, ""),
        }
        for one in mapped.targets(file_type)
    ]


def _lines(tried: mappings.Tried, mapping: Mapping, file_type: str) -> list[dict[str, Any]]:
    names = [one.name for one in mapped.targets(file_type) if one.name in mapping.columns]
    return [
        {
            "row": line["row"],
            "cells": [line["item"].get(name, "") for name in names],
            "errors": line["errors"],
        }
        for line in tried.lines
    ]


@require_POST
def version(request: HttpRequest, system_id: int, file_type: str) -> HttpResponse:
    """Propose an earlier version, or our own headings again."""
    number = whole_number(request.POST.get("number", ""))
    acted(
        request,
        lambda: (
            mappings.propose(
                system_id=system_id,
                file_type=_type(file_type),
                mapping=None,
                actor=_person(request),
            )
            if number is None
            else mappings.propose_version(
                system_id=system_id, file_type=file_type, number=number, actor=_person(request)
            )
        ),
        done=_("已提交，等待另一人复核"),
    )
    return redirect("erpbridge:system", system_id)


def overview(system: Any) -> list[dict[str, Any]]:
    """For the system's page: each type of file, how it is read, and the earlier versions."""
    versions = list(selectors.mapping_versions(system))
    found = []
    for file_type in mapped.TYPES:
        mine = [one for one in versions if one.file_type == file_type]
        current = mine[0] if mine and mine[0].content.get("columns") else None
        labels = {one.name: one.label for one in mapped.targets(file_type)}
        lines = mapped.column_names(current.content, list(labels)) if current else []
        found.append(
            {
                "type": file_type,
                "current": current,
                "lines": [(labels[name], told) for name, told in lines],
                "earlier": [one for one in mine if one is not current],
            }
        )
    return found
