"""Sums, pairs and covers over a handful of lines."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from reconciliation.rules.grouping import Group, Line, Tied, exact_cover, settle


def lines(*cents: int, first: int = 0) -> list[Line]:
    """Lines of these amounts, numbered from `first`."""
    return [Line(n, day=n, cents=c) for n, c in enumerate(cents, first)]


class TestSettle:
    def test_one_line_explains_a_sum(self):
        assert settle(lines(600), lines(100, 200, 300, first=10)) == [
            Group("M5", (0,), (10, 11, 12))
        ]

    def test_several_lines_explain_one(self):
        assert settle(lines(250, 350), lines(600, first=10)) == [Group("M6", (0, 1), (10,))]

    def test_equal_sums_of_other_amounts_belong_together_whole(self):
        assert settle(lines(100, 500), lines(100, 200, 300, first=10)) == [
            Group("M7", (0, 1), (10, 11, 12))
        ]

    def test_the_same_amounts_pair_line_by_line(self):
        found = settle(lines(100, 200), lines(200, 100, first=10))

        assert sorted(found, key=lambda g: g.bank) == [
            Group("M1", (0,), (11,)),
            Group("M1", (1,), (10,)),
        ]

    def test_lines_of_one_amount_that_differ_are_left_to_a_person(self):
        assert settle(lines(100, 100), lines(100, 100, first=10)) == []

    def test_twins_pair_in_their_own_order(self):
        ours = [Line(n, day=3, cents=100, order=order) for n, order in ((0, "b"), (1, "a"))]

        assert settle(ours, lines(100, 100, first=10)) == [
            Group("M1", (1,), (10,)),
            Group("M1", (0,), (11,)),
        ]

    def test_an_amount_that_others_add_up_to_as_well_is_left_to_a_person(self):
        assert settle(lines(300), lines(300, 100, 200, first=10)) == []

    def test_an_amount_of_its_own_is_matched_though_the_sums_differ(self):
        assert settle(lines(300), lines(300, 50, first=10)) == [Group("M1", (0,), (10,))]

    def test_pairs_whose_references_do_not_agree_are_taken_as_one_group(self):
        ties = {(0, 10), (1, 10), (1, 11)}

        assert settle(lines(100, 200), lines(200, 100, first=10), Tied(ties=ties)) == [
            Group("M7", (0, 1), (10, 11))
        ]


def paid(*people: str, days: tuple[int, ...] = (), first: int = 0) -> list[Line]:
    """A hundred for each of these people, all on one day unless told otherwise."""
    on = days or (0,) * len(people)
    return [
        Line(n, day=day, cents=100, looks=name, name=name)
        for n, (name, day) in enumerate(zip(people, on, strict=True), first)
    ]


class TestLinesOfOneAmount:
    """A batch debited line by line, a rent under its contract: the reference and the amount do not say which."""

    def test_the_party_tells_them_apart(self):
        found = settle(paid("张伟", "张伟明"), paid("张伟明", "张伟", first=10))

        assert {(g.bank, g.book) for g in found} == {((0,), (11,)), ((1,), (10,))}

    def test_a_person_too_many_leaves_the_others_matched(self):
        assert settle(paid("张伟"), paid("李娜", "张伟", first=10)) == [Group("M1", (0,), (11,))]

    def test_a_second_payment_to_one_person_is_left_to_a_person(self):
        assert settle(paid("张伟", "张伟", days=(0, 20)), paid("张伟", first=10)) == []

    def test_the_days_tell_them_apart_where_there_are_equally_many(self):
        rent = ("房东", "房东")

        found = settle(paid(*rent, days=(0, 30)), paid(*rent, days=(29, 1), first=10))

        assert {(g.bank, g.book) for g in found} == {((0,), (11,)), ((1,), (10,))}

    def test_days_that_could_be_either_are_left_to_a_person(self):
        rent = ("房东", "房东")

        assert settle(paid(*rent, days=(0, 14)), paid(*rent, days=(1, 13), first=10)) == []

    def test_under_a_contract_a_month_too_many_leaves_the_others_matched(self):
        found = settle(
            paid("房东", "房东", days=(0, 30)),
            paid("房东", days=(1,), first=10),
            Tied(is_ours=False),
        )

        assert found == [Group("M1", (0,), (10,))]

    def test_a_bill_number_two_parties_have_is_settled_for_each(self):
        bank = [
            Line(0, 0, 40, name="甲"),
            Line(1, 3, 60, name="甲"),
            Line(2, 0, 70, name="乙"),
            Line(3, 1, 20, name="乙"),
        ]
        book = [Line(10, 0, 100, name="甲"), Line(11, 0, 90, name="乙")]

        found = settle(bank, book, Tied(is_ours=False))

        assert {(g.rung, g.bank, g.book) for g in found} == {
            ("M6", (0, 1), (10,)),
            ("M6", (2, 3), (11,)),
        }
        assert settle(bank, book) == [Group("M7", (0, 1, 2, 3), (10, 11))]

    def test_another_party_is_no_partner_where_the_sums_differ(self):
        assert settle(paid("张伟"), [*paid("李娜", first=10), Line(11, 0, 5)]) == []

    def test_parts_of_other_people_are_no_second_explanation(self):
        parts = [Line(11, 0, 40, name="李娜"), Line(12, 0, 60, name="王芳")]

        assert settle(paid("张伟"), [*paid("张伟", first=10), *parts]) == [Group("M1", (0,), (10,))]


class TestExactCover:
    def test_finds_the_only_choice(self):
        assert exact_cover(500, lines(100, 200, 300, 450), lines_max=6) == (1, 2)

    def test_gives_up_where_two_choices_add_up(self):
        assert exact_cover(300, lines(100, 200, 150, 150), lines_max=6) is None

    def test_takes_no_more_lines_than_allowed(self):
        assert exact_cover(30, lines(10, 10, 10), lines_max=2) is None

    @given(st.lists(st.integers(1, 12), max_size=8), st.integers(1, 40))
    def test_agrees_with_trying_every_choice_property(self, cents, amount):
        parts = lines(*cents)
        every = [
            tuple(line.n for line in some)
            for count in range(2, len(parts) + 1)
            for some in combinations(parts, count)
            if sum(line.cents for line in some) == amount
        ]

        found = exact_cover(amount, parts, lines_max=8)

        assert found == (every[0] if len(every) == 1 else None)
