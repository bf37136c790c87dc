"""M4 without a party: the only two lines of an amount far and wide, and what their texts say agrees.

"The only two": within the look-alike window neither side has another unmatched line of that amount and direction. A second
signal is the other side's party written in a text, or one and the same text: one that no other unmatched line has, or
beside an amount that is nobody's round sum.
"""

from __future__ import annotations

from reconciliation.rules.board import Board

_LONELY = """
    CREATE TABLE lonely AS
    WITH met AS (SELECT scope, outgo, cents FROM rest GROUP BY ALL HAVING bool_or(bank) AND bool_or(NOT bank)), alone AS (
        SELECT n, count(*) FILTER (bank) OVER near = 1 AND count(*) FILTER (NOT bank) OVER near = 1 AS is_lonely
        FROM rest SEMI JOIN met USING (scope, outgo, cents) WINDOW near AS (PARTITION BY scope, outgo, cents ORDER BY day
            RANGE BETWEEN getvariable('lookalike_days') PRECEDING AND getvariable('lookalike_days') FOLLOWING))
    SELECT * FROM rest WHERE n IN (SELECT n FROM alone WHERE is_lonely) AND n NOT IN (SELECT n FROM bound)
"""
_ENCOUNTER = """
    CREATE TABLE encounter AS
    SELECT scope, b.n AS b, k.n AS k, b.txt AS b_txt, k.txt AS k_txt, b.name AS b_name, k.name AS k_name, b.acct AS b_acct, k.acct AS k_acct,
        cents % 10000 <> 0 AND cents >= 10000 AS is_specific
    FROM lonely AS b JOIN lonely AS k USING (scope, outgo, cents)
    WHERE b.bank AND NOT k.bank AND abs(b.day - k.day) <= getvariable('amount_days')
      AND agree(b.acct, k.acct) AND alike(b.name, k.name)
      AND NOT tells_apart(b.tag, k.tag)
"""
_PAIRED = """
    INSERT INTO pair SELECT 'M4', 'text', b, k FROM encounter
    WHERE tells(b_txt, k_name) OR tells(k_txt, b_name) OR names_account(b_txt, k_acct) OR names_account(k_txt, b_acct)
      OR (squeeze(b_txt) = squeeze(k_txt) AND (is_specific OR length(squeeze(b_txt)) >= 6 AND (scope, b_txt) IN (
            SELECT (scope, txt) FROM rest WHERE txt IN (SELECT b_txt FROM encounter) GROUP BY scope, txt HAVING count(*) <= 2)))
"""


def pair_by_text(board: Board) -> None:
    """Match lonely lines whose texts agree; needs `rest` and `bound`, takes what it matched out of `rest`."""
    if not board.strategy.has("M4"):
        return
    for statement in (_LONELY, _ENCOUNTER, _PAIRED):
        board.run(statement)
    board.take_out_matched()
