"""`manage.py reconcile --bank bank.csv --book book.csv --out matches.csv`: the matching engine on two files.

It needs no database and no server. What was matched without a person goes to --out; what a person is asked, to --proposals.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kernel.errors import InvalidInput
from reconciliation import results
from reconciliation.engine import match, tidy
from reconciliation.files import CsvSource, published_calendar
from reconciliation.rules.board import Board
from reconciliation.rules.proposals import propose
from reconciliation.strategy import Strategy

SUMMARY = """
    SELECT rung, sum(matches)::INTEGER, sum(lines)::INTEGER FROM (
        SELECT rung, count(*) AS matches, 2 * count(*) AS lines FROM pair GROUP BY rung
        UNION ALL SELECT rung, count(DISTINCT g), count(*) FROM grp JOIN member USING (g) GROUP BY rung)
    GROUP BY rung ORDER BY rung
"""


class Command(BaseCommand):
    """Match a bank statement with a bank journal."""

    help = "Match two CSV files: the bank's statement and the company's bank journal (no database needed)"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The two sides, where to write, how bold to be."""
        parser.add_argument("--bank", type=Path, required=True, help="the bank's statement entries")
        parser.add_argument("--book", type=Path, required=True, help="the company's bank journal")
        parser.add_argument("--out", type=Path, required=True, help="matches made without a person")
        parser.add_argument("--proposals", type=Path, help="what a person should look at")
        parser.add_argument("--strategy", type=Path, help="JSON with other tolerances or rungs")

    def handle(self, *args: object, **options: Any) -> None:
        """Match, write, and say how much each rule explained."""
        began = time.monotonic()
        try:
            self._require_room(**options)
            strategy = Strategy()
            if options["strategy"]:
                strategy = Strategy.from_json(_text(options["strategy"]))
            source = CsvSource(options["bank"], options["book"])
            with Board(strategy) as board:
                match(board, source, calendar=published_calendar())
                if options["proposals"]:
                    propose(board)
                tidy(board)
                results.prepare(board)
                results.write_matches(board, options["out"])
                if options["proposals"]:
                    results.write_proposals(board, options["proposals"])
                self._tell(board, time.monotonic() - began)
        except InvalidInput as error:
            raise CommandError(
                error.message_en if get_language() == "en" else error.message
            ) from None
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None

    def _require_room(self, *, out: Path, proposals: Path | None, **read: Any) -> None:
        """Raise InvalidInput where a result would overwrite what is read or the other result, or has no folder to go to."""
        taken = {read[name].resolve() for name in ("bank", "book", "strategy") if read[name]}
        for path in (out, *([proposals] if proposals else [])):
            if path.resolve() in taken or path.is_dir() or not path.resolve().parent.is_dir():
                raise InvalidInput(
                    f"不能写入 {path}：须为已有文件夹中另外的文件",
                    f"cannot write {path}: another file, in a folder that exists, was expected",
                )
            taken.add(path.resolve())

    def _tell(self, board: Board, seconds: float) -> None:
        lines = board.count("SELECT count(*) FROM line")
        left = lines
        for rung, matches, members in board.rows(SUMMARY):
            left -= members
            self.stdout.write(f"  {rung}  {matches:>9,}  {members:>9,}")
        told = _("{} 笔流水，自动勾对 {} 笔（{:.1%}），余 {} 笔，用时 {:.1f} 秒")
        share = (lines - left) / lines if lines else 0.0
        self.stdout.write(
            told.format(f"{lines:,}", f"{lines - left:,}", share, f"{left:,}", seconds)
        )


def _text(path: Path) -> str:
    """A file's text. Raises InvalidInput where it is not UTF-8."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{path.name} 不是 UTF-8 编码", f"{path.name} is not UTF-8") from None
