"""The cells of a payment list: its columns, and what a cell says, whatever type the sheet gave it. Pure."""

from __future__ import annotations

import math
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal

DOC_TYPE, DOC_NO, LINE_NO, COMPANY, PAYER = "单据类型", "单据号", "行号", "公司代码", "付款账号"
PAYEE_CODE, PAYEE_NAME, PAYEE_NUMBER, PAYEE_BANK = "收款人编码", "收款户名", "收款账号", "收款银行"
CNAPS, CURRENCY, AMOUNT, PURPOSE, REMARK = "联行号", "币种", "金额", "用途", "附言"
WISH_DATE, URGENT, INVOICE, SUBJECT, CASH_FLOW = (
    "期望付款日",
    "紧急",
    "发票号",
    "科目",
    "现金流项目",
)
COLUMNS = (
    DOC_TYPE, DOC_NO, LINE_NO, COMPANY, PAYER, PAYEE_CODE, PAYEE_NAME, PAYEE_NUMBER, PAYEE_BANK, CNAPS,
    CURRENCY, AMOUNT, PURPOSE, REMARK, WISH_DATE, URGENT, INVOICE, SUBJECT, CASH_FLOW,
)  # fmt: skip
OPTIONAL = frozenset({LINE_NO, PAYEE_BANK, REMARK, URGENT, INVOICE, SUBJECT, CASH_FLOW, CNAPS})
COLUMNS_NEEDED = tuple(name for name in COLUMNS if name == CNAPS or name not in OPTIONAL)

_EXCEL_EPOCH = date(1899, 12, 30)
FLOAT_EXACT = 10**15  # a spreadsheet keeps 15 digits; beyond them the number is a guess

Cell = str | int | float | Decimal | bool | date | datetime | None


def text_of(cell: Cell) -> str:
    """The text a person would read in the cell; a float that lost digits keeps its exponent, so that it is noticed."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return str(cell)
        if cell.is_integer() and abs(cell) < FLOAT_EXACT:
            return str(int(cell))
        return f"{cell:E}" if abs(cell) >= FLOAT_EXACT else repr(cell)
    if isinstance(cell, Decimal):
        whole = cell == cell.to_integral_value()
        return str(int(cell)) if whole else f"{cell:f}"
    return str(cell).strip().removeprefix("'")


def measure(text: str, unit: str) -> int:
    """The length of `text` as a bank counts it: "chars", "boc" (beyond ASCII counts 2) or "bytes:<codec>"."""
    if unit == "boc":
        return sum(1 if ord(char) < 128 else 2 for char in text)
    if unit.startswith("bytes:"):
        return len(text.encode(unit.removeprefix("bytes:"), "replace"))
    return len(text)


def parse_day(cell: Cell) -> date | None:
    """A date from what a sheet holds: a date cell, a serial number or one of the usual spellings. None = not a date."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        if 20000 < cell < 80000:
            return _EXCEL_EPOCH + timedelta(days=int(cell))
        cell = text_of(cell)
    text = unicodedata.normalize("NFKC", str(cell or "")).strip()
    if len(text) > 10 and text[10] in " T":
        text = text[:10]
    text = text.replace("年", "-").replace("月", "-").removesuffix("日")
    parts = text.replace("/", "-").replace(".", "-").split("-")
    if len(parts) == 1 and len(text) == 8:
        parts = [text[:4], text[4:6], text[6:]]
    if len(parts) != 3 or len(parts[0]) != 4 or not all(p.isascii() and p.isdigit() for p in parts):
        return None
    try:
        return date(int(parts[0]), int(parts[1]), int(parts[2]))
    except ValueError:
        return None


def has_unprintable(text: str) -> bool:
    """Whether a control, invisible or undefined character hides in `text`."""
    return any(
        unicodedata.category(char) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"} for char in text
    )
