"""Vouchers and bank journals in the shape of GB/T 24589.1-2010, for auditors' tools. Pure: rows in, a zip of XML files out.

The standard's full text and schema are not public. Element names of common data, subjects and vouchers are those its public
descriptions and tools give (DOMAIN §7.3); what nobody publishes is left out, and `说明.txt` in the pack says so. The bank
journal is not among the standard's tables: it stands in a file of its own, named as the book's columns are.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any

from lxml import etree

EDITION = "GB/T 24589.1-2010"
NOTES = """本数据包按 GB/T 24589.1-2010《财经信息技术 会计核算软件数据接口 第1部分：企业》的公开资料编制。

一、已按公开资料使用的元素名称
  公共档案：电子账簿、会计期间、记账凭证类型、币种、结算方式、供应商档案、客户档案
  总账：会计科目、记账凭证
二、尚不能确认、因而未输出的内容
  标准的 XML 架构（命名空间、元素顺序与 locID）未公开；本包不声明命名空间，不能用官方架构校验。
  科目余额及发生额、报表、应收应付、固定资产、员工薪酬：不属于本平台的账。
  科目名称：以财务系统同步的科目为准，未同步的为空；科目级次、类型与余额方向未同步，未输出。
  辅助项：按 供应商、客户、部门、个人、项目 五项依次输出为 辅助项1 至 辅助项5 编号。
三、标准以外的内容
  银行存款日记账.xml 不是标准规定的表，列名与日记账打印件一致。
四、金额以元为单位，保留两位小数；红字凭证为负数。
"""
_VOUCHER_TYPES = {"收": "收款凭证", "付": "付款凭证", "转": "转账凭证", "记": "记账凭证"}
_CURRENCIES = {"CNY": "人民币", "USD": "美元", "HKD": "港币", "EUR": "欧元", "JPY": "日元"}


@dataclass(frozen=True, kw_only=True)
class Book:
    """What the pack is of: one company, whole months."""

    company_code: str
    company_name: str
    uscc: str
    currency: str
    first: date
    last: date
    software: str = "银企联平台"
    suppliers: Mapping[str, str] = field(default_factory=dict)  # code -> name
    customers: Mapping[str, str] = field(default_factory=dict)
    subjects: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EntryLine:
    """One entry line with its voucher's head."""

    day: date
    period: str
    voucher_type: str
    voucher_no: str
    line_no: int
    description: str
    subject: str
    currency: str
    debit: str
    credit: str
    dimensions: Sequence[str] = ()
    settlement_method: str = ""
    bill_no: str = ""
    bill_date: str = ""
    attachments: int = 0
    maker: str = ""
    poster: str = ""


@dataclass(frozen=True, kw_only=True)
class JournalLine:
    """One line of a bank journal; amounts as texts, empty where unknown."""

    account: str
    account_name: str
    bank: str
    currency: str
    day: str
    voucher_type: str
    voucher_no: str
    description: str
    settlement_method: str
    bill_no: str
    opposite_subject: str
    debit: str
    credit: str
    balance: str


def _write(out: Any, name: str, values: Mapping[str, object]) -> None:
    with out.element(name):
        for tag, value in values.items():
            with out.element(tag):
                out.write(_clean(value))


def _clean(value: object) -> str:
    """Text without the control characters XML has no room for."""
    return "".join(char for char in str(value) if char >= " " or char in "\t\n\r")


def _months(book: Book) -> list[tuple[int, int, date, date]]:
    found, day = [], book.first.replace(day=1)
    while day <= book.last:
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        found.append((day.year, day.month, day, date.fromordinal(following.toordinal() - 1)))
        day = following
    return found


def _ledger_head(book: Book) -> dict[str, object]:
    return {
        "电子账簿编号": book.company_code,
        "电子账簿名称": f"{book.company_name}总账",
        "会计核算单位": book.company_name,
        "组织机构代码": book.uscc,
        "开发单位": book.software,
        "版本号": "1",
        "本位币": book.currency,
        "会计年度": f"{book.first:%Y}",
        "标准版本号": EDITION,
    }


def write_common(
    target: IO[bytes],
    book: Book,
    *,
    types: Iterable[str],
    currencies: Iterable[str],
    methods: Iterable[str],
) -> None:
    """公共档案.xml: the ledger, its periods, voucher types, currencies, settlement methods, suppliers and customers."""
    with etree.xmlfile(target, encoding="utf-8") as out:
        out.write_declaration()
        with out.element("公共档案"):
            _write(out, "电子账簿", _ledger_head(book))
            for year, month, first, last in _months(book):
                _write(out, "会计期间", {"会计年度": year, "会计期间号": month, "会计期间起始日期": f"{first:%Y%m%d}", "会计期间结束日期": f"{last:%Y%m%d}"})  # fmt: skip
            for one in sorted(types):
                _write(out, "记账凭证类型", {"记账凭证类型编号": one, "记账凭证类型名称": _VOUCHER_TYPES.get(one, one), "记账凭证类型简称": one})  # fmt: skip
            for one in sorted(currencies):
                _write(out, "币种", {"币种编码": one, "币种名称": _CURRENCIES.get(one, one)})
            for one in sorted(methods):
                _write(out, "结算方式", {"结算方式编码": one, "结算方式名称": one})
            for code, name in sorted(book.suppliers.items()):
                _write(out, "供应商档案", {"供应商编码": code, "供应商名称": name, "供应商简称": name})  # fmt: skip
            for code, name in sorted(book.customers.items()):
                _write(out, "客户档案", {"客户编码": code, "客户名称": name, "客户简称": name})


def _voucher_values(line: EntryLine) -> dict[str, object]:
    dimensions = {f"辅助项{n}编号": told for n, told in enumerate(line.dimensions, 1)}
    return {
        "记账凭证日期": f"{line.day:%Y%m%d}",
        "会计年度": line.period[:4],
        "会计期间号": int(line.period[5:7]),
        "记账凭证类型编号": line.voucher_type,
        "记账凭证编号": line.voucher_no,
        "记账凭证行号": line.line_no,
        "记账凭证摘要": line.description,
        "科目编号": line.subject,
        **dimensions,
        "币种编码": line.currency,
        "借方原币金额": line.debit,
        "贷方原币金额": line.credit,
        "借方本币金额": line.debit if line.currency == "CNY" else "",
        "贷方本币金额": line.credit if line.currency == "CNY" else "",
        "结算方式编码": line.settlement_method,
        "票据号": line.bill_no,
        "票据日期": line.bill_date,
        "附件数": line.attachments,
        "制单人": line.maker,
        "记账人": line.poster,
        "记账标志": "1",
        "作废标志": "0",
        "来源系统": "银企联平台",
    }


@dataclass
class Seen:
    """What the lines spoke of, gathered while they are written."""

    types: set[str] = field(default_factory=set)
    currencies: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)
    lines: int = 0


def write_ledger(target: IO[bytes], book: Book, lines: Iterable[EntryLine]) -> Seen:
    """总账.xml: the vouchers line by line, then the subjects they used; what they spoke of."""
    seen = Seen()
    with etree.xmlfile(target, encoding="utf-8") as out:
        out.write_declaration()
        with out.element("总账"):
            for line in lines:
                _write(out, "记账凭证", _voucher_values(line))
                seen.types.add(line.voucher_type)
                seen.currencies.add(line.currency)
                seen.subjects.add(line.subject)
                if line.settlement_method:
                    seen.methods.add(line.settlement_method)
                seen.lines += 1
            for subject in sorted(seen.subjects):
                _write(
                    out,
                    "会计科目",
                    {"科目编号": subject, "科目名称": book.subjects.get(subject, "")},
                )
    return seen


def write_journal(target: IO[bytes], lines: Iterable[JournalLine]) -> int:
    """银行存款日记账.xml: every account's book of these months; how many lines."""
    count = 0
    with etree.xmlfile(target, encoding="utf-8") as out:
        out.write_declaration()
        with out.element("银行存款日记账"):
            for line in lines:
                count += 1
                _write(out, "日记账记录", {
                    "账号": line.account, "户名": line.account_name, "开户行": line.bank, "币种编码": line.currency,
                    "日期": line.day, "记账凭证类型编号": line.voucher_type, "记账凭证编号": line.voucher_no,
                    "摘要": line.description, "结算方式编码": line.settlement_method, "票据号": line.bill_no,
                    "对方科目编号": line.opposite_subject, "借方金额": line.debit, "贷方金额": line.credit, "余额": line.balance,
                })  # fmt: skip
    return count


@dataclass(frozen=True)
class Pack:
    """The zip, and what stands in it."""

    data: bytes
    voucher_lines: int
    journal_lines: int


def pack(book: Book, *, lines: Iterable[EntryLine], journal: Iterable[JournalLine]) -> Pack:
    """The pack of one company's months."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as box:
        with box.open("总账.xml", "w") as file:
            seen = write_ledger(file, book, lines)
        with box.open("公共档案.xml", "w") as file:
            write_common(
                file,
                book,
                types=seen.types,
                currencies=seen.currencies | {book.currency},
                methods=seen.methods,
            )
        with box.open("银行存款日记账.xml", "w") as file:
            count = write_journal(file, journal)
        box.writestr("说明.txt", NOTES)
    return Pack(target.getvalue(), seen.lines, count)
