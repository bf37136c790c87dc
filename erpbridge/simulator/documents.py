"""The documents a finance system holds, read from a payment list: CSV or XLSX with the usual Chinese headings. Own reader."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

HEADINGS = {
    "单据类型": "doc_type",
    "单据号": "doc_no",
    "行号": "line_no",
    "公司代码": "company_code",
    "付款账号": "payer_account",
    "收款人编码": "payee_code",
    "收款户名": "payee_name",
    "收款账号": "payee_account",
    "收款银行": "payee_bank",
    "联行号": "cnaps",
    "币种": "currency",
    "金额": "amount",
    "用途": "purpose",
    "附言": "remark",
    "期望付款日": "wish_date",
    "紧急": "urgent",
    "发票号": "invoice_no",
    "科目": "gl_subject",
    "现金流项目": "cash_flow_item",
}


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    return str(value if value is not None else "").strip()


def read(path: Path) -> list[dict[str, str]]:
    """The documents of a list, by the platform's field names; empty cells are left out, empty rows too."""
    if path.suffix.lower() == ".csv":
        data = path.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("gb18030")
        rows: list[Any] = list(csv.reader(io.StringIO(text)))
    else:
        from python_calamine import load_workbook

        rows = list(load_workbook(str(path)).get_sheet_by_index(0).to_python())
    names = [HEADINGS.get(_text(cell)) for cell in rows[0]]
    found = []
    for row in rows[1:]:
        item = {
            name: text
            for name, cell in zip(names, row, strict=False)
            if name and (text := _text(cell))
        }
        if "amount" in item:
            item["amount"] = _money(item["amount"])
        if item:
            found.append(item)
    return found


def _money(text: str) -> str:
    """An amount with two decimals; what is none stays as it was written."""
    try:
        value = Decimal(text)
    except ArithmeticError:
        return text
    return f"{value:.2f}" if value.is_finite() and value == round(value, 2) else text
