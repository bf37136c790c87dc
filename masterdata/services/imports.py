"""Files of master data: read, previewed with every fault named, then written in bulk by COPY and one upsert."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from audit.services import record
from desk.selectors import file_content
from desk.services import decide_file, store_file
from kernel import clock
from kernel.errors import Conflict, DomainError, InvalidInput
from kernel.scope import Scope
from masterdata import checks
from masterdata.models import Bank, Branch, Counterparty, User
from masterdata.selectors import scope_of
from masterdata.services.account_files import ACCOUNT_HEADS, read_accounts, write_accounts
from masterdata.services.counterparties import CounterpartyDraft, add_counterparty
from masterdata.services.payees import PayeeProposal, stage_payees
from masterdata.services.tables import Preview, rows_of

BRANCH_HEADS = {
    "cnaps": ("联行号", "行号", "支付行号", "银行行号", "大额行号", "参与者行号", "cnaps"),
    "name": ("机构名称", "名称", "行名", "银行名称", "参与者名称", "参与者全称", "开户行名称", "网点名称", "name"),
}  # fmt: skip
PARTNER_HEADS = {
    "code": ("编码", "往来单位编码", "供应商编码", "客户编码", "code"),
    "name": ("名称", "往来单位名称", "供应商名称", "客户名称", "name"),
    "kind": ("类别", "类型", "kind"),
    "uscc": ("统一社会信用代码", "信用代码", "税号", "uscc"),
    "account_name": ("户名", "收款户名"),
    "number": ("账号", "银行账号", "收款账号"),
    "bank_name": ("开户行", "开户银行", "收款银行"),
    "cnaps": ("联行号", "行号", "cnaps"),
    "is_personal": ("对私", "对私账户"),
}
_KINDS = {label: value for value, label in Counterparty.Kind.choices} | {
    value: value for value in Counterparty.Kind.values
}


def read_branches(data: bytes, filename: str, _scope: Scope) -> Preview:
    """Judge every row of a bank directory against the present one. Raises InvalidInput when it cannot be read at all."""
    preview, seen = Preview(), set[str]()
    banks = set(Bank.objects.values_list("prefix", flat=True))
    present = dict(Branch.objects.values_list("cnaps", "name"))
    for number, row in rows_of(data, filename, BRANCH_HEADS, ("cnaps", "name")):
        preview.rows += 1
        code, name = row["cnaps"], row["name"]
        if not checks.is_cnaps(code):
            preview.faults.append((number, "联行号", f"“{code}”不是 12 位数字或校验位不正确"))
        elif code[:3] not in banks:
            preview.faults.append((number, "联行号", f"前三位 {code[:3]} 不是已知银行"))
        elif code in seen:
            preview.faults.append((number, "联行号", f"{code} 在文件中重复"))
        elif not name or len(name) > 120:
            preview.faults.append((number, "机构名称", "名称应为 1 至 120 个字"))
        else:
            seen.add(code)
            preview.good.append({"cnaps": code, "name": name})
            preview.new += code not in present
            preview.changed += code in present and present[code] != name
    return preview


def _write_branches(preview: Preview, actor: User) -> None:
    """COPY the rows that differ to a scratch table and upsert them with one statement."""
    present = dict(Branch.objects.values_list("cnaps", "name"))
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE branch_scratch (cnaps text, name text, pinyin text) ON COMMIT DROP"
        )
        stream = io.StringIO()
        lines = csv.writer(stream)
        for row in preview.good:
            if present.get(row["cnaps"]) != row["name"]:
                lines.writerow((row["cnaps"], row["name"], checks.pinyin_of_branch(row["name"])))
        stream.seek(0)
        cursor.copy_expert(
            "COPY branch_scratch (cnaps, name, pinyin) FROM STDIN (FORMAT csv)", stream
        )
        cursor.execute(
            """
            INSERT INTO masterdata_branch (cnaps, bank_id, name, pinyin, area_code, imported_at, is_active)
            SELECT cnaps, left(cnaps, 3), name, pinyin, substr(cnaps, 4, 4), %s, true FROM branch_scratch
            ON CONFLICT (cnaps) DO UPDATE
            SET name = excluded.name, pinyin = excluded.pinyin, imported_at = excluded.imported_at, is_active = true
            """,
            [now],
        )
        cursor.execute("DROP TABLE branch_scratch")


def _judge_partner(row: dict[str, str]) -> dict[str, str]:
    """The row, normalised; raises InvalidInput naming the field."""
    kind = row.get("kind", "") or Counterparty.Kind.SUPPLIER.value
    if kind not in _KINDS:
        raise InvalidInput(f"类别“{kind}”不正确", "unknown kind", field="kind")
    draft = CounterpartyDraft(row["code"], row["name"], _KINDS[kind], row.get("uscc", "")).checked()
    clean = {"code": draft.code, "name": draft.name, "kind": draft.kind, "uscc": draft.uscc}
    if row.get("number"):
        payee = _payee_of({**row, **clean}).checked()
        clean |= {"number": payee.number, "account_name": payee.name, "cnaps": payee.cnaps}
        clean |= {"bank_name": payee.bank_name, "is_personal": row.get("is_personal", "")}
    return clean


def _payee_of(row: dict[str, str]) -> PayeeProposal:
    return PayeeProposal(
        code=row["code"],
        name=row.get("account_name") or row["name"],
        number=row["number"],
        bank_name=row.get("bank_name", ""),
        cnaps=row.get("cnaps", ""),
        is_personal=row.get("is_personal", "") in ("是", "对私", "1", "Y", "y"),
    )


def read_partners(data: bytes, filename: str, _scope: Scope) -> Preview:
    """Judge every row of a list of trading partners. Raises InvalidInput when it cannot be read at all."""
    preview, seen = Preview(), set[tuple[str, str]]()
    present = set(Counterparty.objects.values_list("code", flat=True))
    for number, row in rows_of(data, filename, PARTNER_HEADS, ("code", "name")):
        preview.rows += 1
        try:
            clean = _judge_partner(row)
        except DomainError as error:
            column = PARTNER_HEADS.get(error.field, (error.field,))[0]
            preview.faults.append((number, column, error.message))
            continue
        key = (clean["code"], clean.get("number", ""))
        if key in seen:
            preview.faults.append((number, "编码", f"{clean['code']} 与同一账号在文件中重复"))
            continue
        seen.add(key)
        preview.good.append(clean)
        preview.new += clean["code"] not in present
        present.add(clean["code"])
    return preview


def _write_partners(preview: Preview, actor: User) -> None:
    """Make the partners that are new; their accounts wait at the payee desk. Known partners are left as they are."""
    present = set(Counterparty.objects.values_list("code", flat=True))
    for row in preview.good:
        if row["code"] not in present:
            present.add(row["code"])
            draft = CounterpartyDraft(row["code"], row["name"], row["kind"], row["uscc"])
            add_counterparty(draft=draft, actor=actor, origin="import")
    accounts = [_payee_of(row) for row in preview.good if row.get("number")]
    stage_payees(proposals=accounts, actor=actor, source_note="往来单位导入")


@dataclass(frozen=True)
class FileKind:
    """One kind of file: its title, its columns with their other names, who reads and who writes it."""

    title: str
    heads: dict[str, tuple[str, ...]]
    read: Callable[[bytes, str, Scope], Preview]
    write: Callable[[Preview, User], None]


KINDS: dict[str, FileKind] = {
    "branches": FileKind("联行号", BRANCH_HEADS, read_branches, _write_branches),
    "counterparties": FileKind("往来单位", PARTNER_HEADS, read_partners, _write_partners),
    "accounts": FileKind("银行账户", ACCOUNT_HEADS, read_accounts, write_accounts),
}


@transaction.atomic(durable=True)
def preview_import(*, kind: str, data: bytes, filename: str, actor: User) -> Any:
    """Keep the file with what it holds; nothing is written yet. Raises NotAllowed, InvalidInput, SameFile (Conflict)."""
    scope = scope_of(actor)
    scope.demand("masterdata.edit")
    preview = KINDS[kind].read(data, filename, scope)
    if not preview.rows:
        raise InvalidInput("文件没有数据行", "no rows", field="file")
    return store_file(
        purpose=f"masterdata.{kind}",
        name=filename,
        data=data,
        user_id=actor.pk,
        preview=preview.summary(),
    )


@transaction.atomic(durable=True)
def confirm_import(*, kind: str, file: Any, actor: User) -> dict[str, object]:
    """Write the good rows of a previewed file, judged once more as things stand now; answers the counts.

    Raises NotAllowed, Conflict when somebody decided before.
    """
    scope = scope_of(actor)
    scope.demand("masterdata.edit")
    if not decide_file(file_id=file.pk, state="imported"):
        raise Conflict("此文件已处理", "already decided")
    preview = KINDS[kind].read(file_content(file), file.name, scope)
    KINDS[kind].write(preview, actor)
    counts = {name: value for name, value in preview.summary().items() if name != "faults"}
    record(f"masterdata.{kind}.imported", actor=actor, subject=file, after=counts, why=file.name)
    return counts


@transaction.atomic(durable=True)
def discard_import(*, kind: str, file: Any, actor: User) -> None:
    """Drop a previewed file. Raises NotAllowed, Conflict when somebody decided before."""
    scope_of(actor).demand("masterdata.edit")
    if not decide_file(file_id=file.pk, state="dropped"):
        raise Conflict("此文件已处理", "already decided")
    record(f"masterdata.{kind}.import_discarded", actor=actor, subject=file, why=file.name)
