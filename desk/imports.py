"""One reader for every sheet people upload: .xlsx, .csv in UTF-8 or GB18030 → rows of cells with their kinds and warnings."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kernel.errors import InvalidInput

SIZE_MAX = 20 * 1024 * 1024
UNPACKED_MAX = 200 * 1024 * 1024
ROWS_MAX = 50_000
COLUMNS_MAX = 200
CELL_MAX = 2_000


@dataclass(frozen=True)
class Cell:
    """One cell: its text as a person reads it, what kind it was (text, number, date, empty), and the value behind it."""

    text: str
    kind: str = "text"
    value: Any = None


@dataclass(frozen=True)
class Line:
    """One row below the header; `number` is the row number a spreadsheet shows."""

    number: int
    cells: tuple[Cell, ...]

    def is_empty(self) -> bool:
        """Whether nothing stands in it."""
        return all(not cell.text for cell in self.cells)


@dataclass(frozen=True)
class Table:
    """What was read: header, rows, and what a careful reader should know about the file."""

    header: tuple[str, ...]
    rows: tuple[Line, ...]
    header_row: int
    encoding: str
    sheet: str
    warnings: tuple[str, ...] = ()

    def column(self, name: str) -> int:
        """Index of a heading; -1 when absent."""
        return self.header.index(name) if name in self.header else -1


EMPTY = Cell("", "empty", None)


@dataclass(frozen=True)
class Grid:
    """Every line of the first sheet, before anybody says which of them holds the headings."""

    lines: tuple[Line, ...]
    encoding: str
    sheet: str
    warnings: tuple[str, ...] = ()


def read_grid(data: bytes, filename: str) -> Grid:
    """The lines of the file; raises what `read_table` raises of files it cannot read."""
    return _read(data, filename)


def table_from(grid: Grid, header_index: int) -> Table:
    """The table whose headings stand on this line of the grid; what is above is left out."""
    return _finish(grid, header_index)


def _refuse(message: str, message_en: str, code: str) -> InvalidInput:
    return InvalidInput(message, message_en, code=code, field="file")


def read_table(data: bytes, filename: str) -> Table:
    """The first sheet of the file. Raises InvalidInput (file_empty, file_too_large, file_kind, file_unreadable, …)."""
    grid = _read(data, filename)
    first = next((at for at, line in enumerate(grid.lines) if not line.is_empty()), 0)
    return _finish(grid, first)


def _read(data: bytes, filename: str) -> Grid:
    if not data:
        raise _refuse("文件是空的", "the file is empty", "file_empty")
    if len(data) > SIZE_MAX:
        raise _refuse(
            f"文件超过 {SIZE_MAX // 1024 // 1024} MB 上限",
            "the file is too large",
            "file_too_large",
        )
    if data[:4] == b"PK\x03\x04":
        return _read_xlsx(data)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise _refuse(
            "不支持旧版 .xls 或加密的工作簿，请另存为未加密的 .xlsx",
            "old or encrypted workbook",
            "file_kind",
        )
    if filename.lower().endswith((".csv", ".txt")):
        return _read_csv(data)
    raise _refuse("只支持 .xlsx 与 .csv 文件", "only .xlsx and .csv are taken", "file_kind")


def _finish(grid: Grid, header_index: int) -> Table:
    lines, warnings = grid.lines[header_index:], list(grid.warnings)
    filled = [line for line in lines if not line.is_empty()]
    if not filled:
        raise _refuse("文件中没有数据", "no rows in the file", "file_empty")
    head = filled[0]
    header = tuple(cell.text.strip() for cell in head.cells)
    while header and not header[-1]:
        header = header[:-1]
    named = [name for name in header if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise _refuse(f"表头重复：{'、'.join(twice)}", "a heading stands twice", "header_twice")
    width = len(header)
    rows = []
    for line in filled[1:]:
        cells = (line.cells + (EMPTY,) * width)[:width]
        if any(cell.text for cell in line.cells[width:]):
            warnings.append(f"第 {line.number} 行有超出表头的单元格，已忽略")
        rows.append(Line(line.number, cells))
    if len(rows) > ROWS_MAX:
        raise _refuse(f"数据超过 {ROWS_MAX} 行上限，请拆分后导入", "too many rows", "file_too_long")
    if not rows:
        raise _refuse("文件只有表头，没有数据行", "the file has a header and no rows", "file_empty")
    return Table(header, tuple(rows), head.number, grid.encoding, grid.sheet, tuple(warnings[:50]))


# --- CSV ----------------------------------------------------------------------------------------------------------


def _decode(data: bytes) -> tuple[str, str]:
    for encoding, shown in (("utf-8-sig", "UTF-8"), ("gb18030", "GB18030")):
        try:
            return data.decode(encoding), shown
        except UnicodeDecodeError:
            continue
    raise _refuse(
        "文件编码无法识别，请保存为 UTF-8 或 GB18030", "neither UTF-8 nor GB18030", "file_encoding"
    )


def _read_csv(data: bytes) -> Grid:
    text, encoding = _decode(data)
    if "\x00" in text:
        raise _refuse("文件不是文本格式的 CSV", "binary data in a CSV", "file_unreadable")
    first = text.split("\n", 1)[0]
    delimiter = max((",", "\t", ";"), key=first.count)
    lines: list[Line] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        start = 1
        for record in reader:
            if len(lines) > ROWS_MAX + 1:
                break
            cells = tuple(
                Cell(_clip(value), "text" if value else "empty", value)
                for value in record[:COLUMNS_MAX]
            )
            lines.append(Line(start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise _refuse(
            f"第 {reader.line_num} 行不是合法的 CSV：引号未配对或含非法字符",
            str(error),
            "file_unreadable",
        ) from None
    return Grid(tuple(lines), encoding, "")


def _clip(value: str) -> str:
    return value.strip()[:CELL_MAX]


# --- workbooks ----------------------------------------------------------------------------------------------------


def _guard_zip(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = packed.infolist()
    except zipfile.BadZipFile:
        raise _refuse(
            "文件已损坏，无法打开", "not a readable workbook", "file_unreadable"
        ) from None
    if len(members) > 2_000 or sum(member.file_size for member in members) > UNPACKED_MAX:
        raise _refuse(
            "文件解压后过大，已拒绝", "the workbook unpacks to too much", "file_too_large"
        )
    names = {member.filename for member in members}
    if "xl/workbook.xml" not in names:
        raise _refuse("文件不是 .xlsx 工作簿", "not an .xlsx workbook", "file_kind")


def _cell(value: Any) -> Cell:
    if value is None or value == "":
        return EMPTY
    if isinstance(value, bool):
        return Cell("是" if value else "否", "text", value)
    if isinstance(value, (int, float)):
        exact = Decimal(repr(value))
        plain = format(
            exact.to_integral_value() if exact == exact.to_integral_value() else exact, "f"
        )
        return Cell(plain, "number", exact)
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return Cell(
            value.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S"), "date", value.date()
        )
    if isinstance(value, date):
        return Cell(value.isoformat(), "date", value)
    return Cell(_clip(str(value)), "text", str(value))


def _read_xlsx(data: bytes) -> Grid:
    import python_calamine

    _guard_zip(data)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        visible = [
            meta.name
            for meta in book.sheets_metadata
            if meta.visible == python_calamine.SheetVisibleEnum.Visible
        ]
        if not visible:
            raise _refuse("工作簿没有可见的工作表", "no visible sheet", "file_empty")
        name = visible[0]
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height > ROWS_MAX + 100 or sheet.total_width > 16_384:
            raise _refuse(
                f"数据超过 {ROWS_MAX} 行上限，请拆分后导入", "too many rows", "file_too_long"
            )
        grid = sheet.to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise _refuse(
            "文件已损坏或不是 .xlsx，无法读取", str(error)[:200], "file_unreadable"
        ) from None
    warnings = (
        [f"共有 {len(visible)} 张可见工作表，只读取第一张「{name}」"] if len(visible) > 1 else []
    )
    warnings += _traps(data, name)
    lines = [
        Line(at, tuple(_cell(v) for v in row[:COLUMNS_MAX])) for at, row in enumerate(grid, start=1)
    ]
    for line in lines:
        for cell in line.cells:
            if cell.kind == "number" and len(cell.text.lstrip("-").split(".")[0]) > 15:
                warnings.append(
                    f"第 {line.number} 行有超过 15 位的数字单元格，末位可能已被表格软件改为 0，请改为文本"
                )
                break
    return Grid(tuple(lines), "xlsx", name, tuple(warnings))


def _traps(data: bytes, name: str) -> list[str]:
    """Hidden rows and columns, formulas, merged cells: read, and reported."""
    import openpyxl

    try:
        sheet = openpyxl.load_workbook(io.BytesIO(data))[name]
    except (KeyError, ValueError, TypeError, OSError):
        return ["无法检查隐藏行与公式，请人工核对"]
    found = []
    hidden = sorted(at for at, shape in sheet.row_dimensions.items() if shape.hidden)
    if hidden:
        found.append(
            f"有隐藏行（第 {'、'.join(map(str, hidden[:10]))} 行{'等' if len(hidden) > 10 else ''}），内容同样已读取"
        )
    columns = sorted(at for at, shape in sheet.column_dimensions.items() if shape.hidden)
    if columns:
        found.append(f"有隐藏列（{'、'.join(columns[:10])}），内容同样已读取")
    if sheet.merged_cells.ranges:
        found.append(
            f"有合并单元格（{'、'.join(str(r) for r in list(sheet.merged_cells.ranges)[:5])}），只有左上角的值有效"
        )
    formulas = [
        cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
    ]
    if formulas:
        found.append(
            f"有公式单元格（{'、'.join(formulas[:10])}{'等' if len(formulas) > 10 else ''}），读取的是保存时的结果"
        )
    return found
