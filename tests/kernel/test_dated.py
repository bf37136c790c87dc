"""Which version of a line is in force on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kernel.dated import in_force, spans

START = date(2026, 11, 1)


@dataclass(frozen=True)
class Version:
    line: int
    number: int
    valid_from: date
    valid_to: date | None = None
    is_withdrawn: bool = False


def _day(number: int) -> date:
    return START + timedelta(days=number)


@st.composite
def lines(draw):
    found = []
    for line in range(1, draw(st.integers(1, 3)) + 1):
        for number in range(1, draw(st.integers(1, 5)) + 1):
            first = draw(st.integers(0, 20))
            lasts = draw(st.none() | st.integers(first, first + 8))
            found.append(
                Version(
                    line,
                    number,
                    _day(first),
                    None if lasts is None else _day(lasts),
                    draw(st.booleans()),
                )
            )
    return found


class TestInForce:
    def test_the_version_that_begins_last_rules(self):
        old, new = Version(1, 1, _day(0)), Version(1, 2, _day(5))

        assert in_force([old, new], _day(4)) == [old]
        assert in_force([old, new], _day(5)) == [new]

    def test_after_a_version_for_a_while_the_one_before_rules_again(self):
        standing, holiday = Version(1, 1, _day(0)), Version(1, 2, _day(5), _day(9))

        assert in_force([standing, holiday], _day(9)) == [holiday]
        assert in_force([standing, holiday], _day(10)) == [standing]

    def test_of_two_dated_alike_the_newer_rules(self):
        first, second = Version(1, 1, _day(3)), Version(1, 2, _day(3))

        assert in_force([second, first], _day(3)) == [second]

    def test_a_withdrawal_leaves_nothing(self):
        rows = [Version(1, 1, _day(0)), Version(1, 2, _day(3), is_withdrawn=True)]

        assert in_force(rows, _day(3)) == []


class TestSpans:
    @given(lines(), st.integers(0, 40))
    def test_say_of_every_day_what_is_in_force(self, versions, number):
        day = _day(number)

        told = [one.version for one in spans(versions) if one.meets(day, day)]

        assert told == in_force(versions, day)

    @given(lines())
    def test_of_one_line_never_meet(self, versions):
        found = spans(versions)

        for place, one in enumerate(found):
            for other in found[place + 1 :]:
                if one.version.line == other.version.line:
                    assert not one.meets(other.first, other.last)
