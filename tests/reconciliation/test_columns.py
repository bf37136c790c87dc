"""What is settled as columns says the same as the rules in words: forms of a reference, and lines tied like a star."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciliation.rules.board import Board
from reconciliation.rules.grouping import Line, settle
from reconciliation.strategy import Strategy
from tests.reconciliation.matching import matched

RUNGS = ("M1", "M5", "M6", "M7")
LETTERS = "aZ019\t\n -_\u3000\u00a0５Ａ！中\u2003"


def squeezed(text: str) -> str:
    """Half width, upper case, no blanks."""
    narrow = "".join(
        chr(ord(one) - 0xFEE0) if "！" <= one <= "～" else " " if one in "\u3000\u00a0" else one
        for one in text
    )
    return re.sub("[\t\n\v\f\r ]", "", narrow.upper())


def reference(text: str) -> str | None:
    """At least four characters, one of them a digit other than nought."""
    found = squeezed(text)
    return found if len(found) >= 4 and re.search("[1-9]", found) else None


class TestAsReference:
    @given(st.lists(st.text(LETTERS, max_size=8), min_size=1, max_size=300))
    @settings(max_examples=15, deadline=None)
    def test_folds_squeezes_and_takes_only_what_can_be_one(self, texts):
        with Board(Strategy()) as board:
            board.run("CREATE TABLE told (x VARCHAR)")
            board.insert("told", texts)
            found = board.rows("SELECT DISTINCT x, squeeze(x), as_reference(x) FROM told")

        assert {row[0]: row[1:] for row in found} == {
            text: (squeezed(text), reference(text)) for text in texts
        }


Star = tuple[bool, int, list[int]]
STARS = st.tuples(
    st.booleans(), st.integers(1, 6), st.lists(st.integers(1, 4), min_size=1, max_size=4)
)


def _row(side: str, star: int, place: int, cents: int) -> dict[str, object]:
    bank = side == "B"
    return {
        "entry_id": f"{side}{star}-{place}",
        "account": f"62{star:02d}",
        "booked_on": "2026-11-02",
        "direction": "debit" if bank else "credit",
        "amount": f"{cents / 100:.2f}",
        "narrative" if bank else "bill_no": "货款 FP200001" if bank else "FP200001",
    }


class TestStars:
    @given(
        st.lists(STARS, min_size=1, max_size=30),
        st.lists(st.sampled_from(RUNGS), unique=True, min_size=1),
    )
    @settings(max_examples=20, deadline=None)
    def test_are_settled_as_the_rule_of_a_handful_says(self, stars: list[Star], rungs: list[str]):
        strategy = Strategy(rungs=tuple(rungs))
        bank, book, expected = [], [], set()
        for star, (is_of_book, whole, parts) in enumerate(stars):
            sides = ("B", "K") if is_of_book else ("K", "B")
            many = [_row(sides[0], star, place, cents) for place, cents in enumerate(parts)]
            one = [_row(sides[1], star, 0, whole)]
            of_bank, of_book = (many, one) if is_of_book else (one, many)
            bank, book = bank + of_bank, book + of_book
            expected |= {
                (
                    group.rung,
                    frozenset(of_bank[n]["entry_id"] for n in group.bank),
                    frozenset(of_book[n - 100]["entry_id"] for n in group.book),
                )
                for group in settle(
                    _lines(of_bank, 0),
                    _lines(of_book, 100),
                    is_whole_first=strategy.puts_first("M7", "M1"),
                )
                if strategy.has(group.rung)
            }

        assert matched(bank, book, strategy) == expected


def _lines(rows: list[dict[str, object]], first: int) -> list[Line]:
    cents = (round(float(str(row["amount"])) * 100) for row in rows)
    return [Line(n, 0, c, str(row["entry_id"])) for n, (c, row) in enumerate(zip(cents, rows, strict=True), first)]  # fmt: skip
