"""Statement files of people: looked at first, with every consequence shown, then taken in whole or not at all.

A look is the real thing rolled back: what a preview says is what the import does.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import services as audit
from desk import selectors as desk_reads
from desk import services as desk
from desk.mappings import MENDABLE, Mapping
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.scope import Scope
from masterdata import selectors as masterdata
from masterdata.selectors import scope_of
from statements.models import BankStatement, DayClose
from statements.services.files import (
    RIGHT,
    Faulty,
    Taken,
    days_of,
    keep,
    kind_of,
    note,
    summary,
    take_all,
)

if TYPE_CHECKING:
    from desk.models import UploadedFile
    from masterdata.models import OwnAccount, User

PURPOSE = "statements.file"
FAULTS_SHOWN = 500


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a person wants a file read: the account (or as the file says), and the mapping of a sheet."""

    account_id: int | None = None
    mapping_id: int | None = None


def _wished(wish: Wish, scope: Scope) -> tuple[OwnAccount | None, Mapping | None]:
    account = None
    if wish.account_id is not None:
        account = masterdata.get_account(wish.account_id, scope=scope)
        scope.demand(RIGHT, account.company_id)
    mapping = (
        None if wish.mapping_id is None else desk_reads.mapping(wish.mapping_id, purpose=PURPOSE)
    )
    return account, mapping


def look(*, data: bytes, filename: str, scope: Scope, wish: Wish) -> dict[str, Any]:
    """What taking the file in would do, done and rolled back. What cannot be read at all raises InvalidInput."""
    kind = kind_of(data[:8192], filename)
    account, mapping = _wished(wish, scope)
    found: dict[str, Any] = {
        "problem": "",
        "kind": kind,
        "account_id": wish.account_id,
        "mapping_id": wish.mapping_id,
        "statements": [],
        "faults": [],
    }
    try:
        with transaction.atomic():
            taken = take_all(
                io.BytesIO(data), filename, kind, scope=scope, chosen=account, mapping=mapping
            )
            for one in taken:
                keep(one, file_id=None, file_name=filename)
            found["statements"] = _told(taken)
            transaction.set_rollback(True)
    except Faulty as error:
        found["faults"] = [
            [one.row, one.column, one.message] for one in error.faults[:FAULTS_SHOWN]
        ]
        found["fault_count"] = len(error.faults)
    except InvalidInput as error:
        if error.code not in MENDABLE:
            raise
        found["problem"] = error.message
    return found


@transaction.atomic(durable=True)
def preview_file(*, data: bytes, filename: str, actor: User, wish: Wish) -> UploadedFile:
    """Keep the file with what taking it in would do. Right statements.import.

    Raises NotAllowed, NotFound, InvalidInput (the file cannot be read, or is of no account of ours), SameFile (Conflict).
    """
    scope = scope_of(actor)
    scope.demand(RIGHT)
    preview = look(data=data, filename=filename, scope=scope, wish=wish)
    accounts = [one["account"] for one in preview["statements"]]
    owner = masterdata.account_by_number(accounts[0], scope=scope) if accounts else None
    return desk.store_file(
        purpose=PURPOSE,
        name=filename,
        data=data,
        user_id=actor.pk,
        preview=preview,
        company_id=owner.company_id if owner else None,
    )


def _told(taken: list[Taken]) -> list[dict[str, Any]]:
    """What came of the statements, their days checked."""
    return [summary(one) | {"days": days_of(one)} for one in taken]


class PreviewStale(Conflict):
    """Taking the file in now would do something nobody was shown."""

    code = "preview_stale"

    def __init__(self, words: str) -> None:
        super().__init__(
            f"预览之后账户数据有变化，文件未导入：{words}。预览已更新，请核对后再导入",
            f"things changed since the preview, nothing was taken in: {words}",
            field="file",
        )


def _doubts(statements: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """All that does not fit, as (account, words)."""
    return [
        (one["account"], words)
        for one in statements
        for words in (
            *(text for _kind, text in one["findings"]),
            *(f"{day} {note}" for day, status, note in one["days"] if status == DayClose.Status.BROKEN),
        )
    ]  # fmt: skip


def is_questionable(preview: dict[str, Any]) -> bool:
    """Whether something in the file does not fit, so that taking it in wants a reason."""
    return bool(_doubts(preview["statements"]))


@transaction.atomic(durable=True)
def confirm_file(*, file_id: int, actor: User, why: str = "") -> list[BankStatement]:
    """Take a previewed file in, judged once more as things stand now. Right statements.import.

    Raises NotFound, NotAllowed, Conflict (decided before), PreviewStale (something does not fit that the preview did not show:
    `renew` it), InvalidInput (faulty rows; no reason where one is wanted).
    """
    scope = scope_of(actor)
    scope.demand(RIGHT)
    file = _open_file(file_id, actor)
    preview = file.preview
    if preview["faults"] or preview["problem"]:
        raise InvalidInput("文件有无法识别的行，不能导入", "the file has faulty rows", field="file")
    account, mapping = _wished(
        Wish(account_id=preview["account_id"], mapping_id=preview["mapping_id"]), scope
    )
    stream = io.BytesIO(desk_reads.file_content(file))
    taken = take_all(
        stream, file.name, preview["kind"], scope=scope, chosen=account, mapping=mapping
    )
    if not desk.decide_file(file_id=file.pk, state="imported"):
        raise Conflict("此文件已处理", "already decided")
    rows = [keep(one, file_id=file.pk, file_name=file.name) for one in taken]
    doubts, shown = _doubts(_told(taken)), _doubts(preview["statements"])
    if fresh := [words for account_no, words in doubts if (account_no, words) not in shown]:
        raise PreviewStale("；".join(fresh[:3]))
    if doubts and len(why.strip()) < 2:
        raise InvalidInput("对账单有不符之处，导入须填写原因", "a reason is wanted", field="why")
    note(rows, taken, actor=actor, why=why.strip() or file.name)
    return rows


def look_again(*, file_id: int, actor: User, mapping_id: int) -> None:
    """Judge a previewed sheet anew by another mapping. Raises NotFound, Conflict, InvalidInput."""
    _renew(file_id, actor, mapping_id)


def renew(*, file_id: int, actor: User) -> None:
    """Judge a previewed file anew as things stand now. Raises NotFound, Conflict, InvalidInput."""
    _renew(file_id, actor, None)


@transaction.atomic(durable=True)
def _renew(file_id: int, actor: User, mapping_id: int | None) -> None:
    file = _open_file(file_id, actor)
    wanted = file.preview["mapping_id"] if mapping_id is None else mapping_id
    wish = Wish(account_id=file.preview["account_id"], mapping_id=wanted)
    preview = look(
        data=desk_reads.file_content(file), filename=file.name, scope=scope_of(actor), wish=wish
    )
    desk.renew_preview(file_id=file.pk, preview=preview)


def _open_file(file_id: int, actor: User) -> UploadedFile:
    """The previewed file, by the person who sent it in."""
    file = desk_reads.uploaded_file(file_id=file_id, purpose=PURPOSE)
    if file.uploaded_by_id != actor.pk:
        raise NotFound("statement file", "未找到该文件")
    if file.state != "previewed":
        raise Conflict("此文件已处理", "already decided")
    return file


@transaction.atomic(durable=True)
def drop_file(*, file_id: int, actor: User) -> None:
    """Drop a previewed file; it may come again. Raises NotFound, Conflict."""
    file = _open_file(file_id, actor)
    if not desk.decide_file(file_id=file.pk, state="dropped"):
        raise Conflict("此文件已处理", "already decided")
    audit.record("statements.file.dropped", actor=actor, subject=file, why=file.name)
