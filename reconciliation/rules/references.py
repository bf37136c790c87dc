"""M1, M5, M6 by our own references, over columns: the bulk of every account, settled without looking at a text.

`tie` has one row a reference and direction: how many lines of each side carry it and what they add up to. One line on
either side and equal sums are certain (M1 one to one, M5 one bank line to many, M6 one voucher to many); everything less
plain waits for `mentions`, which sees the texts too.
"""

from __future__ import annotations

from collections.abc import Callable

from reconciliation.rules.board import Board

_TIE = """
    CREATE TABLE tie AS
    SELECT scope, ref, outgo, b_first, k_first, CASE WHEN list_contains($1, rung) THEN rung END AS rung
    FROM (SELECT *, CASE WHEN b_sum = k_sum AND days <= getvariable('reference_days') THEN CASE WHEN b = 1 AND k = 1 THEN 'M1' WHEN b = 1 THEN 'M5' WHEN k = 1 THEN 'M6' END END AS rung
        FROM (SELECT scope, ref, outgo, count(*) FILTER (bank) AS b, count(*) FILTER (NOT bank) AS k,
                sum(cents) FILTER (bank) AS b_sum, sum(cents) FILTER (NOT bank) AS k_sum,
                min(rowid) FILTER (bank) AS b_first, min(rowid) FILTER (NOT bank) AS k_first, max(day) - min(day) AS days
            FROM line WHERE ref IS NOT NULL GROUP BY ALL))
"""
_PLAIN = """
    CREATE TABLE plain AS SELECT row_number() OVER ()::INTEGER AS g, rung::rung AS rung, scope, ref, outgo
    FROM tie WHERE rung IN ('M5', 'M6')
"""
_MATCHED = (
    "INSERT INTO pair SELECT 'M1', 'reference', b_first, k_first FROM tie WHERE rung = 'M1'",
    _PLAIN,
    "INSERT INTO grp SELECT g, rung, 'reference' FROM plain",
    "INSERT INTO member SELECT g, line.rowid FROM line JOIN plain USING (scope, ref, outgo)",
)
# What they leave: the ties that are not plain are few, so the lines are found by them and not by all that was matched.
_LEFT_OVER = """
    CREATE TABLE left_over AS SELECT rowid AS n, * FROM line WHERE ref IS NULL
    UNION ALL SELECT rowid, * FROM line SEMI JOIN (SELECT scope, ref, outgo FROM tie WHERE rung IS NULL) AS open USING (scope, ref, outgo)
"""


def tie_references(board: Board) -> None:
    """Match what one reference ties plainly; needs `line`, leaves the rest of it in `left_over`."""
    board.run(_TIE, [list(board.strategy.rungs)])
    for statement in (*_MATCHED, _LEFT_OVER, "DROP TABLE tie", "DROP TABLE plain"):
        board.run(statement)


def narrow(board: Board) -> None:
    """Let go of what only the rungs so far and a writer of reasons read of `line`: of a million lines it is most of the memory."""
    for column in ("scope", "outgo", "cents", "ref", "filler"):
        board.run(f"ALTER TABLE line DROP COLUMN {column}")


# The texts of what the references left, folded. Names recur: each spelling is folded once.
_FORM = """
    CREATE TABLE form AS SELECT name AS told, as_name(name) AS name
    FROM (SELECT DISTINCT name FROM told_rest WHERE name <> '')
"""
_REST = """
    INSERT INTO rest
    SELECT *, words_of(txt) AS words, as_tag(bank, words, doc) AS tag FROM (
        SELECT n, bank, scope, day, wd, outgo, cents, ref, as_reference(batch), as_reference(doc) AS doc, as_party_account(acct) AS acct,
            form.name, nullif(fold(txt), '') AS txt, place
        FROM told_rest JOIN left_over USING (bank, id) JOIN calendar USING (day)
            LEFT JOIN form ON form.told = told_rest.name)
"""


def gather_rest(board: Board, load: Callable[[Board], None]) -> None:
    """Fill `rest` with what no reference settled; `load` fills `told_rest` with the texts of the lines in `left_over`."""
    load(board)
    board.run(_FORM)
    board.take_out_matched()  # nothing yet: what is matched by now was never laid down there
    board.run(_REST)
    for table in ("left_over", "told_rest", "form"):
        board.run(f"DROP TABLE {table}")
