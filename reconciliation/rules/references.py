"""M1, M5, M6 by our own references, over columns: the bulk of every account, settled without looking at a text.

`tie` has one row a reference and direction: how many lines of each side carry it and what they add up to. One line on
either side and equal sums are certain (M1 one to one, M5 one bank line to many, M6 one voucher to many); everything less
plain waits for `mentions`, which sees the texts too.
"""

from __future__ import annotations

from collections.abc import Callable

from reconciliation.rules.board import Board

_TIE = """
    CREATE TABLE tie AS SELECT scope, ref, outgo,
        count(*) FILTER (bank)::INTEGER AS b, count(*) FILTER (NOT bank)::INTEGER AS k,
        sum(cents) FILTER (bank) AS b_sum, sum(cents) FILTER (NOT bank) AS k_sum,
        min(rowid) FILTER (bank) AS b_first, min(rowid) FILTER (NOT bank) AS k_first, max(day) - min(day) AS days
    FROM line WHERE ref IS NOT NULL GROUP BY ALL
"""
_PAIRS = """
    INSERT INTO pair SELECT 'M1', 'reference', b_first, k_first FROM tie WHERE b = 1 AND k = 1 AND b_sum = k_sum
        AND days <= getvariable('reference_days')
"""
_PLAIN_GROUPS = """
    CREATE TABLE plain AS SELECT row_number() OVER ()::INTEGER AS g, CASE WHEN b = 1 THEN 'M5' ELSE 'M6' END AS rung,
        scope, ref, outgo
    FROM tie WHERE (b = 1 OR k = 1) AND b + k > 2 AND b_sum = k_sum AND days <= getvariable('reference_days')
"""


def tie_references(board: Board) -> None:
    """Match what one reference ties plainly; needs `line`, the rest is for `mentions`."""
    board.run(_TIE)
    if board.strategy.has("M1"):
        board.run(_PAIRS)
    board.run(_PLAIN_GROUPS)
    for rung in ("M5", "M6"):
        if not board.strategy.has(rung):
            board.run("DELETE FROM plain WHERE rung = ?", [rung])
    board.run("INSERT INTO grp SELECT g, rung::rung, 'reference' FROM plain")
    board.run(
        "INSERT INTO member SELECT g, line.rowid FROM line JOIN plain USING (scope, ref, outgo)"
    )
    board.run("DROP TABLE tie")
    board.run("DROP TABLE plain")


# What the references left, and its texts folded. Names recur: each spelling is folded once.
_LEFT_OVER = """
    CREATE TABLE left_over AS SELECT rowid AS n, * FROM line WHERE NOT EXISTS (
        SELECT 1 FROM (SELECT b AS n FROM pair UNION ALL SELECT k FROM pair UNION ALL SELECT n FROM member) AS done
        WHERE done.n = line.rowid)
"""
_FORM = """
    CREATE TABLE form AS SELECT name AS told, as_name(name) AS name
    FROM (SELECT DISTINCT name FROM told_rest WHERE name <> '')
"""
_REST = """
    INSERT INTO rest
    SELECT *, words_of(txt) AS words, as_tag(bank, words, doc) AS tag FROM (
        SELECT n, bank, scope, day, wd, outgo, cents, ref, as_reference(batch), as_reference(doc) AS doc, as_account(acct),
            form.name, nullif(fold(txt), '') AS txt, place
        FROM told_rest JOIN left_over USING (bank, id) JOIN calendar USING (day)
            LEFT JOIN form ON form.told = told_rest.name)
"""


def gather_rest(board: Board, load: Callable[[Board], None]) -> None:
    """Fill `rest` with what no reference settled; `load` fills `told_rest` with the texts of the lines in `left_over`."""
    board.run(_LEFT_OVER)
    load(board)
    board.run(_FORM)
    board.run(_REST)
    for table in ("left_over", "told_rest", "form"):
        board.run(f"DROP TABLE {table}")
