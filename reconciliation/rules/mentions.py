"""M0, M1, M5–M7 over what the plain references left: lines tied by an exact reference, wherever it is written.

`ident` holds the words by which a line of `rest` can be named: its reference, its batch, its document (the bank's serial,
the voucher's bill no.) and the numbers its text mentions. A word on both sides ties lines of one direction, unless they
carry two different references of ours. Lines tied together are settled by `grouping`; what is tied but does not add up is
`bound`: no rule by amount and party may take it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from reconciliation.rules.board import Board
from reconciliation.rules.grouping import Group, Line, Tied, in_order, settle

# A word names a line once, as the best it is there: a reference of ours, else a document, else a mention.
_IDENT = """
    CREATE TABLE ident AS
    WITH told AS (SELECT n, bank, scope, outgo, day, cents, ref, words, CASE WHEN batch IS DISTINCT FROM ref THEN batch END AS batch,
            CASE WHEN as_mention(doc) IS NOT NULL AND NOT (bank AND is_number(doc)) AND doc IS DISTINCT FROM ref
                AND doc IS DISTINCT FROM batch THEN doc END AS doc FROM rest)
    SELECT n, bank, scope, outgo, day, cents, ref, 'ref' AS kind, ref AS word FROM told WHERE ref IS NOT NULL
    UNION ALL SELECT n, bank, scope, outgo, day, cents, ref, 'ref', batch FROM told WHERE batch IS NOT NULL
    UNION ALL SELECT n, bank, scope, outgo, day, cents, ref, 'doc', doc FROM told WHERE doc IS NOT NULL
    UNION ALL SELECT n, bank, scope, outgo, day, cents, ref, 'text', word
        FROM (SELECT *, unnest(words) AS word FROM told WHERE len(words) > 0)
        WHERE word IS DISTINCT FROM ref AND word IS DISTINCT FROM batch AND word IS DISTINCT FROM doc
"""
# A word that so many lines of both sides carry names a contract, not a payment; a batch of ours holds up to a hundred.
_BUSY = """
    CREATE TABLE busy AS SELECT scope, outgo, word FROM ident GROUP BY scope, outgo, word
    HAVING count(*) FILTER (bank) * count(*) FILTER (NOT bank)
        > getvariable('tie_pairs_max') * CASE WHEN bool_or(kind = 'ref') THEN 4 ELSE 1 END
"""
# A number that comes again with the same amount is a contract's: each time is another payment.
_RECURRING = """
    CREATE TABLE recurring AS SELECT scope, outgo, word, cents FROM ident WHERE kind <> 'ref' GROUP BY ALL
    HAVING count(*) FILTER (bank) > 1 OR count(*) FILTER (NOT bank) > 1
"""
# Who meets by a word is found before anything else is read of them: few do.
_TIES = """
    CREATE TABLE mention AS WITH met AS MATERIALIZED (
        SELECT scope, outgo, b.n AS b, k.n AS k, word, b.kind AS b_kind, k.kind AS k_kind, b.cents AS b_cents, k.cents AS k_cents, abs(b.day - k.day) AS days
        FROM ident AS b JOIN ident AS k USING (scope, outgo, word)
        WHERE b.bank AND NOT k.bank AND (scope, outgo, word) NOT IN (SELECT (scope, outgo, word) FROM busy))
    SELECT b, k, min(word) AS word, bool_or(b_kind = 'ref' AND k_kind = 'ref') AS is_ours,
        bool_and(b_kind = 'text' AND k_kind = 'text') AS is_loose, any_value(b_cents) AS b_cents, any_value(k_cents) AS k_cents
    FROM met JOIN rest AS x ON x.n = b JOIN rest AS y ON y.n = k
    WHERE (x.ref IS NULL OR y.ref IS NULL OR x.ref = y.ref OR x.ref = y.batch)
      AND CASE WHEN b_kind = 'ref' AND k_kind = 'ref' THEN days <= getvariable('reference_days')
            WHEN is_number(word) OR (b_kind = 'text' AND k_kind = 'text')
            THEN days <= getvariable('number_days') AND agree(x.acct, y.acct) AND alike(x.name, y.name)
            WHEN b_cents = k_cents AND (met.scope, met.outgo, word, b_cents) IN (SELECT (scope, outgo, word, cents) FROM recurring)
            THEN days <= getvariable('number_days')
            ELSE days <= getvariable('mention_days') AND (NOT is_of_day(word) OR agree(x.acct, y.acct) AND alike(x.name, y.name)) END
    GROUP BY b, k
"""
# Stars: one line tied to others that are tied to nothing else. Where the sums agree, `settle` has nothing to weigh: it is one
# match (M1, M5, M6). Most ties are such, so they are settled as columns.
_RAYS = """
    CREATE TABLE ray AS SELECT *, CASE WHEN is_of_book THEN k ELSE b END AS middle
    FROM (SELECT *, max(of_b) OVER (PARTITION BY k) = 1 AS is_of_book, max(of_k) OVER (PARTITION BY b) = 1 AS is_of_bank
        FROM (SELECT *, count(*) OVER (PARTITION BY b) AS of_b, count(*) OVER (PARTITION BY k) AS of_k FROM mention))
    WHERE is_of_book OR is_of_bank
"""
_STARS = """
    CREATE TABLE star AS SELECT *, row_number() OVER ()::INTEGER + $1 AS g, list_contains($2, rung) AS is_wanted,
        CASE WHEN is_ours THEN 'reference' ELSE 'mention' END AS basis
    FROM (SELECT middle, count(*) AS rays, min(b) AS b, min(k) AS k, bool_and(is_ours) AS is_ours,
            string_agg(DISTINCT word, ' ' ORDER BY word) AS words,
            CASE WHEN count(*) = 1 THEN 'M1' WHEN min(b) = max(b) THEN 'M5' ELSE 'M6' END AS rung
        FROM ray GROUP BY middle
        HAVING CASE WHEN min(b) = max(b) THEN min(b_cents) = sum(k_cents) ELSE min(k_cents) = sum(b_cents) END)
"""
_OF_STARS = (
    "INSERT INTO pair SELECT rung, basis, b, k FROM star WHERE is_wanted AND rays = 1",
    "INSERT INTO grp SELECT g, rung, basis FROM star WHERE is_wanted AND rays > 1",
    """INSERT INTO member SELECT g, middle FROM star WHERE is_wanted AND rays > 1
        UNION ALL SELECT g, CASE WHEN ray.b = middle THEN ray.k ELSE ray.b END FROM star JOIN ray USING (middle)
        WHERE is_wanted AND rays > 1""",
    "INSERT INTO note SELECT b, words, NULL FROM star WHERE is_wanted AND NOT is_ours",
)
_TIES_LEFT = """
    SELECT b, k, word, is_ours FROM mention WHERE b NOT IN (SELECT ray.b FROM ray JOIN star USING (middle))
"""
_LOOKS = """
    CREATE VIEW seen AS
    SELECT *, concat_ws('|', acct, name, txt, CASE WHEN NOT bank THEN doc END, batch, ref) AS looks FROM rest
"""
_TIED_LINES = """
    SELECT n, bank, day, cents, place, looks, acct, name FROM seen WHERE n IN (
        SELECT unnest([b, k]) FROM mention WHERE b NOT IN (SELECT ray.b FROM ray JOIN star USING (middle)))
"""
# A batch is ours too: a line of the books carries its number beside its own reference.
_REFERENCE_LINES = """
    WITH named AS (SELECT *, CASE WHEN bank THEN ref ELSE {column} END AS word FROM seen WHERE CASE WHEN bank THEN ref ELSE {column} END IS NOT NULL)
    SELECT scope, outgo, word, bank, n, day, cents, place, looks, acct, name FROM named JOIN (
        SELECT scope, outgo, word FROM named GROUP BY scope, outgo, word
        HAVING bool_or(bank) AND bool_or(NOT bank) AND count(*) <= 2 * getvariable('tie_pairs_max'))
    USING (scope, outgo, word)
"""
_BOUND = """
    CREATE TABLE bound AS
    SELECT b AS n FROM mention WHERE NOT is_loose UNION SELECT k FROM mention WHERE NOT is_loose
    UNION SELECT n FROM rest WHERE ref IS NOT NULL OR batch IS NOT NULL
    UNION SELECT ident.n FROM ident JOIN line ON line.key = key_of(ident.scope, ident.word)
"""
# Two opposite lines of one side under one number: a reference of ours, or a voucher's bill no. or the bank's serial.
# Most words stand once, so twosomes are looked for by a key first.
_TWOSOME = """
    CREATE TABLE twosome AS
    WITH named AS (SELECT *, hash(scope, word, cents, bank) AS key FROM ident WHERE (ref IS NULL OR ref = word)),
    twice AS (SELECT key FROM named GROUP BY key HAVING count(*) >= 2 AND bool_or(outgo) AND NOT bool_and(outgo))
    SELECT scope, word, bank, cents, min(n) FILTER (outgo) AS n, min(n) FILTER (NOT outgo) AS m, bool_or(kind = 'ref') AS is_ours,
        min(day) AS first, max(day) AS last
    FROM named SEMI JOIN twice USING (key) WHERE n IN (SELECT n FROM rest) GROUP BY scope, word, cents, bank
    HAVING count(*) = 2 AND count(*) FILTER (outgo) = 1 AND bool_or(kind <> 'text')
        AND count(DISTINCT ref) = bool_or(kind = 'ref')::INTEGER AND max(day) - min(day) <= getvariable('reversal_days')
"""
# Unmatched lines of the other side that may be what the two are about: of the amount; and both halves of their party.
_MIRROR = """
    CREATE TABLE mirror AS
    WITH two AS MATERIALIZED (
        SELECT t.*, x.acct AS x_acct, y.acct AS y_acct, x.name AS x_name, y.name AS y_name, x.day AS x_day, y.day AS y_day,
            bool_or(is_ours) OVER (PARTITION BY t.n, t.m) AS is_any_ours
        FROM twosome AS t JOIN rest AS x ON x.n = t.n JOIN rest AS y ON y.n = t.m
    ), party AS (
        SELECT n, scope, bank, cents, x_day, y_day, unnest([x_acct, y_acct]) AS acct, unnest([x_name, y_name]) AS name FROM two
    ), same AS (
        SELECT party.*, r.bank AS r_bank, r.ref, r.outgo, r.day FROM party JOIN rest AS r USING (scope, cents, acct)
        UNION ALL SELECT party.*, r.bank, r.ref, r.outgo, r.day FROM party JOIN rest AS r USING (scope, cents, name)
    ), near AS (
        SELECT n, scope, bank, cents, unnest(range(first - getvariable('lookalike_days'), last + getvariable('lookalike_days') + 1)) AS day
        FROM two WHERE NOT is_ours OR n IN (SELECT n FROM carried))
    SELECT n, true AS is_party FROM same
    WHERE r_bank <> bank AND ref IS NULL AND abs(day - CASE WHEN outgo THEN x_day ELSE y_day END) <= getvariable('amount_days')
    GROUP BY n HAVING bool_or(outgo) AND bool_or(NOT outgo)
    UNION SELECT near.n, false FROM near JOIN rest AS r USING (scope, cents, day) WHERE r.bank <> near.bank
    UNION SELECT n, true FROM two WHERE NOT is_any_ours AND NOT (agree(x_acct, y_acct) AND alike(x_name, y_name))
"""
_CARRIED = """
    CREATE TABLE carried AS
    SELECT twosome.n FROM twosome JOIN line ON line.key = key_of(twosome.scope, word) AND line.bank <> twosome.bank
    UNION SELECT twosome.n FROM twosome JOIN ident USING (scope, word) WHERE ident.bank <> twosome.bank
"""
_CARRIED_OPEN = """
    CREATE TABLE carried_open AS
    SELECT twosome.n FROM twosome JOIN ident USING (scope, word) JOIN rest ON rest.n = ident.n WHERE ident.bank <> twosome.bank
"""
_NETTED = """
    CREATE TABLE netted AS
    SELECT row_number() OVER ()::INTEGER + $1 AS g, n, m, CASE WHEN NOT bool_or(is_ours) THEN min(word) END AS word
    FROM twosome
    WHERE n NOT IN (SELECT n FROM mirror WHERE is_party) AND (is_ours AND n NOT IN (SELECT n FROM carried)
        OR n NOT IN (SELECT n FROM carried_open) AND n NOT IN (SELECT n FROM mirror))
    GROUP BY n, m QUALIFY count(*) OVER (PARTITION BY n) = 1 AND count(*) OVER (PARTITION BY m) = 1
"""


def settle_references(board: Board) -> None:
    """Match what one reference of ours ties, but not plainly; needs `rest`, takes what it matched out of it."""
    board.run(_LOOKS)
    tied = _tied(board)
    for column in ("ref", "batch"):
        kept = Kept()
        for bank, book in _sides(board.rows(_REFERENCE_LINES.format(column=column))):
            for ours, theirs in _eras(bank, book, days=board.strategy.reference_days):
                for group in settle(ours, theirs, tied):
                    if board.strategy.has(group.rung):
                        kept.add(group, [])
        kept.write(board)
        board.take_out_matched()


def _tied(board: Board) -> Tied:
    """What the strategy says of lines an exact reference ties."""
    return Tied(
        is_whole_first=board.strategy.puts_first("M7", "M1"),
        near_days=board.strategy.amount_days,
        apart_days=board.strategy.lookalike_days,
    )


def _eras(
    bank: Sequence[Line], book: Sequence[Line], *, days: int
) -> Iterator[tuple[list[Line], list[Line]]]:
    """Lines of one number, those of one era together: after so many days without it, it was given anew."""
    ours = {line.n for line in bank}
    eras: list[tuple[list[Line], list[Line]]] = []
    last = None
    for line in in_order([*bank, *book]):
        if last is None or line.day - last > days:
            eras.append(([], []))
        eras[-1][0 if line.n in ours else 1].append(line)
        last = line.day
    yield from ((one, other) for one, other in eras if one and other)


def tie_mentions(board: Board) -> None:
    """Match what exact references tie; needs `rest`, takes what it matched out of it, leaves `ident` and `bound`."""
    for statement in (_IDENT, _BUSY, _RECURRING, _TIES, _RAYS):
        board.run(statement)
    board.run(_STARS, [board.groups(), list(board.strategy.rungs)])
    for statement in _OF_STARS:
        board.run(statement)
    lines = {n: (bank, Line(n, *told)) for n, bank, *told in board.rows(_TIED_LINES)}
    words = {(b, k): (word, ours) for b, k, word, ours in board.rows(_TIES_LEFT)}
    kept, tied = Kept(), _tied(board)
    for ties in components(words):
        named = [lines[n] for n in sorted({n for tie in ties for n in tie})]
        bank, book = (
            [line for is_bank, line in named if is_bank],
            [line for is_bank, line in named if not is_bank],
        )
        is_ours = any(words[tie][1] for tie in ties)
        for group in settle(bank, book, replace(tied, ties=set(ties), is_ours=is_ours)):
            if board.strategy.has(group.rung):
                of_bank, of_book = set(group.bank), set(group.book)
                kept.add(
                    group, [words[tie] for tie in ties if tie[0] in of_bank and tie[1] in of_book]
                )
    kept.write(board)
    board.take_out_matched()
    board.run(_BOUND)


def net_reversals(board: Board) -> None:
    """M0: two opposite lines of one side under a number that no line of the other side carries or mentions.

    Where only matched lines of the other side carry a reference of ours, and by a document's number, nothing of that amount may be
    open on the other side; nor in any case both halves of that party without a reference.
    """
    if not board.strategy.has("M0"):
        return
    for statement in (_TWOSOME, _CARRIED, _CARRIED_OPEN, _MIRROR):
        board.run(statement)
    board.run(_NETTED, [board.groups()])
    board.run("INSERT INTO note SELECT n, word, NULL FROM netted WHERE word IS NOT NULL")
    board.run("INSERT INTO grp SELECT g, 'M0', 'reversal' FROM netted")
    board.run("INSERT INTO member SELECT g, n FROM netted UNION ALL SELECT g, m FROM netted")
    board.take_out_matched()


def components(ties: Iterable[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """The ties, those together that share a line, directly or through others."""
    above: dict[int, int] = {}

    def top(n: int) -> int:
        while above.setdefault(n, n) != n:
            above[n] = n = above[above[n]]
        return n

    ties = sorted(ties)
    for b, k in ties:
        above[top(k)] = top(b)
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for tie in ties:
        found[top(tie[0])].append(tie)
    yield from found.values()


def _sides(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[list[Line], list[Line]]]:
    """Rows of (group…, bank, line…) as the two sides of each group."""
    found: dict[tuple[Any, ...], tuple[list[Line], list[Line]]] = defaultdict(lambda: ([], []))
    for scope, outgo, ref, is_bank, *told in rows:
        found[scope, outgo, ref][0 if is_bank else 1].append(Line(*told))
    yield from found.values()


class Kept:
    """Matches on their way to the board, column by column."""

    def __init__(self) -> None:
        self._pairs: list[tuple[str, str, int, int]] = []
        self._groups: list[tuple[str, str, Group]] = []
        self._notes: list[tuple[int, str]] = []

    def add(self, group: Group, tied: Sequence[tuple[str, bool]]) -> None:
        """One match and the words (and whether they are references of ours) that tie it."""
        is_ours = all(ours for _, ours in tied)
        basis = "reference" if is_ours else "mention"
        if len(group.bank) == len(group.book) == 1:
            self._pairs.append((group.rung, basis, group.bank[0], group.book[0]))
        else:
            self._groups.append((group.rung, basis, group))
        if not is_ours:
            self._notes.append((group.bank[0], " ".join(sorted({word for word, _ in tied}))))

    def write(self, board: Board) -> None:
        """Put them on the board."""
        board.insert("pair", *zip(*self._pairs, strict=True))
        first = board.groups() + 1
        numbered = list(enumerate(self._groups, first))
        board.insert(
            "grp", *zip(*((g, rung, basis) for g, (rung, basis, _) in numbered), strict=True)
        )
        members = [(g, n) for g, (_, _, one) in numbered for n in (*one.bank, *one.book)]
        board.insert("member", *zip(*members, strict=True))
        board.insert("note", *zip(*((n, words, None) for n, words in self._notes), strict=True))
