"""Each rung of the ladder on the smallest sets that show what it does, and what it leaves alone."""

from __future__ import annotations

import pytest

from reconciliation.strategy import Strategy
from tests.reconciliation.matching import Found, matched

Fields = dict[str, object]
COLUMNS = ("entry_id", "account", "currency", "booked_on", "value_on", "direction", "amount", "reference", "batch_no",
           "bill_no", "bank_serial", "counterparty_name", "counterparty_account", "narrative", "description")  # fmt: skip
SHORT = {
    "day": "booked_on",
    "ref": "reference",
    "name": "counterparty_name",
    "acct": "counterparty_account",
}


def side(prefix: str, direction: str, lines: tuple[Fields, ...]) -> list[Fields]:
    """Rows of one side: money out, 100.00, on the 12th of October 2026 (a Monday) unless told otherwise."""
    rows = []
    for number, told in enumerate(lines, 1):
        row: Fields = dict.fromkeys(COLUMNS, "")
        row |= {
            "entry_id": f"{prefix}{number}",
            "account": "330100",
            "booked_on": "2026-10-12",
            "direction": direction,
        }
        row |= {"amount": "100.00"} | {SHORT.get(name, name): value for name, value in told.items()}
        rows.append(row)
    return rows


def bank(*lines: Fields) -> list[Fields]:
    """Bank lines B1, B2, …"""
    return side("B", "debit", lines)


def book(*lines: Fields) -> list[Fields]:
    """Book lines K1, K2, …"""
    return side("K", "credit", lines)


def says(rule: str, bank_ids: str, book_ids: str) -> Found:
    """One match."""
    return {(rule, frozenset(bank_ids.split()), frozenset(book_ids.split()))}


HENG = {"name": "上海恒通化工有限公司", "acct": "6222000011"}


class TestM1:
    def test_takes_the_reference_however_it_is_written(self):
        assert matched(
            bank({"ref": " yq０００００１ "}), book({"ref": "YQ000001", "day": "2026-09-01"})
        ) == says("M1", "B1", "K1")

    def test_finds_the_reference_in_the_narrative(self):
        assert matched(bank({"narrative": "货款YQ000001号"}), book({"ref": "YQ000001"})) == says(
            "M1", "B1", "K1"
        )

    def test_a_contract_that_comes_again_ties_no_two_months(self):
        months = [
            {"narrative": "租金HT20250001", "day": day} for day in ("2026-09-12", "2026-10-02")
        ]
        rent = [{"bill_no": "HT20250001", "day": day} for day in ("2026-09-12", "2026-10-22")]

        assert matched(bank(*months), book(*rent)) == says("M1", "B1", "K1")

    def test_finds_the_bank_serial_on_the_voucher(self):
        found = matched(
            bank({"bank_serial": "20261012000017"}), book({"bill_no": "20261012000017"})
        )

        assert found == says("M1", "B1", "K1")

    def test_leaves_two_debits_of_one_instruction_to_a_person(self):
        assert (
            matched(bank({"ref": "YQ000001"}, {"ref": "YQ000001"}), book({"ref": "YQ000001"}))
            == set()
        )

    @pytest.mark.parametrize(
        "other",
        [{"amount": "100.01"}, {"direction": "debit"}, {"account": "330200"}, {"currency": "USD"}],
    )
    def test_never_crosses_amount_direction_account_or_currency(self, other):
        assert matched(bank({"ref": "YQ000001"}), book({"ref": "YQ000001"} | other)) == set()

    def test_a_number_that_comes_again_next_year_is_another(self):
        assert (
            matched(bank({"ref": "YQ000001", "day": "2025-10-12"}), book({"ref": "YQ000001"}))
            == set()
        )

    def test_both_years_of_a_number_are_matched_each_for_itself(self):
        years = {"ref": "YQ000001", "day": "2025-10-12"}, {"ref": "YQ000001"}

        found = matched(bank(*years), book(*reversed(years)))

        assert found == says("M1", "B1", "K2") | says("M1", "B2", "K1")

    def test_takes_the_number_out_of_a_phrase(self):
        assert matched(bank({"ref": "货款 YQ000001 十月"}), book({"ref": "YQ000001"})) == says(
            "M1", "B1", "K1"
        )

    @pytest.mark.parametrize(
        "words",
        ["2026年10月房租", "20261012", "2026-10-12", "202610", "99999999", "1234567890"],
    )
    def test_takes_no_day_and_no_row_of_equal_digits_for_a_reference(self, words):
        assert (
            matched(bank({"ref": words, "name": "甲"}), book({"ref": words, "name": "乙"})) == set()
        )

    @pytest.mark.parametrize(
        "words",
        ["20261001-20261031", "2026.10.01-2026.10.31", "2026/10/01-2026/10/31", "2026Q4", "FY2026", "客服4008123123"],
    )  # fmt: skip
    def test_takes_no_span_of_time_and_no_hotline_for_a_number(self, words):
        assert (
            matched(bank({"narrative": f"房租{words}"}), book({"description": f"计提租金 {words}"}))
            == set()
        )

    @pytest.mark.parametrize("word", ["NONREF", "NOTPROVIDED", "无", "000000", "-"])
    def test_takes_no_filler_for_a_reference(self, word):
        assert (
            matched(bank({"ref": word, "name": "甲"}), book({"ref": word, "name": "乙"})) == set()
        )


class TestGroups:
    def test_one_debit_pays_a_batch_the_narrative_names(self):
        items = book(
            {"ref": "YQ000001", "batch_no": "PC2026001", "amount": 60},
            {"ref": "YQ000002", "batch_no": "PC2026001", "amount": 40},
        )

        assert matched(bank({"narrative": "批量代付PC2026001 共2笔"}), items) == says(
            "M5", "B1", "K1 K2"
        )

    def test_a_batch_debited_line_by_line_pairs_by_payee(self):
        people = [{"name": f"员工{chr(0x4E00 + n)}{n}"} for n in range(60)]
        items = [
            one | {"ref": f"YQ{n:06d}1", "batch_no": "PC2026001"} for n, one in enumerate(people)
        ]

        told = matched(bank(*(one | {"ref": "PC2026001"} for one in people)), book(*items))
        mentioned = matched(
            bank(*(one | {"narrative": "代发PC2026001"} for one in people)), book(*items)
        )

        assert told == mentioned
        assert told == {("M1", frozenset({f"B{n}"}), frozenset({f"K{n}"})) for n in range(1, 61)}

    def test_a_batch_that_does_not_add_up_is_a_persons(self):
        items = book(
            {"ref": "PC2026001", "amount": "60.00"}, {"ref": "PC2026001", "amount": "40.01"}
        )

        assert matched(bank({"ref": "PC2026001"}), items) == set()

    def test_one_voucher_is_several_entries_of_one_invoice(self):
        parts = bank(
            {"amount": 30, "narrative": "发票 FP123456"},
            {"amount": 70, "narrative": "FP123456尾款"},
        )

        assert matched(parts, book({"bill_no": "FP123456"})) == says("M6", "B1 B2", "K1")

    def test_many_to_many_by_one_reference(self):
        found = matched(bank({"ref": "PC2026001", "amount": 80}, {"ref": "PC2026001", "amount": 20}),
                        book({"ref": "PC2026001", "amount": 50}, {"ref": "PC2026001", "amount": 30}, {"ref": "PC2026001", "amount": 20}))  # fmt: skip

        assert found == says("M7", "B1 B2", "K1 K2 K3")

    def test_the_same_sum_without_a_reference_is_a_persons(self):
        assert matched(bank(HENG), book(HENG | {"amount": 60}, HENG | {"amount": 40})) == set()


class TestM2:
    def test_takes_account_and_one_working_day_across_a_weekend(self):
        monday = {"acct": "6222000011", "day": "2026-10-19"}

        assert matched(bank(monday), book({"acct": "6222-0000 11", "day": "2026-10-16"})) == says(
            "M2", "B1", "K1"
        )

    def test_a_long_holiday_does_not_part_the_working_days_around_it(self):
        after, before = HENG | {"day": "2026-10-08"}, HENG | {"day": "2026-09-30"}

        assert matched(bank(after), book(before)) == says("M2", "B1", "K1")
        assert matched(bank(HENG | {"day": "2026-10-09"}), book(before)) == set()
        assert (
            matched(bank(HENG | {"day": "2026-10-07"}), book(HENG | {"day": "2026-10-01"})) == set()
        )

    @pytest.mark.parametrize(
        "told",
        [
            {"name": "无"},
            {"name": "N/A"},
            {"name": "-"},
            {"acct": "0"},
            {"acct": "88888888"},
            {"acct": "0011"},
        ],
    )
    def test_what_stands_for_nobody_is_nobody(self, told):
        assert matched(bank(told), book(told)) == set()
        assert len(matched(bank(HENG | told), book(HENG))) == 1

    def test_a_number_both_count_anew_every_day_ties_no_two_parties(self):
        number = "202610120003"

        assert (
            matched(
                bank(HENG | {"bank_serial": number}),
                book({"bill_no": number, "name": "另一家公司"}),
            )
            == set()
        )
        assert matched(
            bank(HENG | {"bank_serial": number}), book(HENG | {"bill_no": number})
        ) == says("M1", "B1", "K1")

    def test_a_masked_name_is_none(self):
        assert matched(bank(HENG | {"name": "张*"}), book(HENG | {"name": "张伟"})) == says(
            "M2", "B1", "K1"
        )

    @pytest.mark.parametrize(
        "other",
        [
            {"acct": "6222000012"},
            {"name": "上海恒通化工有限责任公司"},
            {"name": HENG["name"] + "嘉定分公司"},
        ],
    )
    def test_another_account_or_name_is_a_veto(self, other):
        assert matched(bank(HENG), book(HENG | other)) == set()

    def test_a_reference_the_other_side_does_not_carry_is_a_persons(self):
        assert matched(bank(HENG), book(HENG | {"ref": "YQ000001"})) == set()
        assert matched(bank(HENG | {"ref": "YQ000001"}), book(HENG)) == set()

    def test_a_fee_that_names_another_payment_is_not_a_payment(self):
        found = matched(
            bank({"ref": "YQ000001"}, HENG | {"narrative": "手续费 YQ000001"}),
            book({"ref": "YQ000001"}, HENG),
        )

        assert found == says("M1", "B1", "K1")

    def test_two_invoices_are_two_payments(self):
        assert (
            matched(
                bank(HENG | {"narrative": "发票FP123456"}), book(HENG | {"bill_no": "FP123457"})
            )
            == set()
        )

    def test_two_candidates_are_a_persons_even_where_one_is_closer(self):
        assert matched(bank(HENG), book(HENG, HENG | {"day": "2026-10-16"})) == set()

    def test_twins_pair_where_nothing_tells_them_apart(self):
        found = matched(bank(HENG, HENG), book(HENG, HENG))

        assert found == says("M2", "B1", "K1") | says("M2", "B2", "K2")

    def test_twins_of_unequal_number_are_a_persons(self):
        assert matched(bank(HENG, HENG), book(HENG)) == set()


class TestM3:
    def test_takes_the_name_whatever_its_brackets(self):
        found = matched(
            bank({"name": "上海恒通（集团）有限公司"}),
            book({"name": "上海恒通(集团) 有限公司", "day": "2026-10-15"}),
        )

        assert found == says("M3", "B1", "K1")

    def test_takes_a_cut_name(self):
        assert matched(bank({"name": "上海恒通化工有限"}), book(HENG)) == says("M3", "B1", "K1")

    def test_takes_a_name_cut_within_its_bracket(self):
        assert matched(
            bank({"name": "上海恒通（集团"}), book({"name": "上海恒通(集团)有限公司"})
        ) == says("M3", "B1", "K1")

    def test_a_name_cut_within_a_character_is_cut(self):
        assert matched(bank({"name": "上海恒通化工有限\ufffd"}), book(HENG)) == says(
            "M3", "B1", "K1"
        )
        assert matched(bank({"name": "上海恒通化工有限?"}), book(HENG)) == says("M3", "B1", "K1")

    def test_a_cut_name_that_could_be_two_parties_is_a_persons(self):
        other = {
            "name": "上海恒通化工有限责任公司",
            "ref": "YQ000009",
            "day": "2026-09-01",
            "amount": 7,
        }

        assert matched(bank({"name": "上海恒通化工有限"}), book(HENG, other)) == set()

    def test_four_days_are_too_many(self):
        assert (
            matched(
                bank({"name": HENG["name"]} | {"day": "2026-10-19"}),
                book(HENG, HENG | {"day": "2026-10-02"}),
            )
            == set()
        )


class TestM4:
    def test_takes_the_party_five_days_apart_where_nothing_looks_like_it(self):
        assert matched(bank(HENG), book(HENG | {"day": "2026-10-17"})) == says("M4", "B1", "K1")

    def test_a_look_alike_within_fifteen_days_makes_it_a_persons(self):
        assert (
            matched(bank(HENG), book(HENG | {"day": "2026-10-17"}, HENG | {"day": "2026-10-26"}))
            == set()
        )

    def test_amount_and_date_alone_are_a_persons(self):
        assert matched(bank({"amount": "4567.89"}), book({"amount": "4567.89"} | HENG)) == set()

    def test_takes_the_party_the_text_names(self):
        found = matched(
            bank({"narrative": f"收{HENG['name']}货款"}), book(HENG | {"day": "2026-10-15"})
        )

        assert found == says("M4", "B1", "K1")

    def test_a_branch_the_text_names_is_not_its_house(self):
        told = {"amount": "4567.89", "narrative": f"付{HENG['name']}嘉定分公司货款"}

        assert matched(bank(told), book(HENG | {"amount": "4567.89"})) == set()

    def test_an_account_within_a_longer_number_is_not_it(self):
        told = {"amount": "4567.89", "acct": "62220017"}

        assert (
            matched(bank({"amount": "4567.89", "narrative": "流水99622200170"}), book(told))
            == set()
        )
        assert matched(
            bank({"amount": "4567.89", "narrative": "付至62220017户"}), book(told)
        ) == says("M4", "B1", "K1")

    def test_a_common_word_beside_a_round_amount_is_no_second_signal(self):
        assert matched(bank({"narrative": "货款"}), book({"description": "货款"})) == set()


class TestStrategy:
    def test_a_rung_left_out_matches_nothing(self):
        assert matched(bank(HENG), book(HENG), Strategy(rungs=("M1", "M3"))) == says(
            "M3", "B1", "K1"
        )

    def test_a_wider_window_takes_more(self):
        far = book(HENG | {"day": "2026-10-20"})

        assert matched(bank(HENG), far) == set()
        assert matched(bank(HENG), far, Strategy(amount_days=8)) == says("M4", "B1", "K1")

    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            (("M1", "M7"), says("M1", "B1", "K1") | says("M1", "B2", "K2")),
            (("M7", "M1"), says("M7", "B1 B2", "K1 K2")),
        ],
    )
    def test_of_two_rules_that_fit_one_reference_the_first_takes_it(self, order, expected):
        lines = {"ref": "YQ000001"}, {"ref": "YQ000001", "amount": "7.00"}

        assert matched(bank(*lines), book(*lines), Strategy(rungs=order)) == expected

    @pytest.mark.parametrize("first", ["M2", "M3"])
    def test_of_two_rules_that_fit_a_party_the_first_names_the_match(self, first):
        order = (first, "M3" if first == "M2" else "M2")

        assert matched(bank(HENG), book(HENG), Strategy(rungs=order)) == says(first, "B1", "K1")
