"""What these pages share: one search over codes, names and pinyin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from desk.filters import Filter
from masterdata import selectors


@dataclass(frozen=True)
class SearchFilter(Filter):
    """One box over codes, names and pinyin: every blank-separated word must be found somewhere."""

    columns: tuple[str, ...] = ("code", "name", "pinyin")

    def apply(self, rows: QuerySet[Any], given: Mapping[str, str]) -> QuerySet[Any]:
        """Rows that hold every word."""
        return selectors.matching(rows, given.get(self.name, "")[:100], *self.columns)
