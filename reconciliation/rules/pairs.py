"""M2, M3, M4: one bank line and one book line by amount, direction, date and party, where nothing else could be meant.

Lines that nothing tells apart are one class (`kin`) with a count, so that a thousand equal lines cost one row. A class of
one side is matched with a class of the other when each is the other's only candidate in the widest of the windows, whatever
the rung: a closer date alone never decides. Classes of more than one line are twins, and pair off when their numbers are
equal and one side's lines are the same to the letter.
"""

from __future__ import annotations

from collections.abc import Callable

from reconciliation.rules.board import Board

# Of amounts that stand on both sides: no other line can be anybody's candidate.
_KIN = """
    CREATE TABLE kin AS
    SELECT bank, scope, outgo, cents, day, any_value(wd) AS wd, acct, name, tag, bound.n IS NOT NULL AS bound,
        count(*)::INTEGER AS c, min(rest.n) AS n, true AS is_same
    FROM rest SEMI JOIN (SELECT scope, outgo, cents FROM rest GROUP BY ALL HAVING bool_or(bank) AND bool_or(NOT bank)) AS met
        USING (scope, outgo, cents) LEFT JOIN bound USING (n)
    GROUP BY bank, scope, outgo, cents, day, acct, name, tag, bound.n IS NOT NULL
"""
# The lines of each class of more than one, in their own order.
_TWIN = """
    CREATE TABLE twin AS
    SELECT kin.rowid AS kin, rest.n, row_number() OVER (PARTITION BY kin.rowid ORDER BY rest.place, rest.n) AS i
    FROM rest LEFT JOIN bound USING (n)
    JOIN kin ON kin.c > 1 AND rest.bank = kin.bank AND rest.scope = kin.scope AND rest.outgo = kin.outgo
        AND rest.cents = kin.cents AND rest.day = kin.day AND (bound.n IS NOT NULL) = kin.bound
        AND rest.acct IS NOT DISTINCT FROM kin.acct AND rest.name IS NOT DISTINCT FROM kin.name
        AND rest.tag IS NOT DISTINCT FROM kin.tag
"""
# Such a class is named by the first of its lines; whether they are the same to the letter is asked of few.
_FIRST = """
    UPDATE kin SET n = first.n, is_same = first.is_same
    FROM (SELECT kin, min(n) FILTER (i = 1) AS n, min(coalesce(txt, '')) = max(coalesce(txt, '')) AS is_same
        FROM twin JOIN rest USING (n) GROUP BY kin) AS first
    WHERE kin.rowid = first.kin
"""
# Names of which one begins with the other. The shorter one is surely cut when it does not end as a full name does, and all
# known names that begin with it could be one and the same (each the beginning of the longest).
_HAS_CUT = """
    SELECT count(*) FROM (SELECT name, lead(name) OVER (ORDER BY name) AS next FROM (SELECT DISTINCT name FROM rest))
    WHERE starts_with(next, name) AND may_be_cut(name)
"""
_CUT = """
    CREATE TABLE cut AS
    WITH short AS (
        SELECT DISTINCT name FROM rest
        WHERE may_be_cut(name)
    ), longer AS (
        SELECT short.name AS name, party.name AS whole FROM short JOIN party
        ON party.name > short.name AND party.name < short.name || chr(1114111)
    ), longest AS (SELECT name, arg_max(whole, (length(whole), whole)) AS whole FROM longer GROUP BY name
    ), sure AS (
        SELECT longer.name, bool_and(starts_with(longest.whole, longer.whole)
            AND (longer.whole = longest.whole OR NOT ends_complete(longer.whole))) AS is_sure
        FROM longer JOIN longest USING (name) GROUP BY longer.name
    )
    SELECT name AS one, whole AS other, is_sure FROM longer JOIN sure USING (name)
    UNION ALL SELECT whole, name, is_sure FROM longer JOIN sure USING (name)
"""
# Every pair that could be meant: the same account or, where a side tells no account, the same name. Long holidays do not
# part the working days before and after them.
_CANDIDATES = """
    CREATE TABLE candidate AS
    WITH b AS (SELECT rowid AS b, * FROM kin WHERE bank), k AS (SELECT rowid AS k, * FROM kin WHERE NOT bank),
    working AS (SELECT min(day) AS day FROM calendar WHERE wd > 0 GROUP BY wd), met AS (
        SELECT b, k, true AS by_account, b.name IS NOT NULL AND k.name IS NOT NULL AS by_name, alike(b.name, k.name) AS is_alike
        FROM b JOIN k USING (scope, outgo, cents, acct)
        UNION ALL
        SELECT b, k, false, true, true FROM b JOIN k USING (scope, outgo, cents, name)
        WHERE b.acct IS NULL OR k.acct IS NULL
        UNION ALL
        SELECT b, k, false, is_sure, true FROM b JOIN cut ON cut.one = b.name
        JOIN k ON k.name = cut.other AND k.scope = b.scope AND k.outgo = b.outgo AND k.cents = b.cents
        WHERE b.acct IS NULL OR k.acct IS NULL
    ), apart AS (
        SELECT met.*, b.bound OR k.bound AS bound, b.c AS b_c, k.c AS k_c, b.is_same OR k.is_same AS is_same,
            is_alike AND NOT tells_apart(b.tag, k.tag) AS is_open,
            abs(b.day - k.day) AS days, abs(b.wd - k.wd) AS wds,
            b.day IN (FROM working) AND k.day IN (FROM working) AS is_working
        FROM met JOIN b USING (b) JOIN k USING (k)
    )
    SELECT *, days <= getvariable('amount_days') OR by_account AND is_working AND wds <= getvariable('account_workdays') AS is_near
    FROM apart WHERE days <= getvariable('lookalike_days')
"""
_ONLY = """
    CREATE TABLE meant AS SELECT * FROM (
        SELECT *, count(*) FILTER (is_near) OVER of_b AS b_near, count(*) FILTER (is_near) OVER of_k AS k_near,
            count(*) OVER of_b = 1 AND count(*) OVER of_k = 1 AND b_c = 1 AS is_lone
        FROM candidate WHERE is_open WINDOW of_b AS (PARTITION BY b), of_k AS (PARTITION BY k))
    WHERE is_near AND b_near = 1 AND k_near = 1 AND b_c = k_c AND (b_c = 1 OR is_same) AND NOT bound
"""
_ACCEPTS = {
    "M2": "by_account AND is_near AND wds <= getvariable('account_workdays')",
    "M3": "by_name AND days <= getvariable('name_days')",
    "M4": "is_lone AND (by_account OR by_name) AND days <= getvariable('amount_days')",
}
_JUDGED = """
    CREATE TABLE judged AS SELECT * FROM (
        SELECT b, k, b_c AS c, CASE WHEN by_account THEN 'account' ELSE 'name' END::basis AS basis, {case} AS rung FROM meant)
    WHERE rung IS NOT NULL
"""
_NOT_LONE = """
    DELETE FROM judged WHERE rung = 'M4' AND (b, k) IN (
        SELECT (b, k) FROM judged JOIN kin AS x ON x.rowid IN (b, k) JOIN kin AS y USING (bank, scope, outgo, cents)
        WHERE judged.rung = 'M4' AND y.rowid <> x.rowid AND (x.acct = y.acct OR x.name = y.name)
          AND abs(x.day - y.day) <= getvariable('lookalike_days'))
"""
_PAIR_ONE = """
    INSERT INTO pair SELECT rung, basis, x.n, y.n
    FROM judged JOIN kin AS x ON x.rowid = b JOIN kin AS y ON y.rowid = k WHERE judged.c = 1
"""
_PAIR_TWINS = """
    INSERT INTO pair
    SELECT rung, basis, x.n, y.n FROM judged JOIN twin AS x ON x.kin = b JOIN twin AS y ON y.kin = k AND y.i = x.i
    WHERE judged.c > 1
"""
_REJECTED = """
    INSERT INTO note
    SELECT x.n, NULL, list(coalesce(twin.n, y.n))
    FROM judged JOIN candidate AS other ON (other.b = judged.b) <> (other.k = judged.k) AND NOT other.is_open
    JOIN kin AS x ON x.rowid = judged.b
    JOIN kin AS y ON y.rowid = CASE WHEN other.b = judged.b THEN other.k ELSE other.b END
    LEFT JOIN twin ON twin.kin = y.rowid
    WHERE judged.c = 1 GROUP BY x.n
"""


def pair_parties(board: Board, load_names: Callable[[], None]) -> None:
    """Match by amount, date and party; needs `rest` and `bound`, takes what it matched out of `rest`.

    `load_names` fills `party` with every counterparty name of the two sides; it is asked only when a cut name occurs.
    """
    for statement in (_KIN, _TWIN, _FIRST):
        board.run(statement)
    if board.count(_HAS_CUT):
        load_names()
    board.run(_CUT)
    board.run(_CANDIDATES)
    board.run(_ONLY)
    rungs = [rung for rung in board.strategy.rungs if rung in _ACCEPTS]
    cases = " ".join(f"WHEN {_ACCEPTS[rung]} THEN '{rung}'" for rung in rungs)
    case = f"CASE {cases} ELSE NULL END" if cases else "NULL"
    board.run(_JUDGED.format(case=f"({case})::rung"))
    for statement in (_NOT_LONE, _PAIR_ONE, _PAIR_TWINS, _REJECTED):
        board.run(statement)
    board.take_out_matched()
