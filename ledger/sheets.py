"""The ERP's bank journal as a file: rows by a saved mapping (`desk.mappings`), each an entry of one own account."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from desk.imports import read_grid, table_from
from desk.mappings import (
    AMOUNT,
    CURRENCY,
    DAY,
    SIDE,
    Fault,
    Mapping,
    Reader,
    Target,
    guess,
    header_line,
    require_complete,
)
from kernel import seal
from ledger.rules import CREDIT, DEBIT, period_of

# Seen from the company's books: debit is money in.
WORDS_IN = ("借", "借方", "d", "dr", "debit", "收", "收入", "+")
WORDS_OUT = ("贷", "贷方", "c", "cr", "credit", "付", "支出", "-")
FAULTS_MAX = 2_000

TARGETS: tuple[Target, ...] = (
    Target("day", _("日期"), DAY, is_required=True, aliases=("日期", "制单日期", "凭证日期", "记账日期", "业务日期", "date")),
    Target("voucher", _("凭证号（字与号在一列）"), longest=25, aliases=("凭证号", "凭证字号", "凭证编号", "凭证", "voucher")),
    Target("voucher_type", _("凭证字"), longest=4, aliases=("凭证字", "凭证类别", "凭证类型", "类别字")),
    Target("voucher_no", _("凭证号数"), longest=20, aliases=("凭证号数", "号数", "凭证序号")),
    Target("description", _("摘要"), longest=300, aliases=("摘要", "说明", "description")),
    Target("money_in", _("借方（收入）"), AMOUNT, aliases=("借方", "借方金额", "借方发生额", "收入", "debit")),
    Target("money_out", _("贷方（支出）"), AMOUNT, aliases=("贷方", "贷方金额", "贷方发生额", "支出", "credit")),
    Target("amount", _("金额（一列）"), AMOUNT, aliases=("金额", "发生额", "amount")),
    Target("side", _("借贷方向"), SIDE, aliases=("方向", "借贷方向", "借贷", "借贷标志")),
    Target("settlement_method", _("结算方式"), longest=20, aliases=("结算方式", "结算方式编码")),
    Target("bill_no", _("票号"), longest=60, aliases=("票号", "票据号", "结算号", "支票号", "票据号码")),
    Target("opposite_subject", _("对方科目"), longest=100, aliases=("对方科目", "对方科目编码")),
    Target("counterparty_name", _("对方户名"), longest=200, aliases=("对方户名", "往来单位", "对方单位", "客商", "供应商", "客户")),
    Target("counterparty_account", _("对方账号"), longest=40, aliases=("对方账号", "对方账户")),
    Target("reference", _("参考号"), longest=40, aliases=("参考号", "业务号", "付款单号", "外部单号", "reference")),
    Target("currency", _("币种"), CURRENCY, aliases=("币种", "币别", "currency")),
    Target("account", _("银行账号或科目"), longest=35, aliases=("银行账号", "账号", "科目编码", "科目", "account")),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class JournalRow:
    """One row of the file: what it does to which account (number or account subject as written; "" the chosen one)."""

    row: int
    account: str
    day: date
    signed: Decimal
    currency: str = ""
    voucher_type: str = ""
    voucher_no: str = ""
    description: str = ""
    settlement_method: str = ""
    bill_no: str = ""
    opposite_subject: str = ""
    counterparty_name: str = ""
    counterparty_account: str = ""
    reference: str = ""
    is_red: bool = False  # written as a negative amount on its side

    @property
    def direction(self) -> str:
        """What it does to the account."""
        return DEBIT if self.signed > 0 else CREDIT

    @property
    def period(self) -> str:
        """Its month."""
        return period_of(self.day)

    @property
    def digest(self) -> str:
        """SHA-256 of everything the row says: equal rows are twins."""
        return seal.digest(
            seal.canonical(
                {
                    name: getattr(self, name)
                    for name in self.__dataclass_fields__
                    if name not in ("row", "account", "currency")
                }
            )
        )


@dataclass
class JournalFile:
    """A file read by a mapping."""

    mapping: Mapping
    header: tuple[str, ...]
    encoding: str
    sheet: str
    warnings: tuple[str, ...]
    rows: list[JournalRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


_SPLIT = re.compile(r"\s*([^\d\s-]{1,4})?[-—字\s]*(\d{1,15})?号?\s*\Z")
_TOTALS = {
    "合计",
    "本日合计",
    "本月合计",
    "本年累计",
    "累计",
    "本年合计",
    "总计",
    "小计",
    "期初余额",
    "上年结转",
    "上月结转",
    "上期结转",
    "承前余额",
    "承前页",
    "过次页",
    "结转下月",
    "结转下年",
    "月初余额",
}


def read_journal(data: bytes, filename: str, mapping: Mapping | None) -> JournalFile:
    """Every row by the mapping (the one its headings suggest without). Lines of totals and openings are no entries.

    Raises InvalidInput where no row can be read at all; what is wrong with single rows stands in `faults`.
    """
    grid = read_grid(data, filename)
    table = table_from(grid, header_line(grid.lines, TARGETS, mapping))
    used = mapping or suggested(table.header)
    require_complete(used, TARGETS)
    found = JournalFile(used, table.header, table.encoding, table.sheet, table.warnings)
    reader = Reader(used, TARGETS, table.header)
    description = table.column(used.columns.get("description", ""))
    for line in table.rows:
        text = line.cells[description].text if description >= 0 else ""
        if text.replace(" ", "") in _TOTALS:
            continue
        values, faults = reader.read(line)
        if faults:
            found.faults += faults
        else:
            found.rows.append(_row(line.number, values))
    return found


def suggested(header: tuple[str, ...]) -> Mapping:
    """The mapping the headings suggest; two columns of amounts win over one, one of numbers over two."""
    columns = guess(header, TARGETS)
    if {"money_in", "money_out"} <= set(columns):
        columns.pop("amount", None)
        columns.pop("side", None)
    return Mapping(columns=columns, words_in=WORDS_IN, words_out=WORDS_OUT)


def _row(number: int, values: dict[str, Any]) -> JournalRow:
    signed: Decimal = values["signed"]
    is_red = any((values.get(name) or 0) < 0 for name in ("money_in", "money_out")) or (
        (values.get("amount") or 0) < 0 and "side" in values
    )
    kind, voucher_no = str(values.get("voucher_type", "")), str(values.get("voucher_no", ""))
    if "voucher" in values:
        parts = _SPLIT.match(str(values["voucher"]))
        kind = (parts[1] or kind) if parts else kind
        voucher_no = (parts[2] or "") if parts else str(values["voucher"])
    texts = {
        name: str(values.get(name, ""))
        for name in (
            "description", "settlement_method", "bill_no", "opposite_subject", "counterparty_name",
            "counterparty_account", "reference", "currency",
        )
    }  # fmt: skip
    return JournalRow(
        row=number,
        account=str(values.get("account", "")).replace(" ", ""),
        day=values["day"],
        signed=signed,
        voucher_type=kind[:4],
        voucher_no=voucher_no[:20],
        is_red=is_red,
        **texts,
    )
