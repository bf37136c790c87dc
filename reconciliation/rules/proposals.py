"""What a person is asked: lines that may belong together, each with the reason why no rule dared.

Nothing here is a match. `proposal` holds line numbers of both sides, the rung that would have taken them, a reason word (see
REASONS) and the difference of the sums, bank minus book, in cents. A line may stand in several proposals.
"""

from __future__ import annotations

from reconciliation.rules.board import Board
from reconciliation.rules.grouping import COVER_PARTS_MAX, Line, balanced, exact_cover
from reconciliation.rules.mentions import components

HEAP_MAX = 30  # lines a side among which balanced choices are looked for
CHOICE_MAX = 3  # lines of each side in such a choice
REASONS = (
    "ambiguous",  # more than one candidate
    "uneven",  # twins, but not equally many on both sides
    "bound",  # one of them carries a reference the other side does not
    "no_second_signal",  # only amount and date agree
    "by_party",  # the sums agree, and the party, but no reference ties them
    "exact_cover",  # the only choice of lines of this party that adds up
    "sum_differs",  # a reference ties them, the sums differ
    "fee",  # the difference is no more than a bank's fee
    "voucher",  # the bank's text says what it is: a voucher is missing
)
_TABLE = """
    CREATE TABLE proposal (rung rung, reason VARCHAR, bank BIGINT[], book BIGINT[], residual BIGINT, detail VARCHAR)
"""
_PAIRS = """
    INSERT INTO proposal
    WITH left_over AS (
        SELECT candidate.*, x.n AS b_n, y.n AS k_n, x.cents
        FROM candidate JOIN kin AS x ON x.rowid = b JOIN kin AS y ON y.rowid = k JOIN rest ON rest.n = y.n
        WHERE is_open AND is_near AND b NOT IN (SELECT b FROM judged) AND k NOT IN (SELECT k FROM judged)
          AND x.n IN (SELECT n FROM rest)
        QUALIFY row_number() OVER (PARTITION BY b ORDER BY by_account DESC, days, rest.place) <= 3
    ), full_list AS (
        SELECT left_over.*,
            (SELECT list_sort(list(n)) FROM twin WHERE kin = b) AS b_twins, (SELECT list_sort(list(n)) FROM twin WHERE kin = k) AS k_twins
        FROM left_over)
    SELECT CASE WHEN by_account AND wds <= getvariable('account_workdays') THEN 'M2'
            WHEN by_name AND days <= getvariable('name_days') THEN 'M3' ELSE 'M4' END::rung,
        CASE WHEN bound THEN 'bound' WHEN b_c <> k_c THEN 'uneven' ELSE 'ambiguous' END,
        coalesce(b_twins, [b_n]), coalesce(k_twins, [k_n]), (b_c - k_c) * cents, NULL FROM full_list
"""
_LONELY = """
    INSERT INTO proposal SELECT 'M4', 'no_second_signal', [b], [k], 0, NULL FROM encounter
    WHERE b IN (SELECT n FROM rest) AND k IN (SELECT n FROM rest)
"""
_BY_PARTY = """
    INSERT INTO proposal
    WITH heap AS (
        SELECT bank, scope, outgo, day, wd, coalesce(acct, name) AS party, list(n ORDER BY n) AS ns, sum(cents) AS total
        FROM rest WHERE coalesce(acct, name) IS NOT NULL AND ref IS NULL GROUP BY bank, scope, outgo, day, wd, coalesce(acct, name))
    SELECT CASE WHEN len(b.ns) = 1 THEN 'M5' WHEN len(k.ns) = 1 THEN 'M6' ELSE 'M7' END::rung, 'by_party', b.ns, k.ns, 0, b.party
    FROM heap AS b JOIN heap AS k USING (scope, outgo, party, total)
    WHERE b.bank AND NOT k.bank AND len(b.ns) + len(k.ns) > 2 AND abs(b.wd - k.wd) <= getvariable('account_workdays')
"""
_FEES = """
    INSERT INTO proposal
    SELECT 'M8', 'fee', [b.n], [k.n], b.cents - k.cents, coalesce(b.acct, b.name)
    FROM rest AS b JOIN rest AS k USING (scope, outgo)
    WHERE b.bank AND NOT k.bank AND b.cents <> k.cents AND coalesce(b.acct, b.name) = coalesce(k.acct, k.name)
      AND agree(b.ref, k.ref) AND abs(b.day - k.day) <= getvariable('name_days') AND is_fee(b.cents, k.cents)
      AND (b.n, k.n) NOT IN (SELECT (b, k) FROM mention)
      AND b.n NOT IN (SELECT unnest(bank) FROM proposal WHERE rung = 'M9')
"""
_VOUCHERS = """
    INSERT INTO proposal
    SELECT 'M9', 'voucher', [n], [], CASE WHEN outgo THEN -cents ELSE cents END, kind FROM rest JOIN pattern ON contains(txt, word)
    WHERE bank AND (ref IS NULL OR txt IS NOT NULL) AND n NOT IN (SELECT unnest(bank) FROM proposal WHERE rung = 'M8')
    QUALIFY row_number() OVER (PARTITION BY n ORDER BY place_of) = 1
"""
_TIED = """
    SELECT b, k, x.cents, y.cents, word FROM mention JOIN rest AS x ON x.n = b JOIN rest AS y ON y.n = k
"""
# For a line of one side, the other side's lines of its party and direction near it, none of them larger.
_PARTS = """
    SELECT a.n, a.bank, a.cents, list(p.n ORDER BY p.n), list(p.cents ORDER BY p.n), list(p.place ORDER BY p.n)
    FROM rest AS a JOIN rest AS p ON p.bank <> a.bank AND p.scope = a.scope AND p.outgo = a.outgo
        AND coalesce(p.acct, p.name) = coalesce(a.acct, a.name)
    WHERE p.cents < a.cents AND abs(a.day - p.day) <= getvariable('amount_days') AND a.ref IS NULL AND p.ref IS NULL
    GROUP BY a.n, a.bank, a.cents HAVING count(*) BETWEEN 2 AND $1 AND sum(p.cents) >= a.cents
"""

# Heaps of one party's lines, each heap apart from the next by more days than a pair may lie apart.
_HEAPS = """
    SELECT list(n ORDER BY place) FILTER (bank), list(n ORDER BY place) FILTER (NOT bank),
        list(cents ORDER BY place) FILTER (bank), list(cents ORDER BY place) FILTER (NOT bank),
        list(place ORDER BY place) FILTER (bank), list(place ORDER BY place) FILTER (NOT bank)
    FROM (SELECT * FROM (SELECT *, sum(CASE WHEN gap > getvariable('amount_days') THEN 1 ELSE 0 END)
                    OVER (PARTITION BY scope, outgo, party ORDER BY day, n) AS heap
            FROM (SELECT n, bank, scope, outgo, day, cents, place, coalesce(acct, name) AS party,
                    day - lag(day) OVER (PARTITION BY scope, outgo, coalesce(acct, name) ORDER BY day, n) AS gap
                FROM rest WHERE ref IS NULL AND coalesce(acct, name) IS NOT NULL))
        WINDOW whole AS (PARTITION BY scope, outgo, party, heap)
        QUALIFY count(*) FILTER (bank) OVER whole BETWEEN 2 AND $1 AND count(*) FILTER (NOT bank) OVER whole BETWEEN 2 AND $1)
    GROUP BY scope, outgo, party, heap
"""
# The same lines are asked about once: by the most certain rung, whichever row came first.
_ONCE = """
    DELETE FROM proposal WHERE rowid NOT IN (
        SELECT arg_min(rowid, (rung, reason, coalesce(detail, ''))) FROM proposal GROUP BY bank, book)
"""


def propose(board: Board) -> None:
    """Fill `proposal`; needs what the automatic rungs leave on the board, changes none of it."""
    board.run(_TABLE)
    board.run(_PAIRS)
    if board.strategy.has("M4"):
        board.run(_LONELY)
    _propose_tied(board)
    board.run(_BY_PARTY)
    _propose_covers(board)
    _propose_balanced(board)
    for rung in (
        board.strategy.rungs
    ):  # a line the first of the two asks about is no business of the second
        if rung == "M8":
            board.run(_FEES)
        elif rung == "M9":
            _propose_vouchers(board)
    board.run(_ONCE)


def _propose_vouchers(board: Board) -> None:
    board.run("CREATE TABLE pattern (kind VARCHAR, word VARCHAR, place_of INTEGER)")
    words = [(one.kind, word.upper()) for one in board.strategy.patterns for word in one.words]
    rows = [(kind, word, place) for place, (kind, word) in enumerate(words)]
    board.insert("pattern", *zip(*rows, strict=True))
    board.run(_VOUCHERS)


def _propose_tied(board: Board) -> None:
    """Components an exact reference ties whose sums differ: a fee's worth (M8), or whatever it is."""
    cents: dict[int, int] = {}
    words: dict[tuple[int, int], str] = {}
    for b, k, b_cents, k_cents, word in board.rows(_TIED):
        cents[b], cents[k], words[b, k] = b_cents, k_cents, word
    rows = []
    for ties in components(words):
        bank, book = sorted({b for b, _ in ties}), sorted({k for _, k in ties})
        b_sum, k_sum = sum(cents[b] for b in bank), sum(cents[k] for k in book)
        rung = {(1, 1): "M1"}.get((len(bank), len(book))) or (
            "M5" if len(bank) == 1 else "M6" if len(book) == 1 else "M7"
        )
        is_fee = board.strategy.has("M8") and board.strategy.is_fee(b_sum, k_sum)
        reason = "ambiguous" if b_sum == k_sum else "fee" if is_fee else "sum_differs"
        detail = " ".join(sorted({words[tie] for tie in ties}))
        rows.append(("M8" if reason == "fee" else rung, reason, bank, book, b_sum - k_sum, detail))
    board.insert("proposal", *zip(*rows, strict=True))


def _propose_covers(board: Board) -> None:
    rows = []
    for n, is_bank, amount, ns, cents, places in board.rows(_PARTS, [COVER_PARTS_MAX]):
        parts = [Line(m, 0, c, order) for m, c, order in zip(ns, cents, places, strict=True)]
        cover = exact_cover(amount, parts, lines_max=board.strategy.cover_lines_max)
        if cover is not None:
            bank, book = ([n], list(cover)) if is_bank else (list(cover), [n])
            rows.append(("M5" if is_bank else "M6", "exact_cover", bank, book, 0, None))
    board.insert("proposal", *zip(*rows, strict=True))


def _propose_balanced(board: Board) -> None:
    """M7: several lines of each side of one party that add up, where nothing else of theirs does."""
    rows = []
    for bank_ns, book_ns, bank_cents, book_cents, bank_places, book_places in board.rows(
        _HEAPS, [HEAP_MAX]
    ):
        bank, book = (
            [Line(n, 0, cents, place) for n, cents, place in zip(*side, strict=True)]
            for side in ((bank_ns, bank_cents, bank_places), (book_ns, book_cents, book_places))
        )
        for one, other in balanced(bank, book, lines_max=CHOICE_MAX):
            rows.append(("M7", "exact_cover", sorted(one), sorted(other), 0, None))
    board.insert("proposal", *zip(*rows, strict=True))
