"""Code tables: what a bank's code means for one payment, by operation and level. What is not listed is UNKNOWN."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from bankadapters.contract import Fate

Key = tuple[str, str, str]  # operation, level, code


class CodeTable:
    """Fates by (operation, level, code), as the bank's sheet gives them; the same code may differ from level to level.

    `decidable`: the (operation, level) pairs where an operator's own list of final failures may decide a code that the
    table leaves open. A code the table knows is never overruled.
    """

    def __init__(
        self, rows: Mapping[Key, Fate], *, decidable: Collection[tuple[str, str]] = ()
    ) -> None:
        self.rows: Mapping[Key, Fate] = MappingProxyType(dict(rows))
        self.decidable = frozenset(decidable)

    def fate(
        self,
        operation: str,
        level: str,
        code: str,
        *,
        final_failures: frozenset[str] = frozenset(),
    ) -> Fate:
        """What the code means for one payment."""
        known = self.rows.get((operation, level, code))
        if known is not None:
            return known
        if code and code in final_failures and (operation, level) in self.decidable:
            return Fate.FAILED
        return Fate.UNKNOWN

    def __iter__(self) -> Iterator[tuple[Key, Fate]]:
        return iter(self.rows.items())

    def __len__(self) -> int:
        return len(self.rows)


def rows(
    operations: Collection[str], level: str, meanings: Mapping[Fate, Collection[str]]
) -> dict[Key, Fate]:
    """Table rows of codes that mean the same in each of the operations. Raises ValueError for a code listed twice."""
    made: dict[Key, Fate] = {}
    for fate, codes in meanings.items():
        for code in codes:
            for operation in operations:
                key = (operation, level, code)
                if key in made:
                    raise ValueError(f"{key} is listed twice")
                made[key] = fate
    return made
