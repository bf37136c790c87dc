"""Which strategy rules whom on a day: the nearest row on the way from account subject to company, parent and group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from kernel.dated import in_force
from kernel.errors import Conflict
from masterdata.models import StrategyRow
from masterdata.topics import TopicT

if TYPE_CHECKING:
    from masterdata.models import Company

Key = tuple[str, int | None, str, str]  # topic, company, subject, bank


class NotDecided(Conflict):
    """A topic without defaults has no row, or a field no row fills."""

    code = "strategy_missing"


def rows_on(day: date) -> list[StrategyRow]:
    """The rows in force on `day`, each verified. System look-up; raises SealBroken."""
    dated = StrategyRow.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day), valid_from__lte=day
    )
    latest = dated.order_by("line", "-valid_from", "-number").distinct("line")
    return [row.verify() for row in latest if not row.is_withdrawn]


def chain(company: Company) -> list[int]:
    """The company and those above it, nearest first."""
    return [int(part) for part in reversed(company.path.split("/")) if part]


class Strategies:
    """Everything decided as of one day, read once; ask it as often as there are payments."""

    def __init__(self, day: date, rows: Iterable[StrategyRow] | None = None) -> None:
        self.day = day
        found = rows_on(day) if rows is None else list(in_force(rows, day))
        self._rows: dict[Key, StrategyRow] = {
            (row.topic, row.company_id, row.subject, row.bank): row for row in found
        }

    def rows(self, topic: type[TopicT], keys: Iterable[Key]) -> list[StrategyRow]:
        """The rows of a topic among `keys`, in their order."""
        return [self._rows[key] for key in keys if key in self._rows]

    def of(self, topic: type[TopicT], company: Company, subject: str = "") -> tuple[TopicT, int]:
        """The values for a company and account subject, and the version: the row's id, 0 for the built-in default."""
        keys: list[Key] = []
        for owner in [*chain(company), None]:
            keys += [(topic.key, owner, subject, "")] if subject else []
            keys.append((topic.key, owner, "", ""))
        value, versions = self._read(topic, self.rows(topic, keys))
        return value, versions[0] if versions else 0

    def of_bank(self, topic: type[TopicT], bank: str) -> tuple[TopicT, list[int]]:
        """The values for a bank (CNAPS prefix), and the ids of the rows they come from.

        Raises NotDecided where a field without a default is filled by no row.
        """
        keys: list[Key] = [(topic.key, None, "", bank)] if bank else []
        value, versions = self._read(topic, self.rows(topic, [*keys, (topic.key, None, "", "")]))
        return value, versions

    def _read(self, topic: type[TopicT], rows: Sequence[StrategyRow]) -> tuple[TopicT, list[int]]:
        if not topic.merges:
            rows = rows[:1]
        merged: dict[str, Any] = {}
        used = []
        for row in rows:
            fresh = {k: v for k, v in row.value.items() if k not in merged and v is not None}
            if fresh or not topic.merges:
                used.append(row.pk)
            merged |= fresh
        for name in topic.required:
            if name not in merged:
                label = topic.specs()[name].label
                raise NotDecided(
                    f"「{topic.title}」尚未设定「{label}」，请系统管理员补充后再试",
                    f"{topic.key} lacks {name}",
                )
        return topic.read(merged), used


def strategy(topic: type[TopicT], company: Company, subject: str, on: date) -> tuple[TopicT, int]:
    """The values of one topic for one company and account subject on a day, and the version they come from."""
    return Strategies(on).of(topic, company, subject)
