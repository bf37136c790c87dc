"""Lines of settings that are versioned and dated: which version of a line is in force on a day. Pure.

A line is never edited: a new version is dated from a day on, for good or (with `valid_to`) for a while, after which the
version before it is in force again. A version that is a withdrawal leaves the line with nothing in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, Protocol, TypeVar


class Dated(Protocol):
    """What tells the versions of a line apart."""

    line: int
    number: int
    valid_from: date
    valid_to: date | None
    is_withdrawn: bool


DatedT = TypeVar("DatedT", bound=Dated)


def covers(version: Dated, day: date) -> bool:
    """Whether the version is dated for `day`."""
    return version.valid_from <= day and (version.valid_to is None or day <= version.valid_to)


def in_force(versions: Iterable[DatedT], day: date) -> list[DatedT]:
    """The version in force of each line on `day`: of those dated for it the one that begins last, the newer of two alike."""
    best: dict[int, DatedT] = {}
    for one in versions:
        if not covers(one, day):
            continue
        now = best.get(one.line)
        if now is None or (one.valid_from, one.number) > (now.valid_from, now.number):
            best[one.line] = one
    return [best[line] for line in sorted(best) if not best[line].is_withdrawn]


@dataclass(frozen=True)
class Span(Generic[DatedT]):
    """From `first` to `last` (None: for good), both days included, this version of a line is in force."""

    first: date
    last: date | None
    version: DatedT

    def meets(self, first: date, last: date | None) -> bool:
        """Whether any day is in both."""
        return (last is None or self.first <= last) and (self.last is None or first <= self.last)


def spans(versions: Iterable[DatedT]) -> list[Span[DatedT]]:
    """When which version is in force, line by line, in the order of days; days with nothing in force are left out."""
    lines: dict[int, list[DatedT]] = {}
    for one in versions:
        lines.setdefault(one.line, []).append(one)
    found: list[Span[DatedT]] = []
    for line in sorted(lines):
        found += _spans_of(lines[line])
    return found


def _spans_of(versions: list[DatedT]) -> list[Span[DatedT]]:
    after = [v.valid_to + timedelta(days=1) for v in versions if v.valid_to is not None]
    edges = sorted({*(v.valid_from for v in versions), *after})
    found: list[Span[DatedT]] = []
    for place, first in enumerate(edges):
        last = edges[place + 1] - timedelta(days=1) if place + 1 < len(edges) else None
        for version in in_force(versions, first):
            before = found[-1] if found else None
            joins = before is not None and before.last == first - timedelta(days=1)
            if before is not None and joins and before.version is version:
                found[-1] = Span(before.first, last, version)
            else:
                found.append(Span(first, last, version))
    return found
