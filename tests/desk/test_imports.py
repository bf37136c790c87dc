"""The sheet reader: encodings, kinds of cells, traps, limits."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from desk import imports
from desk.imports import read_table
from kernel.errors import InvalidInput

TEXT = '付款单号,收款人,金额\nA1,"深圳市𬱖晟电子,公司",12.50\n\nA2,"两行\n户名",3\n'


def sheet(rows, **shape) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    for row in rows:
        page.append(row)
    for at in shape.get("hidden", ()):
        page.row_dimensions[at].hidden = True
    if "merge" in shape:
        page.merge_cells(shape["merge"])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


class TestReadTable:
    @pytest.mark.parametrize(
        ("encoding", "shown"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("gb18030", "GB18030")]
    )
    def test_reads_csv_in_the_encodings_of_the_trade(self, encoding, shown):
        table = read_table(TEXT.encode(encoding), "付款.csv")

        assert (table.encoding, table.header) == (shown, ("付款单号", "收款人", "金额"))
        assert table.rows[0].cells[1].text == "深圳市𬱖晟电子,公司"

    def test_numbers_rows_as_the_sheet_does_across_blank_and_folded_lines(self):
        table = read_table(TEXT.encode(), "x.csv")

        assert [line.number for line in table.rows] == [2, 4]

    def test_keeps_the_kind_of_each_cell(self):
        table = read_table(
            sheet([["a", "b", "c", "d"], ["0012", 1268400.5, date(2026, 11, 24), None]]), "x.xlsx"
        )

        text, number, day, empty = table.rows[0].cells
        assert (text.text, text.kind) == ("0012", "text")
        assert (number.text, number.kind, number.value) == (
            "1268400.5",
            "number",
            Decimal("1268400.5"),
        )
        assert (day.text, day.kind, day.value) == ("2026-11-24", "date", date(2026, 11, 24))
        assert (empty.text, empty.kind) == ("", "empty")

    def test_reports_hidden_rows_formulas_merged_cells_and_long_numbers(self):
        data = sheet(
            [["a", "b"], ["x", "=1+1"], ["y", 1234567890123456], ["z", None]],
            hidden=[3],
            merge="A4:B4",
        )

        told = " ".join(read_table(data, "x.xlsx").warnings)

        for word in ("隐藏行（第 3 行", "公式单元格（B2", "合并单元格（A4:B4", "超过 15 位"):
            assert word in told

    @pytest.mark.parametrize(
        ("data", "name", "code"),
        [
            (b"", "x.xlsx", "file_empty"),
            (b"a,b\n", "x.csv", "file_empty"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "x.xls", "file_kind"),
            (b"PK\x03\x04 broken", "x.xlsx", "file_unreadable"),
            (b'a,b\n"open,1\n', "x.csv", "file_unreadable"),
            (b"a\x00b,c\n1,2\n", "x.csv", "file_unreadable"),
            (b"\xff\xff\xff\xff", "x.csv", "file_encoding"),
            (b"a,a\n1,2\n", "x.csv", "header_twice"),
            (b"hello", "x.pdf", "file_kind"),
        ],
    )
    def test_refuses_what_it_cannot_read_and_says_why(self, data, name, code):
        with pytest.raises(InvalidInput) as caught:
            read_table(data, name)

        assert caught.value.code == code

    def test_refuses_a_workbook_that_unpacks_to_too_much(self, monkeypatch):
        monkeypatch.setattr(imports, "UNPACKED_MAX", 1_000_000)
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/workbook.xml", b"0" * 2_000_000)

        with pytest.raises(InvalidInput) as caught:
            read_table(target.getvalue(), "x.xlsx")

        assert caught.value.code == "file_too_large"
