"""Open invoices as the finance system lists them: judged row by row, looked at, then taken in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from audit.services import record
from desk import services as desk
from desk.selectors import file_content
from kernel.errors import Conflict, DomainError, InvalidInput
from kernel.money import parse_amount
from kernel.scope import Scope
from masterdata import selectors as masterdata
from masterdata.services.tables import Preview, rows_of
from receipts.models import Receivable, SplitLine
from receipts.rules import ZERO
from receipts.states import NoticeState

if TYPE_CHECKING:
    from desk.models import UploadedFile
    from masterdata.models import User

RIGHT = "receipts.book"
PURPOSE = "receipts.receivables"
HEADS = {
    "company": ("公司代码", "公司", "company"),
    "customer": ("客户编码", "客户", "customer"),
    "invoice_no": ("发票号", "发票号码", "invoice"),
    "amount": ("金额", "发票金额", "amount"),
    "open_amount": ("未付金额", "未收金额", "open"),
    "issued_on": ("开票日期", "日期", "date"),
    "contract_no": ("合同号", "contract"),
}
_MUST = ("company", "customer", "invoice_no", "amount", "issued_on")


def _fault(field: str, message: str) -> InvalidInput:
    return InvalidInput(message, field, field=field)


def _open(text: str, amount: Decimal) -> Decimal:
    """What is not paid: the whole where the column is empty; zero is allowed."""
    if not text:
        return amount
    if not text.strip("0."):
        return ZERO
    value = parse_amount(text)
    if value > amount:
        raise _fault("open_amount", f"未付金额 {value:,.2f} 大于发票金额 {amount:,.2f}")
    return value


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10].replace("/", "-"))
    except ValueError:
        raise _fault("issued_on", f"「{text}」不是日期，应如 2026-11-24") from None


def _judge(row: Mapping[str, str], companies: Mapping[str, int]) -> dict[str, Any]:
    """One row in our words; raises InvalidInput naming the column."""
    if row["company"] not in companies:
        raise _fault("company", f"公司代码 {row['company']} 不存在或您无权维护")
    customer = masterdata.counterparty_by_code(row["customer"])
    if customer is None or customer.kind != "customer":
        raise _fault("customer", f"客户编码「{row['customer']}」不存在")
    number = row["invoice_no"].upper()
    if not 0 < len(number) <= 60:
        raise _fault("invoice_no", "发票号应为 1 至 60 个字符")
    amount = parse_amount(row["amount"])
    return {
        "company_id": companies[row["company"]],
        "customer_id": customer.pk,
        "invoice_no": number,
        "contract_no": row.get("contract_no", "")[:40],
        "amount": amount,
        "open_amount": _open(row.get("open_amount", ""), amount),
        "issued_on": _day(row["issued_on"]),
    }


def read(data: bytes, filename: str, scope: Scope) -> tuple[Preview, list[dict[str, Any]]]:
    """Every row judged: the counts with the faults, and the good rows. Raises InvalidInput for what is no such list."""
    allowed = scope.companies_with(RIGHT)
    rows = masterdata.visible_companies(scope).filter(pk__in=allowed)
    companies = dict(rows.values_list("code", "pk"))
    held = {
        (one.company_id, one.invoice_no): one
        for one in Receivable.objects.filter(company_id__in=companies.values())
    }
    preview, good, seen = Preview(), [], set[tuple[int, str]]()
    for number, row in rows_of(data, filename, HEADS, _MUST):
        preview.rows += 1
        try:
            said = _judge(row, companies)
            key = (said["company_id"], said["invoice_no"])
            if key in seen:
                raise _fault("invoice_no", f"发票 {key[1]} 在文件中重复")
            earlier = held.get(key)
            if earlier is not None and earlier.customer_id != said["customer_id"]:
                raise _fault("customer", f"发票 {key[1]} 已属于客户 {earlier.customer.code}")
        except DomainError as error:
            column = HEADS.get(error.field, (error.field or "金额",))[0]
            preview.faults.append((number, column, error.message))
            continue
        seen.add(key)
        good.append(said)
        preview.good.append(dict(row))
        preview.new += earlier is None
        preview.changed += earlier is not None
    return preview, good


@transaction.atomic(durable=True)
def preview_file(*, data: bytes, filename: str, actor: User) -> UploadedFile:
    """Keep the list with what it holds; nothing is written yet. Raises NotAllowed, InvalidInput, SameFile (Conflict)."""
    scope = masterdata.scope_of(actor)
    scope.demand(RIGHT)
    preview, _good = read(data, filename, scope)
    if not preview.rows:
        raise InvalidInput("文件没有数据行", "no rows", field="file")
    return desk.store_file(
        purpose=PURPOSE, name=filename, data=data, user_id=actor.pk, preview=preview.summary()
    )


@transaction.atomic(durable=True)
def confirm_file(*, file: UploadedFile, actor: User) -> dict[str, object]:
    """Take the good rows in, judged as things stand now; the counts. What is booked here and not yet confirmed over there
    stays taken off. Raises NotAllowed, Conflict (decided before)."""
    scope = masterdata.scope_of(actor)
    scope.demand(RIGHT)
    if not desk.decide_file(file_id=file.pk, state="imported"):
        raise Conflict("此文件已处理", "already decided")
    preview, good = read(file_content(file), file.name, scope)
    pending = _not_confirmed({row["invoice_no"] for row in good})
    Receivable.objects.bulk_create(
        [
            Receivable(
                **row
                | {
                    "open_amount": max(
                        row["open_amount"] - pending[row["company_id"], row["invoice_no"]], ZERO
                    )
                }
            )
            for row in good
        ],
        update_conflicts=True,
        unique_fields=["company", "invoice_no"],
        update_fields=["contract_no", "amount", "open_amount", "issued_on", "updated_at"],
        batch_size=1000,
    )
    counts = {name: value for name, value in preview.summary().items() if name != "faults"}
    record("receipts.receivables.imported", actor=actor, subject=file, after=counts, why=file.name)
    return counts


def _not_confirmed(numbers: set[str]) -> dict[tuple[int, str], Decimal]:
    """What receipts booked here take off each invoice, which the finance system has not said it took."""
    lines = SplitLine.objects.filter(
        invoice_no__in=numbers,
        supplement__notice__state=NoticeState.BOOKED,
        supplement__notice__supplement_id=F("supplement_id"),
    )
    found: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    rows = lines.values_list("supplement__notice__company_id", "invoice_no", "amount", "fee")
    for company_id, number, amount, fee in rows:
        found[company_id, number] += amount + fee
    return found


@transaction.atomic(durable=True)
def discard_file(*, file: UploadedFile, actor: User) -> None:
    """Drop a previewed list. Raises NotAllowed, Conflict (decided before)."""
    masterdata.scope_of(actor).demand(RIGHT)
    if not desk.decide_file(file_id=file.pk, state="dropped"):
        raise Conflict("此文件已处理", "already decided")
    record("receipts.receivables.discarded", actor=actor, subject=file, why=file.name)
