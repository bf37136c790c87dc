"""Files whose columns are theirs, not ours: which of our fields stands in which column, read by a mapping. Pure.

Headings of 金蝶 and of common exports are recognised as a first guess; a person looks, tries and proposes, another agrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from desk import mappings
from desk.imports import Line, Table, read_grid, table_from
from desk.mappings import Reader, Target
from erpbridge.contract import FIELDS, OPTIONAL_FIELDS, Kind, fault
from kernel.errors import InvalidInput

ROWS_MAX = 5_000
TYPES: dict[str, Kind] = {
    "pay": Kind.PAYMENT_REQUEST,
    "master": Kind.MASTER_DATA,
    "vack": Kind.VOUCHER_ACK,
}
# Headings seen in exports of 金蝶 K/3 and KIS and in lists people keep; a guess, never more.
_SEEN: dict[str, tuple[str, ...]] = {
    "doc_type": ("单据名称", "业务类型"),
    "doc_no": ("单据编号", "付款申请单号", "申请单号", "编号"),
    "line_no": ("分录号", "序号"),
    "company_code": ("公司", "组织编码", "付款组织编码", "账套号"),
    "payer_account": ("付款银行账号", "我方银行账号", "本方账号"),
    "payee_code": ("往来单位代码", "往来单位编码", "供应商代码", "供应商编码", "核算项目代码"),
    "payee_name": ("收款单位", "收款人", "往来单位名称", "供应商名称", "核算项目名称", "对方户名"),
    "payee_account": ("收款银行账号", "对方银行账号", "对方账号"),
    "payee_bank": ("开户银行", "收款人开户行", "对方开户行", "收款行"),
    "cnaps": ("大额行号", "收款行行号", "银行行号"),
    "currency": ("币别", "币种编码"),
    "amount": ("申请金额", "付款金额", "实付金额", "金额(原币)", "本次付款金额"),
    "purpose": ("摘要", "付款用途", "款项用途"),
    "remark": ("备注", "说明"),
    "wish_date": ("期望付款日期", "要求付款日期", "付款日期", "日期"),
    "invoice_no": ("发票号码",),
    "gl_subject": ("对方科目", "科目代码"),
    "kind": ("类别", "往来单位类型"),
    "code": ("代码", "编码", "供应商代码", "客户代码"),
    "name": ("名称", "供应商名称", "客户名称"),
    "uscc": ("税务登记号", "纳税人识别号"),
    "account": ("银行账号", "账号"),
    "account_name": ("户名", "账户名称"),
    "bank": ("开户银行", "开户行"),
    "posting_key": ("外部单号", "参考信息"),
    "result": ("结果",),
    "erp_voucher_no": ("凭证号", "凭证字号"),
    "reason": ("原因", "失败原因"),
}
_LABELS = {
    "kind": "类别", "code": "往来单位编码", "name": "往来单位名称", "uscc": "统一社会信用代码", "account": "银行账号",
    "account_name": "账户户名", "bank": "开户银行", "cnaps": "联行号", "company_code": "公司代码", "posting_key": "记账键",
    "result": "结果（OK / ERR）", "erp_voucher_no": "财务系统凭证号", "reason": "未入账原因",
}  # fmt: skip
_MASTER = ("kind", "code", "name", "uscc", "account", "account_name", "bank", "cnaps")
_VACK = ("company_code", "posting_key", "result", "erp_voucher_no", "reason")
_NEEDED = {"code", "name", "posting_key", "result"}


def _target(name: str, label: str, kind: str, is_required: bool) -> Target:
    aliases = (label, *_SEEN.get(name, ()), name)
    return Target(name, label, kind, is_required=is_required, aliases=aliases)


def targets(file_type: str) -> tuple[Target, ...]:
    """What a file of this type may say, with the headings it is recognised by."""
    if file_type == "pay":
        kinds = {
            "amount": mappings.AMOUNT,
            "wish_date": mappings.DAY,
            "currency": mappings.CURRENCY,
        }
        return tuple(
            _target(name, label, kinds.get(name, mappings.TEXT), name not in OPTIONAL_FIELDS)
            for name, label in FIELDS.items()
        )
    names = _MASTER if file_type == "master" else _VACK
    return tuple(_target(name, _LABELS[name], mappings.TEXT, name in _NEEDED) for name in names)


@dataclass(frozen=True)
class Rows:
    """What a file says: items by our fields, and what could not be read of each (row of the items → faults)."""

    items: list[dict[str, str]]
    faults: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)  # the row a spreadsheet shows, for each item


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def read_rows(table: Table, mapping: mappings.Mapping, file_type: str) -> Rows:
    """The rows of a table by a mapping; a cell that cannot be read is a fault of its row and stands in no item."""
    wanted = targets(file_type)
    field_of = {mapping.columns.get(one.name, str(one.label)): one.name for one in wanted}
    reader, found = Reader(mapping, wanted, table.header), Rows([])
    for line in table.rows:
        if line.is_empty():
            continue
        if len(found.items) >= ROWS_MAX:
            raise InvalidInput(f"超过 {ROWS_MAX} 行", "too many rows", code="rows", field="file")
        _read_line(reader, line, found, field_of)
    return found


def _read_line(reader: Reader, line: Line, found: Rows, field_of: Mapping[str, str]) -> None:
    values, faults = reader.read(line)
    values.pop("signed", None)
    found.items.append({name: _plain(value) for name, value in values.items()})
    found.lines.append(line.number)
    row = len(found.items)
    wrong = [
        fault(field_of.get(one.column, one.column), row, "cell", f"{one.column}：{one.message}", f"column {one.column} cannot be read")
        for one in faults
        if one.message != "未填写"  # what is missing is the rules' affair: they know what may be
    ]  # fmt: skip
    if wrong:
        found.faults[row] = wrong


def table_of(data: bytes, filename: str, mapping: mappings.Mapping | None, file_type: str) -> Table:
    """The file's table below its headings: the mapping's, or those that look most like ours. Raises InvalidInput."""
    grid = read_grid(data, filename)
    try:
        at = mappings.header_line(grid.lines, targets(file_type), mapping)
    except InvalidInput as refusal:
        if mapping is not None or refusal.code != "header_missing":
            raise
        at = 0
    return table_from(grid, at)


def guessed(table: Table, file_type: str) -> mappings.Mapping:
    """The mapping its headings suggest; document type and currency fixed to the usual ones where no column says them."""
    columns = mappings.guess(table.header, targets(file_type))
    fixed = {} if file_type != "pay" else {"doc_type": "付款申请单", "currency": "CNY"}
    return mappings.Mapping(columns, fixed={k: v for k, v in fixed.items() if k not in columns})


def missing(mapping: mappings.Mapping, file_type: str) -> list[str]:
    """Labels of what must be told and is not mapped."""
    said = set(mapping.columns) | set(mapping.fixed)
    return [
        str(one.label) for one in targets(file_type) if one.is_required and one.name not in said
    ]


def column_names(mapping: Mapping[str, Any], names: Sequence[str]) -> list[tuple[str, str]]:
    """What a mapping says, a line a field: its column, or the value that always holds."""
    columns, fixed = mapping.get("columns", {}), mapping.get("fixed", {})
    return [
        (name, columns.get(name) or (f"＝{fixed[name]}" if name in fixed else ""))
        for name in names
        if name in columns or name in fixed
    ]
