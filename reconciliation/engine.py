"""The matching of two sides of lines: load, climb the ladder, tell what was found. Knows no table and no file.

A Source lays its lines on the Board; what the ladder finds stays there as `pair`, `grp` and `member` over line numbers, so
that a file's ids and a database's keys take the same way. Same lines and strategy, same matches, in whatever order the lines
arrive.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from kernel.clock import Calendar
from reconciliation.rules.board import EPOCH_ORDINAL, Board
from reconciliation.rules.mentions import net_reversals, settle_references, tie_mentions
from reconciliation.rules.pairs import pair_parties
from reconciliation.rules.references import gather_rest, narrow, tie_references
from reconciliation.rules.texts import pair_by_text


class Source(Protocol):
    """Where lines come from."""

    def load_lines(self, board: Board) -> None:
        """Fill `line` with every line of both sides."""

    def load_rest(self, board: Board) -> None:
        """Fill `told_rest` with what is told of the lines in `left_over`."""

    def load_names(self, board: Board) -> None:
        """Fill `party` with every counterparty name of both sides, squeezed."""


def match(board: Board, source: Source, *, calendar: Calendar, is_narrow: bool = False) -> None:
    """Climb the automatic rungs; what they leave is in `rest`. `is_narrow`: of matched lines only ids and days are asked for."""
    source.load_lines(board)
    board.make_room()
    tie_references(board)
    if is_narrow:
        narrow(board)
    lay_calendar(board, calendar)
    gather_rest(board, source.load_rest)
    settle_references(board)
    tie_mentions(board)
    net_reversals(board)
    pair_parties(board, lambda: source.load_names(board))
    pair_by_text(board)


def tidy(board: Board) -> None:
    """Let go of all that only the rules needed: what is written needs the room. No `propose` after this."""
    kept = {"line", "pair", "grp", "member", "note", "proposal", "scope"}
    for (name,) in board.rows("SELECT table_name FROM duckdb_tables() WHERE NOT internal"):
        if name not in kept:
            board.run(f"DROP TABLE {name} CASCADE")


def lay_calendar(board: Board, calendar: Calendar) -> None:
    """The table that counts working days: two days lie |wd − wd| working days apart."""
    first, last = board.rows("SELECT min(day), max(day) FROM line")[0]
    days, counts, count = [], [], 0
    for day in range(first, last + 1) if first is not None else ():
        count += calendar.is_working_day(date.fromordinal(day + EPOCH_ORDINAL))
        days.append(day)
        counts.append(count)
    board.run("CREATE TABLE calendar (day INTEGER, wd INTEGER)")
    board.insert("calendar", *((days, counts) if days else ()))


def leave_frozen(board: Board, until: date, *, later: Sequence[int] = ()) -> None:
    """Take back what lies wholly on days up to `until`: a closed period gets no new matches.

    `later` are ids of bank lines that were booked afterwards, whatever their value date.
    """
    board.run(
        "CREATE TABLE frozen AS SELECT rowid AS n FROM line WHERE day <= $1 AND NOT (bank AND list_contains($2, id))",
        [until.toordinal() - EPOCH_ORDINAL, list(later)],
    )
    board.run("DELETE FROM pair WHERE b IN (SELECT n FROM frozen) AND k IN (SELECT n FROM frozen)")
    board.run(
        "DELETE FROM grp WHERE g NOT IN (SELECT g FROM member WHERE n NOT IN (SELECT n FROM frozen))"
    )
    board.run("DELETE FROM member WHERE g NOT IN (SELECT g FROM grp)")
