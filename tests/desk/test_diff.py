"""Two texts beside each other: nothing is lost, and what is equal is not marked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk.diff import pieces
from desk.formats import differing_html


@given(st.text(max_size=40), st.text(max_size=40))
def test_each_side_gives_its_own_text_back(mine, theirs):
    left, right = pieces(mine, theirs)

    assert "".join(one.text for one in left) == mine
    assert "".join(one.text for one in right) == theirs


@given(st.text(min_size=1, max_size=40))
def test_equal_texts_have_no_mark(text):
    left, right = pieces(text, text)

    assert not any(one.differs for one in (*left, *right))


def test_marks_the_one_character_that_differs():
    left, _right = differing_html("江阴恒源化工", "江阴恒原化工")

    assert left == '江阴恒<mark class="diff__other">源</mark>化工'


def test_texts_that_have_little_in_common_are_marked_whole():
    left, _right = differing_html("P010000001PW-1", "FK2026110700007-3")

    assert left == '<mark class="diff__other">P010000001PW-1</mark>'


def test_escapes_what_a_bank_or_a_payee_wrote():
    left, right = differing_html("<b>甲", "<b>乙")

    assert "<b>" not in left + right
