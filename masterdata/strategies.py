"""Which strategy rules whom on a day: the nearest row on the way from account subject to company, parent and group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Q

from kernel.dated import in_force
from kernel.errors import Conflict
from masterdata.models import Company, StrategyRow
from masterdata.topics import TopicT

Key = tuple[str, int | None, str, str]  # topic, company, subject, bank


class NotDecided(Conflict):
    """A topic without defaults has no row, or a field no row fills."""

    code = "strategy_missing"


_SUPERSEDED = """
    EXISTS (SELECT 1 FROM masterdata_strategyrow newer
            WHERE newer.line = masterdata_strategyrow.line AND newer.valid_to IS NULL AND newer.valid_from <= %s
              AND (newer.valid_from, newer.number) > (masterdata_strategyrow.valid_from, masterdata_strategyrow.number))
"""


def rows_since(day: date) -> list[StrategyRow]:
    """Every row that is or may come in force on `day` or later, each verified. System look-up; raises SealBroken."""
    rows = StrategyRow.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
    return [row.verify() for row in rows.extra(where=[f"NOT {_SUPERSEDED}"], params=[day])]  # noqa: S610 - our own words


def _chain(path: str) -> list[int]:
    return [int(part) for part in reversed(path.split("/")) if part]


def chain(company: Company) -> list[int]:
    """The company and those above it, nearest first."""
    return _chain(company.path)


def chains(company_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Each of these companies with those above it, nearest first. System look-up."""
    rows = Company.objects.filter(pk__in=set(company_ids)).values_list("pk", "path")
    return {pk: tuple(_chain(path)) for pk, path in rows}


class Decided:
    """What is decided on one day."""

    def __init__(self, rows: Iterable[StrategyRow]) -> None:
        self._rows: dict[Key, StrategyRow] = {
            (row.topic, row.company_id, row.subject, row.bank): row for row in rows
        }

    def of(self, topic: type[TopicT], company: Company, subject: str = "") -> tuple[TopicT, int]:
        """The values for a company and account subject, and the version: the row's id, 0 for the built-in default."""
        keys: list[Key] = []
        for owner in [*chain(company), None]:
            keys += [(topic.key, owner, subject, "")] if subject else []
            keys.append((topic.key, owner, "", ""))
        value, versions = self._read(topic, keys)
        return value, versions[0] if versions else 0

    def of_bank(self, topic: type[TopicT], bank: str) -> tuple[TopicT, list[int]]:
        """The values for a bank (CNAPS prefix), and the ids of the rows they come from.

        Raises NotDecided where a field without a default is filled by no row.
        """
        keys: list[Key] = [(topic.key, None, "", bank)] if bank else []
        return self._read(topic, [*keys, (topic.key, None, "", "")])

    def _read(self, topic: type[TopicT], keys: Iterable[Key]) -> tuple[TopicT, list[int]]:
        rows = [self._rows[key] for key in keys if key in self._rows]
        merged: dict[str, Any] = {}
        used = []
        for row in rows if topic.merges else rows[:1]:
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


class Strategies:
    """Everything decided from one day on, read once; ask it as often as there are payments."""

    def __init__(self, since: date, rows: Sequence[StrategyRow] | None = None) -> None:
        self._rows = rows_since(since) if rows is None else rows
        self._days: dict[date, Decided] = {}

    def on(self, day: date) -> Decided:
        """What is decided on that day."""
        if day not in self._days:
            self._days[day] = Decided(in_force(self._rows, day))
        return self._days[day]


def strategy(topic: type[TopicT], company: Company, subject: str, on: date) -> tuple[TopicT, int]:
    """The values of one topic for one company and account subject on a day, and the version they come from."""
    return Strategies(on).on(on).of(topic, company, subject)
