"""Code tables and message numbers."""

from __future__ import annotations

import pytest

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Fate
from bankadapters.numbers import lasting_number, message_number


class TestCodeTable:
    TABLE = CodeTable(
        rows(("Q",), "item", {Fate.SUCCEEDED: {"3"}}) | rows(("R",), "item", {Fate.FAILED: {"3"}}),
        decidable={("Q", "item")},
    )

    def test_the_same_code_means_what_its_operation_says(self):
        assert self.TABLE.fate("Q", "item", "3") is Fate.SUCCEEDED
        assert self.TABLE.fate("R", "item", "3") is Fate.FAILED

    def test_what_is_not_listed_is_unknown(self):
        for key in (
            ("Q", "message", "3"),
            ("Q", "item", "4"),
            ("X", "item", "3"),
            ("Q", "item", ""),
        ):
            assert self.TABLE.fate(*key) is Fate.UNKNOWN

    def test_the_operators_list_decides_only_what_the_table_leaves_open_there(self):
        own = frozenset({"3", "4", ""})

        assert self.TABLE.fate("Q", "item", "4", final_failures=own) is Fate.FAILED
        assert self.TABLE.fate("Q", "item", "3", final_failures=own) is Fate.SUCCEEDED
        assert self.TABLE.fate("R", "item", "4", final_failures=own) is Fate.UNKNOWN
        assert self.TABLE.fate("Q", "item", "", final_failures=own) is Fate.UNKNOWN

    def test_a_code_listed_twice_is_a_mistake_of_ours(self):
        with pytest.raises(ValueError, match="twice"):
            rows(("Q",), "item", {Fate.FAILED: {"1"}, Fate.SUCCEEDED: {"1"}})


class TestNumbers:
    def test_message_numbers_are_short_and_differ(self):
        numbers = {message_number() for _ in range(1000)}

        assert len(numbers) == 1000
        assert {len(n) for n in numbers} == {12}

    @pytest.mark.parametrize("digits_only", [True, False])
    def test_lasting_numbers_fill_their_field(self, digits_only):
        numbers = {lasting_number(20, prefix="9", digits_only=digits_only) for _ in range(500)}

        assert len(numbers) == 500
        assert all(len(n) == 20 and n.startswith("9") for n in numbers)
        assert not digits_only or all(n.isdigit() for n in numbers)

    def test_a_field_too_short_for_one_is_a_mistake_of_ours(self):
        with pytest.raises(ValueError, match="too few"):
            lasting_number(12, digits_only=True)
