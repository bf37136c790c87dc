"""The ERP's bank journal from files: previewed with every fault named, taken in whole or not at all, withdrawn by red twins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import services as audit
from desk import selectors as desk_reads
from desk import services as desk
from desk.mappings import MENDABLE
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.scope import Scope
from ledger import selectors
from ledger.judging import PURPOSE, RIGHT, Judged, Wish, judge
from ledger.models import JournalEntry
from ledger.rules import period_of
from ledger.services import periods
from ledger.sheets import JournalRow
from masterdata.selectors import scope_of

if TYPE_CHECKING:
    from desk.models import UploadedFile
    from masterdata.models import OwnAccount, User

FAULTS_SHOWN = 500
BATCH = 2_000


def _totals(rows: Sequence[tuple[JournalRow, OwnAccount]]) -> dict[str, Any]:
    """By account: rows and both sides."""
    found: dict[str, dict[str, Any]] = {}
    for row, account in rows:
        one = found.setdefault(
            account.number,
            {
                "name": account.name,
                "currency": account.currency,
                "rows": 0,
                "debit": Decimal(0),
                "credit": Decimal(0),
            },
        )
        one["rows"] += 1
        one["debit" if row.signed > 0 else "credit"] += abs(row.signed)
    return {
        number: {**one, "debit": f"{one['debit']:.2f}", "credit": f"{one['credit']:.2f}"}
        for number, one in found.items()
    }


def look(*, data: bytes, filename: str, scope: Scope, wish: Wish) -> dict[str, Any]:
    """What taking the file in would do."""
    try:
        judged = judge(data=data, filename=filename, scope=scope, wish=wish)
    except InvalidInput as error:
        if error.code not in MENDABLE:
            raise
        judged = Judged()
        problem = error.message
    else:
        problem = ""
    days = [row.day for row, _ in judged.rows]
    return {
        "problem": problem,
        "account_id": wish.account_id,
        "mapping_id": wish.mapping_id,
        "encoding": judged.encoding,
        "sheet": judged.sheet,
        "new": len(judged.rows),
        "known": judged.known,
        "own": judged.own,
        "first": str(min(days)) if days else "",
        "last": str(max(days)) if days else "",
        "accounts": _totals(judged.rows),
        "warnings": judged.warnings,
        "faults": [[one.row, one.column, one.message] for one in judged.faults[:FAULTS_SHOWN]],
        "fault_count": len(judged.faults),
        "sample": [
            [row.row, str(row.day), f"{row.voucher_type}-{row.voucher_no}", row.description,
             f"{row.signed:.2f}", row.counterparty_name, account.number]
            for row, account in judged.rows[:20]
        ],
    }  # fmt: skip


@transaction.atomic(durable=True)
def preview_file(*, data: bytes, filename: str, actor: User, wish: Wish) -> UploadedFile:
    """Keep the file with what taking it in would do. Right ledger.import.

    Raises NotAllowed, NotFound, InvalidInput (it cannot be read at all), SameFile (Conflict).
    """
    scope = scope_of(actor)
    scope.demand(RIGHT)
    return desk.store_file(
        purpose=PURPOSE,
        name=filename,
        data=data,
        user_id=actor.pk,
        preview=look(data=data, filename=filename, scope=scope, wish=wish),
    )


@transaction.atomic(durable=True)
def look_again(*, file_id: int, actor: User, mapping_id: int) -> None:
    """Judge a previewed file anew by another mapping. Raises NotFound, Conflict, InvalidInput."""
    file = _open_file(file_id, actor)
    wish = Wish(account_id=file.preview["account_id"], mapping_id=mapping_id)
    preview = look(
        data=desk_reads.file_content(file), filename=file.name, scope=scope_of(actor), wish=wish
    )
    desk.renew_preview(file_id=file.pk, preview=preview)


def _open_file(file_id: int, actor: User) -> UploadedFile:
    file = desk_reads.uploaded_file(file_id=file_id, purpose=PURPOSE)
    if file.uploaded_by_id != actor.pk:
        raise NotFound("journal file", "未找到该文件")
    if file.state != "previewed":
        raise Conflict("此文件已处理", "already decided")
    return file


@transaction.atomic(durable=True)
def confirm_file(*, file_id: int, actor: User, why: str = "") -> int:
    """Take a previewed file in, judged once more as things stand now; how many entries are new. Right ledger.import.

    Raises NotFound, NotAllowed, Conflict (decided before), InvalidInput (faulty rows; no reason where one is wanted).
    """
    scope = scope_of(actor)
    scope.demand(RIGHT)
    file = _open_file(file_id, actor)
    wish = Wish(account_id=file.preview["account_id"], mapping_id=file.preview["mapping_id"])
    judged = judge(data=desk_reads.file_content(file), filename=file.name, scope=scope, wish=wish)
    if judged.faults:
        first = judged.faults[0]
        raise InvalidInput(
            f"有 {len(judged.faults)} 处无法导入，例如第 {first.row} 行「{first.column}」：{first.message}",
            "the file has faulty rows",
            field="file",
            row=first.row,
        )
    if judged.is_questionable and len(why.strip()) < 2:
        raise InvalidInput("文件有需要留意之处，导入须填写原因", "a reason is wanted", field="why")
    if not desk.decide_file(file_id=file.pk, state="imported"):
        raise Conflict("此文件已处理", "already decided")
    _store(judged.rows, file_id=file.pk)
    audit.record(
        "ledger.journal.imported",
        actor=actor,
        subject=file,
        after={"new": len(judged.rows), "known": judged.known, "accounts": _totals(judged.rows)},
        why=why.strip() or file.name,
    )
    return len(judged.rows)


def _store(rows: Sequence[tuple[JournalRow, OwnAccount]], *, file_id: int) -> None:
    periods.ensure([(account.company_id, row.period) for row, account in rows])
    last = selectors.journal_occurrences({account.pk for _, account in rows})
    given: Counter[tuple[int, str]] = Counter()
    entries = []
    for row, account in rows:
        key = (account.pk, row.digest)
        given[key] += 1
        entries.append(_entry(row, account, file_id, last.get(key, 0) + given[key]))
    JournalEntry.objects.bulk_create(entries, batch_size=BATCH)


def _entry(row: JournalRow, account: OwnAccount, file_id: int, occurrence: int) -> JournalEntry:
    return JournalEntry(
        account=account,
        company_id=account.company_id,
        day=row.day,
        period=row.period,
        direction=row.direction,
        is_red=row.is_red,
        amount=abs(row.signed),
        currency=account.currency,
        voucher_type=row.voucher_type,
        voucher_no=row.voucher_no,
        description=row.description,
        settlement_method=row.settlement_method,
        bill_no=row.bill_no,
        counterparty_name=row.counterparty_name,
        counterparty_account=row.counterparty_account,
        reference=row.reference,
        opposite_subject=row.opposite_subject,
        file_id=file_id,
        file_row=row.row,
        digest=row.digest,
        occurrence=occurrence,
    )


@transaction.atomic(durable=True)
def drop_file(*, file_id: int, actor: User) -> None:
    """Drop a previewed file; it may come again. Raises NotFound, Conflict."""
    file = _open_file(file_id, actor)
    if not desk.decide_file(file_id=file.pk, state="dropped"):
        raise Conflict("此文件已处理", "already decided")
    audit.record("ledger.journal.dropped", actor=actor, subject=file, why=file.name)


_SAME = (
    "account_id", "company_id", "amount", "currency", "voucher_type", "voucher_no", "settlement_method", "bill_no",
    "counterparty_name", "counterparty_account", "reference", "opposite_subject", "file_id", "file_row", "digest",
    "occurrence",
)  # fmt: skip


@transaction.atomic(durable=True)
def withdraw_file(*, file_id: int, actor: User, why: str) -> int:
    """Take a whole import back: each of its entries gets a red twin, nothing is deleted; how many. Right ledger.import.

    The same rows may be imported again. Raises NotFound, NotAllowed, Conflict (withdrawn before), InvalidInput (no reason).
    """
    scope = scope_of(actor)
    file = desk_reads.uploaded_file(file_id=file_id, purpose=PURPOSE)
    rows = list(selectors.standing_entries(file_id).select_for_update(of=("self",)))
    is_mine = file.uploaded_by_id == actor.pk
    if not {row.company_id for row in rows} <= scope.companies_with(RIGHT) or not (rows or is_mine):
        raise NotFound("journal file", "未找到该文件")
    if len(why.strip()) < 2:
        raise InvalidInput("请填写撤回原因", "a reason is wanted", field="why")
    if not rows:
        raise Conflict("该文件没有可撤回的分录", "nothing to withdraw")
    locked = selectors.locked_months({row.company_id for row in rows})
    days = {row.pk: periods.booking_day(row.company_id, row.day, locked) for row in rows}
    periods.ensure([(row.company_id, period_of(days[row.pk])) for row in rows])
    JournalEntry.objects.bulk_create(
        [
            JournalEntry(
                **{name: getattr(row, name) for name in _SAME},
                day=days[row.pk],
                period=period_of(days[row.pk]),
                direction="credit" if row.direction == "debit" else "debit",
                is_red=not row.is_red,
                description=f"撤回导入：{row.description}"[:300],
                withdraws=row,
            )
            for row in rows
        ],
        batch_size=BATCH,
    )
    audit.record(
        "ledger.journal.withdrawn", actor=actor, subject=file, after={"entries": len(rows)}, why=why
    )
    return len(rows)
