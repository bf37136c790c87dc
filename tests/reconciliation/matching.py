"""Running the engine on sets made by tests: through the same CSV files a user brings."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from reconciliation import results
from reconciliation.engine import match
from reconciliation.files import CsvSource, published_calendar
from reconciliation.rules.board import Board
from reconciliation.rules.proposals import propose
from reconciliation.strategy import Strategy

CALENDAR = published_calendar()
Found = set[tuple[str, frozenset[str], frozenset[str]]]


def run(folder: Path, strategy: Strategy | None = None, *, with_proposals: bool = False) -> None:
    """Match folder/bank.csv with folder/book.csv into folder/matches.csv (and proposals.csv)."""
    with Board(strategy or Strategy()) as board:
        match(board, CsvSource(folder / "bank.csv", folder / "book.csv"), calendar=CALENDAR)
        results.prepare(board)
        results.write_matches(board, folder / "matches.csv")
        if with_proposals:
            propose(board)
            results.write_proposals(board, folder / "proposals.csv")


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ids(text: str) -> frozenset[str]:
    """The ids of one cell."""
    return frozenset(part for part in text.split(";") if part)


def found_in(path: Path) -> Found:
    """The matches or proposals of a file."""
    return {(row["rule"], ids(row["bank_ids"]), ids(row["book_ids"])) for row in read(path)}


def write(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Rows as CSV; the first one's keys are the header."""
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def matched(
    bank: list[dict[str, object]], book: list[dict[str, object]], strategy: Strategy | None = None
) -> Found:
    """What the engine matches among these lines; a side without lines has a header only."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _lay_down(folder, bank, book)
        run(folder, strategy)
        return found_in(folder / "matches.csv")


def proposed(bank: list[dict[str, object]], book: list[dict[str, object]]) -> list[dict[str, str]]:
    """What the engine asks a person about these lines."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _lay_down(folder, bank, book)
        run(folder, with_proposals=True)
        return read(folder / "proposals.csv")


def _lay_down(folder: Path, bank: list[dict[str, object]], book: list[dict[str, object]]) -> None:
    header = {"entry_id": "", "account": "", "booked_on": "", "direction": "", "amount": ""}
    for side, rows in (("bank", bank), ("book", book)):
        write(folder / f"{side}.csv", rows or [header])
        if not rows:
            (folder / f"{side}.csv").write_text(",".join(header) + "\n", "utf-8")
