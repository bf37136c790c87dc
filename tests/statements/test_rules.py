"""Statement arithmetic: the chain of a day, amended lines, the check of a day."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from statements.rules import (
    BANK,
    ChainEnds,
    DayFacts,
    Fetched,
    KnownEntry,
    Placement,
    Posting,
    chain_ends,
    judge_day,
    place_lines,
)

cents = st.integers(min_value=-(10**9), max_value=10**9).map(lambda n: Decimal(n) / 100)
changes = st.lists(cents.filter(bool), min_size=1, max_size=40)


def walk(opening, amounts):
    postings, balance = [], opening
    for change in amounts:
        balance += change
        postings.append(Posting(change, balance))
    return postings, balance


class TestChainEnds:
    @given(cents, changes, st.randoms())
    def test_finds_both_ends_in_whatever_order_the_bank_lists(
        self, opening, amounts, random: Random
    ):
        postings, closing = walk(opening, amounts)
        random.shuffle(postings)

        ends = chain_ends(postings)

        assert ends is not None
        assert closing == opening or ends == ChainEnds(opening, closing)

    @given(cents, changes)
    def test_refuses_a_chain_with_a_missing_link(self, opening, amounts):
        postings, _ = walk(opening, [*amounts, Decimal("7.77"), Decimal("3.33")])
        gap = [*postings[:-2], postings[-1]]

        ends = chain_ends(gap)

        assert ends is None or ends != ChainEnds(opening, postings[-1].after)

    def test_says_nothing_without_every_balance(self):
        assert chain_ends([Posting(Decimal("1.00"), None)]) is None
        assert chain_ends([]) is None

    def test_sees_two_walks_that_do_not_meet(self):
        there_and_back = [Posting(Decimal(5), Decimal(5)), Posting(Decimal(-5), Decimal(0))]
        elsewhere = [Posting(Decimal(1), Decimal(101))]

        assert chain_ends([*there_and_back, *elsewhere]) is None


def facts(**values):
    base = {
        "credits": Decimal("0.00"),
        "debits": Decimal("0.00"),
        "chain": None,
        "has_entries": True,
        "closing_before": None,
        "closing_told": None,
    }
    return DayFacts(**{**base, **values})


class TestJudgeDay:
    @given(cents, st.lists(cents.filter(lambda c: c > 0)), st.lists(cents.filter(lambda c: c > 0)))
    def test_difference_is_zero_exactly_when_the_sums_agree(self, opening, credits, debits):
        closing = opening + sum(credits) - sum(debits)

        right = judge_day(
            facts(
                credits=sum(credits, Decimal(0)),
                debits=sum(debits, Decimal(0)),
                closing_before=opening,
                closing_told=closing,
            )
        )
        wrong = judge_day(
            facts(
                credits=sum(credits, Decimal(0)) + Decimal("0.01"),
                debits=sum(debits, Decimal(0)),
                closing_before=opening,
                closing_told=closing,
            )
        )

        assert right.difference == 0
        assert wrong.difference == Decimal("0.01")

    def test_does_not_judge_what_it_does_not_know(self):
        verdict = judge_day(facts())

        assert verdict.difference is None
        assert "尚不能核对" in verdict.note

    def test_a_day_without_entries_ends_where_it_began(self):
        verdict = judge_day(facts(has_entries=False, closing_before=Decimal("8.00")))

        assert (verdict.opening, verdict.closing, verdict.difference) == (8, 8, 0)

    def test_names_an_opening_that_is_not_yesterdays_closing(self):
        chain = ChainEnds(Decimal("10.00"), Decimal("12.00"))

        verdict = judge_day(
            facts(credits=Decimal("2.00"), chain=chain, closing_before=Decimal("9.00"))
        )

        assert verdict.difference == Decimal("-1.00")
        assert "期初 10.00 与上日期末 9.00 不符" in verdict.note


def known(occurrence, revision, word, source=BANK):
    return KnownEntry(occurrence, revision, word, source, Decimal(len(word)), "CNY")


def fetched(words):
    return [Fetched(word, Decimal(len(word)), "CNY") for word in words]


def placed(before, words, source=BANK):
    last = max((entry.occurrence for entry in before), default=0)
    return place_lines(before, fetched(words), source=source, last=last)


class TestPlaceLines:
    def test_a_known_line_goes_nowhere(self):
        assert placed([known(1, 1, "a")], ["a"]) == []

    def test_a_changed_line_is_the_next_revision(self):
        assert placed([known(1, 2, "a")], ["b"]) == [Placement(0, 1, 3)]

    def test_twins_are_further_occurrences(self):
        assert placed([known(1, 1, "a")], ["a", "a"]) == [Placement(1, 2, 1)]

    def test_another_source_s_words_for_the_same_amount_are_the_same_entry(self):
        before = [known(1, 1, "a")]

        assert placed(before, ["b"], source="camt053") == []
        assert placed(before, ["bb"], source="camt053") == [Placement(0, 1, 2)]

    @given(
        st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6)
    )
    def test_a_second_fetch_of_the_same_lines_changes_nothing(self, before, words):
        entries = [known(n, 1, word) for n, word in enumerate(before, start=1)]
        state = {entry.occurrence: entry for entry in entries}
        for place in placed(entries, words):
            state[place.occurrence] = known(place.occurrence, place.revision, words[place.index])

        assert placed(list(state.values()), words) == []
