"""Packed text: several values in one field or line, as pipes, as fixed columns, or as a table with its titles inside.

A `Packed` class declares its columns in order, each with a kind; lines are read and written by it. Widths of fixed
columns count bytes in the wire encoding, and a separator is looked for in the decoded text, never in the bytes: the
second byte of a GBK character may well be the byte of a `|`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from bankadapters import encodings
from bankadapters.errors import Unencodable, Unreadable
from bankadapters.leaves import LEAVES, Leaf


def column(kind: str = "text", *, width: int = 0, title: str = "", pad: str = " ") -> Any:
    """A column: its kind (text, yuan, fen, day, …), its bytes in a fixed line, its title in a titled table.

    `pad` fills a fixed column: " " on the right, "0" on the left.
    """
    leaf = LEAVES[kind]
    default = "" if kind == "text" else None
    return field(
        default=default, metadata={"leaf": leaf, "width": width, "title": title, "pad": pad}
    )


@dataclass(frozen=True)
class Packed:
    """One line of packed values; subclasses are frozen dataclasses of `column()`s."""

    separator: ClassVar[str] = "|"
    is_terminated: ClassVar[bool] = True  # whether the last value is followed by a separator too

    @classmethod
    def _columns(cls) -> Iterator[tuple[str, Leaf, int, str, str]]:
        for one in fields(cls):
            meta = one.metadata
            yield one.name, meta["leaf"], meta["width"], meta["title"], meta["pad"]

    @classmethod
    def from_values(cls, values: Sequence[str], *, where: str = "line") -> Self:
        """A line of as many texts as there are columns; further ones are ignored. Raises Unreadable."""
        columns = list(cls._columns())
        if len(values) < len(columns):
            raise Unreadable(f"{where} has {len(values)} of {len(columns)} values")
        made = {}
        for (name, leaf, *_), value in zip(columns, values, strict=False):
            try:
                made[name] = leaf.read(value.strip())
            except ValueError as error:
                raise Unreadable(f"{where}, {name}: {error}") from error
        return cls(**made)

    def values(self) -> list[str]:
        """The texts of the columns; None is the empty text."""
        out = []
        for name, leaf, *_ in self._columns():
            value = getattr(self, name)
            out.append("" if value is None else leaf.write(value))
        return out

    # -- separated ----------------------------------------------------------------------------------------------

    @classmethod
    def parse(cls, line: str, *, where: str = "line") -> Self:
        """A separated line. Raises Unreadable."""
        values = line.split(cls.separator)
        if cls.is_terminated and values and not values[-1].strip():
            values.pop()
        return cls.from_values(values, where=where)

    def render(self) -> str:
        """The separated line. Raises Unencodable where a value contains the separator or a line end."""
        values = self.values()
        for (name, *_), value in zip(self._columns(), values, strict=True):
            if self.separator in value or "\n" in value or "\r" in value:
                raise Unencodable(f"{name} must not contain {self.separator!r}", field=name)
        return self.separator.join(values) + (self.separator if self.is_terminated else "")

    # -- fixed columns ------------------------------------------------------------------------------------------

    @classmethod
    def line_bytes(cls) -> int:
        """Bytes of a fixed line."""
        return sum(width for _, _, width, *_ in cls._columns())

    @classmethod
    def cut(cls, data: bytes, *, charset: str, where: str = "line") -> Self:
        """A line of fixed columns; longer data than the columns need is ignored. Raises Unreadable."""
        if len(data) < cls.line_bytes():
            raise Unreadable(f"{where} has {len(data)} of {cls.line_bytes()} bytes")
        values, at, codec = [], 0, encodings.reading_codec(charset)
        for _, _, width, *_ in cls._columns():
            values.append(_whole(data[at : at + width], codec))
            at += width
        return cls.from_values(values, where=where)

    def fixed(self, *, charset: str) -> bytes:
        """The line in fixed columns, padded after encoding. Raises Unencodable naming column, length and limit."""
        parts = []
        for (name, _, width, _, pad), value in zip(self._columns(), self.values(), strict=True):
            data = encodings.encode(value, charset, field=name)
            if len(data) > width:
                raise Unencodable(f"{name} has {len(data)} bytes, the column {width}", field=name)
            parts.append(data.rjust(width, b"0") if pad == "0" else data.ljust(width))
        return b"".join(parts)

    # -- titled tables ------------------------------------------------------------------------------------------

    @classmethod
    def table(
        cls, text: str, *, width: int | None = None, rows: int | None = None, where: str = "table"
    ) -> list[Self]:
        """The rows of a table whose first values are its titles; columns are found by title, empty values count.

        `width` and `rows` are what the bank says of it: where its width contradicts the titles, the titles are right.
        Raises Unreadable where a title we need is absent or the values do not fill whole rows.
        """
        values = [value.strip() for value in text.split(cls.separator)]
        if cls.is_terminated and values and not values[-1]:
            values.pop()
        wanted = [title for _, _, _, title, _ in cls._columns()]
        known = next((n for n, value in enumerate(values) if value not in wanted), len(values))
        for size in (known, width or 0):
            if size and set(wanted) <= set(values[:size]) and _fills(len(values), size, rows):
                break
        else:
            raise Unreadable(
                f"{where}: {len(values)} values do not make rows of {len(wanted)} titles"
            )
        places = [values.index(title) for title in wanted]
        starts = range(size, len(values), size)
        return [
            cls.from_values([values[start + place] for place in places], where=f"{where}, row {n}")
            for n, start in enumerate(starts, 1)
        ]


def _whole(data: bytes, codec: str) -> str:
    """A column's text; a character that the column's end cut in two is left out. Raises Unreadable."""
    for end in range(len(data), max(len(data) - 4, -1), -1):
        try:
            return data[:end].decode(codec)
        except UnicodeDecodeError as error:
            if error.start < len(data) - 3:
                break
    return encodings.decode(data, codec)


def _fills(count: int, size: int, rows: int | None) -> bool:
    return count % size == 0 and (rows is None or count // size - 1 == rows)
