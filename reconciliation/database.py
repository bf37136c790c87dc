"""One account's two sides in PostgreSQL as a Source: read by columns through ADBC, past the ORM.

First the narrow columns of every unmatched line, then the texts of those no reference settled.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from adbc_driver_postgresql import dbapi

import ledger.selectors
import statements.selectors
from reconciliation.models import Basis
from reconciliation.rules.board import EPOCH_ORDINAL, Board

TEXT_IDS_MAX = 100_000  # of a side; more lines are not asked for one by one


def database_uri(settings: Mapping[str, Any]) -> str:
    """The address of Django's database as libpq reads it; a host that is a folder is a unix socket."""
    host, port = str(settings.get("HOST") or ""), str(settings.get("PORT") or "")
    user, password = (
        quote(str(settings.get("USER") or ""), safe=""),
        quote(str(settings.get("PASSWORD") or ""), safe=""),
    )
    options = {name: str(value) for name, value in (settings.get("OPTIONS") or {}).items()}
    if host.startswith("/"):
        options, host, port = options | {"host": host}, "", ""
    told = (
        (f"{user}:{password}@" if password else f"{user}@" if user else "")
        + host
        + (f":{port}" if port else "")
    )
    return f"postgresql://{told}/{quote(str(settings['NAME']), safe='')}" + (
        f"?{urlencode(options)}" if options else ""
    )


@dataclass(frozen=True)
class Moment:
    """A past state of the matching: before an act, with no line beyond these ids."""

    act_id: int
    last_entry_id: int
    last_journal_id: int


@dataclass(frozen=True)
class Trial:
    """What a run could have matched on these days, had the machine not matched yet; people's matches stand."""

    first: date
    last: date


def _held(is_bank: bool, account_id: int, view: Moment | Trial | None) -> str:
    """SQL of the ids of one side that a match holds (or held then), as `line_id`."""
    column = "bank_id" if is_bank else "book_id"
    of_account = f"account_id = {account_id:d} AND {column} IS NOT NULL"
    live = f"SELECT {column} AS line_id FROM reconciliation_matchline WHERE {of_account}"  # noqa: S608 - our own words
    if view is None:
        return live
    if isinstance(view, Trial):
        return f"{live} AND basis = {Basis.PERSON:d}"
    past, ended = f"act_id < {view.act_id:d}", f"ended_act_id < {view.act_id:d}"
    revived = f"revived_act_id >= {view.act_id:d} OR revived_act_id IS NULL"
    return f"""SELECT line_id FROM (
        SELECT match_no, {column} AS line_id FROM reconciliation_matchline WHERE {of_account} AND {past}
        UNION SELECT match_no, {column} FROM reconciliation_endedline WHERE {of_account} AND {past}
        EXCEPT SELECT match_no, {column} FROM reconciliation_endedline WHERE {of_account} AND {ended} AND ({revived})) AS held"""  # noqa: S608 - our own words


class AccountSource:
    """The lines of one own account that no live match holds, as committed when they are read, or as another view shows them."""

    def __init__(
        self, uri: str, *, account_id: int, currency: str, view: Moment | Trial | None = None
    ) -> None:
        self.uri = uri
        entry, journal = (
            (view.last_entry_id, view.last_journal_id) if isinstance(view, Moment) else (None, None)
        )
        self._all = {
            True: statements.selectors.matching_sql(account_id, currency, until=entry),
            False: ledger.selectors.matching_sql(account_id, currency, until=journal),
        }
        days = "true"
        if isinstance(view, Trial):
            days = f"told.day BETWEEN {view.first.toordinal() - EPOCH_ORDINAL:d} AND {view.last.toordinal() - EPOCH_ORDINAL:d}"
        self._sides = {
            is_bank: f"""SELECT told.* FROM ({sql}) AS told LEFT JOIN ({_held(is_bank, account_id, view)}) AS m
                ON m.line_id = told.id WHERE m.line_id IS NULL AND {days}"""  # noqa: S608 - our own words
            for is_bank, sql in self._all.items()
        }

    def load_lines(self, board: Board) -> None:
        """Fill `line`."""
        self._stream_both(
            board,
            {
                is_bank: f"SELECT id, day, outgo, cents, reference FROM ({sql}) AS line"  # noqa: S608 - our own words
                for is_bank, sql in self._sides.items()
            },
            """INSERT INTO line SELECT $1, id, 1, day, outgo, cents, ref, reference <> '' AND ref IS NULL, key_of(1, ref)
                FROM (SELECT *, as_reference(reference) AS ref FROM told)""",
        )

    def load_rest(self, board: Board) -> None:
        """Fill `told_rest`: few lines are asked for by id, of many all without a reference and those whose reference settled nothing."""
        texts = {}
        for is_bank, sql in self._sides.items():
            wanted = self._by_id(board, is_bank, "true")
            if wanted is not None:
                sql = self._all[is_bank]  # that no match holds them was asked before
            else:
                single = self._by_id(board, is_bank, "ref IS NOT NULL OR filler")
                wanted = f"told.reference = '' OR {single}" if single is not None else "true"
            texts[is_bank] = (
                f"SELECT id, batch, doc, acct, name, txt, place FROM ({sql}) AS told WHERE {wanted}"  # noqa: S608 - our own words
            )
        self._stream_both(board, texts, "INSERT INTO told_rest SELECT $1, * FROM told")

    def _by_id(self, board: Board, is_bank: bool, which: str) -> str | None:
        """SQL naming these lines of `left_over` by id; None where they are too many for it."""
        ids = board.rows(
            f"SELECT id FROM left_over WHERE bank = $1 AND ({which}) LIMIT {TEXT_IDS_MAX + 1}",  # noqa: S608 - our own words
            [is_bank],
        )
        if len(ids) > TEXT_IDS_MAX:
            return None
        return f"told.id = ANY ('{{{','.join(str(one) for (one,) in ids)}}}'::bigint[])"

    def load_names(self, board: Board) -> None:
        """Fill `party`."""
        names = {
            is_bank: f"SELECT DISTINCT name FROM ({sql}) AS told WHERE name <> ''"  # noqa: S608 - our own words
            for is_bank, sql in self._all.items()
        }
        self._stream_both(
            board, names, "INSERT INTO party SELECT as_name(name) FROM told WHERE $1 IS NOT NULL"
        )

    def _stream_both(self, board: Board, sides: Mapping[bool, str], into: str) -> None:
        """Let both sides' rows flow from the server into duckdb at once: its work and ours overlap."""
        with ThreadPoolExecutor(max_workers=len(sides)) as pool:
            for done in [
                pool.submit(self._stream, board, sql, into, side) for side, sql in sides.items()
            ]:
                done.result()

    def _stream(self, board: Board, sql: str, into: str, is_bank: bool) -> None:
        """Let rows of the server flow into duckdb as they come, over a connection of either's own."""
        with (
            closing(dbapi.connect(self.uri)) as connection,
            closing(connection.cursor()) as cursor,
            closing(board.db.cursor()) as db,
        ):
            cursor.execute(sql)
            db.register("told", cursor.fetch_arrow())
            db.execute(into, [is_bank])
            db.unregister("told")
