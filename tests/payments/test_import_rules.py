"""The judging of payment lists: pure rules, no database."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from kernel.clock import SHANGHAI
from payments import import_cells as cells
from payments.import_facts import AccountFact, BankLimits, Known, PayeeFact, Row
from payments.import_rules import judge
from tests.payments.test_rules import _terms

SAMPLES = Path(__file__).parents[1] / "samples"
COMPANIES = {
    "1000": "320766254501",
    "1010": "320766254519",
    "1020": "320766254527",
    "1030": "320766254535",
}
BOC = BankLimits({"purpose": (200, "boc"), "remark": (200, "boc")}, {"purpose": "|", "remark": "|"})


def world(day: date, **changes: object) -> Known:
    """The four companies with one Bank of China account each, nothing else known."""
    values: dict[str, object] = {
        "today": day,
        "companies": {code: int(code) for code in COMPANIES},
        "accounts": {
            number: AccountFact(int(code), code, "CNY", "boc", "104100000004", True)
            for code, number in COMPANIES.items()
        },
        "limits": {"boc": BOC},
    }
    return Known(**(values | changes))  # type: ignore[arg-type]


GOOD: dict[str, cells.Cell] = {
    "单据类型": "付款申请单", "单据号": "FK1", "行号": "1", "公司代码": "1000", "付款账号": "320766254501",
    "收款人编码": "V1", "收款户名": "江阴恒源化工有限公司", "收款账号": "6228480402564899", "收款银行": "中国农业银行",
    "联行号": "103100000026", "币种": "CNY", "金额": "1,234.50", "用途": "货款", "附言": "HT1",
    "期望付款日": "2026-11-24", "紧急": "否", "发票号": "1", "科目": "2202", "现金流项目": "购买商品",
}  # fmt: skip


def one(**changes: cells.Cell) -> Row:
    """The good row with some cells replaced, judged on 2026-11-24."""
    return judge([(2, GOOD | changes)], known=world(date(2026, 11, 24)))[0]


def blamed(row: Row) -> set[str]:
    return {mark.column for mark in row.faults}


@pytest.mark.parametrize("folder", ["payments_250", "payments_faults"])
def test_a_sample_list_is_judged_as_its_expectation_says(folder: str) -> None:
    expected = json.loads((SAMPLES / folder / "expected.json").read_text("utf-8"))
    text = (SAMPLES / folder / "payments.csv").read_text("gb18030")
    table = list(csv.DictReader(text.splitlines()))

    rows = judge(list(enumerate(table, 2)), known=world(date.fromisoformat(expected["day"])))

    assert {(r.row, m.column) for r in rows for m in r.faults} == {
        (bad["row"], bad["column"]) for bad in expected["bad_rows"]
    }
    good = [row for row in rows if not row.faults]
    assert len(good) == expected["good_rows"]
    assert str(sum(row.amount or Decimal(0) for row in good)) == expected["total"]


class TestJudge:
    def test_takes_a_good_row_and_announces_its_payee(self) -> None:
        row = one()

        assert not row.faults
        assert row.amount == Decimal("1234.50")
        assert row.wish_date == date(2026, 11, 24)
        assert row.is_new_payee

    @pytest.mark.parametrize(
        ("cell", "amount"),
        [
            (1234.5, "1234.50"),
            (1234, "1234.00"),
            (Decimal("0.07"), "0.07"),
            ("１，２３４．５元", "1234.50"),
            (0.07, "0.07"),
        ],
    )
    def test_reads_amounts_whatever_type_the_cell_has(self, cell: cells.Cell, amount: str) -> None:
        assert one(金额=cell).amount == Decimal(amount)

    @pytest.mark.parametrize(
        "cell", ["0", -5, "1.005", 1.005, "壹佰", "", None, "1e5", True, float("inf")]
    )
    def test_blames_the_amount(self, cell: cells.Cell) -> None:
        assert blamed(one(金额=cell)) == {"金额"}

    @pytest.mark.parametrize(
        "cell",
        [
            date(2026, 11, 24),
            datetime(2026, 11, 24, 8, tzinfo=SHANGHAI),
            46350,
            46350.0,
            "2026/11/24",
            "20261124",
            "2026年11月24日",
        ],
    )
    def test_reads_dates_whatever_type_the_cell_has(self, cell: cells.Cell) -> None:
        assert one(期望付款日=cell).wish_date == date(2026, 11, 24)

    @pytest.mark.parametrize(
        "cell", ["2026-02-30", "2020-01-01", "明天", "", "2026-11-23", "2036-01-01"]
    )
    def test_blames_the_date(self, cell: cells.Cell) -> None:
        assert blamed(one(期望付款日=cell)) == {"期望付款日"}

    @pytest.mark.parametrize(
        "cell",
        [
            6.22848040256489e17,
            622848040256489001,
            "6.22848E+17",
            "6228480402564899!",
            "",
            "622848040256489000",
        ],
    )
    def test_blames_an_account_number_the_spreadsheet_spoiled(self, cell: cells.Cell) -> None:
        row = one(收款账号=cell)

        assert blamed(row) == {"收款账号"}

    def test_keeps_a_short_number_cell_with_a_warning(self) -> None:
        row = one(收款账号=320766254599.0)

        assert not row.faults
        assert row.text["收款账号"] == "320766254599"
        assert "account_number_cell" in {mark.code for mark in row.warnings}

    def test_blames_only_the_company_when_it_is_unknown(self) -> None:
        assert blamed(one(公司代码="9999", 付款账号="1")) == {"公司代码"}

    def test_does_not_take_another_companys_account(self) -> None:
        assert blamed(one(付款账号=COMPANIES["1010"])) == {"付款账号"}

    def test_counts_a_purpose_as_the_bank_counts_it(self) -> None:
        assert not one(用途="款" * 100).faults
        assert blamed(one(用途="款" * 101)) == {"用途"}
        assert blamed(one(附言="a|b")) == {"附言"}

    @pytest.mark.parametrize("cell", ["是", "Y", True, 1])
    def test_reads_urgent(self, cell: cells.Cell) -> None:
        assert one(紧急=cell).is_urgent

    def test_blames_the_repeat_and_not_the_first(self) -> None:
        rows = judge(
            [(2, GOOD), (3, GOOD), (4, GOOD | {"行号": "2"})], known=world(date(2026, 11, 24))
        )

        assert [blamed(row) for row in rows] == [set(), {"单据号"}, set()]

    def test_names_the_order_a_line_already_has(self) -> None:
        known = world(date(2026, 11, 24), orders={("1000", "付款申请单", "FK1", "1"): "P0001"})

        (row,) = judge([(2, GOOD)], known=known)

        assert [(m.column, m.order_no) for m in row.faults] == [("单据号", "P0001")]

    def test_skips_rows_that_are_wholly_empty(self) -> None:
        rows = judge([(2, GOOD), (3, {"单据号": " "}), (4, {})], known=world(date(2026, 11, 24)))

        assert [row.row for row in rows] == [2]

    def test_warns_of_a_name_that_differs_from_the_registered_one(self) -> None:
        number = str(GOOD["收款账号"])
        payee = PayeeFact(7, "江阴恒源化工（江苏）有限公司", "农行", "103100000026", True)

        (row,) = judge([(2, GOOD)], known=world(date(2026, 11, 24), payees={("V1", number): payee}))

        assert not row.faults
        assert row.payee_account_id == 7
        assert not row.is_new_payee
        assert "name_differs" in {mark.code for mark in row.warnings}

    def test_takes_the_branch_from_the_known_payee_when_the_list_has_none(self) -> None:
        number = str(GOOD["收款账号"])
        payee = PayeeFact(7, str(GOOD["收款户名"]), "农行", "103100000026", True)

        (row,) = judge(
            [(2, GOOD | {"联行号": ""})],
            known=world(date(2026, 11, 24), payees={("V1", number): payee}),
        )

        assert not row.faults
        assert row.text["联行号"] == "103100000026"
        assert blamed(one(联行号="")) == {"联行号"}

    @pytest.mark.parametrize(
        ("hour", "amount", "warned"), [(10, 2000000, False), (18, 2000000, True), (18, 2000, False)]
    )
    def test_warns_when_the_clearing_window_has_closed(
        self, hour: int, amount: int, warned: bool
    ) -> None:
        now = datetime(2026, 11, 24, hour, tzinfo=SHANGHAI)

        known = world(now.date(), now=now, terms={1000: _terms()})

        (row,) = judge([(2, GOOD | {"金额": amount})], known=known)

        assert not row.faults
        assert ("late" in {mark.code for mark in row.warnings}) == warned

    @pytest.mark.parametrize("name", ["测试\x7f公司", "测\u200b试", "测试\n公司"])
    def test_refuses_characters_nobody_can_see(self, name: str) -> None:
        assert blamed(one(收款户名=name)) == {"收款户名"}
