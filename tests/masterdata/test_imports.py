"""Files of master data: the national directory and trading partners."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
import xlsxwriter

from desk.models import UploadedFile
from kernel.errors import Conflict, InvalidInput, NotAllowed
from masterdata import selectors
from masterdata.models import Branch, Counterparty, CounterpartyAccount, OwnAccount
from masterdata.roles import Role
from masterdata.services import imports
from tests import build

BRANCHES = """联行号,机构名称
104100000004,中国银行总行营业部
102290002916,中国工商银行上海市分行
102290002917,校验位错
999290000000,没有这家银行
102290002916,重复的行
308584000013,
"""


def _cnaps(first11: str) -> str:
    p = 10
    for digit in first11:
        p = 2 * ((p + int(digit)) % 10 or 10) % 11
    return first11 + str((11 - p) % 10)


GOOD = _cnaps("10229000291")


def _file(kind: str, data: bytes, actor: object, name: str = "a.csv") -> UploadedFile:
    return imports.preview_import(kind=kind, data=data, filename=name, actor=actor)  # type: ignore[arg-type]


class TestBranches:
    def test_names_every_bad_row_and_writes_the_good(self, group: SimpleNamespace) -> None:
        text = BRANCHES.replace("102290002916", GOOD)
        bad = GOOD[:-1] + str((int(GOOD[-1]) + 1) % 10)
        stored = _file("branches", text.replace("102290002917", bad).encode("gb18030"), group.admin)

        rows = {row for row, _column, _words in stored.preview["faults"]}
        assert rows == {4, 5, 6, 7}
        assert (stored.preview["new"], stored.preview["changed"]) == (1, 1)
        assert not Branch.objects.filter(pk=GOOD).exists()

        imports.confirm_import(kind="branches", file=stored, actor=group.admin)

        assert selectors.branch(GOOD).name == "中国工商银行上海市分行"
        assert selectors.branch(GOOD).pinyin.endswith("zggsyhshsfh")
        assert selectors.branch("104100000004").name == "中国银行总行营业部"
        with pytest.raises(Conflict):
            imports.confirm_import(kind="branches", file=stored, actor=group.admin)

    def test_takes_a_workbook(self, group: SimpleNamespace) -> None:
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out)
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["行号", "名称"])
        sheet.write_number(1, 0, int(GOOD))
        sheet.write_string(1, 1, "中国工商银行上海市分行")
        book.close()

        stored = _file("branches", out.getvalue(), group.admin, "a.xlsx")

        assert stored.preview["good"] == 1

    def test_refuses_what_it_cannot_read(self, group: SimpleNamespace) -> None:
        with pytest.raises(InvalidInput, match="缺少列"):
            _file("branches", b"a,b\n1,2\n", group.admin)
        with pytest.raises(InvalidInput, match="无法读取"):
            _file("branches", b"not a workbook", group.admin, "a.xlsx")
        with pytest.raises(NotAllowed):
            _file("branches", BRANCHES.encode(), group.maker)

    def test_twenty_thousand_rows_go_in_at_once(self, group: SimpleNamespace) -> None:
        lines = [f"{_cnaps(f'1022900{n:04d}')},工行第{n}支行" for n in range(10_000)]
        lines += [f"{_cnaps(f'1032900{n:04d}')},农行第{n}支行" for n in range(10_000)]
        stored = _file("branches", ("联行号,机构名称\n" + "\n".join(lines)).encode(), group.admin)

        counts = imports.confirm_import(kind="branches", file=stored, actor=group.admin)

        assert counts["new"] == 20_000
        assert Branch.objects.count() >= 20_000


class TestCounterparties:
    def test_new_partners_wait_with_their_accounts(self, group: SimpleNamespace) -> None:
        text = (
            "编码,名称,类别,账号,开户行,联行号\n"
            "V9,甲有限公司,供应商,320766254599,中国银行,104100000004\n"
            "V9,甲有限公司,供应商,320766254588,中国银行,104100000004\n"
            "V8,乙有限公司,客户,,,\n"
            "V7,丙有限公司,供应商,1.2E+18,中国银行,104100000004\n"
            "V6,丁有限公司,朋友,,,\n"
        )
        stored = _file("counterparties", text.encode("utf-8-sig"), group.admin)

        imports.confirm_import(kind="counterparties", file=stored, actor=group.admin)

        assert {(row, column) for row, column, _ in stored.preview["faults"]} == {
            (5, "账号"),
            (6, "类别"),
        }
        assert set(Counterparty.objects.values_list("code", flat=True)) == {"V9", "V8"}
        assert set(CounterpartyAccount.objects.values_list("state", flat=True)) == {"staged"}
        assert CounterpartyAccount.objects.count() == 2


class TestAccounts:
    def test_names_every_bad_row_and_makes_the_good_without_a_link(
        self, group: SimpleNamespace
    ) -> None:
        taken = build.an_account(company=group.first)
        lines = [
            "公司代码,账号,户名,联行号,开户行,科目,账户性质,币种",
            f"{group.first.code},6222000011,甲公司,104100000004,中行总行,100201,基本户,CNY",
            f"{group.first.code},6222000012,甲公司,104100000004,中行总行,100201,基本户,",
            "NOPE,6222000013,甲公司,104100000004,中行总行,100201,,",
            f"{group.second.code},6222000014,乙公司,104100000005,中行总行,100201,,",
            f"{group.second.code},{taken.number},乙公司,104100000004,中行总行,100201,,",
            f"{group.second.code},6222000016,乙公司,104100000004,中行总行,一〇〇二,,",
            f"{group.second.code},6222000017,乙公司,104100000004,中行总行,1002,怪户,",
        ]
        stored = _file("accounts", "\n".join(lines).encode("gb18030"), group.admin)

        faults = {row: column for row, column, _words in stored.preview["faults"]}
        imports.confirm_import(kind="accounts", file=stored, actor=group.admin)

        assert faults == {
            3: "账户性质", 4: "公司代码", 5: "联行号", 6: "账号", 7: "科目", 8: "账户性质",
        }  # fmt: skip
        made = OwnAccount.objects.get(number="6222000011")
        assert (made.company, made.kind, made.is_direct_link) == (group.first, "basic", False)
        assert OwnAccount.objects.filter(number__startswith="622200001").count() == 1

    def test_a_subsidiarys_administrator_makes_none_of_another(
        self, group: SimpleNamespace
    ) -> None:
        local = build.a_user(Role.ADMIN, company=group.first)
        text = (
            "公司代码,账号,户名,联行号,开户行,科目\n"
            f"{group.second.code},6222000018,乙公司,104100000004,中行总行,100201\n"
        )

        stored = _file("accounts", text.encode(), local)

        assert stored.preview["bad"] == 1
