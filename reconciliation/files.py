"""Two CSV files as the sides of a matching: the bank's statement and the company's bank journal.

UTF-8 with a header row. Needed: entry_id, account, booked_on, direction, amount. Known besides: value_on, currency,
reference, batch_no, bill_no, bank_serial, counterparty_name, counterparty_account, narrative, description, purpose.
Others are left alone. The bank's credit and the book's debit are money in; a negative amount (红字) is the opposite direction.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

import duckdb
from chinese_calendar import constants as published

from kernel.clock import Calendar
from kernel.errors import InvalidInput
from reconciliation.rules.board import Board

NEEDED = ("entry_id", "account", "booked_on", "direction", "amount")
TEXTS = ("narrative", "description", "purpose")
DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")
AMOUNT_DIGITS = 15
AMOUNT = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)?([.][0-9]{0,2})?")
YEARS = range(1900, 2100)
FAULTS_SHOWN = 10
FOUND_SHOWN = 60  # characters of a cell that is quoted in a message
CELL_MAX = 100_000  # characters of a cell, where a row is too long to be read at once
CELL_READ = 1 << 27  # a cell may be any length: it is named, not choked on
# Whether the word means money out, by side.
OUTGO: dict[bool, dict[str, bool]] = {
    True: {"debit": True, "credit": False, "借": True, "贷": False, "付": True, "收": False},
    False: {"debit": False, "credit": True, "借": False, "贷": True, "付": True, "收": False},
}


@dataclass(frozen=True)
class Side:
    """One of the two files."""

    path: Path
    is_bank: bool

    def columns(self) -> list[str]:
        """Its header. Raises InvalidInput where the file cannot be a side."""
        csv.field_size_limit(CELL_READ)
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                header = [name.strip() for name in next(csv.reader(file), [])]
        except csv.Error as error:
            raise self._fault(1, "", str(error), "表头", "a header row") from None
        except OSError as error:
            raise InvalidInput(
                f"无法读取 {self.path.name}：{error.strerror}",
                f"cannot read {self.path.name}: {error.strerror}",
            ) from None
        except UnicodeDecodeError:
            raise self._not_utf8() from None
        if missing := [name for name in NEEDED if name not in header]:
            raise InvalidInput(
                f"{self.path.name} 第 1 行：缺少列 {'、'.join(missing)}；表头应含 {'、'.join(NEEDED)}",
                f"{self.path.name} row 1: columns missing: {', '.join(missing)}; expected {', '.join(NEEDED)}",
                field=missing[0],
                row=1,
            )
        if twice := [name for name in header if name and header.count(name) > 1]:
            raise InvalidInput(
                f"{self.path.name} 第 1 行：列 {twice[0]} 重复出现",
                f"{self.path.name} row 1: column {twice[0]} occurs twice",
                field=twice[0],
                row=1,
            )
        return header

    def _not_utf8(self) -> InvalidInput:
        return InvalidInput(
            f"{self.path.name} 不是 UTF-8 编码，请另存为 CSV UTF-8",
            f"{self.path.name} is not UTF-8; save it as CSV UTF-8",
        )

    def faults(self) -> Iterator[InvalidInput]:
        """What is wrong with its rows, in their order; reads the file slowly, once the fast way has found it faulty."""
        seen: dict[str, int] = {}
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(file, strict=True)
                header = [name.strip() for name in next(reader)]
                for row, cells in enumerate(reader, 2):
                    if cells:
                        yield from self._row_faults(row, header, cells, seen)
        except UnicodeDecodeError:
            yield self._not_utf8()
        except csv.Error as error:
            yield self._fault(reader.line_num, "", str(error), "一行完整的 CSV", "a whole CSV row")

    def has_mixed_ends(self) -> bool:
        """Whether some rows end in CR LF and others in LF alone, as in files that were joined."""
        with self.path.open("rb") as file:
            ends = {line.endswith(b"\r\n") for line in file if line.endswith(b"\n")}
        return len(ends) > 1

    def _row_faults(
        self, row: int, header: list[str], cells: list[str], seen: dict[str, int]
    ) -> Iterator[InvalidInput]:
        if len(cells) != len(header):
            found = f"{len(cells)} 列"
            yield self._fault(row, "", found, f"{len(header)} 列", f"{len(header)} columns")
            return
        told = {name: cell.strip(" ") for name, cell in zip(header, cells, strict=True)}
        for name, cell in told.items():
            if len(cell) > CELL_MAX and name != "amount":
                yield self._fault(
                    row, name, cell, f"至多 {CELL_MAX} 个字符", f"at most {CELL_MAX} characters"
                )
        entry, first = told["entry_id"], seen.setdefault(told["entry_id"], row)
        if not entry or ";" in entry:
            expected = "唯一的编号，不含分号"
            yield self._fault(row, "entry_id", entry, expected, "a unique id without a semicolon")
        elif first != row:
            yield self._fault(
                row,
                "entry_id",
                entry,
                f"唯一的编号（与第 {first} 行重复）",
                f"a unique id (same as row {first})",
            )
        if not re.search(r"\w", told["account"]) or re.search(
            r"[*#＊＃]|E[+]", told["account"], re.I
        ):
            yield self._fault(
                row, "account", told["account"], "本方账号（完整）", "our whole account number"
            )
        for name in ("booked_on", "value_on"):
            if (told.get(name, "") or name in NEEDED) and not _is_day(told[name]):
                yield self._fault(
                    row, name, told[name], "日期，如 2026-10-31", "a date such as 2026-10-31"
                )
        if told["direction"].lower() not in OUTGO[self.is_bank]:
            expected = "debit 或 credit（借、贷、付、收）"
            yield self._fault(row, "direction", told["direction"], expected, "debit or credit")
        if not _is_amount(told["amount"]):
            expected = "不为零、至多两位小数的金额，如 1234.50"
            yield self._fault(
                row,
                "amount",
                told["amount"],
                expected,
                "an amount other than zero, at most 2 decimals, such as 1234.50",
            )

    def _fault(
        self, row: int, column: str, found: str, expected: str, expected_en: str
    ) -> InvalidInput:
        place, place_en = (f"，列 {column}", f", column {column}") if column else ("", "")
        found = found if len(found) <= FOUND_SHOWN else f"{found[:FOUND_SHOWN]}…"
        return InvalidInput(
            f"{self.path.name} 第 {row} 行{place}：应为{expected}，实为“{found}”",
            f"{self.path.name} row {row}{place_en}: expected {expected_en}, found {found!r}",
            field=column,
            row=row,
        )


def _is_day(text: str) -> bool:
    for form in DAY_FORMATS if text.isascii() else ():
        try:
            day = datetime.strptime(text, form)  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
        return day.year in YEARS
    return False


def _is_amount(text: str) -> bool:
    if len(text) > 2 * AMOUNT_DIGITS or not AMOUNT.fullmatch(text) or not re.search("[0-9]", text):
        return False
    return 0 < abs(Decimal(text.replace(",", ""))) < Decimal(10) ** AMOUNT_DIGITS


_KNOWN = (*NEEDED, "value_on", "currency", "reference", "batch_no", "bill_no", "bank_serial",
          "counterparty_name", "counterparty_account", *TEXTS)  # fmt: skip
_MACROS = (
    """CREATE MACRO as_day(x) AS CASE WHEN length(trim(x)) BETWEEN 8 AND 10 AND left(trim(x), 2) IN ('19', '20')
        AND trim(x)[3] BETWEEN '0' AND '9' AND trim(x)[4] BETWEEN '0' AND '9' THEN
        coalesce(try_cast(x AS DATE), try_strptime(trim(x), '%Y%m%d')::DATE) - DATE '1970-01-01' END""",
    # A comma stands before every third digit, or the figure means something else: 1234,56 is no 123,456.
    """CREATE MACRO as_amount(x) AS CASE
        WHEN instr(x, '.') > 0 AND length(trim(x)) - instr(trim(x), '.') > 2 OR regexp_matches(x, '[eE_]') THEN NULL
        WHEN instr(x, ',') > 0 AND NOT regexp_full_match(trim(x), '[+-]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]*)?') THEN NULL
        ELSE try_cast(replace(x, ',', '') AS DECIMAL(17, 2)) END""",
    """CREATE MACRO is_outgo(x, is_bank) AS CASE lower(trim(x)) WHEN 'debit' THEN is_bank WHEN 'credit' THEN NOT is_bank
        WHEN '借' THEN is_bank WHEN '贷' THEN NOT is_bank WHEN '付' THEN true WHEN '收' THEN false END""",
    # As banks and books write it: a code, a number of ISO 4217, a word.
    """CREATE MACRO as_currency(x) AS CASE WHEN x = 'CNY' THEN x ELSE CASE upper(trim(fold(x)))
        WHEN '' THEN 'CNY' WHEN 'RMB' THEN 'CNY' WHEN '人民币' THEN 'CNY' WHEN '人民币元' THEN 'CNY' WHEN '156' THEN 'CNY'
        WHEN '美元' THEN 'USD' WHEN '840' THEN 'USD' WHEN '欧元' THEN 'EUR' WHEN '978' THEN 'EUR'
        WHEN '港币' THEN 'HKD' WHEN '港元' THEN 'HKD' WHEN '344' THEN 'HKD' WHEN '日元' THEN 'JPY' WHEN '392' THEN 'JPY'
        ELSE upper(trim(fold(x))) END END""",
)
_SCOPES = """
    CREATE TABLE scope AS SELECT row_number() OVER (ORDER BY account, currency)::INTEGER AS scope, account, currency
    FROM (SELECT DISTINCT account, currency FROM told WHERE account <> '')
"""
_LINES = """
    INSERT INTO line
    SELECT is_bank, trim(entry_id), scope, as_day(day), is_outgo(direction, is_bank) <> (as_amount(amount) < 0),
        nullif(abs(as_amount(amount)) * 100, 0)::BIGINT, ref, false, key_of(scope, ref)
    FROM (SELECT *, as_reference(reference) AS ref FROM told) LEFT JOIN scope USING (account, currency)
"""
_FAULTY = """
    SELECT count(*) FROM line WHERE id IS NULL OR id = '' OR contains(id::VARCHAR, ';') OR scope IS NULL OR day IS NULL OR outgo IS NULL OR cents IS NULL
"""
_TWICE = "SELECT count(*) - count(DISTINCT (bank, id)) FROM line"
_REST = """
    INSERT INTO told_rest
    SELECT bank, id, batch_no, coalesce(bill_no, CASE WHEN is_bank THEN bank_serial END), counterparty_account,
        counterparty_name, concat_ws(' ', narrative, purpose, description), id
    FROM left_over JOIN told ON told.is_bank = left_over.bank AND trim(told.entry_id) = left_over.id
"""


class CsvSource:
    """The two files. Raises InvalidInput with the first faults where rows cannot be taken; then nothing was matched."""

    def __init__(self, bank: Path, book: Path) -> None:
        self.sides = (Side(bank, True), Side(book, False))
        self._columns = {side.is_bank: side.columns() for side in self.sides}

    def load_lines(self, board: Board) -> None:
        """Fill `line`; `told` is a view of both files. Raises InvalidInput."""
        for macro in _MACROS:
            board.run(macro)
        views = " UNION ALL ".join(self._select(side) for side in self.sides)
        board.run(f"CREATE VIEW told AS {views}")
        try:
            board.run(_SCOPES)
            board.run(_LINES)
        except duckdb.Error as error:
            raise self._refusal(str(error)) from None
        if board.count(_FAULTY) or board.count(_TWICE):
            raise self._refusal("")

    def load_rest(self, board: Board) -> None:
        """Fill `told_rest` by a second look at the files."""
        board.run(_REST)

    def load_names(self, board: Board) -> None:
        """Fill `party`."""
        board.run(
            "INSERT INTO party SELECT DISTINCT as_name(counterparty_name) FROM told WHERE counterparty_name <> ''"
        )

    def _select(self, side: Side) -> str:
        """One file with every known column; names come from our own list."""
        header = self._columns[side.is_bank]
        columns = [name if name in header else f"NULL::VARCHAR AS {name}" for name in _KNOWN]
        renamed = ", ".join(
            {
                "account": "as_account(trim(account)) AS account",
                "currency": f"coalesce(as_currency({'currency' if 'currency' in header else 'NULL'}), 'CNY') AS currency",
            }.get(name, column)
            for name, column in zip(_KNOWN, columns, strict=True)
        )
        day = (
            "coalesce(nullif(trim(value_on), ''), booked_on)"
            if "value_on" in header and side.is_bank
            else "booked_on"
        )
        return (
            f"SELECT {side.is_bank} AS is_bank, {day} AS day, {renamed} FROM {self.relation(side)}"  # noqa: S608 - our own words
        )

    def relation(self, side: Side) -> str:
        """One file as duckdb reads it; path and header are quoted."""
        kinds = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in self._columns[side.is_bank])
        path = _quoted(str(side.path))
        return f"read_csv({path}, columns = {{{kinds}}}, header = true, auto_detect = false)"

    def _refusal(self, otherwise: str) -> InvalidInput:
        faults = [fault for side in self.sides for fault in islice(side.faults(), FAULTS_SHOWN)]
        for side in self.sides if not faults else ():
            if side.has_mixed_ends():
                return InvalidInput(
                    f"{side.path.name} 的换行符不一致，请另存为统一的 CSV（全部 CRLF 或全部 LF）",
                    f"{side.path.name} has rows ending in CRLF and in LF; save it with one of them throughout",
                )
        if not faults:
            reason = otherwise.partition("\n")[0][:200]
            return InvalidInput(f"文件无法读取：{reason}", f"the files cannot be read: {reason}")
        first = faults[0]
        return InvalidInput(
            "\n".join(fault.message for fault in faults[:FAULTS_SHOWN]),
            "\n".join(fault.message_en for fault in faults[:FAULTS_SHOWN]),
            field=first.field,
            row=first.row,
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def published_calendar() -> Calendar:
    """The working days of the published holiday notices; plain weeks in years without one."""
    holidays = frozenset(day for day in published.holidays if day.weekday() < 5)
    return Calendar(holidays=holidays, makeup_days=frozenset(published.workdays))
