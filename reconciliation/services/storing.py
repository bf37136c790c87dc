"""Matches on their way into the database and out of the living: by COPY and by whole sets, never row by row.

Steps: the caller holds the account's row and its transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from reconciliation.models import Act, Basis, MatchedAccount, Proposal
from reconciliation.rules.board import Board

COLUMNS = "account_id, match_no, place, act_id, rung, basis, bank_id, book_id"
_INDEXES = (
    "ALTER TABLE {table} ADD PRIMARY KEY (account_id, match_no, place)",
    "CREATE UNIQUE INDEX ON {table} (account_id, bank_id) WHERE bank_id IS NOT NULL",
    "CREATE UNIQUE INDEX ON {table} (account_id, book_id) WHERE book_id IS NOT NULL",
)
# Every match and its first lines, in an order that depends on the lines alone: a match's number is its row's.
_NUMBERED = """
    CREATE TABLE numbered AS
    SELECT rung, basis, x.id AS bank_id, y.id AS book_id, NULL::INTEGER AS g
    FROM pair JOIN line AS x ON x.rowid = b JOIN line AS y ON y.rowid = k
    UNION ALL
    SELECT any_value(grp.rung), any_value(grp.basis), min(id) FILTER (bank), min(id) FILTER (NOT bank), g
    FROM member JOIN grp USING (g) JOIN line ON line.rowid = member.n GROUP BY g
    ORDER BY bank_id, book_id
"""
# Rows of one bank line and one book line side by side.
_PAIRS = """
    SELECT $1, $2 + rowid AS match_no, 0 AS place, $3, code(rung::VARCHAR), basis_code(basis::VARCHAR), bank_id, book_id
    FROM numbered WHERE g IS NULL
"""
_GROUPS = """
    SELECT $1, $2 + no AS match_no, i - 1 AS place, $3, code(rung::VARCHAR), basis_code(basis::VARCHAR),
        max(id) FILTER (side), max(id) FILTER (NOT side)
    FROM (SELECT numbered.rowid AS no, numbered.rung, numbered.basis, line.bank AS side, line.id,
            row_number() OVER (PARTITION BY numbered.g, line.bank ORDER BY line.id) AS i
        FROM numbered JOIN member USING (g) JOIN line ON line.rowid = member.n)
    GROUP BY no, rung, basis, i ORDER BY match_no, place
"""
_CODES = (
    "CREATE MACRO pg_array(ids) AS '{' || coalesce(array_to_string(ids, ','), '') || '}'",
    "CREATE MACRO code(rung) AS substr(rung, 2)::SMALLINT",
    "CREATE MACRO basis_code(basis) AS CASE "
    + " ".join(f"WHEN basis = '{one.name.lower()}' THEN {one.value}" for one in Basis)
    + " END",
)


_NOTES = """
    WITH owner AS (
        SELECT pair.b AS n, numbered.rowid AS no FROM pair JOIN line ON line.rowid = pair.b
            JOIN numbered ON bank_id = id AND g IS NULL
        UNION ALL SELECT member.n, numbered.rowid FROM member JOIN numbered USING (g)
    ), other AS (
        SELECT n, list(id ORDER BY id) FILTER (bank) AS of_bank, list(id ORDER BY id) FILTER (NOT bank) AS of_book
        FROM (SELECT n, unnest(rejected) AS m FROM note) JOIN line ON line.rowid = m GROUP BY n)
    SELECT $1 AS account_id, $2 + no AS match_no, coalesce(tied, '') AS tied, pg_array(of_bank), pg_array(of_book)
    FROM note JOIN owner USING (n) LEFT JOIN other USING (n)
"""
_PROPOSED = """
    WITH asked AS (SELECT rowid AS p, * FROM proposal), named AS (
        SELECT p, list(id ORDER BY id) FILTER (line.bank) AS of_bank, list(id ORDER BY id) FILTER (NOT line.bank) AS of_book
        FROM (SELECT p, unnest(list_concat(bank, book)) AS n FROM asked) JOIN line ON line.rowid = n GROUP BY p)
    SELECT $1 AS account_id, $2 AS act_id, code(rung::VARCHAR), reason, pg_array(of_bank), pg_array(of_book),
        residual / 100.0::DECIMAL(20, 2), coalesce(detail, '')
    FROM asked JOIN named USING (p)
"""


def write_matches(board: Board, *, account: MatchedAccount, act: Act) -> int:
    """Write everything the board found as this act's matches; how many there are.

    An account's first matches go into a table of its own, indexed afterwards and attached; later ones are copied into it.
    """
    for macro in _CODES:
        board.run(macro)
    board.run("SET preserve_insertion_order = true")
    board.run(_NUMBERED)
    count = board.count("SELECT count(*) FROM numbered")
    base = account.next_match_no
    with connection.cursor() as cursor:
        table = partition(account.pk)
        is_first = not _exists(cursor, table)
        if is_first:
            _create(cursor, table)
        for rows in (_PAIRS, _GROUPS):
            _copy(board, cursor, rows, [account.pk, base, act.pk], f"{table} ({COLUMNS})")
        if is_first:
            _attach(cursor, table, account.pk)
        _copy(board, cursor, f"{_NOTES} ORDER BY match_no", [account.pk, base],
              "reconciliation_matchnote (account_id, match_no, tied, rejected_bank, rejected_book)")  # fmt: skip
    account.next_match_no += count
    return count


def write_proposals(board: Board, *, act: Act) -> None:
    """Replace the account's proposals by the board's."""
    Proposal.objects.filter(account_id=act.account_id).delete()
    with connection.cursor() as cursor:
        _copy(board, cursor, f"{_PROPOSED} ORDER BY rung, of_bank, of_book", [act.account_id, act.pk],
              "reconciliation_proposal (account_id, act_id, rung, reason, bank_ids, book_ids, residual, detail)")  # fmt: skip


def _copy(board: Board, cursor: Any, rows: str, values: list[Any], target: str) -> None:
    """Rows of duckdb into a table of PostgreSQL."""
    path = board.scratch / "rows.csv"
    board.run(f"COPY ({rows}) TO '{path}' (HEADER false)", values)
    raw: Any = cursor.cursor
    with path.open("rb") as file:
        raw.copy_expert(f"COPY {target} FROM STDIN (FORMAT csv)", file)
    path.unlink()


# --- an account's own table -------------------------------------------------------------------------------------------


def partition(account_id: int) -> str:
    """The name of the table of an account's live matches."""
    return f"reconciliation_matchline_{account_id:d}"


def ensure_partition(account_id: int) -> None:
    """Make room for an account's matches where it has none yet."""
    with connection.cursor() as cursor:
        table = partition(account_id)
        if not _exists(cursor, table):
            _create(cursor, table)
            _attach(cursor, table, account_id)


def _exists(cursor: Any, table: str) -> bool:
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
    return bool(cursor.fetchone()[0])


def _create(cursor: Any, table: str) -> None:
    # A table of its own first: a partition made in place would lock everybody out of the whole.
    cursor.execute(
        f"CREATE TABLE {table} (LIKE reconciliation_matchline INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
    )


def _attach(cursor: Any, table: str, account_id: int) -> None:
    """Index the table and hang it under the partitioned one; the check saves a second look at its rows."""
    for statement in _INDEXES:
        cursor.execute(statement.format(table=table))
    cursor.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT own_account CHECK (account_id = {account_id:d})"
    )
    cursor.execute(
        f"ALTER TABLE reconciliation_matchline ATTACH PARTITION {table} FOR VALUES IN ({account_id:d})"
    )
    cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT own_account")


# --- ended and revived --------------------------------------------------------------------------------------------------


_END_NUMBERED = """
    WITH gone AS (DELETE FROM reconciliation_matchline WHERE account_id = %s AND match_no = ANY (%s) RETURNING *),
    kept AS (
        INSERT INTO reconciliation_endedline
            (account_id, match_no, place, act_id, rung, basis, bank_id, book_id, ended_act_id)
        SELECT account_id, match_no, place, act_id, rung, basis, bank_id, book_id, %s FROM gone RETURNING match_no)
    SELECT count(DISTINCT match_no) FROM kept
"""
_END_MADE = _END_NUMBERED.replace("match_no = ANY (%s)", "act_id = %s")
_REVIVE = """
    WITH back AS (
        UPDATE reconciliation_endedline SET revived_act_id = %s
        WHERE account_id = %s AND ended_act_id = %s AND revived_act_id IS NULL RETURNING *),
    live AS (
        INSERT INTO reconciliation_matchline (account_id, match_no, place, act_id, rung, basis, bank_id, book_id)
        SELECT account_id, match_no, place, act_id, rung, basis, bank_id, book_id FROM back RETURNING match_no)
    SELECT count(DISTINCT match_no) FROM live
"""


def end_matches(*, account_id: int, act_id: int, match_nos: Sequence[int]) -> int:
    """End these live matches, to be remembered as ended by this act; how many there were."""
    return _changed(_END_NUMBERED, [account_id, list(match_nos), act_id])


def end_made_by(*, account_id: int, made_by: int, act_id: int) -> int:
    """End every live match an earlier act made; how many there were."""
    return _changed(_END_MADE, [account_id, made_by, act_id])


def revive(*, account_id: int, ended_act_id: int, act_id: int) -> int:
    """Bring back exactly what an act ended; how many matches. Raises IntegrityError where a line is matched otherwise now."""
    return _changed(_REVIVE, [act_id, account_id, ended_act_id])


def _changed(statement: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])
