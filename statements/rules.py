"""Statement arithmetic as pure functions: amended lines, the ends of a day's chain, the check of a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

CREDIT, DEBIT = "credit", "debit"
BANK, CAMT, SWIFT, SHEET = "bank", "camt053", "mt940", "sheet"  # where entries come from


@dataclass(frozen=True, kw_only=True)
class EntryLine:
    """One entry as the bank reported it, in our words. `direction` is seen from the account's owner."""

    bank_date: date
    booked_at: datetime
    bank_serial: str
    direction: str
    amount: Decimal
    currency: str
    balance_after: Decimal | None = None
    counterparty_name: str = ""
    counterparty_account: str = ""
    counterparty_bank: str = ""
    narrative: str = ""
    purpose: str = ""
    reference: str = ""
    exchange_id: int | None = None  # the wire evidence, where it differs from the whole fetch's
    value_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class BalanceFigure:
    """A balance as the bank told it; None means the bank did not say, which is not zero."""

    account_id: int
    currency: str
    book: Decimal
    available: Decimal | None
    frozen: Decimal | None
    as_of: date
    is_day_closing: bool = False


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What `record_entries` did: how many entries are new and their ids (where they were wanted), ids of revisions of amended
    ones, how many were known already."""

    new: int
    new_ids: tuple[int, ...]
    amended_ids: tuple[int, ...]
    seen: int

    @property
    def amended(self) -> int:
        """How many known entries the bank had changed."""
        return len(self.amended_ids)


@dataclass(frozen=True)
class KnownEntry:
    """The entry in force of one occurrence of a key."""

    occurrence: int
    revision: int
    digest: str
    source: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Fetched:
    """What a fetched line says: everything (digest), and what no two sources may tell differently."""

    digest: str
    amount: Decimal
    currency: str

    def is_told_by(self, known: KnownEntry, source: str) -> bool:
        """Whether the known entry is this line: word for word from the same source, in the amount from another."""
        if known.source == source:
            return known.digest == self.digest
        return (known.amount, known.currency) == (self.amount, self.currency)


@dataclass(frozen=True)
class Placement:
    """Where one fetched line of a crowded key goes; `index` is its place in the fetch."""

    index: int
    occurrence: int
    revision: int


def place_lines(
    known: Sequence[KnownEntry], lines: Sequence[Fetched], *, source: str, last: int
) -> list[Placement]:
    """Where the fetched lines of one key go that are not known already; `last` is the key's highest occurrence.

    A line that a known entry tells is that entry (each known entry once). What is left of both sides is paired in
    order: the bank amended these. Lines beyond that are further occurrences.
    """
    free = sorted(known, key=lambda entry: entry.occurrence)
    left: list[int] = []
    for index, line in enumerate(lines):
        match = next((entry for entry in free if line.is_told_by(entry, source)), None)
        if match is None:
            left.append(index)
        else:
            free.remove(match)
    placed = [
        Placement(index, entry.occurrence, entry.revision + 1)
        for index, entry in zip(left, free, strict=False)
    ]
    for step, index in enumerate(left[len(free) :], start=1):
        placed.append(Placement(index, last + step, 1))
    return placed


@dataclass(frozen=True)
class Posting:
    """What the chain needs of an entry: signed change and the balance after it."""

    change: Decimal
    after: Decimal | None


@dataclass(frozen=True)
class ChainEnds:
    """Balance before the first and after the last posting of a day."""

    opening: Decimal
    closing: Decimal


def chain_ends(postings: Sequence[Posting]) -> ChainEnds | None:
    """The ends of an unbroken chain of running balances, in whatever order the bank lists a second's entries.

    Every posting is an edge from the balance before it to the balance after it; the chain is unbroken when all edges
    form one walk. None: a balance is missing, the walk is broken, or there is nothing to walk.
    """
    if not postings or any(posting.after is None for posting in postings):
        return None
    befores: Counter[Decimal] = Counter()
    afters: Counter[Decimal] = Counter()
    edges: list[tuple[Decimal, Decimal]] = []
    for posting in postings:
        after = posting.after
        if after is None:
            return None
        befores[after - posting.change] += 1
        afters[after] += 1
        edges.append((after - posting.change, after))
    if not _is_connected(edges):
        return None
    starts, ends = list((befores - afters).elements()), list((afters - befores).elements())
    if len(starts) == 1 and len(ends) == 1:
        return ChainEnds(starts[0], ends[0])
    if not starts and not ends:  # the day ends where it began: the bank's own order tells where
        return ChainEnds(edges[0][0], edges[0][0])
    return None


def _is_connected(edges: Sequence[tuple[Decimal, Decimal]]) -> bool:
    parent: dict[Decimal, Decimal] = {}

    def root(node: Decimal) -> Decimal:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for before, after in edges:
        parent[root(before)] = root(after)
    return len({root(node) for edge in edges for node in edge}) <= 1


@dataclass(frozen=True, kw_only=True)
class DayFacts:
    """What is known of one account's day from different sources; None where a source is silent."""

    credits: Decimal
    debits: Decimal
    chain: ChainEnds | None
    has_entries: bool
    closing_before: Decimal | None  # closing of the day before
    closing_told: Decimal | None  # the bank's own day balance
    opening_told: Decimal | None = None  # of a statement that begins on this day
    has_balances: bool = False  # every entry came with the balance after it
    is_within: bool = False  # a statement begins before or on this day and ends after it
    missing_numbers: str = ""  # statements the bank numbered and we never got, in words
    amended: int = 0
    is_closed: bool = False


@dataclass(frozen=True, kw_only=True)
class DayJudgement:
    """Opening, closing, and opening + credits − debits − closing; None where it cannot be judged.

    `findings` are codes: sum, opening, closing, chain, number, amended; `status` the worst of them in a word.
    """

    opening: Decimal | None
    closing: Decimal | None
    difference: Decimal | None
    note: str
    findings: tuple[str, ...] = ()
    status: str = "provisional"


def judge_day(facts: DayFacts) -> DayJudgement:
    """Opening(D) = closing(D−1), and opening + Σcredits − Σdebits = closing; every disagreement is put into words."""
    opening, closing = _ends(facts)
    net = facts.credits - facts.debits
    difference = None if opening is None or closing is None else opening + net - closing
    found = dict(_disagreements(facts))
    if difference:
        found = {"sum": f"期初＋收－付与期末相差 {difference}", **found}
    notes = list(found.values())
    if difference is None:
        notes.insert(0, "期初或期末未知，尚不能核对")
    elif facts.has_entries and facts.chain is None and "chain" not in found:
        notes.append("无逐笔余额")
    return DayJudgement(
        opening=opening,
        closing=closing,
        difference=difference,
        note="；".join(notes)[:200],
        findings=tuple(found),
        status=_status(facts, tuple(found), difference),
    )


def _ends(facts: DayFacts) -> tuple[Decimal | None, Decimal | None]:
    """(opening, closing), each from the strongest source that speaks."""
    chain = facts.chain
    net = facts.credits - facts.debits
    opening = facts.closing_before
    if opening is None:
        opening = facts.opening_told
    if opening is None and chain is not None:
        opening = chain.opening
    closing = facts.closing_told
    if closing is None and chain is not None:
        closing = chain.closing
    if opening is None and closing is not None and not facts.has_entries:
        opening = closing
    if closing is None and opening is not None and (facts.is_within or not facts.has_entries):
        closing = opening + net
    return opening, closing


def _disagreements(facts: DayFacts) -> Iterator[tuple[str, str]]:
    chain, before = facts.chain, facts.closing_before
    if chain is not None and before not in (None, chain.opening):
        yield "opening", f"期初 {chain.opening} 与上日期末 {before} 不符"
    elif facts.opening_told is not None and before not in (None, facts.opening_told):
        yield "opening", f"对账单期初 {facts.opening_told} 与上日期末 {before} 不符"
    if chain is not None and facts.closing_told not in (None, chain.closing):
        yield "closing", f"末笔余额 {chain.closing} 与银行日终余额 {facts.closing_told} 不符"
    if facts.has_entries and facts.has_balances and chain is None:
        yield "chain", "逐笔余额不连续"
    if facts.missing_numbers:
        yield "number", f"缺少对账单 {facts.missing_numbers}"
    if facts.amended:
        yield "amended", f"银行更正过 {facts.amended} 笔"


def _status(facts: DayFacts, findings: tuple[str, ...], difference: Decimal | None) -> str:
    if not facts.is_closed:
        return "provisional"
    if set(findings) - {"amended"}:
        return "broken"
    if findings:
        return "amended"
    return "unproven" if difference is None else "complete"


def missing_between(last: int | None, sequence: int | None) -> str:
    """The statement numbers between two that follow each other; a number 1 begins a new year."""
    if last is None or sequence is None or sequence in (1, last, last + 1) or sequence < last:
        return ""
    first, end = last + 1, sequence - 1
    return f"第 {first} 号" if first == end else f"第 {first}–{end} 号"


def totals(amounts: Mapping[str, Decimal]) -> tuple[Decimal, Decimal]:
    """(credits, debits) of sums by direction; a direction without entries is 0.00."""
    return amounts.get(CREDIT, Decimal("0.00")), amounts.get(DEBIT, Decimal("0.00"))
