"""The table the lines lie on: columns in duckdb, the same for files and for the database.

`line`    every line of both sides, narrow: scope (own account and currency), day, outgo (money out), cents, ref, the key of
          scope and ref; filler where something stood in the reference's place that is none
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

from reconciliation.strategy import Strategy

EPOCH_ORDINAL = 719163  # date(1970, 1, 1).toordinal()
_FULL = "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000\u00a0"
_HALF = "".join(map(chr, range(0x21, 0x7F))) + "  "
BYTES_PER_LINE = 75
# A day, month, quarter or half year, or a span of them: what time it is about, and no number of a payment.
_DAY = "(19|20)[0-9]{2}[-/.]?[01]?[0-9]([-/.]?[0-3]?[0-9])?"
_TIME = f"(FY)?({_DAY}|(19|20)[0-9]{{2}}([-/]?([QS][1-4]|H[12]|M[01]?[0-9]|[01]?[0-9]M))?)"
PERIOD = (
    f"{_TIME}([-_/]({_TIME}|(0[1-9]|1[0-2])[-/]?(0[1-9]|[12][0-9]|3[01])))?|[0-3]?[0-9][-/]{_TIME}"
)
# What is typed where a form wants a number and there is none; a calendar day.
_FILLER = "1+|2+|3+|4+|5+|6+|7+|8+|9+|0?1234567?8?9?0?|(19|20)[0-9]{2}(0[1-9]|1[0-2])((0[1-9]|[12][0-9]|3[01]))?"
# What stands where nobody is told. An account has six characters at least; the last four of one are nobody's.
_NOBODY = "[^\\pL]*|无|无名|未知|不详|暂无|空|其他|其它|NULL|NONE|N/A|NA|NIL|UNKNOWN|客户|个人|个人客户|零售客户|散户|单位|供应商|员工|职工"
BRANCHES = (
    "分公司", "支公司", "子公司", "分行", "支行", "分店", "分厂", "分院", "分校", "分局", "分部", "分所", "分中心", "办事处",
    "营业部", "营业厅", "经营部", "项目部", "事业部", "门市部", "工会",
)  # fmt: skip
LINES_FOR_THREADS = 60_000  # of fewer, handing work to a second thread costs more than it does
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
    # At least four characters of which one is a digit other than 0; in a Chinese phrase, the one number it holds.
    f"CREATE MACRO is_filler(x) AS regexp_full_match(x, '{_FILLER}')",
    """CREATE MACRO as_reference(x) AS CASE
        WHEN x = '' THEN NULL
        WHEN regexp_full_match(x, '[A-Z][0-9A-Z]{2,}[1-9][0-9A-Z]*') THEN x
        WHEN regexp_full_match(x, '[0-9A-Z]{3,}[1-9][0-9A-Z]*') THEN CASE WHEN NOT is_filler(x) THEN x END
        WHEN regexp_matches(x, '[一-鿿]') THEN number_in(x)
        WHEN is_filler(regexp_replace(squeeze(x), '[-/.]', '', 'g')) THEN NULL
        ELSE nullif(regexp_extract(squeeze(x), '(?s)^(?:.{3,}[1-9].*|.{2}[1-9].+|.[1-9].{2,}|[1-9].{3,})$'), '') END""",
    # By it a line of any kind is found that carries a reference; equal keys are no proof of equal references.
    "CREATE MACRO key_of(scope, ref) AS CASE WHEN ref IS NOT NULL THEN hash(scope, ref) END",
    # A mention is sure of itself when it is long or carries letters; a short bare number may be anybody's.
    """CREATE MACRO is_number(x) AS regexp_full_match(x, '[0-9]{1,9}')""",
    f"CREATE MACRO is_period(x) AS regexp_full_match(x, '{PERIOD}')",
    """CREATE MACRO as_mention(x) AS CASE
        WHEN length(x) >= 6 AND length(regexp_replace(x, '[^0-9]', '', 'g')) >= 4 AND NOT is_period(x)
            AND NOT regexp_full_match(x, '400-?[0-9]{3}-?[0-9]{4}') THEN x END""",  # a hotline is nobody's payment
    """CREATE MACRO mentions(x) AS list_distinct(list_filter(list_concat(
        regexp_extract_all(fold(x), '[0-9A-Z]+(?:[-_/][0-9A-Z]+)*'),
        regexp_extract_all(fold(x), '[0-9A-Z]+')), lambda w: as_mention(w) IS NOT NULL))""",
    """CREATE MACRO numbers_in(x) AS
        list_filter(regexp_extract_all(fold(x), '[0-9A-Z]+(?:[-_/][0-9A-Z]+)*'), lambda w: as_mention(w) IS NOT NULL)""",
    "CREATE MACRO number_in(x) AS CASE WHEN len(numbers_in(x)) = 1 THEN numbers_in(x)[1] END",
    """CREATE MACRO words_of(txt) AS CASE WHEN regexp_matches(txt, '[0-9].*[0-9].*[0-9].*[0-9]') THEN mentions(txt) END""",
    # The numbers by which a reader would tell a line from its like: what its text mentions, and the voucher's bill no.
    """CREATE MACRO as_tag(is_bank, words, doc) AS CASE
        WHEN len(words) > 0 THEN array_to_string(list_sort(list_distinct(
            CASE WHEN NOT is_bank AND doc IS NOT NULL THEN list_append(words, doc) ELSE words END)), ' ')
        WHEN NOT is_bank THEN doc END""",
    "CREATE MACRO agree(x, y) AS x IS NULL OR y IS NULL OR x = y",
    # A day and a short number after it is counted anew every day, by the bank and by the books alike.
    """CREATE MACRO is_of_day(x) AS regexp_full_match(x, '(19|20)[0-9]{2}(0[1-9]|1[0-2])([0-2][0-9]|3[01])[0-9]{1,6}')""",
    """CREATE MACRO shape(x) AS regexp_replace(x, '[0-9]', '9', 'g')""",
    # An account a spreadsheet turned into 6.22E+18 is not told; masked digits are nobody's.
    """CREATE MACRO as_account(x) AS CASE WHEN regexp_full_match(x, '[0-9A-Z]+') THEN x WHEN regexp_matches(fold(x), '[0-9][.][0-9]+E[+]?[0-9]+|[*#]') THEN NULL
        ELSE nullif(regexp_replace(fold(x), '[\\s-]+', '', 'g'), '') END""",
    """CREATE MACRO as_party_account(x) AS CASE
        WHEN length(as_account(x)) >= 6 AND regexp_matches(as_account(x), '[1-9]') AND NOT is_filler(as_account(x)) THEN as_account(x) END""",
    """CREATE MACRO is_fee(x, y) AS abs(x - y) BETWEEN 1
        AND least(getvariable('fee_max') * 100, getvariable('fee_share_max') * greatest(x, y))""",
    # A masked name is not told; a form that cuts one in the middle of a character leaves a mark.
    f"""CREATE MACRO as_name(x) AS CASE WHEN regexp_matches(x, '[*＊]') OR regexp_full_match(squeeze(x), '{_NOBODY}') THEN NULL
        ELSE nullif(rtrim(regexp_replace(squeeze(x), '[\\x{{FFFD}}\\x{{200B}}\\x{{FEFF}}]', '', 'g'), '?'), '') END""",
    # A branch is another party than its house, and a number within a longer one is another number.
    f"""CREATE MACRO tells(txt, name) AS length(name) >= 6 AND contains(squeeze(txt), name) AND NOT regexp_matches(
        substr(squeeze(txt), instr(squeeze(txt), name) + length(name)), '^[^0-9,.;:。、]{{0,10}}({"|".join(BRANCHES)})')""",
    """CREATE MACRO names_account(txt, acct) AS length(acct) >= 8 AND contains(txt, acct)
        AND list_contains(regexp_extract_all(txt, '[0-9A-Z]+'), acct)""",
    f"""CREATE MACRO ends_complete(x) AS regexp_matches(x, '({"|".join(COMPLETE_ENDINGS)})[)]?$')
        AND NOT regexp_matches(x, '[(][^)]*$')""",
    """CREATE MACRO may_be_cut(x) AS length(x) >= getvariable('cut_name_min') AND NOT ends_complete(x)""",
    """CREATE MACRO alike(x, y) AS x IS NULL OR y IS NULL OR x = y
        OR (starts_with(y, x) AND may_be_cut(x)) OR (starts_with(x, y) AND may_be_cut(y))""",
    """CREATE MACRO tells_apart(x, y) AS x IS NOT NULL AND y IS NOT NULL
        AND NOT list_has_any(string_split(x, ' '), string_split(y, ' '))
        AND list_has_any(string_split(shape(x), ' '), string_split(shape(y), ' '))""",
)

_TABLES = (
    """CREATE TABLE line (bank BOOLEAN, id line_id, scope INTEGER, day INTEGER, outgo BOOLEAN, cents BIGINT,
        ref VARCHAR, filler BOOLEAN, key UBIGINT)""",
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
        import duckdb  # 14 MB, for the processes that match

        self.strategy, self._memory_mb = strategy, memory_mb
        self._taken_out = (0, 0)  # so many rows of `pair` and of `member`
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
        """Raise the memory limit with the number of lines: what cannot be laid on disk grows with them. Few lines want one thread."""
        lines = self.count("SELECT count(*) FROM line")
        if lines < LINES_FOR_THREADS:
            self.db.execute("SET threads = 1")
        needed = 64 + lines * BYTES_PER_LINE // 1_000_000
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
        """Take what was matched since the last call out of `rest`."""
        pairs, members = self._taken_out
        self._taken_out = self.rows(
            "SELECT (SELECT count(*) FROM pair), (SELECT count(*) FROM member)"
        )[0]
        self.run(
            """DELETE FROM rest WHERE n IN (SELECT b FROM pair WHERE rowid >= $1 UNION ALL SELECT k FROM pair WHERE rowid >= $1
                UNION ALL SELECT n FROM member WHERE rowid >= $2)""",
            [pairs, members],
        )
