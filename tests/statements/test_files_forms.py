"""MT940 and sheets through the import: pages, interim reports, banks' exports, saved mappings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from desk.mappings import Mapping
from desk.services import save_mapping
from masterdata.roles import Role
from statements.models import Balance, DayClose, StatementEntry
from statements.services import uploads
from tests.build import a_user
from tests.statements.files import mt940_file
from tests.statements.rows import an_account
from tests.statements.test_files import DAY, NUMBER, preview, take


@pytest.fixture
def account(db, frozen_clock):
    return an_account(NUMBER)


@pytest.fixture
def person(account):
    return a_user(Role.RECONCILER, company=account.company)


class TestMt940:
    def test_pages_are_one_statement(self, account, person):
        one = mt940_file(
            [("261120C5,NTRFX//A", "")],
            opening="C261119CNY1000,00",
            closing="C261120CNY1005,00",
            number="7/1",
            kind="M",
        )
        two = mt940_file(
            [("261120D2,NTRFX//B", "")],
            opening="C261120CNY1005,00",
            closing="C261120CNY1003,00",
            number="7/2",
        )

        _file, (row,) = take(person, one + two, "a.sta")

        assert (row.opening, row.closing, row.entry_count, row.findings) == (
            Decimal("1000.00"), Decimal("1003.00"), 2, [],
        )  # fmt: skip
        assert DayClose.objects.get(day=DAY).status == "complete"

    @pytest.mark.parametrize(
        ("second", "words"),
        [("C261120CNY1006,00", "与下页期初"), ("C261120CNY1005,00", "第 1 页之后是第 3 页")],
    )
    def test_a_page_that_does_not_follow_is_named(self, account, person, second, words):
        one = mt940_file(
            [("261120C5,NTRFX//A", "")],
            opening="C261119CNY1000,00",
            closing="C261120CNY1005,00",
            number="7/1",
            kind="M",
        )
        two = mt940_file(
            [], opening=second, closing=second, number="7/3" if "3" in words else "7/2"
        )

        file = preview(person, one + two, "a.sta")

        assert any(words in said for _code, said in file.preview["statements"][0]["findings"])

    def test_an_interim_report_never_closes_a_day(self, account, person):
        data = f":20:I1\n:25:{NUMBER}\n:28C:3/1\n:34F:CNY0,\n:61:261124C10,NTRFX//A\n:90D:0CNY0,\n:90C:1CNY10,\n-\n"

        take(person, data, "a.sta")

        day = DayClose.objects.get()
        assert (day.status, StatementEntry.objects.count(), Balance.objects.count()) == (
            "provisional",
            1,
            0,
        )


class TestSheets:
    EXPORT = (
        "中国银行对账单,,,,,,\n账号：,440012345678,,,,,\n交易日期,交易时间,收入金额,支出金额,账户余额,对方户名,流水号\n"
        '2026-11-20,09:30:00,"1,000.00",,"2,000.00",客户甲,A1\n20261120,101500,,40.50,1959.50,供应商乙,A2\n合计,,1000,40.5,,,\n'
    )

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
    def test_reads_a_bank_s_export_below_its_heading(self, account, person, encoding):
        _file, (row,) = take(person, self.EXPORT.encode(encoding), "a.csv", account_id=account.pk)

        first, second = StatementEntry.objects.order_by("pk")
        assert (row.entry_count, row.findings) == (2, [])
        assert (first.direction, first.amount, first.balance_after) == (
            "credit",
            Decimal("1000.00"),
            Decimal("2000.00"),
        )
        assert (second.direction, second.counterparty_name, second.bank_serial) == (
            "debit",
            "供应商乙",
            "A2",
        )
        assert DayClose.objects.get().status == "complete"

    def test_wants_an_account_where_the_file_names_none(self, account, person):
        file = preview(person, self.EXPORT, "a.csv")

        assert "请先选择账户" in file.preview["faults"][0][2]

    def test_uses_a_saved_mapping(self, account, person):
        mapping = Mapping(
            columns={"bank_date": "日", "amount": "数", "side": "向", "bank_serial": "号"},
            words_in=("进",), words_out=("出",), day_format="%d/%m/%Y",
        )  # fmt: skip
        header = ["日", "数", "向", "号"]
        saved = save_mapping(
            purpose=uploads.PURPOSE,
            name="某行导出",
            mapping=mapping,
            header=header,
            user_id=person.pk,
        )
        data = "日,数,向,号\n20/11/2026,12.00,进,a\n20/11/2026,2.00,出,b\n"

        take(person, data, "a.csv", account_id=account.pk, mapping_id=saved.pk)

        found = StatementEntry.objects.order_by("pk").values_list("direction", "amount")
        assert list(found) == [("credit", Decimal("12.00")), ("debit", Decimal("2.00"))]

    def test_says_which_columns_of_the_mapping_are_missing(self, account, person):
        saved = save_mapping(
            purpose=uploads.PURPOSE, name="旧映射", mapping=Mapping(columns={"bank_date": "记账日", "amount": "金额"}),
            header=[], user_id=person.pk,
        )  # fmt: skip

        told = preview(person, self.EXPORT, "a.csv", account_id=account.pk, mapping_id=saved.pk)

        assert "记账日" in told.preview["problem"]
        assert not told.preview["statements"]
