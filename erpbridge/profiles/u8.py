"""用友 U8: the voucher text of 总账工具, the EAI document, the OpenAPI body.

Source: DOMAIN §7.1, gathered from public exporters. Fields F1–F21 agree in several of them; later columns differ between
versions and are not written. How the tool writes its result back into the file is not published: `ResultForm` says it as a
setting, to be confirmed on the customer's version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

HEADER = "填制凭证,V800"
VOUCHER_TYPES = ("记", "收", "付", "转")
ENCODING = "gbk"
Row = Mapping[str, str]  # one entry line, in the contract's VOUCHER_FIELDS


class Unfit(ValueError):
    """A voucher U8 cannot take; says which voucher, which line, which field and what was expected."""

    def __init__(self, key: str, line: str, field: str, expected: str) -> None:
        super().__init__(f"凭证 {key} 第 {line} 行 {field}：{expected}")
        self.key, self.field = key, field


@dataclass(frozen=True)
class ResultForm:
    """What the tool appends to a line; to be confirmed on the customer's version.

    `pattern` is matched against all that was appended and names `number` (the voucher number given) or `error`.
    """

    pattern: str = r",(?:导入成功:(?P<number>[^,]+)|导入失败:(?P<error>[^,]+))"


def _amount(row: Row, name: str, key: str) -> Decimal:
    try:
        value = Decimal(row.get(name) or "0")
    except InvalidOperation:
        raise Unfit(key, row["line_no"], name, "应为两位小数的金额") from None
    if abs(value) >= Decimal(10) ** 14 or value != value.quantize(Decimal("0.01")):
        raise Unfit(key, row["line_no"], name, "整数不超过 14 位，小数两位")
    return value


def _text(row: Row, name: str, most: int, key: str, label: str) -> str:
    text = (row.get(name) or "").strip()
    if len(text) > most:
        raise Unfit(key, row["line_no"], label, f"不超过 {most} 个字符，现有 {len(text)} 个")
    if any(character in text for character in ',"\r\n'):
        raise Unfit(key, row["line_no"], label, "不能含逗号、双引号或换行")
    return text


def _checked(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Lines by voucher, each voucher whole and balanced. Raises Unfit."""
    vouchers: dict[str, list[Row]] = {}
    for row in rows:
        vouchers.setdefault(row["posting_key"], []).append(row)
    for key, lines in vouchers.items():
        debit = sum((_amount(row, "debit", key) for row in lines), Decimal(0))
        credit = sum((_amount(row, "credit", key) for row in lines), Decimal(0))
        if debit != credit:
            raise Unfit(key, lines[0]["line_no"], "借贷", f"借 {debit} 与贷 {credit} 应相等")
        for row in lines:
            if bool(_amount(row, "debit", key)) == bool(_amount(row, "credit", key)):
                raise Unfit(key, row["line_no"], "借贷", "借方与贷方应恰有一方不为零")
            if row["voucher_type"] not in VOUCHER_TYPES:
                raise Unfit(
                    key, row["line_no"], "凭证类别", f"应为 {'、'.join(VOUCHER_TYPES)} 之一"
                )
    return vouchers


def voucher_text(rows: Sequence[Row]) -> bytes:
    """The file 总账工具 imports: the header line, then one line an entry, lines of one voucher together, in GBK.

    Raises Unfit for what U8 would not take, a character GBK lacks included.
    """
    lines = [HEADER]
    for key, entries in _checked(rows).items():
        lines += [",".join(_fields(row, key)).rstrip(",") for row in entries]
    text = "\r\n".join(lines) + "\r\n"
    try:
        return text.encode(ENCODING)
    except UnicodeEncodeError as error:
        bad = text[error.start]
        row = next((one for one in rows if bad in "".join(one.values())), rows[0])
        raise Unfit(row["posting_key"], row["line_no"], "文字", f"GBK 不含字符「{bad}」") from None


def _fields(row: Row, key: str) -> list[str]:
    """F1 to F21 of one entry line."""
    number = (row.get("attachments") or "0").strip()
    if not number.isdigit() or int(number) > 999:
        raise Unfit(key, row["line_no"], "附单据数", "应为 0 至 999")
    debit, credit = _amount(row, "debit", key), _amount(row, "credit", key)
    return [
        row["day"],
        row["voucher_type"],
        _text(row, "voucher_no", 30, key, "凭证号"),
        number,
        _text(row, "description", 60, key, "摘要"),
        _text({**row, "subject": row["subject"].replace(".", "")}, "subject", 15, key, "科目编码"),
        f"{debit:.2f}" if debit else "",
        f"{credit:.2f}" if credit else "",
        "",  # F9 quantity
        "",  # F10 foreign amount
        "",  # F11 rate
        _text(row, "maker", 20, key, "制单人"),
        _text(row, "settlement_method", 20, key, "结算方式"),
        _text(row, "bill_no", 30, key, "票号"),
        row.get("bill_date") or "",
        _text(row, "department", 12, key, "部门"),
        _text(row, "person", 20, key, "个人"),
        _text(row, "customer", 20, key, "客户"),
        _text(row, "supplier", 20, key, "供应商"),
        "",  # F20 salesman
        _text(row, "project", 60, key, "项目"),
    ]


@dataclass(frozen=True)
class ReadBack:
    """What the tool wrote behind one voucher: the number U8 gave it, or why it was skipped; neither: not imported yet."""

    posting_key: str
    number: str = ""
    error: str = ""


def read_back(sent: Sequence[Row], data: bytes, form: ResultForm) -> list[ReadBack]:
    """What became of the vouchers of a file that was sent. Raises Unfit where the file is not that one any more.

    A line the tool left as it was says nothing; a voucher with any refused line is refused.
    """
    lines = data.decode(ENCODING, errors="strict").splitlines()
    expected = voucher_text(sent).decode(ENCODING).splitlines()
    if len(lines) != len(expected) or lines[0].strip()[: len(HEADER)] != HEADER:
        raise Unfit("", "0", "文件", f"应有 {len(expected)} 行，首行为 {HEADER}")
    keys = [key for key, rows in _checked(sent).items() for _ in rows]
    found: dict[str, ReadBack] = {key: ReadBack(key) for key in keys}
    for number, (key, before, after) in enumerate(
        zip(keys, expected[1:], lines[1:], strict=True), 2
    ):
        if not after.startswith(before):
            raise Unfit(key, str(number), "文件", "此行已不是送出的内容")
        if after == before:
            continue
        match = re.fullmatch(form.pattern, after[len(before) :])
        if match is None:
            raise Unfit(key, str(number), "结果", "无法识别，请核对结果格式的设置")
        told = match.groupdict()
        if told.get("error"):
            found[key] = ReadBack(key, error=told["error"])
        elif told.get("number") and not found[key].error:
            found[key] = ReadBack(key, number=told["number"])
    return list(found.values())


_EAI_HEAD = (
    ("company", "company_code"),
    ("voucher_type", "voucher_type"),
    ("voucher_id", "voucher_no"),
    ("attachment_number", "attachments"),
    ("date", "day"),
    ("enter", "maker"),
)


def eai_document(rows: Sequence[Row], *, sender: str, receiver: str) -> bytes:
    """The EAI XML: one `voucher` each, head and entries (`ufinterface roottag="voucher" billtype="gl" proc="add"`)."""
    root = etree.Element(
        "ufinterface",
        roottag="voucher",
        billtype="gl",
        sender=sender,
        receiver=receiver,
        proc="add",
        codeexchanged="N",
    )
    for key, entries in _checked(rows).items():
        voucher = etree.SubElement(root, "voucher", id=key)
        head = etree.SubElement(voucher, "voucher_head")
        year, _, month = entries[0]["period"].partition("-")
        etree.SubElement(head, "fiscal_year").text = year
        etree.SubElement(head, "accounting_period").text = str(int(month))
        for name, field in _EAI_HEAD:
            etree.SubElement(head, name).text = entries[0].get(field) or ""
        body = etree.SubElement(voucher, "voucher_body")
        for row in entries:
            _eai_entry(etree.SubElement(body, "entry"), row, key)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _eai_entry(entry: etree._Element, row: Row, key: str) -> None:
    debit, credit = _amount(row, "debit", key), _amount(row, "credit", key)
    values = {
        "entry_id": row["line_no"],
        "account_code": row["subject"].replace(".", ""),
        "abstract": _text(row, "description", 60, key, "摘要"),
        "settlement": row.get("settlement_method") or "",
        "document_id": row.get("bill_no") or "",
        "document_date": row.get("bill_date") or "",
        "currency": row["currency"],
        "primary_debit_amount": f"{debit:.2f}",
        "natural_debit_currency": f"{debit:.2f}",
        "primary_credit_amount": f"{credit:.2f}",
        "natural_credit_currency": f"{credit:.2f}",
    }
    for name, value in values.items():
        etree.SubElement(entry, name).text = value
    extra = etree.SubElement(entry, "auxiliary_accounting")
    for name, field in (
        ("dept_id", "department"),
        ("personnel_id", "person"),
        ("cust_id", "customer"),
        ("supplier_id", "supplier"),
        ("item_id", "project"),
    ):
        if row.get(field):
            etree.SubElement(extra, "item", name=name).text = row[field]


def openapi_body(rows: Sequence[Row]) -> dict[str, Any]:
    """The JSON of `voucher/add` for one voucher; our posting key is its upstream id, so that a repeat is recognised.

    `reserve2` carries the key and `voucher_making_system` is the constant CDM: such a voucher is cancelled by that id only.
    Raises Unfit unless the rows are one voucher.
    """
    vouchers = _checked(rows)
    if len(vouchers) != 1:
        raise Unfit("", "0", "凭证", "一次只送一张")
    ((key, entries),) = vouchers.items()
    head = entries[0]
    year, _, month = head["period"].partition("-")
    return {
        "voucher": {
            "biz_id": key,
            "voucher_type": head["voucher_type"],
            "fiscal_year": int(year),
            "accounting_period": int(month),
            "date": head["day"],
            "attachment_number": int(head.get("attachments") or 0),
            "enter": head.get("maker") or "",
            "reserve2": key,
            "voucher_making_system": "CDM",
            "debit": {"entry": [_json_entry(row, key) for row in entries if _is_debit(row, key)]},
            "credit": {
                "entry": [_json_entry(row, key) for row in entries if not _is_debit(row, key)]
            },
        }
    }


def _is_debit(row: Row, key: str) -> bool:
    return bool(_amount(row, "debit", key))


def _json_entry(row: Row, key: str) -> dict[str, Any]:
    side = "debit" if _is_debit(row, key) else "credit"
    amount = f"{_amount(row, side, key):.2f}"
    entry: dict[str, Any] = {
        "entry_id": row["line_no"],
        "account_code": row["subject"].replace(".", ""),
        "abstract": _text(row, "description", 60, key, "摘要"),
        "currency": row["currency"],
        f"natural_{side}_currency": amount,
        f"primary_{side}_amount": amount,
        "settlement": row.get("settlement_method") or "",
        "document_id": row.get("bill_no") or "",
        "document_date": row.get("bill_date") or "",
        "auxiliary": {
            name: row[field]
            for name, field in (
                ("dept_id", "department"),
                ("cust_id", "customer"),
                ("supplier_id", "supplier"),
            )
            if row.get(field)
        },
    }
    return entry
