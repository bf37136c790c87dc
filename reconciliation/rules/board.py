"""The table the lines lie on: columns in duckdb, the same for files and for the database.

`line`    every line of both sides, narrow: scope (own account and currency), day, outgo (money out), cents, ref; filler where
          something stood in the reference's place that is none
`pair`    one bank line and one book line that were matched; `grp` and `member`, matches of any other shape
`note`    what a match is to remember beyond its lines: the words or numbers that tied it, what was rejected
`rest`    after the exact references: what they left, with everything a line tells

A line's number is its row number in `line` (duckdb's rowid). References of ours are folded: upper case, half width, no
blanks; what is no reference (NONREF, 无, a lone word) is NULL.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from reconciliation.strategy import Strategy

EPOCH_ORDINAL = 719163  # date(1970, 1, 1).toordinal()
_FULL = "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000\u00a0"
_HALF = "".join(map(chr, range(0x21, 0x7F))) + "  "
BYTES_PER_LINE = 75
COMPLETE_ENDINGS = (
    "公司", "集团", "企业", "厂", "店", "院", "所", "校", "社", "部", "中心", "局", "处", "会", "行", "站", "馆", "户", "人",
    "LTD[.]?", "INC[.]?", "CORP[.]?", "LLC", "CO[.]?", "GMBH", "PLC", "LIMITED",
)  # fmt: skip

_MACROS = (
    # translate() is dear, and most texts have nothing for it to do.
    f"""CREATE MACRO fold(x) AS CASE WHEN regexp_matches(x, '[！-～{_FULL[-2:]}]')
        THEN upper(translate(x, '{_FULL}', '{_HALF.replace(chr(39), chr(39) * 2)}')) ELSE upper(x) END""",
    # One look decides whether there is anything to fold or squeeze; every use of a macro is planned anew, so they are short.
    f"""CREATE MACRO squeeze(x) AS CASE WHEN regexp_matches(x, '[\\s！-～{_FULL[-2:]}]')
        THEN regexp_replace(upper(translate(x, '{_FULL}', '{_HALF.replace(chr(39), chr(39) * 2)}')), '\\s+', '', 'g')
        ELSE upper(x) END""",
    # At least four characters of which one is a digit other than 0.
    """CREATE MACRO as_reference(x) AS CASE
        WHEN x = '' THEN NULL
        WHEN regexp_full_match(x, '[0-9A-Z]{3,}[1-9][0-9A-Z]*') THEN x
        ELSE nullif(regexp_extract(squeeze(x), '(?s)^(?:.{3,}[1-9].*|.{2}[1-9].+|.[1-9].{2,}|[1-9].{3,})$'), '') END""",
    # A mention is sure of itself when it is long or carries letters; a short bare number may be anybody's.
    """CREATE MACRO is_number(x) AS regexp_full_match(x, '[0-9]{1,9}')""",
    """CREATE MACRO as_mention(x) AS CASE
        WHEN length(x) >= 6 AND length(regexp_replace(x, '[^0-9]', '', 'g')) >= 4
            AND NOT regexp_full_match(x, '(19|20)[0-9]{2}[-/.]?[01]?[0-9][-/.]?[0-3]?[0-9]') THEN x END""",
    """CREATE MACRO mentions(x) AS list_distinct(list_filter(list_concat(
        regexp_extract_all(fold(x), '[0-9A-Z]+(?:[-_/][0-9A-Z]+)*'),
        regexp_extract_all(fold(x), '[0-9A-Z]+')), lambda w: as_mention(w) IS NOT NULL))""",
    """CREATE MACRO words_of(txt) AS CASE WHEN regexp_matches(txt, '[0-9].*[0-9].*[0-9].*[0-9]') THEN mentions(txt) END""",
    # The numbers by which a reader would tell a line from its like: what its text mentions, and the voucher's bill no.
    """CREATE MACRO as_tag(is_bank, words, doc) AS CASE
        WHEN len(words) > 0 THEN array_to_string(list_sort(list_distinct(
            CASE WHEN NOT is_bank AND doc IS NOT NULL THEN list_append(words, doc) ELSE words END)), ' ')
        WHEN NOT is_bank THEN doc END""",
    "CREATE MACRO agree(x, y) AS x IS NULL OR y IS NULL OR x = y",
    """CREATE MACRO shape(x) AS regexp_replace(x, '[0-9]', '9', 'g')""",
    # An account a spreadsheet turned into 6.22E+18 is not told; masked digits are nobody's.
    """CREATE MACRO as_account(x) AS CASE WHEN regexp_full_match(x, '[0-9A-Z]+') THEN x WHEN regexp_matches(fold(x), '[0-9][.][0-9]+E[+]?[0-9]+|[*#]') THEN NULL
        ELSE nullif(regexp_replace(fold(x), '[\\s-]+', '', 'g'), '') END""",
    """CREATE MACRO is_fee(x, y) AS abs(x - y) BETWEEN 1
        AND least(getvariable('fee_max') * 100, getvariable('fee_share_max') * greatest(x, y))""",
    "CREATE MACRO tells(txt, name) AS length(name) >= 6 AND contains(squeeze(txt), name)",
    "CREATE MACRO names_account(txt, acct) AS length(acct) >= 8 AND contains(txt, acct)",
    f"CREATE MACRO ends_complete(x) AS regexp_matches(x, '({'|'.join(COMPLETE_ENDINGS)})[)]?$')",
    """CREATE MACRO may_be_cut(x) AS length(x) >= getvariable('cut_name_min') AND NOT ends_complete(x)""",
    """CREATE MACRO alike(x, y) AS x IS NULL OR y IS NULL OR x = y
        OR (starts_with(y, x) AND may_be_cut(x)) OR (starts_with(x, y) AND may_be_cut(y))""",
    """CREATE MACRO tells_apart(x, y) AS x IS NOT NULL AND y IS NOT NULL
        AND NOT list_has_any(string_split(x, ' '), string_split(y, ' '))
        AND list_has_any(string_split(shape(x), ' '), string_split(shape(y), ' '))""",
)

_TABLES = (
    """CREATE TABLE line (bank BOOLEAN, id line_id, scope INTEGER, day INTEGER, outgo BOOLEAN, cents BIGINT,
        ref VARCHAR, filler BOOLEAN)""",
    "CREATE TYPE basis AS ENUM ('reference', 'mention', 'account', 'name', 'text', 'reversal')",
    "CREATE TYPE rung AS ENUM ('M0', 'M1', 'M2', 'M3', 'M4', 'M5', 'M6', 'M7', 'M8', 'M9')",
    "CREATE TABLE pair (rung rung, basis basis, b BIGINT, k BIGINT)",
    "CREATE TABLE grp (g INTEGER, rung rung, basis basis)",
    "CREATE TABLE member (g INTEGER, n BIGINT)",
    """CREATE TABLE told_rest (bank BOOLEAN, id line_id, batch VARCHAR, doc VARCHAR, acct VARCHAR, name VARCHAR, txt VARCHAR,
        place VARCHAR)""",
    "CREATE TABLE party (name VARCHAR)",
    "CREATE TABLE note (n BIGINT, tied VARCHAR, rejected BIGINT[])",
    """CREATE TABLE rest (n BIGINT, bank BOOLEAN, scope INTEGER, day INTEGER, wd INTEGER, outgo BOOLEAN, cents BIGINT,
        ref VARCHAR, batch VARCHAR, doc VARCHAR, acct VARCHAR, name VARCHAR, txt VARCHAR, place VARCHAR, words VARCHAR[],
        tag VARCHAR)""",
)


class Board:
    """One matching's duckdb connection: the tables above, the strategy as variables, limits on memory and threads."""

    def __init__(
        self, strategy: Strategy, *, ids: str = "VARCHAR", memory_mb: int = 240, threads: int = 2
    ) -> None:
        self.strategy, self._memory_mb = strategy, memory_mb
        self._folder = tempfile.TemporaryDirectory(prefix="yqlink-match-")
        self.scratch = Path(self._folder.name)
        self.db = duckdb.connect(
            ":memory:",
            config={
                "threads": threads,
                "memory_limit": f"{memory_mb}MB",
                "temp_directory": self._folder.name,
                "preserve_insertion_order": False,
            },
        )
        for field in fields(strategy):
            value = getattr(strategy, field.name)
            if isinstance(value, int | Decimal):
                self.db.execute(f"SET VARIABLE {field.name} = {value}")
        for statement in (f"CREATE TYPE line_id AS {ids}", *_MACROS, *_TABLES):
            self.db.execute(statement)

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()
        self._folder.cleanup()

    def run(self, statement: str, values: Iterable[Any] = ()) -> None:
        """Execute one statement."""
        self.db.execute(statement, list(values))

    def rows(self, statement: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one query."""
        return self.db.execute(statement, list(values)).fetchall()

    def count(self, statement: str) -> int:
        """The one number a query gives."""
        return int(self.rows(statement)[0][0] or 0)

    def make_room(self) -> None:
        """Raise the memory limit with the number of lines: what cannot be laid on disk grows with them."""
        needed = 64 + self.count("SELECT count(*) FROM line") * BYTES_PER_LINE // 1_000_000
        if needed > self._memory_mb:
            self.db.execute(f"SET memory_limit = '{needed}MB'")

    def groups(self) -> int:
        """The highest group number given so far."""
        return self.count("SELECT coalesce(max(g), 0) FROM grp")

    def insert(self, table: str, *columns: Sequence[Any]) -> None:
        """Insert rows given column by column; nothing where there are none."""
        if columns:
            marks = ", ".join(f"unnest(${i})" for i in range(1, len(columns) + 1))
            self.db.execute(f"INSERT INTO {table} SELECT {marks}", [list(c) for c in columns])

    def take_out_matched(self) -> None:
        """Take what is matched out of `rest`."""
        self.run(
            """DELETE FROM rest WHERE n IN
            (SELECT b FROM pair UNION ALL SELECT k FROM pair UNION ALL SELECT n FROM member)"""
        )
