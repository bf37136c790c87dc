"""Tables people send in as .xlsx or .csv: read row by row under our own column names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from kernel.errors import InvalidInput

ROWS_MAX = 300_000
FAULTS_SHOWN = 500


@dataclass
class Preview:
    """What a file holds: good rows, and faults as (row number of the sheet, column, words)."""

    good: list[dict[str, str]] = field(default_factory=list)
    faults: list[tuple[int, str, str]] = field(default_factory=list)
    rows: int = 0
    new: int = 0
    changed: int = 0

    def summary(self) -> dict[str, object]:
        """The counts and the first faults, fit for storing."""
        return {
            "rows": self.rows,
            "good": len(self.good),
            "bad": len({row for row, _, _ in self.faults}),
            "new": self.new,
            "changed": self.changed,
            "same": len(self.good) - self.new - self.changed,
            "faults": self.faults[:FAULTS_SHOWN],
        }


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput(
        "文件编码无法识别，请使用 UTF-8 或 GB18030", "unknown encoding", field="file"
    )


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return str(value).strip()


def _sheet(data: bytes, filename: str) -> Iterator[list[str]]:
    if filename.lower().endswith(".csv"):
        yield from csv.reader(io.StringIO(_decoded(data)))
        return
    import python_calamine  # few processes read a sheet

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        rows = book.get_sheet_by_index(0).iter_rows()
        yield from ([_cell(value) for value in row] for row in rows)
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise InvalidInput(
            "文件无法读取，请上传 .xlsx 或 .csv 文件", f"unreadable workbook: {error}", field="file"
        ) from None


def rows_of(
    data: bytes, filename: str, heads: dict[str, tuple[str, ...]], must: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows by our own column names with their number in the sheet; raises InvalidInput without the wanted columns."""
    sheet = _sheet(data, filename)
    titles = [title.strip().lower() for title in next(sheet, [])]
    places = {
        name: titles.index(alias)
        for name, aliases in heads.items()
        for alias in reversed(aliases)
        if alias in titles
    }
    if missing := [heads[name][0] for name in must if name not in places]:
        raise InvalidInput(
            f"首行缺少列：{'、'.join(missing)}", f"missing columns: {missing}", field="file"
        )
    for number, cells in enumerate(sheet, start=2):
        if number > ROWS_MAX + 1:
            raise InvalidInput(f"文件超过 {ROWS_MAX} 行", "too many rows", field="file")
        if any(cell.strip() for cell in cells):
            yield (
                number,
                {name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()},
            )
