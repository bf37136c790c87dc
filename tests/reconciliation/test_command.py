"""`manage.py reconcile`: what a user sees on the command line, without a database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.reconciliation.matching import ids, read

ROOT = Path(__file__).resolve().parents[2]
BANK = """entry_id,account,booked_on,direction,amount,reference,counterparty_name,narrative
B1,3301,2026-10-12,debit,"1,200.00",YQ000001,上海恒通化工有限公司,货款
B2,3301,2026-10-12,credit,35.10,,,结息
"""
BOOK = """entry_id,account,booked_on,direction,amount,reference,counterparty_name,description
K1,3301,2026-10-11,credit,1200.00,YQ000001,上海恒通化工有限公司,付货款
"""


def command(
    folder: Path, bank: str | bytes = BANK, book: str = BOOK, **options: object
) -> list[dict[str, str]]:
    """Run it over these texts; the rows of matches.csv."""
    (folder / "bank.csv").write_bytes(bank if isinstance(bank, bytes) else bank.encode())
    (folder / "book.csv").write_text(book, "utf-8")
    names = {name: folder / f"{name}.csv" for name in ("bank", "book")}
    call_command("reconcile", **names, out=folder / "matches.csv", **options)
    return read(folder / "matches.csv")


class TestReconcile:
    def test_writes_each_match_with_its_rule_and_reason(self, tmp_path):
        rows = command(tmp_path)

        assert [(row["bank_ids"], row["book_ids"], row["rule"]) for row in rows] == [
            ("B1", "K1", "M1")
        ]
        assert "YQ000001" in rows[0]["reason"]
        assert "1,200.00" in rows[0]["reason"]

    def test_tells_what_a_person_should_look_at(self, tmp_path):
        command(tmp_path, proposals=tmp_path / "proposals.csv")

        (row,) = read(tmp_path / "proposals.csv")
        assert (ids(row["bank_ids"]), row["rule"]) == ({"B2"}, "M9")
        assert "利息" in row["reason"]

    def test_obeys_a_strategy_file(self, tmp_path):
        (tmp_path / "strategy.json").write_text('{"rungs": ["M2"]}', "utf-8")

        assert command(tmp_path, strategy=tmp_path / "strategy.json") == []

    def test_needs_neither_a_database_nor_its_address(self, tmp_path):
        (tmp_path / "bank.csv").write_text(BANK, "utf-8")
        (tmp_path / "book.csv").write_text(BOOK, "utf-8")
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
        }
        arguments = [f"--{name}={tmp_path / name}.csv" for name in ("bank", "book")]

        done = subprocess.run([sys.executable, "manage.py", "reconcile", *arguments, f"--out={tmp_path / 'matches.csv'}"],
                              cwd=ROOT, env=kept, capture_output=True, text=True, check=False)  # fmt: skip

        assert done.returncode == 0, done.stderr
        assert len(read(tmp_path / "matches.csv")) == 1

    @pytest.mark.parametrize(
        "bank",
        [
            "\ufeff" + BANK,
            BANK.replace("\n", "\r\n"),
            BANK.replace("货款", '"货款\n""十月"", 尾款"'),
            BANK.replace("2026-10-12", " 2026/10/12 "),
            BANK.replace("3301", "３３ 01"),
            BANK.replace("\n", "\n\n"),
            "\n".join(
                line + (",人民币" if n else ",currency") for n, line in enumerate(BANK.split())
            ),
        ],
    )
    def test_takes_files_as_banks_and_spreadsheets_write_them(self, tmp_path, bank):
        assert [row["book_ids"] for row in command(tmp_path, bank=bank)] == ["K1"]

    def test_a_side_without_lines_is_all_outstanding(self, tmp_path):
        assert command(tmp_path, book=BOOK.splitlines()[0] + "\n") == []


class TestBadInput:
    @pytest.mark.parametrize(
        ("old", "new", "row", "column", "expected"),
        [
            ('"1,200.00"', "12OO", 2, "amount", "1234.50"),
            ('"1,200.00"', "12.005", 2, "amount", "两位小数"),
            ("35.10", "0.00", 3, "amount", "不为零"),
            ("2026-10-12,credit", "12.10.2026,credit", 3, "booked_on", "2026-10-31"),
            ("2026-10-12,credit", "2026-02-30,credit", 3, "booked_on", "2026-10-31"),
            (",credit,", ",in,", 3, "direction", "debit 或 credit"),
            ("B2,", "B1,", 3, "entry_id", "与第 2 行重复"),
            ("B2,", ",", 3, "entry_id", "唯一的编号"),
            ("B2,3301", "B2,", 3, "account", "本方账号"),
            ("B2,3301", "B2,3.301E+15", 3, "account", "本方账号"),
            ("B2,", "B;2,", 3, "entry_id", "不含分号"),
            ("35.10", '"35,10"', 3, "amount", "两位小数"),
            ("35.10", "３５.10", 3, "amount", "两位小数"),
            ("35.10", "1_000", 3, "amount", "两位小数"),
            ("35.10", "9" * 10**7, 3, "amount", "两位小数"),
            ("2026-10-12,credit", "12/10/26,credit", 3, "booked_on", "2026-10-31"),
            ("2026-10-12,credit", "12026-10-1,credit", 3, "booked_on", "2026-10-31"),
            ("2026-10-12,credit", "２０２６-10-12,credit", 3, "booked_on", "2026-10-31"),
            ("结息", "结" * 3_000_000, 3, "narrative", "个字符"),
        ],
    )
    def test_names_row_column_and_what_was_expected(
        self, tmp_path, old, new, row, column, expected
    ):
        with pytest.raises(CommandError) as caught:
            command(tmp_path, bank=BANK.replace(old, new))

        assert f"bank.csv 第 {row} 行，列 {column}" in str(caught.value)
        assert expected in str(caught.value)
        assert len(str(caught.value)) < 300
        assert not (tmp_path / "matches.csv").exists()

    def test_lists_several_faults_at_once(self, tmp_path):
        with pytest.raises(CommandError) as caught:
            command(
                tmp_path,
                bank=BANK.replace("35.10", "x").replace("debit", "out"),
                book=BOOK.replace("1200.00", "y"),
            )

        assert len(str(caught.value).splitlines()) == 3

    def test_names_a_row_with_too_many_cells(self, tmp_path):
        with pytest.raises(CommandError, match="第 3 行：应为8 列，实为“9 列”"):
            command(tmp_path, bank=BANK.replace("结息", "结息,多"))

    def test_names_a_missing_column(self, tmp_path):
        with pytest.raises(CommandError, match="缺少列 amount"):
            command(tmp_path, bank=BANK.replace("amount", "sum", 1))

    def test_asks_for_utf8(self, tmp_path):
        with pytest.raises(CommandError, match="不是 UTF-8"):
            command(tmp_path, bank=BANK.encode("gb18030"))

    def test_asks_for_one_kind_of_line_end(self, tmp_path):
        with pytest.raises(CommandError, match="换行符不一致"):
            command(tmp_path, bank=BANK.replace("\n", "\r\n", 1).encode())

    @pytest.mark.parametrize("out", ["bank.csv", "none/matches.csv", "."])
    def test_overwrites_no_side_and_wants_a_folder(self, tmp_path, out):
        command(tmp_path)

        with pytest.raises(CommandError, match="不能写入"):
            call_command(
                "reconcile",
                bank=tmp_path / "bank.csv",
                book=tmp_path / "book.csv",
                out=tmp_path / out,
            )
        assert (tmp_path / "bank.csv").read_text("utf-8") == BANK

    def test_names_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(CommandError, match="无法读取 none"):
            call_command(
                "reconcile",
                bank=tmp_path / "none.csv",
                book=tmp_path / "none.csv",
                out=tmp_path / "matches.csv",
            )

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ("{", "不是 JSON"),
            ('{"rungs": ["M99"]}', "没有规则 M99"),
            ('{"rungs": ["M4", "M1"]}', "在最前"),
            ('{"name_days": "3"}', "值的类型不对"),
            ('{"colour": 1}', "没有这项设置"),
            ('{"amount_days": -1}', "不得为负数"),
            ('{"amount_days": 100000000000000000000}', "不得大于"),
            ('{"fee_share_max": "NaN"}', "应为数字"),
        ],
    )
    def test_refuses_a_strategy_it_does_not_understand(self, tmp_path, told, expected):
        (tmp_path / "strategy.json").write_text(told, "utf-8")

        with pytest.raises(CommandError, match=expected):
            command(tmp_path, strategy=tmp_path / "strategy.json")
