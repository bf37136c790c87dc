"""What is settled as columns says the same as the rules in words: forms of a reference, and lines tied like a star."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciliation.rules.board import PERIOD, Board
from reconciliation.rules.grouping import Line, Tied, settle
from reconciliation.strategy import Strategy
from tests.reconciliation.matching import matched

RUNGS = ("M1", "M5", "M6", "M7")
LETTERS = "aZ019\t\n -_\u3000\u00a0５Ａ！中\u2003"


def folded(text: str) -> str:
    """Half width, upper case."""
    narrow = "".join(
        chr(ord(one) - 0xFEE0) if "！" <= one <= "～" else " " if one in "\u3000\u00a0" else one
        for one in text
    )
    return narrow.upper()


def squeezed(text: str) -> str:
    """The same without blanks."""
    return re.sub("[\t\n\v\f\r ]", "", folded(text))


def reference(text: str) -> str | None:
    """At least four characters, one of them a digit other than nought, and no filler; in a Chinese phrase, its one number."""
    if re.search("[一-鿿]", text):
        numbers = [
            one
            for one in re.findall("[0-9A-Z]+(?:[-_/][0-9A-Z]+)*", folded(text))
            if is_mention(one)
        ]
        return numbers[0] if len(numbers) == 1 else None
    found = squeezed(text)
    is_one = len(found) >= 4 and re.search("[1-9]", found)
    return found if is_one and not is_filler(re.sub("[-/.]", "", found)) else None


def is_mention(word: str) -> bool:
    """Six characters, four digits, and no day, month or span of them."""
    return len(word) >= 6 and len(re.findall("[0-9]", word)) >= 4 and not re.fullmatch(PERIOD, word)


def is_filler(word: str) -> bool:
    """One digit over and over, or a calendar day or month."""
    is_day = re.fullmatch("(19|20)[0-9]{2}(0[1-9]|1[0-2])((0[1-9]|[12][0-9]|3[01]))?", word)
    return bool(is_day) or (word.isdecimal() and len(set(word)) == 1)


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
                    Tied(is_ours=False, is_whole_first=strategy.puts_first("M7", "M1")),
                )
                if strategy.has(group.rung)
            }

        assert matched(bank, book, strategy) == expected


def _lines(rows: list[dict[str, object]], first: int) -> list[Line]:
    cents = (round(float(str(row["amount"])) * 100) for row in rows)
    return [Line(n, 0, c, str(row["entry_id"])) for n, (c, row) in enumerate(zip(cents, rows, strict=True), first)]  # fmt: skip
