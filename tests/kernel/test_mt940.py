"""MT940 and MT942 as a stream: sides, dates without years, notes of every form, pages, what is missing refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.errors import InvalidInput
from kernel.formats import mt940
from statements.rows import COLUMNS
from tests.statements.files import mt940_file, told

FIELD = {name: at for at, name in enumerate(COLUMNS)}


def rows_of(*entries, **values):
    ((_, rows),) = told(mt940, mt940_file(entries, **values))
    assert all(len(row) == len(COLUMNS) for row in rows)
    return [{name: row[at] for name, at in FIELD.items()} for row in rows]


class TestRead:
    def test_reads_head_entries_and_closing(self):
        ((section, rows),) = told(
            mt940,
            mt940_file([("2611241124D1234,5NTRFY0001//S99", "货款")], closing="D261124CNY234,50"),
        )

        assert (section.account, section.currency, section.sequence, section.page) == (
            "440012345678",
            "CNY",
            68,
            1,
        )
        assert (section.opening, section.closing) == (Decimal("1000.00"), Decimal("-234.50"))
        assert section.closing_day == date(2026, 11, 24)
        assert rows[0][FIELD["amount"]] == "1234.5"

    @pytest.mark.parametrize(
        ("mark", "side"), [("C", "credit"), ("D", "debit"), ("RC", "debit"), ("RD", "credit")]
    )
    def test_a_reversal_goes_the_other_way(self, mark, side):
        (row,) = rows_of((f"2611241124{mark}5,00NTRFNONREF", ""))

        assert row["direction"] == side

    @pytest.mark.parametrize(
        ("field", "day", "value_day"),
        [
            ("261124D5,NTRFX", "2026-11-24", "2026-11-24"),
            ("2612311231D5,NTRFX", "2026-12-31", "2026-12-31"),
            ("2612310102D5,NTRFX", "2027-01-02", "2026-12-31"),
            ("2701021231D5,NTRFX", "2026-12-31", "2027-01-02"),
        ],
    )
    def test_the_entry_date_takes_the_year_nearest_to_the_value_date(self, field, day, value_day):
        (row,) = rows_of((field, ""))

        assert (row["bank_date"], row["value_date"]) == (day, value_day)

    def test_references_of_both_sides_and_a_supplement(self):
        (row,) = rows_of(("2611241124DR12,00NTRFA/B-77//BANK/1\r\nsupplement", "说明"))

        assert (row["reference"], row["bank_serial"], row["narrative"]) == (
            "A/B-77",
            "BANK/1",
            "说明",
        )

    def test_notes_of_several_lines_are_one_text(self):
        (row,) = rows_of(("2611241124D1,NTRFX", "第一行\r\n第二行\r\n第三行"))

        assert row["narrative"] == "第一行 第二行 第三行"

    def test_notes_in_numbered_subfields(self):
        notes = "166?00SEPA?20EREF+Y0001?21SVWZ+?22货款 11 月?30104100000004?31320766254501?32江阴恒源\r\n化工?33有限公司"
        (row,) = rows_of(("2611241124D1,NTRFNONREF", notes))

        assert row["counterparty_name"] == "江阴恒源化工有限公司"
        assert (row["counterparty_account"], row["counterparty_bank"]) == (
            "320766254501",
            "104100000004",
        )
        assert row["narrative"].endswith("货款 11 月")
        assert row["reference"] == "Y0001SVWZ"[:5] or row["reference"].startswith("Y0001")

    def test_notes_in_slash_words(self):
        (row,) = rows_of(
            ("2611241124C1,NTRFNONREF", "/EREF/Y0001/NAME/江阴恒源/ACCT/6222000010/REMI/货款")
        )

        assert (row["reference"], row["counterparty_name"]) == ("Y0001", "江阴恒源")
        assert (row["counterparty_account"], row["narrative"]) == ("6222000010", "货款")

    def test_pages_of_one_statement_follow_each_other(self):
        data = mt940_file([("261124D1,NTRFX", "")], number="7/1", kind="M") + mt940_file(
            [("261124D2,NTRFX", "")], number="7/2"
        )

        found = told(mt940, data)

        assert [(s.sequence, s.page, len(rows)) for s, rows in found] == [(7, 1, 1), (7, 2, 1)]

    def test_wrapped_in_swift_blocks(self):
        data = "{1:F01BKCHCNBJAXXX0000000000}{2:O9400000}{4:\r\n" + mt940_file(
            [("261124D1,NTRFX", "")]
        )
        data = data.rstrip().removesuffix("-") + "-}\r\n"

        assert [len(rows) for _, rows in told(mt940, data * 2)] == [1, 1]

    def test_a_day_without_entries(self):
        ((section, rows),) = told(mt940, mt940_file([]))

        assert (rows, section.closing) == ([], Decimal("1000.00"))

    def test_an_interim_report_has_sums_and_no_balance(self):
        data = (
            ":20:I1\n:25:BKCH/440012345678CNY\n:28C:3/1\n:34F:CNY0,\n:13D:2611241130+0800\n:61:261124C10,NTRFX\n:86:a\n"
            ":61:261124D4,NTRFX\n:90D:1CNY4,\n:90C:1CNY10,\n-\n"
        )

        ((section, rows),) = told(mt940, data)

        assert (section.account, section.is_interim, len(rows)) == ("440012345678", True, 2)
        assert (section.told_count, section.told_credits, section.told_debits) == (
            2,
            Decimal("10.00"),
            Decimal("4.00"),
        )

    def test_gbk_files_are_read_too(self):
        ((_, rows),) = told(mt940, mt940_file([("261124D1,NTRFX", "䶮记货款")]).encode("gb18030"))

        assert rows[0][FIELD["narrative"]] == "䶮记货款"

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.integers(1, 10**10),
                st.sampled_from(["C", "D"]),
                st.text("AB12/x", max_size=8).filter(lambda t: "//" not in t and not t.endswith("/") and not t.startswith("/")),
                st.lists(st.text("货款 x:-", min_size=1, max_size=8).filter(lambda t: t.strip() and t[0] not in ":- /"), min_size=1, max_size=3),
            ),
            max_size=25,
        ),
        st.integers(40, 500),
    )  # fmt: skip
    def test_no_entry_is_lost_or_changed_by_any_cut_of_the_stream(self, entries, block):
        fields = [
            (f"2611241124{side}{n // 100},{n % 100:02d}NTRF{ref or 'X'}", "\r\n".join(notes))
            for n, side, ref, notes in entries
        ]
        before, mt940.BLOCK_BYTES = mt940.BLOCK_BYTES, block
        try:
            rows = rows_of(*fields)
        finally:
            mt940.BLOCK_BYTES = before

        expected = [
            (
                Decimal(n).scaleb(-2),
                "credit" if side == "C" else "debit",
                ref or "X",
                " ".join(notes),
            )
            for n, side, ref, notes in entries
        ]
        found = [
            (Decimal(r["amount"]), r["direction"], r["reference"], r["narrative"]) for r in rows
        ]
        assert found == expected


class TestRefusals:
    def refused(self, data):
        with pytest.raises(InvalidInput) as refusal:
            told(mt940, data)
        return refusal.value

    @pytest.mark.parametrize("data", ["", "hello", ":25:1\n:61:x\n", "x" * 100_000])
    def test_what_is_no_mt940(self, data):
        assert self.refused(data).code == "file_kind"

    def test_an_entry_that_cannot_be_read_is_named(self):
        error = self.refused(mt940_file([("261124D1,NTRFX", ""), ("26112XD1,NTRFX", "")]))

        assert error.row == 2
        assert "第 2 笔" in error.message

    def test_a_day_that_does_not_exist(self):
        assert "260231" in self.refused(mt940_file([("260231D1,NTRFX", "")])).message

    def test_a_statement_without_its_closing(self):
        data = mt940_file([("261124D1,NTRFX", "")]).split(":62F:")[0]

        assert self.refused(data).code == "file_cut"

    def test_a_balance_that_is_none(self):
        assert "62F" in self.refused(mt940_file([], closing="C261124CNY1.000,00")).message

    def test_a_missing_account(self):
        assert ":25:" in self.refused(mt940_file([]).replace(":25:440012345678\r\n", "")).message
