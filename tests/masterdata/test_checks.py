"""Field checks, with the vectors of the standards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import InvalidInput
from masterdata import checks

HEAD_OFFICES = [
    "102100099996",
    "103100000026",
    "104100000004",
    "105100000017",
    "301290000007",
    "302100011000",
    "308584000013",
    "309391000011",
    "310290000013",
    "403100000004",
]


class TestCnaps:
    @pytest.mark.parametrize("code", HEAD_OFFICES)
    def test_takes_published_codes(self, code: str) -> None:
        assert checks.check_cnaps(f" {code} ") == code

    @given(st.sampled_from(HEAD_OFFICES), st.integers(0, 11), st.integers(1, 9))
    def test_refuses_any_single_digit_changed(self, code: str, place: int, step: int) -> None:
        digit = str((int(code[place]) + step) % 10)

        assert not checks.is_cnaps(code[:place] + digit + code[place + 1 :])

    @pytest.mark.parametrize("text", ["", "10210009999", "1021000999961", "10210009999A", "１０２"])
    def test_refuses_other_forms(self, text: str) -> None:
        with pytest.raises(InvalidInput, match="联行号"):
            checks.check_cnaps(text)

    def test_full_width_digits_are_normalised(self) -> None:
        assert checks.check_cnaps("１０２１０００９９９９６") == "102100099996"


class TestAccount:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            (" 3207 6625 4501 ", "320766254501"),
            ("００１２３-ａ", "00123-A"),
            ("6222020200012345678", "6222020200012345678"),
            ("123456789012000", "123456789012000"),
        ],
    )
    def test_normalises(self, text: str, kept: str) -> None:
        assert checks.check_account(text) == kept

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("1.23E+18", "account_scientific"),
            ("1e18", "account_scientific"),
            ("123456.0", "account_scientific"),
            ("6222020200012340000", "account_precision"),
            ("1234567890123450", "account_precision"),
            ("12345_6", "account_characters"),
            ("账号123456", "account_characters"),
            ("", "account_missing"),
            ("1234", "account_length"),
        ],
    )
    def test_refuses_what_a_spreadsheet_ruined(self, text: str, code: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            checks.check_account(text)

        assert refused.value.code == code

    def test_luhn_only_warns(self) -> None:
        assert checks.luhn_warning("6222020200012345678")
        assert checks.luhn_warning("6222021234567890128") == ""
        assert checks.luhn_warning("320766254501") == ""


class TestUscc:
    def test_takes_the_standards_vector(self) -> None:
        assert checks.check_uscc("91350100m000100y43") == "91350100M000100Y43"

    @pytest.mark.parametrize("text", ["91350100M000100Y4Z", "91350100M000100Y44", "9135", ""])
    def test_refuses_the_rest(self, text: str) -> None:
        with pytest.raises(InvalidInput):
            checks.check_uscc(text)


class TestNames:
    @pytest.mark.parametrize("written", ["恒源（江苏）公司", "恒源(江苏) 公司", "恒源﹙江苏﹚公司"])
    def test_brackets_and_blanks_do_not_differ(self, written: str) -> None:
        assert checks.normalise_name(written) == checks.normalise_name("恒源(江苏)公司")

    def test_pinyin_is_full_and_initials(self) -> None:
        assert checks.pinyin_of("中国银行江阴支行") == "zhongguoyinhangjiangyinzhihang zgyhjyzh"

    @pytest.mark.parametrize(
        "name",
        ["中国银行江阴支行", "重庆农村商业银行长寿支行", "厦门银行成都分行", "ABC银行（六安）2号"],
    )
    def test_branch_names_read_the_same_by_characters(self, name: str) -> None:
        assert checks.pinyin_of_branch(name) == checks.pinyin_of(name)

    def test_pinyin_fits_its_column(self) -> None:
        assert len(checks.pinyin_of("中" * 120)) <= 400
