"""GOAL 1: statement and journal in PostgreSQL to committed matches, unique on both sides, beside what else one could do.

Ours is the product's own run: all rules, evidence, proposals, audit. Beside it, over the same rows in the same minute:
the floor (narrow columns in, three plain tiers without any doubt, pairs out, two unique indexes), the same three tiers as
set-based SQL in the server, and matching alone against two packages at the sizes they can take. Scores come last: speed
without precision is worth nothing.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import rig
from benchmarks.reconciliation_sets import load

PEERS = rig.ROOT / ".venv" / "peers"  # filled by `make bench`
MEMORY_MAX_MB = 500.0
ACCOUNT = "SELECT id FROM masterdata_ownaccount ORDER BY id LIMIT 1"

# The three tiers without doubt: what carries one key pairs by rank, sums of one key, then the nearest date of one party.
_FLOOR = (
    """CREATE TABLE hit AS SELECT x.id AS bank_id, y.id AS book_id FROM
        (SELECT *, row_number() OVER (PARTITION BY key, cents, outgo ORDER BY id) AS i FROM bank WHERE key <> 0) AS x
        JOIN (SELECT *, row_number() OVER (PARTITION BY key, cents, outgo ORDER BY id) AS i FROM book WHERE key <> 0) AS y
        USING (key, cents, outgo, i)""",
    """CREATE TABLE bank_left AS SELECT * FROM bank ANTI JOIN hit ON bank.id = hit.bank_id""",
    """CREATE TABLE book_left AS SELECT * FROM book ANTI JOIN hit ON book.id = hit.book_id""",
    """CREATE TABLE heap AS SELECT key, outgo, x.id AS bank_id FROM bank_left AS x JOIN
        (SELECT key, outgo, sum(cents) AS cents FROM book_left WHERE key <> 0 GROUP BY key, outgo) AS y USING (key, outgo, cents)""",
    """INSERT INTO hit SELECT CASE WHEN row_number() OVER (PARTITION BY heap.bank_id) = 1 THEN heap.bank_id END, y.id
        FROM book_left AS y JOIN heap USING (key, outgo)""",
    """INSERT INTO hit SELECT x.id, y.id FROM
        (SELECT *, row_number() OVER (PARTITION BY party, cents, outgo ORDER BY day, id) AS i FROM bank_left WHERE key = 0) AS x
        JOIN (SELECT *, row_number() OVER (PARTITION BY party, cents, outgo ORDER BY day, id) AS i FROM book_left WHERE key = 0) AS y
        USING (party, cents, outgo, i) WHERE abs(x.day - y.day) <= 3""",
)
_NARROW = """
    SELECT id, {day} - DATE '1970-01-01' AS day, direction = '{out}' AS outgo, (amount * 100)::bigint AS cents,
        CASE WHEN reference = '' THEN 0 ELSE hashtextextended(reference, 0) END AS key,
        hashtextextended(counterparty_name, 0) AS party
    FROM {table}
"""
_SIDES = {
    "bank": {"day": "bank_date", "out": "debit", "table": "statements_statemententry"},
    "book": {"day": "day", "out": "credit", "table": "ledger_journalentry"},
}
# The same as SQL in the server, each residue laid down and analysed, or the planner falls into nested loops.
_SQL = (
    "CREATE UNLOGGED TABLE bank AS " + _NARROW.format(**_SIDES["bank"]),
    "CREATE UNLOGGED TABLE book AS " + _NARROW.format(**_SIDES["book"]),
    "ANALYZE bank", "ANALYZE book",
    "CREATE TABLE sql_hit AS SELECT x.id AS bank_id, y.id AS book_id " + _FLOOR[0].partition("AS book_id")[2],
    "ANALYZE sql_hit",
    "CREATE UNLOGGED TABLE bank_left AS SELECT * FROM bank WHERE NOT EXISTS (SELECT 1 FROM sql_hit WHERE bank_id = bank.id)",
    "CREATE UNLOGGED TABLE book_left AS SELECT * FROM book WHERE NOT EXISTS (SELECT 1 FROM sql_hit WHERE book_id = book.id)",
    "ANALYZE bank_left", "ANALYZE book_left",
    "CREATE UNLOGGED TABLE heap AS " + _FLOOR[3].partition(" AS ")[2],
    _FLOOR[4].replace("INTO hit", "INTO sql_hit"),
    _FLOOR[5].replace("INTO hit", "INTO sql_hit"),
    "CREATE UNIQUE INDEX ON sql_hit (bank_id)", "CREATE UNIQUE INDEX ON sql_hit (book_id)",
)  # fmt: skip


def ours(url: str) -> list[rig.Line]:
    """The product's own run of the one account."""
    from reconciliation.services import running

    account_id = _account()
    with rig.watched(url) as watch:
        act = running.run(account_id=account_id)
    matches = sum(count for name, count in act.counts.items() if name.startswith("M"))
    return [
        *watch.lines("ours"),
        rig.Line("matches", matches, ""),
        rig.memory("a run", goal=MEMORY_MAX_MB),
    ]


def _account() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(ACCOUNT)
        return int(cursor.fetchone()[0])


def floor(url: str) -> list[rig.Line]:
    """The bound: nothing is doubted, nothing remembered."""
    import duckdb
    import psycopg2
    from adbc_driver_postgresql import dbapi
    from django.db import connection

    from reconciliation.database import database_uri

    uri = database_uri(connection.settings_dict)
    with rig.watched(url) as watch:
        db = duckdb.connect(config={"threads": 2})
        for side, words in _SIDES.items():
            with dbapi.connect(uri) as source, source.cursor() as cursor:
                cursor.execute(_NARROW.format(**words))
                told = cursor.fetch_arrow()
                db.register("told", told)
                db.execute(f"CREATE TABLE {side} AS SELECT * FROM told")
                db.unregister("told")
        for statement in _FLOOR:
            db.execute(statement)
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            db.execute(f"COPY hit TO '{file.name}' (HEADER false)")
            target = psycopg2.connect(url)
            with target, target.cursor() as cursor, Path(file.name).open("rb") as rows:
                cursor.execute("CREATE TABLE floor_hit (bank_id bigint, book_id bigint)")
                cursor.copy_expert("COPY floor_hit FROM STDIN (FORMAT csv)", rows)
                for side in _SIDES:
                    cursor.execute(f"CREATE UNIQUE INDEX ON floor_hit ({side}_id)")
            target.close()
    return [*watch.lines("floor"), rig.memory("the floor")]


def by_sql(url: str) -> list[rig.Line]:
    """The three tiers in the server."""
    import psycopg2

    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 2")
        with rig.watched(url) as watch:
            for statement in _SQL:
                cursor.execute(statement)
            connection.commit()
    connection.close()
    return watch.lines("sql")


_PAIRS = {
    "ours": "SELECT bank_id, book_id FROM reconciliation_matchline WHERE place = 0 AND bank_id IS NOT NULL AND book_id IS NOT NULL",
    "floor": "SELECT bank_id, book_id FROM floor_hit WHERE bank_id IS NOT NULL AND book_id IS NOT NULL",
    "sql": "SELECT bank_id, book_id FROM sql_hit WHERE bank_id IS NOT NULL AND book_id IS NOT NULL",
}
_TOLD = """
    SELECT e.bank_serial, j.digest FROM ({pairs}) AS hit
    JOIN statements_statemententry AS e ON e.id = hit.bank_id JOIN ledger_journalentry AS j ON j.id = hit.book_id
"""
_WRONG = """
    WITH truth AS (SELECT * FROM read_csv('{folder}/truth.csv', header = true, all_varchar = true)),
    bank AS (SELECT group_id, unnest(string_split(bank_ids, ';')) AS entry_id FROM truth WHERE bank_ids <> ''),
    book AS (SELECT group_id, unnest(string_split(book_ids, ';')) AS entry_id FROM truth WHERE book_ids <> ''),
    serial AS (SELECT entry_id, bank_serial FROM read_csv('{folder}/bank.csv', header = true, all_varchar = true))
    SELECT count(*) FROM told JOIN serial ON serial.bank_serial = told.bank_serial
    JOIN bank ON bank.entry_id = serial.entry_id JOIN book ON book.entry_id = told.digest
    WHERE bank.group_id <> book.group_id
"""


def wrong_pairs(folder: Path, url: str) -> list[rig.Line]:
    """How many pairs of each way belong to different facts of the set: speed is not bought with them."""
    import duckdb
    from adbc_driver_postgresql import dbapi
    from django.db import connection

    from reconciliation.database import database_uri

    found = []
    for way, pairs in _PAIRS.items():
        with (
            duckdb.connect() as db,
            dbapi.connect(database_uri(connection.settings_dict)) as source,
            source.cursor() as cursor,
        ):
            cursor.execute(_TOLD.format(pairs=pairs))
            db.register("told", cursor.fetch_arrow())
            ((wrong,),) = db.execute(_WRONG.format(folder=folder)).fetchall()
            found.append(rig.Line(way, wrong, ""))
    return found


def matching_alone(folder: Path) -> list[rig.Line]:
    """The engine over rows already in memory, as the packages get theirs; nothing is written."""
    from reconciliation.engine import match
    from reconciliation.files import CsvSource, Side, published_calendar
    from reconciliation.rules.board import Board
    from reconciliation.strategy import Strategy

    class InMemory(CsvSource):
        def relation(self, side: Side) -> str:
            return "bank_rows" if side.is_bank else "book_rows"

    source = InMemory(folder / "bank.csv", folder / "book.csv")
    calendar = published_calendar()
    with Board(Strategy(), memory_mb=4_000) as board:
        for side in source.sides:
            board.run(
                f"CREATE TABLE {source.relation(side)} AS SELECT * FROM {CsvSource.relation(source, side)}"
            )
        with rig.watched() as watch:
            match(board, source, calendar=calendar)
    return watch.lines("alone")


def records(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(journal, statement) as the packages take them: signed amounts, one currency."""
    told = []
    for side, out in (("book", "credit"), ("bank", "debit")):
        with (folder / f"{side}.csv").open(encoding="utf-8") as file:
            told.append(
                [
                    {
                        "id": row["entry_id"], "amount": ("-" if row["direction"] == out else "") + row["amount"],
                        "currency": "CNY", "reference": row["reference"], "date": row["booked_on"],
                        "name": row["counterparty_name"], "counterparty": row["counterparty_name"], "account": row["account"],
                    }
                    for row in csv.DictReader(file)
                ]
            )  # fmt: skip
    return told[0], told[1]


def by_parser(folder: Path) -> list[rig.Line]:
    """bankstatementparser: references, then amount and party."""
    from bankstatementparser.reconciliation import reconcile_payments_and_statements

    book, bank = records(folder)
    with rig.watched() as watch:
        report = reconcile_payments_and_statements(book, bank)
    return [*watch.lines("parser"), rig.Line("matched", report.matched_count, "")]


def by_mcp(folder: Path) -> list[rig.Line]:
    """reconcile-mcp: every pair scored, one to one."""
    from reconcile_mcp.engine import reconcile

    book, bank = records(folder)
    with rig.watched() as watch:
        report = reconcile(book, bank, {"enable_one_to_many": False})
    matched = report["summary"]["matched_expected"]
    return [*watch.lines("mcp"), rig.Line("matched", matched, "")]


def main() -> int:
    """One way, in a process of its own."""
    parser = argparse.ArgumentParser()
    ways = ("load", "ours", "floor", "sql", "wrong", "alone", "parser", "mcp")
    parser.add_argument("--way", choices=ways, required=True)
    parser.add_argument("--set", type=Path)
    parser.add_argument("--url", default="")
    options = parser.parse_args()
    if options.way in ("load", "ours", "floor", "wrong", "alone"):
        rig.setup_django()
    if options.way in ("parser", "mcp"):
        sys.path.append(str(PEERS))
    if options.way == "load":
        bank, book = load(options.set, account_id=_account())
        found = [rig.Line("bank", bank, ""), rig.Line("book", book, "")]
    else:
        found = {
            "ours": lambda: ours(options.url),
            "floor": lambda: floor(options.url),
            "sql": lambda: by_sql(options.url),
            "wrong": lambda: wrong_pairs(options.set, options.url),
            "alone": lambda: matching_alone(options.set),
            "parser": lambda: by_parser(options.set),
            "mcp": lambda: by_mcp(options.set),
        }[options.way]()
    rig.tell(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
