"""Matches on their way into the database and out of the living: by COPY and by whole sets, never row by row.

Steps: the caller holds the account's row and its transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import connection

from reconciliation.models import Act, Basis, MatchedAccount, Proposal
from reconciliation.rules.board import Board

CHUNK = 1 << 18  # bytes of a file handed to the server at once
COLUMNS = "account_id, match_no, place, act_id, rung, basis, bank_id, book_id"
_INDEXES = (
    "ALTER TABLE {table} ADD PRIMARY KEY (match_no, place, account_id)",
    "CREATE UNIQUE INDEX ON {table} (bank_id, account_id) WHERE bank_id IS NOT NULL",
    "CREATE UNIQUE INDEX ON {table} (book_id, account_id) WHERE book_id IS NOT NULL",
)
# Every match and its first lines, in an order that depends on the lines alone: a match's number is its row's.
_NUMBERED = """
    CREATE TABLE numbered AS
    SELECT rung, basis, x.id AS bank_id, y.id AS book_id, NULL::INTEGER AS g
    FROM pair JOIN line AS x ON x.rowid = b JOIN line AS y ON y.rowid = k
    UNION ALL SELECT grp.rung, grp.basis, of_bank[1], of_book[1], g FROM heap JOIN grp USING (g)
    ORDER BY bank_id, book_id
"""
_HEAPS = """
    CREATE TABLE heap AS
    SELECT g, list_sort(coalesce(list(id) FILTER (bank), [])) AS of_bank, list_sort(coalesce(list(id) FILTER (NOT bank), [])) AS of_book
    FROM member JOIN line ON line.rowid = member.n GROUP BY g
"""
# Rows of one bank line and one book line side by side; where a side has fewer, its place is empty.
_PAIRS = """
    SELECT $1, $2 + rowid AS match_no, 0 AS place, $3, code(rung::VARCHAR), basis_code(basis::VARCHAR), bank_id, book_id
    FROM numbered WHERE g IS NULL
"""
_GROUPS = """
    SELECT $1, $2 + numbered.rowid AS match_no, unnest(range(greatest(len(of_bank), len(of_book)))) AS place, $3,
        code(rung::VARCHAR), basis_code(basis::VARCHAR), unnest(of_bank), unnest(of_book)
    FROM numbered JOIN heap USING (g)
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
        SELECT n, numbered.rowid AS no FROM (SELECT b AS n FROM pair WHERE b IN (SELECT n FROM note)) AS noted
            JOIN line ON line.rowid = n JOIN numbered ON bank_id = id AND g IS NULL
        UNION ALL SELECT n, numbered.rowid FROM (SELECT * FROM member WHERE n IN (SELECT n FROM note)) AS noted JOIN numbered USING (g)
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


def write_matches(
    board: Board, *, account: MatchedAccount, act: Act, meanwhile: Callable[[], None]
) -> int:
    """Write everything the board found as this act's matches; how many there are.

    An account's first matches go into a table of its own, indexed afterwards and attached; later ones are copied into it.
    `meanwhile` is what to compute while the server does its part; it keeps off the database.
    """
    for macro in _CODES:
        board.run(macro)
    board.run("SET preserve_insertion_order = true")
    board.run(_HEAPS)
    board.run(_NUMBERED)
    count = board.count("SELECT count(*) FROM numbered")
    base = account.next_match_no
    with connection.cursor() as cursor, ThreadPoolExecutor(max_workers=1) as server:
        table = partition(account.pk)
        is_first = not _exists(cursor, table)
        if is_first:
            _create(cursor, table)
        sent = []
        for rows in (_PAIRS, _GROUPS):
            path = _export(board, rows, [account.pk, base, act.pk])
            sent.append(server.submit(copy_context().run, _send, cursor, path, f"{table} ({COLUMNS})"))  # fmt: skip
        if is_first:
            sent.append(server.submit(copy_context().run, _attach, cursor, table, account.pk))
        notes = _export(board, f"{_NOTES} ORDER BY match_no", [account.pk, base])
        board.run("DROP TABLE numbered")
        board.run("DROP TABLE heap")
        board.run("SET preserve_insertion_order = false")
        meanwhile()
        for part in sent:
            part.result()
        _send(cursor, notes,
              "reconciliation_matchnote (account_id, match_no, tied, rejected_bank, rejected_book)")  # fmt: skip
    account.next_match_no += count
    return count


def write_proposals(board: Board, *, act: Act) -> None:
    """Replace the account's proposals by the board's."""
    Proposal.objects.filter(account_id=act.account_id).delete()
    rows = _export(board, f"{_PROPOSED} ORDER BY rung, of_bank, of_book", [act.account_id, act.pk])
    with connection.cursor() as cursor:
        _send(cursor, rows,
              "reconciliation_proposal (account_id, act_id, rung, reason, bank_ids, book_ids, residual, detail)")  # fmt: skip


def _export(board: Board, rows: str, values: list[Any]) -> Path:
    """Rows of duckdb as a file of their own."""
    path = board.scratch / f"{uuid4().hex}.csv"
    board.run(f"COPY ({rows}) TO '{path}' (HEADER false)", values)
    return path


def _send(cursor: Any, path: Path, target: str) -> None:
    """Such a file into a table of PostgreSQL."""
    raw: Any = cursor.cursor
    with path.open("rb") as file:
        raw.copy_expert(f"COPY {target} FROM STDIN (FORMAT csv)", file, CHUNK)
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
