"""Which column of a file means what: a mapping is guessed from the headings, tried on the file, saved, and used again.

Pure functions. An app declares its Targets; a Mapping names a heading for each; `read_line` turns one row into values or
into faults that name the column.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import Promise

from desk.imports import Cell, Line
from kernel import clock, seal
from kernel.errors import InvalidInput

Words = str | Promise
TEXT, DAY, MOMENT, TIME, AMOUNT, SIDE, CURRENCY = (
    *("text", "day", "moment", "time", "amount", "side", "currency"),
)
MONEY_IN, MONEY_OUT = "money_in", "money_out"
# Words of a column that says which way the money went, seen from the account's owner.
WORDS_IN = ("贷", "贷方", "收", "收入", "存", "转入", "来账", "c", "cr", "crdt", "credit", "+")
WORDS_OUT = (
    "借",
    "借方",
    "付",
    "支",
    "支出",
    "取",
    "转出",
    "往账",
    "d",
    "dr",
    "dbit",
    "debit",
    "-",
)
EPOCH = date(1899, 12, 30)  # day 0 of spreadsheets
# What a person can mend by saying which column is which: such a file is kept and its mapping asked for.
MENDABLE = {"header_missing", "columns_missing", "mapping_incomplete", "header_twice"}
HEADER_LINES = 30  # headings stand within the first so many lines


@dataclass(frozen=True)
class Target:
    """One thing a file may say. `aliases` are headings seen in the wild, the first one its usual name."""

    name: str
    label: Words
    kind: str = TEXT
    longest: int = 0
    is_required: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mapping:
    """Target name → heading, and how sides and days are written where that is not plain."""

    columns: Dict[str, str]
    words_in: tuple[str, ...] = WORDS_IN
    words_out: tuple[str, ...] = WORDS_OUT
    day_format: str = ""  # strptime's words; empty: the usual forms
    fixed: Dict[str, str] = field(default_factory=dict)  # values the file does not carry

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "columns": dict(self.columns),
            "words_in": list(self.words_in),
            "words_out": list(self.words_out),
            "day_format": self.day_format,
            "fixed": dict(self.fixed),
        }


def mapping_of(plain: Dict[str, Any]) -> Mapping:
    """The mapping kept as `plain`."""
    return Mapping(
        columns={str(k): str(v) for k, v in plain.get("columns", {}).items() if v},
        words_in=tuple(plain.get("words_in") or WORDS_IN),
        words_out=tuple(plain.get("words_out") or WORDS_OUT),
        day_format=str(plain.get("day_format", "")),
        fixed={str(k): str(v) for k, v in plain.get("fixed", {}).items() if v},
    )


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell: row of the sheet, heading, words."""

    row: int
    column: str
    message: str


def _heading(text: str) -> str:
    """A heading as it is compared: without blanks, brackets' content and width."""
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"\s+|\(.*?\)|[:：_/]", "", text)


def header_key(header: Sequence[str]) -> str:
    """What tells the same headings again: a digest of them as they are compared."""
    return seal.digest("|".join(_heading(name) for name in header).encode())


def guess(header: Sequence[str], targets: Sequence[Target]) -> dict[str, str]:
    """Target name → heading for every target whose usual names stand among the headings; each heading once."""
    free = {_heading(name): name for name in reversed(header) if name}
    found: dict[str, str] = {}
    for target in targets:
        for alias in target.aliases:
            name = free.get(_heading(alias))
            if name is not None:
                found[target.name] = name
                del free[_heading(alias)]
                break
    return found


def header_line(lines: Sequence[Line], targets: Sequence[Target], mapping: Mapping | None) -> int:
    """Index of the line that holds the headings: where the mapping's stand, else where most targets are recognised.

    Bank exports put account and period above their table. Raises InvalidInput.
    """
    best, most = -1, 1
    wanted = None if mapping is None else {_heading(name) for name in mapping.columns.values()}
    for index, line in enumerate(lines[:HEADER_LINES]):
        texts = [cell.text for cell in line.cells]
        if wanted is not None:
            count = len(wanted & {_heading(text) for text in texts})
            if count == len(wanted):
                return index
        else:
            count = len(guess(texts, targets))
        if count > most:
            best, most = index, count
    if wanted is not None:
        present = {_heading(cell.text) for line in lines[:HEADER_LINES] for cell in line.cells}
        missing = [
            name
            for name in (mapping.columns.values() if mapping else ())
            if _heading(name) not in present
        ]
        raise InvalidInput(
            f"文件中没有映射所需的列：{'、'.join(missing) or '（不在同一行）'}",
            f"columns of the mapping are missing: {missing}",
            code="columns_missing",
            field="file",
        )
    if best < 0:
        raise InvalidInput(
            f"前 {HEADER_LINES} 行中找不到表头，请检查文件或先建立列映射",
            "no line of headings was found",
            code="header_missing",
            field="file",
        )
    return best


def require_complete(
    mapping: Mapping, targets: Sequence[Target], *, needs_money: bool = True
) -> None:
    """Raise InvalidInput unless every required target has a column or a fixed value, and money can be read."""
    said = set(mapping.columns) | set(mapping.fixed)
    missing = [str(one.label) for one in targets if one.is_required and one.name not in said]
    money = {MONEY_IN, MONEY_OUT} <= said or "amount" in said
    if needs_money and not money:
        missing.append("收入与支出金额，或一列金额")
    if missing:
        raise InvalidInput(
            f"映射缺少：{'、'.join(missing)}",
            f"the mapping lacks {missing}",
            code="mapping_incomplete",
            field="columns",
        )


class Reader:
    """Reads rows by one mapping; made once a file."""

    def __init__(self, mapping: Mapping, targets: Sequence[Target], header: Sequence[str]) -> None:
        self.mapping = mapping
        places = {_heading(name): at for at, name in reversed(list(enumerate(header)))}
        self._columns = [
            (one, places[_heading(mapping.columns[one.name])], mapping.columns[one.name])
            for one in targets
            if one.name in mapping.columns and _heading(mapping.columns[one.name]) in places
        ]
        self._fixed = {
            one.name: mapping.fixed[one.name] for one in targets if one.name in mapping.fixed
        }
        self._labels = {one.name: mapping.columns.get(one.name, str(one.label)) for one in targets}
        self._required = [one.name for one in targets if one.is_required]
        self._in = {word.lower() for word in mapping.words_in}
        self._out = {word.lower() for word in mapping.words_out}

    def read(self, line: Line) -> tuple[dict[str, Any], list[Fault]]:
        """The row's values by target name, or what is wrong with it. `signed` is the money in (or, negative, out)."""
        values: dict[str, Any] = dict(self._fixed)
        faults: list[Fault] = []
        for target, at, heading in self._columns:
            cell = line.cells[at] if at < len(line.cells) else Cell("", "empty")
            try:
                value = self._cell(target, cell)
            except ValueError as error:
                faults.append(Fault(line.number, heading, str(error)))
                continue
            if value is not None and value != "":
                values[target.name] = value
        for name in self._required:
            if name not in values and not any(
                fault.column == self._labels[name] for fault in faults
            ):
                faults.append(Fault(line.number, self._labels[name], "未填写"))
        if not faults:
            try:
                values["signed"] = self._signed(values)
            except ValueError as error:
                column, _, words = str(error).partition("|")
                faults.append(Fault(line.number, self._labels.get(column, column), words))
        return values, faults

    def _cell(self, target: Target, cell: Cell) -> Any:
        if target.kind == DAY:
            return read_day(cell, self.mapping.day_format)
        if target.kind == MOMENT:
            return read_moment(cell)
        if target.kind == TIME:
            return read_time(cell)
        if target.kind == AMOUNT:
            return read_signed(cell.text)
        if target.kind == CURRENCY:
            return read_currency(cell.text)
        if cell.kind == "number" and len(cell.text.lstrip("-").split(".")[0]) > 15:
            raise ValueError("超过 15 位的数字单元格，末位可能已丢失，请改为文本")
        if re.fullmatch(r"\d(\.\d+)?E\+?\d+", cell.text, re.IGNORECASE):
            raise ValueError(f"「{cell.text}」是科学计数法，原值已丢失，请改为文本")
        if target.longest and len(cell.text) > target.longest:
            raise ValueError(f"超过 {target.longest} 个字")
        return cell.text

    def _signed(self, values: dict[str, Any]) -> Decimal | None:
        """Money in is positive; None where no amount is mapped."""
        came, went = values.get(MONEY_IN) or Decimal(0), values.get(MONEY_OUT) or Decimal(0)
        if MONEY_IN in self._labels and MONEY_IN in self.mapping.columns:
            if came and went:
                raise ValueError(f"{MONEY_IN}|收入与支出同时有金额")
            if not came and not went:
                raise ValueError(f"{MONEY_IN}|收入与支出都没有金额")
            return came or -went
        if "amount" not in self.mapping.columns:
            return None
        amount: Decimal | None = values.get("amount")
        if not amount:
            raise ValueError("amount|没有金额")
        if "side" not in self.mapping.columns:
            return amount
        side = str(values.get("side", "")).strip().lower()
        if side in self._in:
            return amount
        if side in self._out:
            return -amount
        raise ValueError(f"side|收付方向「{values.get('side', '')}」无法识别")


_FORMS = (
    (re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"), (1, 2, 3)),
    (re.compile(r"(\d{4})(\d{2})(\d{2})(?!\d{3,5}$)"), (1, 2, 3)),
)
_TIME = re.compile(r"(\d{1,2}):?(\d{2})(?::?(\d{2}))?")


def read_day(cell: Cell, form: str = "") -> date | None:
    """A day as sheets write it: 2026-11-24, 2026/11/24, 2026年11月24日, 20261124, a spreadsheet's serial. Raises ValueError."""
    text = cell.text.strip()
    if not text:
        return None
    if cell.kind == "date" and isinstance(cell.value, date):
        return cell.value
    if form:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            raise ValueError(f"日期「{text[:20]}」不是 {form} 的形式") from None
    for pattern, order in _FORMS:
        found = pattern.match(text)
        if found is not None:
            try:
                return date(*(int(found[n]) for n in order))
            except ValueError:
                raise ValueError(f"日期「{text[:20]}」不存在") from None
    if cell.kind == "number" and text.isdigit() and 20_000 < int(text) < 80_000:
        return EPOCH + timedelta(days=int(text))
    raise ValueError(f"日期「{text[:20]}」无法识别，应为例如 2026-11-24")


def read_time(cell: Cell) -> time | None:
    """A time of day: 09:30, 09:30:05, 093005. Raises ValueError."""
    text = cell.text.strip()
    if not text:
        return None
    found = _TIME.search(text.partition(" ")[2] or text)
    if found is None:
        raise ValueError(f"时间「{text[:20]}」无法识别，应为例如 09:30:05")
    try:
        return time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        raise ValueError(f"时间「{text[:20]}」不存在") from None


def read_moment(cell: Cell) -> datetime | None:
    """Day and time in one cell, Shanghai's; midnight where only a day is told. Raises ValueError."""
    if not cell.text.strip():
        return None
    text = cell.text.strip()
    compact = re.fullmatch(r"(\d{8})\s?(\d{6})", text)
    day = read_day(Cell(compact[1]) if compact else cell)
    rest = compact[2] if compact else text.partition("T" if "T" in text else " ")[2]
    at = read_time(Cell(rest)) if rest.strip() else None
    return None if day is None else datetime.combine(day, at or time(), clock.SHANGHAI)


def read_signed(text: str) -> Decimal | None:
    """An amount as statements write it: commas, 元, ¥, full-width digits, minus or brackets for negative. Raises ValueError."""
    cleaned = unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "")
    cleaned = cleaned.removesuffix("元").lstrip("¥￥")
    if cleaned in ("", "-", "--", "—"):
        return None
    if cleaned.startswith("(") and cleaned.endswith(")"):
        cleaned = f"-{cleaned[1:-1]}"
    try:
        value = Decimal(cleaned)
    except InvalidOperation:
        raise ValueError(f"「{text[:30]}」不是金额，应为例如 1,234.56") from None
    if not value.is_finite() or abs(value) >= 10**16:
        raise ValueError(f"金额「{text[:30]}」过大")
    exact = value.quantize(Decimal("0.01"))
    if exact != value:
        raise ValueError(f"金额「{text[:30]}」的小数超过两位")
    return exact


_CURRENCIES = {
    "人民币": "CNY",
    "人民币元": "CNY",
    "rmb": "CNY",
    "美元": "USD",
    "港币": "HKD",
    "欧元": "EUR",
    "日元": "JPY",
}


def read_currency(text: str) -> str:
    """A currency's three letters, also from its Chinese name. Raises ValueError."""
    word = text.strip()
    code = _CURRENCIES.get(word.lower(), word.upper())
    if word and not re.fullmatch(r"[A-Z]{3}", code):
        raise ValueError(f"币种「{word[:10]}」无法识别，应为 CNY、USD 等三位字母")
    return code
