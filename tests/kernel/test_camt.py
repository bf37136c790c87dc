"""camt.053 as a stream: every version and prefix, nothing lost at the cuts, the hostile and the broken refused."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from kernel.errors import InvalidInput
from kernel.formats import camt
from statements.rows import COLUMNS
from tests.statements.files import URN, E, camt_file, entry_xml, statement_xml, told

FIELD = {name: at for at, name in enumerate(COLUMNS)}


def rows_of(data):
    return [row for _, rows in told(camt, data) for row in rows]


class TestRead:
    @pytest.mark.parametrize("version", [2, 3, 4, 6, 7, 8, 10, 13])
    @pytest.mark.parametrize("prefix", ["", "ns2"])
    def test_reads_every_version_with_and_without_prefix(self, version, prefix):
        p = f"{prefix}:" if prefix else ""
        entry = E("-12.50", "S1", ref="Y001", said="货款 & 运费")
        data = camt_file(
            statement_xml([entry], version=version, p=p), version=version, prefix=prefix
        )

        ((section, (row,)),) = told(camt, data)

        assert (section.account, section.currency, section.sequence) == ("440012345678", "CNY", 12)
        assert (section.opening, section.closing) == (Decimal("1000.00"), Decimal("1000.00"))
        assert (section.first, section.closing_day) == (date(2026, 11, 24), date(2026, 11, 24))
        assert row[FIELD["direction"]] == "DBIT"
        assert row[FIELD["amount"]] == "12.50"
        assert row[FIELD["bank_serial"]] == "S1"
        assert row[FIELD["counterparty_name"]] == "江阴恒源化工有限公司"
        assert row[FIELD["counterparty_account"]] == "6222000010"
        assert row[FIELD["purpose"]] == "货款 & 运费"
        assert row[FIELD["reference"]] == "Y001"

    def test_the_party_of_a_credit_is_its_debtor(self):
        (row,) = rows_of(camt_file(statement_xml([E("5.00", name="客户", account="111")])))

        assert (row[FIELD["counterparty_name"]], row[FIELD["counterparty_account"]]) == (
            "客户",
            "111",
        )

    def test_pending_entries_are_announced_not_booked(self):
        data = camt_file(
            statement_xml([E("1.00", "A"), E("2.00", "B", state="PDNG"), E("3.00", "C")])
        )

        ((section, rows),) = told(camt, data)

        assert [row[FIELD["bank_serial"]] for row in rows] == ["A", "C"]
        assert (section.count, section.skipped) == (2, 1)

    def test_a_batch_is_one_entry_under_the_name_of_its_batch(self):
        raw = (
            '<Ntry><Amt Ccy="CNY">30.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-24</Dt></BookgDt>'
            "<NtryDtls><Btch><PmtInfId>PB77</PmtInfId></Btch><TxDtls><Refs><EndToEndId>a</EndToEndId></Refs></TxDtls>"
            "<TxDtls><Refs><EndToEndId>b</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
        )

        (row,) = rows_of(camt_file(statement_xml([], raw=raw)))

        assert row[FIELD["reference"]] == "PB77"
        assert len(row) == len(COLUMNS)

    def test_several_statements_and_empty_ones_stand_apart(self):
        data = camt_file(
            statement_xml([E("1.00", "A")], account="1"),
            statement_xml([], account="2"),
            statement_xml([E("2.00", "B"), E("3.00", "C")], account="3"),
        )

        found = told(camt, data)

        assert [(s.account, len(rows), s.count) for s, rows in found] == [
            ("1", 1, 1),
            ("2", 0, 0),
            ("3", 2, 2),
        ]

    def test_unread_rows_of_one_statement_do_not_hide_the_next(self):
        data = camt_file(
            *(
                statement_xml([E("1.00", str(n)) for n in range(50)], account=str(a))
                for a in range(3)
            )
        )

        assert [one.account for one in camt.read(io.BytesIO(data))] == ["0", "1", "2"]

    def test_gbk_files_are_read_too(self):
        (row,) = rows_of(camt_file(statement_xml([E("1.00", name="䶮记商行")]), encoding="GB18030"))

        assert row[FIELD["counterparty_name"]] == "䶮记商行"

    def test_marks_of_the_stream_inside_texts_become_blanks(self):
        raw = entry_xml(E("1.00", said="一\t二\n三")).replace("三", "三&#9;四&#x0A;五&#127;六")

        (row,) = rows_of(camt_file(statement_xml([], raw=raw)))

        assert row[FIELD["purpose"]] == "一 二 三 四 五 六"

    @pytest.mark.parametrize("block", [700, 100_000])
    def test_an_end_tag_quoted_inside_an_entry_is_read_rightly_or_refused(self, block, monkeypatch):
        monkeypatch.setattr(camt, "BLOCK_BYTES", block)
        quoted = entry_xml(E("1.00")).replace("货款", "<![CDATA[</Ntry>]]>" + "x" * 600)
        data = camt_file(statement_xml([], raw=quoted + entry_xml(E("2.00"))))
        try:
            rows = rows_of(data)
        except InvalidInput:
            return

        assert [row[FIELD["amount"]] for row in rows] == ["1.00", "2.00"]
        assert rows[0][FIELD["purpose"]].startswith("</Ntry>")

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(
            st.builds(
                E,
                amount=st.integers(-(10**9), 10**9).filter(bool).map(lambda n: f"{n / 100:.2f}"),
                serial=st.text("AB12", max_size=6),
                name=st.text(
                    st.characters(
                        min_codepoint=0x20, max_codepoint=0x9FFF, exclude_categories=["Cc", "Cs"]
                    ),
                    max_size=12,
                ),
                said=st.text("货 款<>&\"'x", max_size=9),
            ),
            max_size=30,
        ),
        st.integers(64, 3000),
    )
    def test_what_a_whole_tree_says_survives_any_cut_of_the_stream(self, entries, block):
        data = camt_file(statement_xml(entries))
        before, camt.BLOCK_BYTES = camt.BLOCK_BYTES, block
        try:
            rows = rows_of(data)
        finally:
            camt.BLOCK_BYTES = before

        c = "{" + URN.format(2) + "}"
        tree = etree.fromstring(data)
        expected = [
            (
                one.findtext(f"{c}Amt"),
                one.findtext(f"{c}AcctSvcrRef") or "",
                (one.findtext(f".//{c}RltdPties/*/{c}Nm") or "").strip(),
                (one.findtext(f".//{c}Ustrd") or "").strip(),
            )
            for one in tree.iter(f"{c}Ntry")
        ]
        found = [
            (
                row[FIELD["amount"]],
                row[FIELD["bank_serial"]],
                row[FIELD["counterparty_name"]].strip(),
                row[FIELD["purpose"]].strip(),
            )
            for row in rows
        ]
        assert found == expected


class TestRefusals:
    def refused(self, data):
        with pytest.raises(InvalidInput) as refusal:
            for _ in told(camt, data):
                pass
        return refusal.value.code

    def test_entities_and_dtds(self):
        bomb = '<!DOCTYPE Document [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'

        assert self.refused(camt_file(statement_xml([E("1.00")]), prolog=bomb)) == "file_hostile"

    def test_a_dtd_far_behind_the_start(self):
        padding = "<!--" + "x" * 300_000 + "-->"
        data = camt_file(
            statement_xml([E("1.00")]), prolog=padding + "<!DOCTYPE x SYSTEM 'file:///etc/passwd'>"
        )

        assert self.refused(data) == "file_hostile"

    def test_depth(self):
        raw = entry_xml(E("1.00")).replace("货款", "<x>" * 5000 + "</x>" * 5000)

        assert self.refused(camt_file(statement_xml([], raw=raw))) == "file_unreadable"

    def test_an_entry_without_end_before_memory_is_gone(self):
        head, _, _tail = camt_file(statement_xml([E("1.00")])).partition(b"</Ntry>")

        class Endless(io.RawIOBase):
            given = 0

            def readable(self):
                return True

            def read(self, size=-1):
                if not self.given:
                    self.given = len(head)
                    return head
                self.given += size
                return b"x" * size

        stream = Endless()
        with pytest.raises(InvalidInput) as refusal:
            [list(section.rows) for section in camt.read(stream)]

        assert refusal.value.code == "file_too_large"
        assert stream.given < 6 * 1024 * 1024

    def test_a_head_without_end(self):
        data = camt_file("<x/>" * 400_000)

        assert self.refused(data) == "file_too_large"

    @pytest.mark.parametrize("keep", [0.3, 0.6, 0.9, 0.99])
    def test_a_file_cut_off(self, keep):
        data = camt_file(statement_xml([E("1.00", str(n)) for n in range(20)]))

        assert self.refused(data[: int(len(data) * keep)]) in {"file_cut", "file_unreadable"}

    def test_broken_xml_inside_an_entry(self):
        data = camt_file(statement_xml([E("1.00")])).replace(b"</Ustrd>", b"</Usrd>")

        assert self.refused(data) == "file_unreadable"

    @pytest.mark.parametrize(
        "data",
        [
            b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.03'><x/></Document>",
            camt_file(statement_xml([E("1.00")]), version=14),
            b"<html/>",
        ],
    )
    def test_what_is_no_camt(self, data):
        assert self.refused(data) == "file_kind"

    def test_wide_encodings(self):
        assert self.refused("<Document/>".encode("utf-16")) == "file_encoding"
