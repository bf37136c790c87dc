"""Bank exports as CSV or workbook: rows by a saved mapping (`desk.mappings`), one Section an account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from django.utils.translation import gettext_lazy as _

from desk.imports import Grid, Table, read_grid, table_from
from desk.mappings import (
    AMOUNT,
    CURRENCY,
    DAY,
    MOMENT,
    SIDE,
    TIME,
    Fault,
    Mapping,
    Reader,
    Target,
    guess,
    header_line,
    require_complete,
)
from kernel import clock
from kernel.formats.sections import Section
from statements.rows import chunks_of
from statements.rules import CREDIT, DEBIT, EntryLine

FAULTS_MAX = 500
SAMPLE_ROWS = 20

TARGETS: tuple[Target, ...] = (
    Target("bank_date", _("交易日期"), DAY, is_required=True, aliases=("交易日期", "记账日期", "入账日期", "日期", "交易日", "date")),
    Target("booked_time", _("交易时间"), TIME, aliases=("交易时间", "记账时间", "时间", "time")),
    Target("booked_at", _("日期和时间在一列"), MOMENT, aliases=("交易日期时间", "记账日期时间", "交易时间戳")),
    Target("value_date", _("起息日"), DAY, aliases=("起息日", "起息日期", "value date")),
    Target("money_in", _("收入（贷方）"), AMOUNT, aliases=("贷方发生额", "贷方金额", "收入金额", "收入", "存入金额", "贷方", "credit")),
    Target("money_out", _("支出（借方）"), AMOUNT, aliases=("借方发生额", "借方金额", "支出金额", "支出", "支取金额", "借方", "debit")),
    Target("amount", _("金额（一列）"), AMOUNT, aliases=("交易金额", "发生额", "金额", "amount")),
    Target("side", _("收付方向"), SIDE, aliases=("借贷标志", "借贷方向", "收付标志", "收支方向", "借贷", "方向")),
    Target("balance_after", _("余额"), AMOUNT, aliases=("账户余额", "余额", "交易后余额", "本次余额", "balance")),
    Target("currency", _("币种"), CURRENCY, aliases=("币种", "币别", "currency")),
    Target("counterparty_name", _("对方户名"), longest=200, aliases=("对方户名", "对方名称", "对手方名称", "对方账户名称", "对方单位")),
    Target("counterparty_account", _("对方账号"), longest=40, aliases=("对方账号", "对方账户", "对手方账号", "对方卡号")),
    Target("counterparty_bank", _("对方开户行"), longest=200, aliases=("对方开户行", "对方行名", "对方开户机构")),
    Target("narrative", _("摘要"), longest=300, aliases=("摘要", "交易摘要", "业务摘要", "交易类型")),
    Target("purpose", _("用途 / 附言"), longest=300, aliases=("用途", "附言", "备注", "交易附言")),
    Target("bank_serial", _("银行流水号"), longest=60, aliases=("交易流水号", "流水号", "银行流水号", "核心流水号", "凭证号", "交易序号")),
    Target("reference", _("我方参考号"), longest=40, aliases=("客户参考号", "企业参考号", "客户流水号", "业务参考号")),
    Target("account", _("本方账号"), longest=35, aliases=("账号", "本方账号", "查询账号", "账户号")),
)  # fmt: skip


@dataclass
class Sheet:
    """A file read by a mapping: good lines by account number, and every fault."""

    mapping: Mapping
    table: Table
    by_account: dict[str, list[EntryLine]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many lines were read without fault."""
        return sum(len(lines) for lines in self.by_account.values())


def open_table(data: bytes, filename: str, mapping: Mapping | None) -> tuple[Table, Grid]:
    """The table below its headings, wherever in the file they stand. Raises InvalidInput."""
    grid = read_grid(data, filename)
    return table_from(grid, header_line(grid.lines, TARGETS, mapping)), grid


def suggested(table: Table) -> Mapping:
    """The mapping the headings suggest; two columns of amounts win over one."""
    columns = guess(table.header, TARGETS)
    if {"money_in", "money_out"} <= set(columns):
        columns.pop("amount", None)
        columns.pop("side", None)
    return Mapping(columns=columns)


def read_sheet(
    data: bytes, filename: str, mapping: Mapping | None, *, account: str = "", currency: str = "CNY"
) -> Sheet:
    """Every row by the mapping (the suggested one without). `account` and `currency` hold where the file says none.

    Raises InvalidInput where no row can be read at all; what is wrong with single rows stands in `faults`.
    """
    table, _grid = open_table(data, filename, mapping)
    used = mapping or suggested(table)
    require_complete(
        used, [one for one in TARGETS if one.name != "bank_date" or "booked_at" not in used.columns]
    )
    sheet = Sheet(used, table)
    targets = [
        one for one in TARGETS if not ("booked_at" in used.columns and one.name == "bank_date")
    ]
    reader = Reader(used, targets, table.header)
    for line in table.rows:
        if _is_footer(line.cells[0].text if line.cells else ""):
            continue
        values, faults = reader.read(line)
        if faults:
            sheet.faults += faults
            continue
        number = str(values.get("account", "")).replace(" ", "").replace("-", "") or account
        if not number:
            sheet.faults.append(
                Fault(line.number, str(_("本方账号")), "文件未写账号，请先选择账户")
            )
            continue
        sheet.by_account.setdefault(number, []).append(_entry(values, currency))
    return sheet


def _is_footer(text: str) -> bool:
    """Totals below the table are no entries."""
    return text.strip().rstrip(":：").replace(" ", "") in {
        "合计",
        "总计",
        "本页合计",
        "累计",
        "小计",
    }


_TEXTS = (
    "counterparty_name", "counterparty_account", "counterparty_bank", "narrative", "purpose", "reference", "bank_serial",
)  # fmt: skip


def _entry(values: dict[str, Any], currency: str) -> EntryLine:
    moment: datetime | None = values.get("booked_at")
    day = values["bank_date"] if moment is None else moment.date()
    if moment is None:
        moment = datetime.combine(day, values.get("booked_time") or time(), clock.SHANGHAI)
    signed = values["signed"]
    said: dict[str, Any] = {name: str(values.get(name, "")) for name in _TEXTS}
    return EntryLine(
        bank_date=day,
        booked_at=moment,
        direction=CREDIT if signed > 0 else DEBIT,
        amount=abs(signed),
        currency=values.get("currency") or currency,
        balance_after=values.get("balance_after"),
        value_date=values.get("value_date"),
        **said,
    )


def sections(by_account: dict[str, Sequence[EntryLine]]) -> Iterator[Section]:
    """One Section an account."""
    for number, lines in by_account.items():
        section = Section(account=number, currency=lines[0].currency, count=len(lines))
        section.first = min(line.bank_date for line in lines)
        section.last = max(line.bank_date for line in lines)
        section.rows = chunks_of(lines, exchange_id=None)
        yield section
