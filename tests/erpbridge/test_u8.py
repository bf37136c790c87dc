"""用友 U8: the file 总账工具 imports, field by field, and what it writes back; EAI and OpenAPI beside it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from erpbridge.profiles import u8

LINE = {
    "posting_key": "payment:1", "company_code": "1000", "day": "2026-11-24", "period": "2026-11", "voucher_type": "付",
    "voucher_no": "12", "attachments": "1", "maker": "张明", "reverses": "", "line_no": "1", "description": "付江阴恒源化工 货款",
    "subject": "2202", "debit": "1268400.00", "credit": "0.00", "currency": "CNY", "settlement_method": "网银",
    "bill_no": "18000001", "bill_date": "2026-11-24", "supplier": "V00001",
}  # fmt: skip
VOUCHER = [
    LINE,
    LINE | {"line_no": "2", "subject": "1002.01", "debit": "0.00", "credit": "1268400.00", "supplier": ""},
]  # fmt: skip


class TestVoucherText:
    def test_reads_as_the_import_tool_wants_it(self):
        text = u8.voucher_text(VOUCHER).decode("gbk")

        assert text.split("\r\n") == [
            "填制凭证,V800",
            "2026-11-24,付,12,1,付江阴恒源化工 货款,2202,1268400.00,,,,,张明,网银,18000001,2026-11-24,,,,V00001",
            "2026-11-24,付,12,1,付江阴恒源化工 货款,100201,,1268400.00,,,,张明,网银,18000001,2026-11-24",
            "",
        ]

    def test_a_red_voucher_keeps_its_sides_with_negative_amounts(self):
        red = [
            row | {"debit": _minus(row["debit"]), "credit": _minus(row["credit"])}
            for row in VOUCHER
        ]

        fields = u8.voucher_text(red).decode("gbk").split("\r\n")[1].split(",")

        assert fields[6] == "-1268400.00"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"debit": "1.00"}, "借贷"),
            ({"debit": "0.00"}, "借贷"),
            ({"description": "长" * 61}, "摘要"),
            ({"description": "逗,号"}, "摘要"),
            ({"subject": "1" * 16}, "科目编码"),
            ({"voucher_type": "杂"}, "凭证类别"),
            ({"attachments": "1000"}, "附单据数"),
            ({"description": "𬱖"}, "文字"),
            ({"debit": "abc"}, "debit"),
        ],
    )
    def test_what_it_would_refuse_is_named_before_it_is_sent(self, changes, field):
        with pytest.raises(u8.Unfit) as refused:
            u8.voucher_text([VOUCHER[0] | changes, VOUCHER[1]])

        assert refused.value.field == field

    @given(
        st.lists(
            st.decimals(min_value="0.01", max_value="9999999.99", places=2), min_size=1, max_size=8
        )
    )
    def test_both_sides_of_every_file_agree(self, amounts):
        rows = [
            LINE | {"line_no": str(n), "debit": f"{amount:.2f}"}
            for n, amount in enumerate(amounts, 1)
        ]
        rows.append(LINE | {"line_no": "99", "debit": "0.00", "credit": f"{sum(amounts):.2f}"})

        lines = [
            line.split(",") for line in u8.voucher_text(rows).decode("gbk").split("\r\n")[1:-1]
        ]

        debit = sum(Decimal(line[6]) for line in lines if line[6])
        credit = sum(Decimal(line[7]) for line in lines if line[7])
        assert debit == credit == sum(amounts)


def _minus(text: str) -> str:
    return f"-{text}" if text != "0.00" else text


class TestReadBack:
    def written(self, *ends: str) -> bytes:
        lines = u8.voucher_text(VOUCHER).decode("gbk").split("\r\n")
        return "\r\n".join(
            line + end for line, end in zip(lines, ["", *ends, ""], strict=True)
        ).encode("gbk")

    def test_the_number_given_is_read(self):
        data = self.written(",导入成功:付-0012", ",导入成功:付-0012")

        assert u8.read_back(VOUCHER, data, u8.ResultForm()) == [
            u8.ReadBack("payment:1", number="付-0012")
        ]

    def test_one_refused_line_refuses_the_voucher(self):
        data = self.written(",导入成功:付-0012", ",导入失败:科目不存在")

        (told,) = u8.read_back(VOUCHER, data, u8.ResultForm())

        assert (told.number, told.error) == ("", "科目不存在")

    def test_an_untouched_file_says_nothing(self):
        (told,) = u8.read_back(VOUCHER, u8.voucher_text(VOUCHER), u8.ResultForm())

        assert told == u8.ReadBack("payment:1")

    def test_an_altered_file_is_not_believed(self):
        data = self.written(",导入成功:付-0012", "").replace(b"1268400.00", b"9268400.00")

        with pytest.raises(u8.Unfit):
            u8.read_back(VOUCHER, data, u8.ResultForm())

    def test_another_version_may_write_its_result_otherwise(self):
        form = u8.ResultForm(pattern=r"#(?P<number>\S+)(?P<error>)")
        data = self.written("#记-7", "#记-7")

        assert u8.read_back(VOUCHER, data, form)[0].number == "记-7"


class TestOtherForms:
    def test_the_eai_document_names_head_and_entries(self):
        root = etree.fromstring(u8.eai_document(VOUCHER, sender="YQ", receiver="u8"))

        assert root.get("billtype") == "gl"
        assert root.findtext("voucher/voucher_head/accounting_period") == "11"
        assert [e.findtext("account_code") for e in root.iter("entry")] == ["2202", "100201"]
        assert root.find(".//item[@name='supplier_id']").text == "V00001"

    def test_the_openapi_body_carries_our_key_so_that_a_repeat_is_known(self):
        voucher = u8.openapi_body(VOUCHER)["voucher"]

        assert (voucher["biz_id"], voucher["reserve2"], voucher["voucher_making_system"]) == (
            "payment:1", "payment:1", "CDM",
        )  # fmt: skip
        assert voucher["debit"]["entry"][0]["natural_debit_currency"] == "1268400.00"
        assert voucher["credit"]["entry"][0]["account_code"] == "100201"
