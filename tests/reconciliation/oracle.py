"""A second matcher, written from the rules and not from the engine: plain loops, quadratic, for a handful of lines.

It shares no code with the engine: its own folding, windows, sums and choices. See docs/reconciliation.md for the rules.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, product

from tests.reconciliation.oracle_sums import days_between, linked, of_another, settled

FULL_NAME_ENDS = re.compile(
    r"(公司|集团|企业|厂|店|院|所|校|社|部|中心|局|处|会|行|站|馆|户|人)\)?$"
)


@dataclass(frozen=True)
class Row:
    """A line of either side; `outgo` means money out."""

    id: str
    is_bank: bool
    account: str
    day: date
    outgo: bool
    amount: Decimal
    ref: str = ""
    doc: str = ""
    acct: str = ""
    name: str = ""
    text: str = ""

    @property
    def words(self) -> set[str]:
        """What this line can be named by, besides its reference."""
        mentioned = re.findall(r"[0-9A-Z]+(?:[-_/][0-9A-Z]+)*", folded(self.text))
        found = {w for w in mentioned if is_word(w)}
        return found | ({self.doc} if self.doc and is_word(self.doc) else set())

    @property
    def tag(self) -> set[str]:
        """The numbers a reader would tell it apart by."""
        own = set() if self.is_bank or not self.doc else {self.doc}
        return {w for w in re.findall(r"[0-9A-Z]+", folded(self.text)) if is_word(w)} | own

    @property
    def party(self) -> str:
        """The name without brackets' and letters' variants."""
        return re.sub(r"\s", "", folded(self.name))

    @property
    def looks(self) -> tuple[object, ...]:
        """All that is told of it but its id and place."""
        return (
            self.day,
            self.amount,
            self.ref,
            self.acct,
            self.party,
            folded(self.text),
            "" if self.is_bank else self.doc,
        )


def folded(text: str) -> str:
    """Half width, upper case."""
    return unicodedata.normalize("NFKC", text).upper()


def is_word(word: str) -> bool:
    """Long enough to be somebody's own, and no date."""
    return (
        len(word) >= 6
        and sum(c.isdigit() for c in word) >= 4
        and not re.fullmatch(r"20\d{6}", word)
    )


Match = tuple[str, frozenset[str], frozenset[str]]


def certain(rows: list[Row], *, is_workday) -> set[Match]:
    """The matches no person need look at."""
    found: set[Match] = set()
    parties = Parties(rows)
    for account in {row.account for row in rows}:
        everything = [row for row in rows if row.account == account]
        left = take(found, everything, by_reference(everything))
        unnamed = (
            left  # what plain references left: its words count even where a line is matched later
        )
        left = take(found, left, by_word(left))
        bound = {row.id for row in left if is_bound(row, unnamed, everything)}
        left = take(found, left, reversed_pairs(left, unnamed, everything))
        left = take(found, left, by_party(left, bound, parties, is_workday))
        take(found, left, by_text(left, bound))
    return found


def take(found: set[Match], left: list[Row], matches) -> list[Row]:
    """Keep the matches; the lines they leave."""
    matches = list(matches)
    found.update(matches)
    gone = {one for _, bank, book in matches for one in bank | book}
    return [row for row in left if row.id not in gone]


def split(rows):
    return [r for r in rows if r.is_bank], [r for r in rows if not r.is_bank]


def by_reference(left):
    for outgo, ref in {(r.outgo, r.ref) for r in left if r.ref}:
        bank, book = split([r for r in left if r.ref == ref and r.outgo == outgo])
        yield from settled(bank, book, lambda b, k: True, is_ours=True)


def tied(b, k, among) -> bool:
    """Whether a word on both names the two lines together; one that comes again with the amount is a contract's."""
    if b.outgo != k.outgo or (b.ref and k.ref and b.ref != k.ref):
        return False
    days = abs((b.day - k.day).days)
    for word in shared_words(b, k):
        if word in (b.ref, k.ref) and b.ref == k.ref:
            return True
        is_loose = not ({word} & {b.ref, k.ref, k.doc, b.doc})
        if re.fullmatch(r"\d{1,9}", word) or is_loose:
            if days <= 5 and agree(b, k):
                return True
        elif days <= (5 if b.amount == k.amount and comes_again(word, b, among) else 25):
            return True
    return False


def comes_again(word, row, among) -> bool:
    """Whether a side has more than one line of this amount and direction that is named by the word and not by its reference."""
    named = [r.is_bank for r in among if r.amount == row.amount and r.outgo == row.outgo and word in r.words - {r.ref}]  # fmt: skip
    return max(named.count(True), named.count(False)) > 1


def agree(b, k) -> bool:
    """No different account, no different name."""
    return not (b.acct and k.acct and b.acct != k.acct) and alike(b.party, k.party)


def alike(x: str, y: str) -> bool:
    """Equal, unknown, or one surely the beginning of the other."""
    if not x or not y or x == y:
        return True
    short, long = sorted((x, y), key=len)
    return long.startswith(short) and len(short) >= 6 and not FULL_NAME_ENDS.search(short)


def by_word(left):
    bank, book = split(left)
    for b, k in linked(bank, book, lambda b, k: tied(b, k, left)):
        is_ours = any(x.ref and x.ref == y.ref for x, y in product(b, k))
        is_plain = min(len(b), len(k)) == 1 and sum(r.amount for r in b) == sum(r.amount for r in k)
        parts = [(b, k)] if is_ours or is_plain else linked(b, k, lambda x, y: not of_another(x, y))
        for ours, theirs in parts:
            yield from settled(ours, theirs, lambda b, k: tied(b, k, left), is_ours=is_ours)


def reversed_pairs(left, unnamed, everything):
    """Two opposite lines of one side under one number, where the other side has nothing they could be about."""
    found = []
    for one, other in combinations(left, 2):
        words = (one.words | {one.ref}) & (other.words | {other.ref}) - {""}
        words = {w for w in words if is_twosome(w, one, other, left)}
        if one.is_bank == other.is_bank and words and is_undone(words, (one, other), left, unnamed, everything):  # fmt: skip
            found.append((one, other))
    for pair in found:
        if sum(bool(set(pair) & set(more)) for more in found) == 1:
            ids = frozenset(r.id for r in pair)
            yield ("M0", ids, frozenset()) if pair[0].is_bank else ("M0", frozenset(), ids)


def is_twosome(word, one, other, left) -> bool:
    """Whether the number stands as reference or document, on these two lines alone of their side and amount."""
    naming = [
        r for r in left
        if r.is_bank == one.is_bank and r.amount == one.amount and r.ref in ("", word) and word in (r.words | {r.ref})
    ]  # fmt: skip
    is_number = any(word in (r.ref, r.doc) for r in naming)
    is_opposite = one.outgo != other.outgo and one.amount == other.amount
    return is_number and is_opposite and naming in ([one, other], [other, one]) and days_between(one, other) <= 5  # fmt: skip


def is_undone(words, two, left, unnamed, everything) -> bool:
    """Whether nothing on the other side speaks against it."""
    theirs = [r for r in everything if r.is_bank != two[0].is_bank]
    still = [r for r in left if r in theirs]
    first, last = sorted(r.day for r in two)
    mirrors = [r for r in still if r.amount == two[0].amount and first - timedelta(15) <= r.day <= last + timedelta(15)]  # fmt: skip
    is_ours = any(r.ref in words for r in two)
    halves = {
        half.outgo
        for half in two
        for m in mirrors
        if not m.ref and m.outgo == half.outgo and days_between(m, half) <= 5
        and any(is_party(m, r) for r in two)
    }  # fmt: skip
    if len(halves) == 2 or not (is_ours or agree(*two)):
        return False
    is_carried = any(r.ref in words for r in theirs) or any(r in unnamed and r.words & words for r in theirs)  # fmt: skip
    is_open = any((r.words | {r.ref}) & words for r in still)
    return (is_ours and not is_carried) or not (is_open or mirrors)


def is_party(x, y) -> bool:
    """One account, or one name."""
    return bool((x.acct and x.acct == y.acct) or (x.party and x.party == y.party))


def is_bound(row, unnamed, everything) -> bool:
    """Whether the line names something that is not its counterpart's: no rule by amount may take it."""
    if row.ref or any(other.ref and other.ref in row.words for other in everything):
        return True
    for other in unnamed:
        if other.is_bank != row.is_bank:
            b, k = (row, other) if row.is_bank else (other, row)
            if tied(b, k, unnamed) and shared_words(b, k) & {b.ref, b.doc, k.ref, k.doc}:
                return True
    return False


def shared_words(b, k) -> set[str]:
    """The words that name both."""
    return (b.words | {b.ref}) & (k.words | {k.ref}) - {""}


def tells_apart(b, k) -> bool:
    """Both quote numbers of one shape, and not one in common."""
    shape = lambda words: {re.sub(r"\d", "9", w) for w in words}  # noqa: E731
    return not b.tag & k.tag and bool(shape(b.tag) & shape(k.tag))


def workdays_between(one: date, other: date, is_workday) -> int:
    """Working days after the earlier up to the later."""
    low, high = sorted((one, other))
    return sum(is_workday(low + timedelta(days=n)) for n in range(1, (high - low).days + 1))


class Parties:
    """Who could be whom, given all names anybody ever used."""

    def __init__(self, rows) -> None:
        self.names = {r.party for r in rows if r.party}

    def is_same(self, x: str, y: str) -> bool:
        """Whether two told names are surely one party's."""
        if not x or not y:
            return False
        if x == y:
            return True
        if not alike(x, y):
            return False
        short = min(x, y, key=len)
        longer = sorted(
            (n for n in self.names if n != short and n.startswith(short)), key=lambda n: (len(n), n)
        )
        return all(
            longer[-1].startswith(n) and (n == longer[-1] or not FULL_NAME_ENDS.search(n))
            for n in longer
        )

    def could_be(self, b, k) -> bool:
        """Whether a person would think of this pair: same account or, where a side tells none, same name."""
        if b.acct and k.acct:
            return b.acct == k.acct and alike(b.party, k.party)
        return bool(b.party and k.party) and alike(b.party, k.party)


def is_next(b, k, is_workday) -> bool:
    """Of one account, on working days at most one working day apart, however long the holiday between them."""
    if not b.acct or b.acct != k.acct or not is_workday(b.day) or not is_workday(k.day):
        return False
    return days_between(b, k) <= 15 and workdays_between(b.day, k.day, is_workday) <= 1


def by_party(left, bound, parties, is_workday):
    bank, book = split(left)

    def same(r):
        own = bank if r.is_bank else book
        return [x for x in own if x.outgo == r.outgo and kind(x) == kind(r)]

    def kind(r):
        return (r.amount, r.day, r.acct, r.party, frozenset(r.tag), r.id in bound)

    def candidates(row, days):
        others = book if row.is_bank else bank
        return [
            o for o in others
            if o.outgo == row.outgo and o.amount == row.amount and (days_between(o, row) <= days or is_next(o, row, is_workday))
            and parties.could_be(*((row, o) if row.is_bank else (o, row))) and not tells_apart(row, o)
        ]  # fmt: skip

    for b in bank:
        near = candidates(b, 5)
        if not near or b.id in bound or near[0].id in bound:
            continue
        k, ours = near[0], sorted(same(b), key=lambda r: r.id)
        theirs = sorted(same(k), key=lambda r: r.id)
        if {r.id for r in near} != {r.id for r in theirs} or {r.id for r in candidates(k, 5)} != {
            r.id for r in ours
        }:
            continue
        is_same = any(len({folded(r.text) for r in side}) == 1 for side in (ours, theirs))
        if len(ours) != len(theirs) or not is_same:
            continue
        days = abs((b.day - k.day).days)
        by_account = bool(b.acct and b.acct == k.acct)
        by_name = parties.is_same(b.party, k.party) or (by_account and bool(b.party and k.party))
        if by_account and workdays_between(b.day, k.day, is_workday) <= 1:
            rung = "M2"
        elif by_name and days <= 3:
            rung = "M3"
        elif (
            (by_account or by_name)
            and days <= 5
            and len(ours) == 1
            and is_lone(b, k, left, candidates)
        ):
            rung = "M4"
        else:
            continue
        yield rung, frozenset([b.id]), frozenset([theirs[ours.index(b)].id])


def is_lone(b, k, left, candidates) -> bool:
    """No line like either of the two within 15 days, on any side."""
    for row in (b, k):
        if len(candidates(row, 15)) > 1:
            return False
        for other in left:
            if (
                other.is_bank == row.is_bank
                and other.id != row.id
                and other.outgo == row.outgo
                and other.amount == row.amount
            ):
                is_party = (other.acct and other.acct == row.acct) or (
                    other.party and other.party == row.party
                )
                if is_party and abs((other.day - row.day).days) <= 15:
                    return False
    return True


def by_text(left, bound):
    for b, k in product(*split(left)):
        if (
            b.outgo != k.outgo
            or b.amount != k.amount
            or abs((b.day - k.day).days) > 5
            or {b.id, k.id} & bound
        ):
            continue
        crowd = [r for r in left if r.outgo == b.outgo and r.amount == b.amount]
        if any(
            r.id not in (b.id, k.id) and min(abs((r.day - x.day).days) for x in (b, k)) <= 15
            for r in crowd
        ):
            continue
        if not agree(b, k) or tells_apart(b, k):
            continue
        if says_the_same(b, k, left):
            yield "M4", frozenset([b.id]), frozenset([k.id])


def says_the_same(b, k, left) -> bool:
    """A party written in the other's text, or one text, where the text or the amount is no everyday one."""
    for one, other in ((b, k), (k, b)):
        text = re.sub(r"\s", "", folded(one.text))
        if (len(other.party) >= 6 and other.party in text) or (
            len(other.acct) >= 8 and other.acct in text
        ):
            return True
    text = re.sub(r"\s", "", folded(b.text))
    if not text or text != re.sub(r"\s", "", folded(k.text)):
        return False
    is_rare = len(text) >= 6 and sum(folded(r.text) == folded(b.text) for r in left) <= 2
    return is_rare or (b.amount % 100 != 0 and b.amount >= 100)
