"""Which lines of one reference belong together: sums, pairs and exact covers over a handful of lines.

Pure functions over plain values. Amounts are cents, days are numbers; all lines of a call have one account, currency
and direction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

COVER_PARTS_MAX = (
    16  # other lines among which a second explanation is looked for; beyond it, a person decides
)
CUT_NAME_MIN = 6  # characters a name must at least have to be the beginning of another
COMPARED_MAX = 250_000  # pairs of lines of one amount and reference that are compared; beyond it, a person decides


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the rules see it. `looks` holds all that could tell it from another of its amount; `order` is its place."""

    n: int
    day: int
    cents: int
    order: str = ""
    looks: str = ""
    acct: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of both sides that explain each other, and the rung that says so."""

    rung: str
    bank: tuple[int, ...]
    book: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tied:
    """What is known of lines that exact references tie, beyond the lines.

    `ties` are the pairs whose references agree; without it all of them do. `is_ours` says that the reference is one of ours, so
    that a line too many is an incident and no next instalment. Lines of one amount are told apart by their days where they lie
    within `near_days` of their own and more than `apart_days` from all others.
    """

    ties: Container[tuple[int, int]] | None = None
    is_ours: bool = True
    is_whole_first: bool = False
    near_days: int = 5
    apart_days: int = 15


Pair = tuple[Line, Line]


def settle(bank: Sequence[Line], book: Sequence[Line], tied: Tied = Tied()) -> list[Group]:
    """The certain matches among lines exact references tie; what they leave is a person's.

    Equal sums explain each other whole (M5, M6, M7), unless both sides hold the same amounts: then line by line (M1), or whole
    all the same where the strategy puts M7 before M1.
    Unequal sums leave those lines that have exactly one partner of their amount (M1) and party, and no second explanation.
    A number that is none of ours may be two parties', each for itself: their lines are settled apart.
    """
    if tied.is_ours:
        return _settled(bank, book, tied)
    parts = _apart(bank, book, lambda x, y: not differ(x, y))
    return [group for ours, theirs in parts if theirs for group in _settled(ours, theirs, tied)]


def _settled(bank: Sequence[Line], book: Sequence[Line], tied: Tied) -> list[Group]:
    """The same for lines that could all be one party's, or stand under a reference of ours."""
    if sum(line.cents for line in bank) == sum(line.cents for line in book):
        if len(bank) == 1 or len(book) == 1:
            return [_whole(bank, book)]
        if not tied.is_whole_first and sorted(one.cents for one in bank) == sorted(
            one.cents for one in book
        ):
            pairs = list(_line_by_line(bank, book, tied))
            if all(_is_tied(pair, tied) for pair in pairs):
                return [_one(pair) for pair in pairs]
        return [_whole(bank, book)]
    return [
        _one(pair)
        for pair in _line_by_line(bank, book, tied)
        if _is_tied(pair, tied) and not differ(*pair) and not _has_second_explanation(pair, bank, book)
    ]  # fmt: skip


def _is_tied(pair: Pair, tied: Tied) -> bool:
    return tied.ties is None or (pair[0].n, pair[1].n) in tied.ties


def _one(pair: Pair) -> Group:
    return Group("M1", (pair[0].n,), (pair[1].n,))


def _whole(bank: Sequence[Line], book: Sequence[Line]) -> Group:
    rung = {(True, True): "M1", (True, False): "M5", (False, True): "M6"}.get(
        (len(bank) == 1, len(book) == 1), "M7"
    )
    return Group(rung, tuple(sorted(x.n for x in bank)), tuple(sorted(x.n for x in book)))


def _line_by_line(bank: Sequence[Line], book: Sequence[Line], tied: Tied) -> Iterator[Pair]:
    """Pairs of equal amount, where the amount says which, else the party, else the day: one line on each side, or twins."""
    by_amount: dict[int, tuple[list[Line], list[Line]]] = defaultdict(lambda: ([], []))
    for line in bank:
        by_amount[line.cents][0].append(line)
    for line in book:
        by_amount[line.cents][1].append(line)
    for ours, theirs in by_amount.values():
        if _pairs_off(ours, theirs):
            yield from zip(in_order(ours), in_order(theirs), strict=True)
        elif len(ours) * len(theirs) <= COMPARED_MAX:
            yield from _told_apart(ours, theirs, tied)


def _told_apart(ours: Sequence[Line], theirs: Sequence[Line], tied: Tied) -> Iterator[Pair]:
    """Pairs among lines of one amount and several parties or days."""
    for b, k in _apart(ours, theirs, lambda x, y: not differ(x, y)):
        if _pairs_off(b, k):
            yield from zip(in_order(b), in_order(k), strict=True)
        elif len(b) == len(k) or not tied.is_ours:
            for x, y in _apart(b, k, lambda x, y: abs(x.day - y.day) <= tied.apart_days):
                days = [line.day for line in (*x, *y)]
                if _pairs_off(x, y) and max(days) - min(days) <= tied.near_days:
                    yield from zip(in_order(x), in_order(y), strict=True)


def _apart(
    ours: Sequence[Line], theirs: Sequence[Line], could_be: Callable[[Line, Line], bool]
) -> Iterator[tuple[list[Line], list[Line]]]:
    """The lines, those together that could be each other's, directly or through others."""
    left = list(theirs)
    waiting = list(ours)
    while waiting:
        b: list[Line] = [waiting.pop()]
        k: list[Line] = []
        fresh = True
        while fresh:
            found = [y for y in left if any(could_be(x, y) for x in b)]
            left = [y for y in left if y not in found]
            more = [x for x in waiting if any(could_be(x, y) for y in found)]
            waiting = [x for x in waiting if x not in more]
            k, b, fresh = k + found, b + more, bool(found or more)
        yield b, k


def _pairs_off(ours: Sequence[Line], theirs: Sequence[Line]) -> bool:
    """Whether there is one line on each side, or equally many that may pair anyhow."""
    return len(ours) == len(theirs) and (len(ours) == 1 or are_twins(ours) or are_twins(theirs))


def differ(one: Line, other: Line) -> bool:
    """Whether two lines tell different parties: by the account where both tell one, else by names of which neither begins the other."""
    if one.acct and other.acct:
        return one.acct != other.acct
    if one.name and other.name:
        short, long = sorted((one.name, other.name), key=len)
        return not (long == short or (len(short) >= CUT_NAME_MIN and long.startswith(short)))
    return False


def are_twins(lines: Sequence[Line]) -> bool:
    """Whether nothing tells the lines apart, so that exchanging them changes nothing."""
    return len({(line.day, line.cents, line.looks) for line in lines}) == 1


def in_order(lines: Sequence[Line]) -> list[Line]:
    """The lines in their own order, which does not depend on the order of arrival."""
    return sorted(lines, key=lambda line: (line.day, line.order, line.n))


def _has_second_explanation(pair: Pair, bank: Sequence[Line], book: Sequence[Line]) -> bool:
    """Whether several other lines of a side, none of another party, add up to the pair's amount too (or might: too many to tell)."""
    ours, theirs = pair
    amount = ours.cents
    return any(
        _adds_up(amount, [x.cents for x in side if x.cents < amount and not differ(x, one)])
        for one, side in ((theirs, bank), (ours, book))
    )


def _adds_up(amount: int, parts: Sequence[int]) -> bool:
    if len(parts) > COVER_PARTS_MAX:
        return True
    reached = {0}
    for part in parts:
        reached |= {total + part for total in reached if total + part <= amount}
    return amount in reached


def exact_cover(amount: int, parts: Sequence[Line], *, lines_max: int) -> tuple[int, ...] | None:
    """The only choice of 2 to `lines_max` lines whose sum is `amount`; None where there is none, or more than one."""
    if len(parts) > COVER_PARTS_MAX:
        return None
    found: list[tuple[int, ...]] = []
    ordered = sorted(parts, key=lambda line: (-line.cents, line.order, line.n))

    def search(start: int, left: int, chosen: tuple[int, ...]) -> None:
        if left == 0 and len(chosen) > 1:
            found.append(chosen)
        if left <= 0 or len(chosen) == lines_max:
            return
        for place in range(start, len(ordered)):
            if len(found) > 1:
                return
            if ordered[place].cents <= left:
                search(place + 1, left - ordered[place].cents, (*chosen, ordered[place].n))

    search(0, amount, ())
    return tuple(sorted(found[0])) if len(found) == 1 else None


def balanced(
    bank: Sequence[Line], book: Sequence[Line], *, lines_max: int
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Choices of 2 to `lines_max` lines of each side with equal sums, where no other choice of either side has that sum.

    A choice that holds a smaller one is not told again. Ends soon for thirty lines a side and three lines a choice.
    """
    ours, theirs = _only_sums(bank, lines_max), _only_sums(book, lines_max)
    both = [(ours[total], theirs[total]) for total in ours.keys() & theirs.keys()]
    found: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    used: set[int] = set()
    for one, other in sorted(both, key=lambda pair: (len(pair[0]) + len(pair[1]), _places(pair))):
        ns = {line.n for line in (*one, *other)}
        if len(one) > 1 and len(other) > 1 and not used & ns:
            used |= ns
            found.append((tuple(line.n for line in one), tuple(line.n for line in other)))
    return found


def _places(pair: tuple[Sequence[Line], Sequence[Line]]) -> list[tuple[int, str]]:
    return [(line.day, line.order) for side in pair for line in side]


def _only_sums(lines: Sequence[Line], lines_max: int) -> dict[int, tuple[Line, ...]]:
    """Sums that exactly one choice of up to `lines_max` lines has, and that choice."""
    found: dict[int, tuple[Line, ...]] = {}
    twice: set[int] = set()
    for count in range(1, lines_max + 1):
        for chosen in combinations(in_order(lines), count):
            total = sum(line.cents for line in chosen)
            if total in found:
                twice.add(total)
            found.setdefault(total, chosen)
    return {total: chosen for total, chosen in found.items() if total not in twice}
