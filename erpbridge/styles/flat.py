"""Rows in files: CSV, text with bars, XML; the same rows whatever the form. Pure: bytes in, rows out, and back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from lxml import etree

from erpbridge.contract import FIELD_OF
from erpbridge.styles import safe_xml

ROWS_MAX = 5_000
CELL_MAX = 2_000
_DELIMITERS = {"csv": ",", "txt": "|"}
_RISKY = ("=", "+", "-", "@", "\t", "\r")


class Unreadable(ValueError):
    """The file cannot be read as rows; the message says what and where, in Chinese."""


def decode(data: bytes, encoding: str) -> str:
    """The text of a file. Raises Unreadable naming the byte."""
    try:
        return data.decode(safe_xml.codec_of(encoding)).removeprefix("\ufeff")
    except safe_xml.UnsafeXml:
        raise Unreadable(f"不支持的编码 {encoding}，应为 utf-8、gbk 或 gb18030") from None
    except UnicodeDecodeError as error:
        raise Unreadable(f"第 {error.start} 字节不是 {encoding} 编码") from None


def read_rows(data: bytes, *, form: str, encoding: str) -> list[dict[str, str]]:
    """The rows of a file by field name; headings may be our field names or the Chinese ones. Raises Unreadable."""
    if form == "xml":
        return _read_xml(data)
    if form not in _DELIMITERS:
        raise Unreadable(f"不支持的文件格式 {form}，应为 csv、txt 或 xml")
    text = decode(data, encoding)
    if "\x00" in text:
        raise Unreadable("文件含有空字符，不是文本文件")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_DELIMITERS[form], strict=True)
    try:
        names = [FIELD_OF.get(name.strip(), name.strip()) for name in next(reader, [])]
        if not names or len(set(names)) != len(names):
            raise Unreadable("首行应为不重复的列名")
        return [_row(names, cells, reader.line_num) for cells in reader if any(cells)]
    except csv.Error as error:
        raise Unreadable(f"第 {reader.line_num} 行：{error}") from None


def _row(names: Sequence[str], cells: Sequence[str], line: int) -> dict[str, str]:
    if len(cells) != len(names):
        raise Unreadable(f"第 {line} 行有 {len(cells)} 列，应为 {len(names)} 列")
    if line > ROWS_MAX + 1:
        raise Unreadable(f"超过 {ROWS_MAX} 行")
    if any(len(cell) > CELL_MAX for cell in cells):
        raise Unreadable(f"第 {line} 行有超过 {CELL_MAX} 字的单元格")
    return {
        name: cell.strip().removeprefix("'")
        for name, cell in zip(names, cells, strict=True)
        if cell.strip()
    }


def _read_xml(data: bytes) -> list[dict[str, str]]:
    try:
        root = safe_xml.parse(data)
    except safe_xml.UnsafeXml as error:
        raise Unreadable(str(error)) from None
    rows = []
    for row in root.iterchildren("row"):
        found: dict[str, str] = {}
        for cell in row.iterchildren():
            if isinstance(cell.tag, str) and (text := (cell.text or "").strip()):
                if cell.tag in found or len(text) > CELL_MAX:
                    raise Unreadable(f"第 {row.sourceline} 行的 {cell.tag} 重复或过长")
                found[cell.tag] = text
        rows.append(found)
        if len(rows) > ROWS_MAX:
            raise Unreadable(f"超过 {ROWS_MAX} 行")
    return rows


def _safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_RISKY) else text


def write_rows(
    rows: Iterable[Mapping[str, object]], *, fields: Sequence[str], form: str, encoding: str
) -> bytes:
    """The file of these rows, with a heading line; what the encoding cannot carry raises UnicodeEncodeError."""
    texts = [
        {name: "" if row.get(name) is None else str(row[name]) for name in fields} for row in rows
    ]
    if form == "xml":
        root = etree.Element("rows")
        for row in texts:
            one = etree.SubElement(root, "row")
            for name, text in row.items():
                etree.SubElement(one, name).text = text
        head = f'<?xml version="1.0" encoding="{encoding}"?>\n'
        return (head + etree.tostring(root, encoding="unicode")).encode(safe_xml.codec_of(encoding))
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=_DELIMITERS[form], lineterminator="\r\n")
    writer.writerow(fields)
    writer.writerows([_safe(row[name]) for name in fields] for row in texts)
    return target.getvalue().encode(safe_xml.codec_of(encoding))
