"""Every setting acts: for each field of each kind of dated settings, two values of it and the two things that happen.

A module of this package holds the acts of some topics in a list `ACTS`; `test_settings_act.py` runs them and refuses a
field without one. The values go the whole way from what a form says to the decision: written as a row, read in force.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from kernel.clock import SHANGHAI
from kernel.orm import DatedRow
from masterdata.models import Company
from masterdata.services.dated import kind_named
from masterdata.strategies import Decided
from masterdata.topics import Topic

TopicT = TypeVar("TopicT", bound=Topic)
DAY = date(2026, 11, 24)  # a Tuesday
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
COMPANY = Company(pk=3, code="1010", path="/1/3/")
STRANGER = Company(pk=9, code="9000", path="/9/")
SUBJECT = "1002.01"


@dataclass(frozen=True)
class Act:
    """Under two values of a field, everything else alike, different things happen.

    `see` takes what a form says (and what `world` builds in the database, where it does) and answers what happens.
    """

    kind: str
    field: str
    one: tuple[Any, Any]  # a value and what happens under it
    other: tuple[Any, Any]
    see: Callable[..., Any]
    base: Mapping[str, Any] = field(default_factory=dict)
    world: Callable[[], Any] | None = None


def row_of(kind_name: str, said: Mapping[str, Any], *, pk: int = 1) -> DatedRow:
    """The row of a kind that says this, in force since 2020 and not written."""
    kind = kind_named(kind_name)
    row = kind.blank(kind.values.read(said))
    row.pk, row.line, row.number, row.valid_from = pk, pk, 1, date(2020, 1, 1)
    return row


def ruling(topic: type[TopicT], said: Mapping[str, Any], *, company: Company = COMPANY) -> TopicT:
    """The values of a topic that rule a company where the group's row says this."""
    row = row_of(f"strategy.{topic.key}", said)
    return Decided([row]).of(topic, company, SUBJECT)[0]  # type: ignore[list-item]  # a StrategyRow
