"""The second matcher's sums and pairs under one reference: see oracle."""

from __future__ import annotations

from itertools import combinations, product


def settled(bank, book, is_tied, *, is_ours):
    """The certain matches of lines that one reference ties."""
    if not bank or not book:
        return
    ids = lambda lines: frozenset(r.id for r in lines)  # noqa: E731
    pairs = []
    for amount in {r.amount for r in bank}:
        pairs += paired(
            *([r for r in side if r.amount == amount] for side in (bank, book)), is_ours
        )
    if sum(r.amount for r in bank) == sum(r.amount for r in book):
        same_amounts = sorted(r.amount for r in bank) == sorted(r.amount for r in book)
        if (
            min(len(bank), len(book)) == 1
            or not same_amounts
            or not all(is_tied(b, k) for b, k in pairs)
        ):
            rung = {(True, True): "M1", (True, False): "M5", (False, True): "M6"}.get(
                (len(bank) == 1, len(book) == 1), "M7"
            )
            yield rung, ids(bank), ids(book)
        else:
            yield from (("M1", ids([b]), ids([k])) for b, k in pairs)
        return
    for b, k in pairs:
        others = [[r.amount for r in side if r.amount < b.amount and not of_another(r, one)] for one, side in ((k, bank), (b, book))]  # fmt: skip
        is_sum = any(
            sum(some) == b.amount
            for part in others
            for n in range(2, len(part) + 1)
            for some in combinations(part, n)
        )
        if is_tied(b, k) and not of_another(b, k) and not is_sum:
            yield "M1", ids([b]), ids([k])


def paired(ours, theirs, is_ours):
    """Lines of one amount and reference: one on each side or twins, else by party, else by party and day."""
    if goes_together(ours, theirs):
        return one_by_one(ours, theirs)
    found = []
    for b, k in linked(ours, theirs, lambda x, y: not of_another(x, y)):
        if goes_together(b, k):
            found += one_by_one(b, k)
        elif len(b) == len(k) or not is_ours:
            for x, y in linked(b, k, lambda x, y: days_between(x, y) <= 15):
                if (
                    goes_together(x, y)
                    and max(days_between(m, n) for m in x + y for n in x + y) <= 5
                ):
                    found += one_by_one(x, y)
    return found


def goes_together(ours, theirs) -> bool:
    """One and one, or equally many of which one side is the same to the letter."""
    is_same = any(len({r.looks for r in side}) == 1 for side in (ours, theirs))
    return len(ours) == len(theirs) > 0 and is_same


def one_by_one(ours, theirs):
    """In the order of day and id."""
    return list(zip(*(sorted(s, key=lambda r: (r.day, r.id)) for s in (ours, theirs)), strict=True))


def linked(ours, theirs, could_be):
    """Lines of both sides that hang together by pairs which could be."""
    edges = [(b, k) for b, k in product(ours, theirs) if could_be(b, k)]
    while edges:
        part = {edges[0][0], edges[0][1]}
        while more := {n for e in edges if part & set(e) for n in e} - part:
            part |= more
        edges = [e for e in edges if e[0] not in part]
        yield [r for r in ours if r in part], [r for r in theirs if r in part]


def of_another(x, y) -> bool:
    """Whether two lines tell two parties: two accounts, or two names of which neither is the other cut."""
    if x.acct and y.acct:
        return x.acct != y.acct
    short, long = sorted((x.party, y.party), key=len)
    return bool(short) and long != short and not (len(short) >= 6 and long.startswith(short))


def days_between(one, other) -> int:
    """Calendar days."""
    return abs((one.day - other.day).days)
