"""Column mappings of exchanged files: tried on a sample, proposed by one administrator, in force once another agrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max

from desk import mappings as desk
from erpbridge import mapped
from erpbridge.models import ErpSystem, FileMapping
from erpbridge.services import master_in, payments_in
from erpbridge.services.systems import filed_under, mine
from kernel.errors import Conflict, InvalidInput, NotFound
from masterdata.selectors import scope_of_client
from masterdata.services.staging import stage

if TYPE_CHECKING:
    from desk.imports import Table
    from masterdata.models import StagedChange, User

KIND = "connection.erp_mapping"
SHOWN = 50


@dataclass(frozen=True)
class Tried:
    """A sample read by a mapping: rows, how many of them would be refused, and the first of them with what is wrong."""

    rows: int
    refused: int
    lines: list[dict[str, Any]]


def try_out(system: ErpSystem, *, file_type: str, table: Table, mapping: desk.Mapping) -> Tried:
    """Read the sample, and judge each row as a delivery would be judged; nothing is taken. Raises InvalidInput."""
    found = mapped.read_rows(table, mapping, file_type)
    scope = scope_of_client(system.client)
    judged: dict[int, list[dict[str, Any]]] = {}
    if file_type == "pay":
        judged = payments_in.dry_run(scope, found.items)
    elif file_type == "master":
        judged = master_in.dry_run(scope, found.items)
    wrong = {**judged, **found.faults}
    lines = [
        {"row": number, "item": item, "errors": wrong.get(row, [])}
        for row, (number, item) in enumerate(zip(found.lines, found.items, strict=True), 1)
    ]
    lines.sort(key=lambda one: not one["errors"])
    return Tried(len(lines), len(wrong), lines[:SHOWN])


def _type(file_type: str) -> str:
    if file_type not in mapped.TYPES:
        raise NotFound("file type", "没有这种文件")
    return file_type


@transaction.atomic(durable=True)
def propose(
    *,
    system_id: int,
    file_type: str,
    mapping: desk.Mapping | None,
    actor: User,
    sample: str = "",
    tried: Tried | None = None,
) -> StagedChange:
    """Propose how files of this type are read; None for files with our own headings.

    Raises NotFound, NotAllowed, InvalidInput (a field that must be told is not mapped), Conflict (a proposal waits).
    """
    system = mine(system_id, actor)
    lacking = [] if mapping is None else mapped.missing(mapping, _type(file_type))
    if lacking:
        raise InvalidInput(
            f"映射缺少：{'、'.join(lacking)}", f"the mapping lacks {lacking}", field="columns"
        )
    held = system.mappings.filter(file_type=_type(file_type)).order_by("-number").first()
    told = "" if tried is None else f"{tried.rows} 行，其中 {tried.refused} 行有错误"
    return stage(
        KIND,
        subject_id=f"erp:{system.pk}:{file_type}",
        company_id=filed_under(system.client),
        title=f"列映射：{system.name} · {file_type}",
        before=_said(held.content if held else {}, file_type),
        after={
            **_said(mapping.plain() if mapping else {}, file_type),
            "sample": sample[:200],
            "tried": told,
        },
        actor=actor,
    )


def _said(content: Mapping[str, Any], file_type: str) -> dict[str, Any]:
    return {"file_type": file_type, "mapping": dict(content)}


@transaction.atomic(durable=True)
def propose_version(*, system_id: int, number: int, file_type: str, actor: User) -> StagedChange:
    """Propose to read files again as an earlier version did. Raises NotFound, NotAllowed, Conflict."""
    system = mine(system_id, actor)
    row = system.mappings.filter(file_type=_type(file_type), number=number).first()
    if row is None:
        raise NotFound("mapping", "未找到该版本")
    newest = system.mappings.filter(file_type=file_type).order_by("-number").first()
    if newest is not None and newest.content == row.content:
        raise Conflict("该版本正在使用", "it is in force")
    return stage(
        KIND,
        subject_id=f"erp:{system.pk}:{file_type}",
        company_id=filed_under(system.client),
        title=f"恢复列映射第 {number} 版：{system.name} · {file_type}",
        before=_said(newest.content if newest else {}, file_type),
        after={**_said(row.content, file_type), "sample": row.sample, "tried": ""},
        actor=actor,
    )


def _write(change: StagedChange, actor: User) -> FileMapping:
    _erp, pk, file_type = str(change.subject_id).split(":")
    system = mine(int(pk), actor)
    newest = system.mappings.filter(file_type=file_type).aggregate(n=Max("number"))["n"] or 0
    return FileMapping.objects.create(
        system=system,
        file_type=file_type,
        number=newest + 1,
        content=change.after["mapping"],
        sample=change.after.get("sample", ""),
        made_by=change.made_by,
        decided_by=actor,
    )


APPLY = {KIND: (_write, "erpbridge.mapping.accepted")}
