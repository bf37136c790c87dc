"""Statement arithmetic as pure functions: digests, amended lines, the ends of a day's chain, the check of a day."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kernel import clock, seal

CREDIT, DEBIT = "credit", "debit"


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
    """What `record_entries` did: ids of new entries, ids of revisions of amended ones, how many were known already."""

    new_ids: tuple[int, ...]
    amended_ids: tuple[int, ...]
    seen: int

    @property
    def amended(self) -> int:
        """How many known entries the bank had changed."""
        return len(self.amended_ids)


def entry_digest(line: EntryLine) -> str:
    """SHA-256 over everything the bank said of the entry; two lines are the same entry only if this agrees."""
    told = [
        line.booked_at.astimezone(clock.SHANGHAI).isoformat(),
        f"{line.amount:.2f}",
        line.currency,
        None if line.balance_after is None else f"{line.balance_after:.2f}",
        line.counterparty_name,
        line.counterparty_account,
        line.counterparty_bank,
        line.narrative,
        line.purpose,
        line.reference,
    ]  # a flat list of texts: this runs for every line of every statement
    return seal.digest(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode())


def serial_of(line: EntryLine, digest: str) -> str:
    """The bank's serial, or where it gave none one made of the content, so that a second fetch finds the same key."""
    return line.bank_serial or f"~{digest[:32]}"


@dataclass(frozen=True)
class KnownEntry:
    """The entry in force of one occurrence of a key."""

    occurrence: int
    revision: int
    digest: str


@dataclass(frozen=True)
class Placement:
    """Where one fetched line of a crowded key goes; `index` is its place in the fetch."""

    index: int
    occurrence: int
    revision: int


def place_lines(known: Sequence[KnownEntry], digests: Sequence[str]) -> list[Placement]:
    """Where the fetched lines of one key go that are not known already.

    A line equal to a known entry is that entry (each known entry once). What is left of both sides is paired in order:
    the bank amended these. Lines beyond that are further occurrences.
    """
    free = sorted(known, key=lambda entry: entry.occurrence)
    left: list[int] = []
    for index, digest in enumerate(digests):
        match = next((entry for entry in free if entry.digest == digest), None)
        if match is None:
            left.append(index)
        else:
            free.remove(match)
    placed = [
        Placement(index, entry.occurrence, entry.revision + 1)
        for index, entry in zip(left, free, strict=False)
    ]
    last = max((entry.occurrence for entry in known), default=0)
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


@dataclass(frozen=True, kw_only=True)
class DayJudgement:
    """Opening, closing, and opening + credits − debits − closing; None where it cannot be judged."""

    opening: Decimal | None
    closing: Decimal | None
    difference: Decimal | None
    note: str


def judge_day(facts: DayFacts) -> DayJudgement:
    """Opening(D) = closing(D−1), and opening + Σcredits − Σdebits = closing; every disagreement is put into words."""
    chain = facts.chain
    net = facts.credits - facts.debits
    notes: list[str] = []
    opening = facts.closing_before
    if opening is None and chain is not None:
        opening = chain.opening
    closing = facts.closing_told
    if closing is None and chain is not None:
        closing = chain.closing
    if opening is None and closing is not None and not facts.has_entries:
        opening = closing
    if closing is None and opening is not None and not facts.has_entries:
        closing = opening
    if facts.has_entries and chain is None:
        notes.append("逐笔余额缺失或不连续")
    if chain is not None and facts.closing_before not in (None, chain.opening):
        notes.append(f"期初 {chain.opening} 与上日期末 {facts.closing_before} 不符")
    if chain is not None and facts.closing_told not in (None, chain.closing):
        notes.append(f"末笔余额 {chain.closing} 与银行日终余额 {facts.closing_told} 不符")
    difference = None if opening is None or closing is None else opening + net - closing
    if difference:
        notes.insert(0, f"期初＋收－付与期末相差 {difference}")
    if difference is None:
        notes.insert(0, "期初或期末未知，尚不能核对")
    return DayJudgement(
        opening=opening, closing=closing, difference=difference, note="；".join(notes)[:200]
    )


def totals(amounts: Mapping[str, Decimal]) -> tuple[Decimal, Decimal]:
    """(credits, debits) of sums by direction; a direction without entries is 0.00."""
    return amounts.get(CREDIT, Decimal("0.00")), amounts.get(DEBIT, Decimal("0.00"))
