"""Encodings by policy, limits in wire bytes, packed values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bankadapters.errors import Unencodable, Unreadable
from bankadapters.limits import require_filled, require_plain, require_within
from bankadapters.messages import Lines, Record, count, dashed_day, packed, text
from bankadapters.packed import Packed, column
from bankadapters.xml import decode_text, parse_bank_xml, render_xml

RARE = "𠮷"  # in GB18030, in neither GBK nor GB2312


@dataclass(frozen=True)
class Pay(Packed):
    """A line of a batch."""

    number: int | None = column("count", width=4, pad="0")
    name: str = column(width=12)
    amount: Decimal | None = column("yuan", width=8)


@dataclass(frozen=True)
class Row(Packed):
    """A row of a titled table."""

    state: str = column(title="状态")
    day: date | None = column("day", title="交易日期")
    amount: Decimal | None = column("yuan", title="交易金额")


class Batch(Record, tag="B"):
    """A record with packed lines."""

    total: int | None = count("TOTAL")
    due: date | None = dashed_day("DUE")
    note: str = text("NOTE")
    lines: Lines[Pay] | None = packed("CTX", Pay)


class TestDecode:
    def test_what_the_caller_knows_rules_over_the_declaration(self):
        said = '<?xml version="1.0" encoding="UTF-8"?><a>收款</a>'

        assert "收款" in decode_text(said.encode("gbk"), override="GBK")
        with pytest.raises(Unreadable):
            decode_text(said.encode("gbk"))

    def test_without_a_declaration_the_banks_default_counts(self):
        assert decode_text("<a>收款</a>".encode("gbk"), default="gb18030") == "<a>收款</a>"

    @pytest.mark.parametrize("declared", ["GB2312", "GBK", "gb18030", "GB-2312"])
    def test_characters_beyond_the_declared_charset_are_read(self, declared):
        said = f'<?xml version="1.0" encoding="{declared}"?><a>{RARE}</a>'

        assert parse_bank_xml(said.encode("gb18030")).text == RARE

    def test_an_inclusion_is_refused(self):
        said = b'<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="/etc/passwd" parse="text"/></a>'

        with pytest.raises(Unreadable, match="inclusion"):
            parse_bank_xml(said)


class TestRender:
    def root(self, value: str) -> etree._Element:
        root = etree.Element("A")
        etree.SubElement(root, "CRTNAM").text = value
        return root

    def test_writes_the_bytes_it_declares(self):
        data = render_xml(self.root("收款&<"), charset="gbk", declared="GBK")

        assert data.startswith(b'<?xml version="1.0" encoding="GBK"?>')
        assert "收款&amp;&lt;".encode("gbk") in data

    def test_what_the_charset_cannot_carry_is_refused_by_name(self):
        with pytest.raises(Unencodable, match=r"U\+20BB7.*GBK") as caught:
            render_xml(self.root(f"公司{RARE}"), charset="gbk")

        assert caught.value.field == "CRTNAM"

    def test_gb18030_carries_it(self):
        assert RARE.encode("gb18030") in render_xml(self.root(RARE), charset="gb18030")


class TestLimits:
    LIMITS = {"purpose": (6, "bytes:gbk")}

    def test_counts_bytes_of_the_wire(self):
        require_within("货款a", name="purpose", limits=self.LIMITS, forbidden={}, charset="gbk")
        with pytest.raises(Unencodable, match="7, the bank takes 6"):
            require_within(
                "货款一a", name="purpose", limits=self.LIMITS, forbidden={}, charset="gbk"
            )

    def test_names_the_character_a_charset_lacks(self):
        with pytest.raises(Unencodable, match=r"U\+20BB7"):
            require_within(RARE, name="purpose", limits=self.LIMITS, forbidden={}, charset="gbk")

    def test_wants_what_must_be_there(self):
        assert require_filled("a", name="x") == "a"
        assert require_plain("A1-", name="x", also="-") == "A1-"
        for refuse in (
            lambda: require_filled(" ", name="x"),
            lambda: require_plain("中", name="x"),
        ):
            with pytest.raises(Unencodable):
                refuse()


class TestPacked:
    @given(
        number=st.integers(0, 9999),
        name=st.text("收款公司ab", max_size=6),
        amount=st.decimals(0, 99999, places=2),
    )
    def test_a_line_survives_the_wire(self, number, name, amount):
        line = Pay(number, name, amount)

        assert Pay.parse(line.render()) == line
        if len(name.encode("gbk")) <= 12:
            assert Pay.cut(line.fixed(charset="gbk"), charset="gbk") == line

    def test_fixed_columns_are_padded_after_encoding(self):
        assert (
            Pay(7, "收款", Decimal("1.5")).fixed(charset="gbk")
            == b"0007" + "收款".encode("gbk") + b" " * 8 + b"1.50    "
        )

    def test_a_value_with_the_separator_is_refused(self):
        with pytest.raises(Unencodable, match="name"):
            Pay(1, "a|b", Decimal(1)).render()

    def test_a_column_too_narrow_is_named(self):
        with pytest.raises(Unencodable, match="name has 14 bytes, the column 12"):
            Pay(1, "收" * 7, Decimal(1)).fixed(charset="gbk")

    def test_a_chinese_character_that_holds_the_byte_of_a_bar_does_not_cut(self):
        name = "鷟"  # its second GBK byte is that of |

        assert b"|" in name.encode("gbk")
        assert Pay.parse(f"1|{name}|2.00|").name == name

    @pytest.mark.parametrize("line", ["1|a", "x|a|1.00|", "1|a|x|"])
    def test_half_lines_and_wrong_values_are_unreadable(self, line):
        with pytest.raises(Unreadable):
            Pay.parse(line)

    def test_lines_are_a_field_of_a_record(self):
        made = Batch(
            total=2, note="n", lines=Lines([Pay(1, "甲", Decimal(1)), Pay(2, "乙", Decimal(2))])
        )

        read = Batch.parse(parse_bank_xml(render_xml(made.render(), charset="gbk")))

        assert read == made
        assert Batch.parse(etree.fromstring("<B><CTX> </CTX></B>")).lines is None


class TestTable:
    TITLES = "状态|交易日期|交易金额|"

    def test_columns_are_found_by_title_and_empty_values_count(self):
        rows = Row.table("交易日期|状态|交易金额|20260310|0|1.00|20260311||2.00|", rows=2)

        assert [(r.state, r.day, r.amount) for r in rows] == [
            ("0", date(2026, 3, 10), Decimal("1.00")),
            ("", date(2026, 3, 11), Decimal("2.00")),
        ]

    def test_the_titles_are_right_where_the_bank_miscounts_them(self):
        assert len(Row.table(f"{self.TITLES}0|20260310|1.00|", width=4, rows=1)) == 1

    def test_further_columns_of_a_newer_bank_are_skipped(self):
        (row,) = Row.table("状态|新列|交易日期|交易金额|0|x|20260310|1.00|", width=4, rows=1)

        assert row.amount == Decimal("1.00")

    @pytest.mark.parametrize(
        "table", ["状态|交易日期|0|1|", "状态|交易日期|交易金额|0|20260310|", ""]
    )
    def test_what_does_not_fill_rows_is_unreadable(self, table):
        with pytest.raises(Unreadable):
            Row.table(table, rows=1)
