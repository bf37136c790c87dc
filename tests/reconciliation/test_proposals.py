"""What a person is asked, and why: each reason on the smallest set that gives it."""

from __future__ import annotations

import random

import pytest

from reconciliation.rules.grouping import Line, balanced
from tests.reconciliation.matching import ids, proposed
from tests.reconciliation.test_rules import HENG, bank, book


def asked(bank_lines, book_lines):
    """(rule, bank ids, book ids, reason) of every proposal."""
    return {
        (row["rule"], ids(row["bank_ids"]), ids(row["book_ids"]), row["reason"])
        for row in proposed(bank_lines, book_lines)
    }


def one(rule, bank_ids, book_ids, reason):
    """One proposal."""
    return (rule, frozenset(bank_ids.split()), frozenset(book_ids.split()), reason)


class TestPropose:
    def test_two_candidates(self):
        found = asked(bank(HENG), book(HENG, HENG | {"day": "2026-10-14"}))

        assert found == {
            one("M2", "B1", "K1", "不止一种可能"),
            one("M3", "B1", "K2", "不止一种可能"),
        }

    def test_twins_of_unequal_number(self):
        assert asked(bank(HENG, HENG), book(HENG)) == {
            one("M2", "B1 B2", "K1", "内容相同的流水，两边笔数不等")
        }

    def test_a_reference_only_one_side_carries(self):
        assert asked(bank(HENG), book(HENG | {"ref": "YQ000001"})) == {
            one("M2", "B1", "K1", "其中一方带有对方没有的业务参考号或单据号")
        }

    def test_amount_and_date_alone(self):
        assert asked(bank({"amount": "4567.89"}), book({"amount": "4567.89"})) == {
            one("M4", "B1", "K1", "仅金额与日期相符")
        }

    def test_the_same_sum_of_one_day_and_party(self):
        found = asked(bank(HENG), book(HENG | {"amount": 60}, HENG | {"amount": 40}))

        assert found == {one("M5", "B1", "K1 K2", "同一对方当日合计相等，没有业务参考号")}

    def test_the_only_choice_that_adds_up(self):
        found = asked(
            bank(HENG), book(HENG | {"amount": 60}, HENG | {"amount": 40}, HENG | {"amount": 33})
        )

        assert found == {one("M5", "B1", "K1 K2", "同一对方附近唯一能凑成该金额的几笔")}

    def test_several_lines_of_each_side_that_balance(self):
        found = asked(bank(HENG | {"amount": 70}, HENG | {"amount": 50}, HENG | {"amount": 7}),
                      book(HENG | {"amount": 80, "day": "2026-10-14"}, HENG | {"amount": 40, "day": "2026-10-14"}))  # fmt: skip

        assert found == {one("M7", "B1 B2", "K1 K2", "同一对方附近唯一能凑成该金额的几笔")}

    def test_a_reference_whose_sums_differ(self):
        found = asked(
            bank({"ref": "PC2026001"}),
            book({"ref": "PC2026001", "amount": 60}, {"ref": "PC2026001", "amount": 39}),
        )

        assert found == {one("M5", "B1", "K1 K2", "PC2026001 一致，合计相差 1.00")}

    def test_a_difference_no_larger_than_a_fee(self):
        big = {"amount": "100000.00"}

        assert asked(
            bank({"ref": "YQ000001"} | big), book({"ref": "YQ000001", "amount": "99950.00"})
        ) == {one("M8", "B1", "K1", "相差 50.00，不超过手续费限额")}
        assert asked(bank(HENG | big), book(HENG | {"amount": "99989.50"})) == {
            one("M8", "B1", "K1", "相差 10.50，不超过手续费限额")
        }

    @pytest.mark.parametrize(
        ("text", "kind"),
        [("2026年三季度结息", "利息"), ("账户管理费", "银行手续费"), ("代扣税款", "税费")],
    )
    def test_what_the_banks_words_say(self, text, kind):
        assert asked(bank({"narrative": text}), []) == {
            one("M9", "B1", "", f"银行已记、企业未记：{kind}，建议制单")
        }

    def test_nothing_where_nothing_fits(self):
        assert asked(bank(HENG), book(HENG | {"amount": 7, "day": "2026-10-30"})) == set()


class TestBalanced:
    def test_finds_its_way_through_thirty_lines_a_side(self):
        choose = random.Random(4)
        ours = [Line(n, 0, choose.randrange(10**6, 10**9), f"{n:02d}") for n in range(28)]
        theirs = [Line(n, 0, choose.randrange(10**6, 10**9), f"{n:02d}") for n in range(100, 127)]
        ours += [Line(28, 0, 700_001, "28"), Line(29, 0, 500_002, "29")]
        theirs += [
            Line(127, 0, 300_000, "27"),
            Line(128, 0, 400_000, "28"),
            Line(129, 0, 500_003, "29"),
        ]

        assert balanced(ours, theirs, lines_max=3) == [((28, 29), (127, 128, 129))]
