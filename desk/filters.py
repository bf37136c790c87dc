"""Filters of list pages: each reads its own keys of the querystring, narrows a queryset, and names itself as a chip."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _now

from desk.keysets import whole_number
from kernel.clock import SHANGHAI
from kernel.scope import Scope

Words = str | Promise
Choices = Sequence[tuple[str, Words]]
CHOICE_MAX = (
    18  # characters of what is no literal choice: no id has more digits, no state is a longer word
)
AMOUNT_BOUND = Decimal(10) ** 16  # no amount column holds more


@dataclass(frozen=True)
class Filter:
    """One filter: `name` is its key in the querystring, `field` what it narrows."""

    name: str
    label: Words
    field: str = ""
    kind = "text"

    @property
    def keys(self) -> tuple[str, ...]:
        """The querystring keys it reads."""
        return (self.name,)

    def apply(self, rows: QuerySet[Any], given: Mapping[str, str]) -> QuerySet[Any]:
        """The rows that remain."""
        value = given.get(self.name, "").strip()
        return rows.filter(self.condition(value)) if value else rows

    def condition(self, value: str) -> Q:
        """What a row must meet for a value that is there."""
        return Q(**{self.field or self.name: value})

    def chip(self, given: Mapping[str, str], scope: Scope) -> str:
        """What is set, in words; empty when nothing is."""
        return given.get(self.name, "").strip()

    def options(self, scope: Scope) -> Choices:
        """Choices of a drop-down."""
        return ()


@dataclass(frozen=True)
class TextFilter(Filter):
    """Finds text inside any of `fields` (exact=True compares whole values, which uses an ordinary index)."""

    fields: tuple[str, ...] = ()
    exact: bool = False

    def condition(self, value: str) -> Q:
        """Any of the fields."""
        how = "" if self.exact else "__icontains"
        value = value.replace(" ", "") if self.exact else value
        return reduce(
            or_,
            (
                Q(**{f"{field}{how}": value[:100]})
                for field in self.fields or (self.field or self.name,)
            ),
        )


@dataclass(frozen=True)
class NumberFilter(Filter):
    """An exact id; what is no number finds nothing."""

    def condition(self, value: str) -> Q:
        """The id."""
        number = whole_number(value)
        return Q(pk__in=[]) if number is None else Q(**{self.field or self.name: number})


@dataclass(frozen=True)
class ChoiceFilter(Filter):
    """One of some values; `choices` is a list, or a function of the viewer's scope."""

    choices: Choices | Callable[[Scope], Choices] = ()
    kind = "choice"

    def options(self, scope: Scope) -> Choices:
        """The drop-down."""
        return self.choices(scope) if callable(self.choices) else self.choices

    def apply(self, rows: QuerySet[Any], given: Mapping[str, str]) -> QuerySet[Any]:
        """Values separated by commas are alternatives, so that a link may ask for several."""
        values = [value for value in given.get(self.name, "").split(",") if value.strip()]
        if not values:
            return rows
        literal = () if callable(self.choices) else {str(value) for value, _word in self.choices}
        known = [value for value in values if len(value) <= CHOICE_MAX or value in literal]
        try:
            return rows.filter(**{f"{self.field or self.name}__in": known})
        except (ValueError, TypeError):
            return rows.none()

    def chip(self, given: Mapping[str, str], scope: Scope) -> str:
        """The words of what was chosen."""
        words = {str(value): str(word) for value, word in self.options(scope)}
        return "、".join(
            words.get(value, value) for value in given.get(self.name, "").split(",") if value
        )


@dataclass(frozen=True)
class CompanyFilter(ChoiceFilter):
    """A company of the viewer's; `choices` gives (id, name) of the scope."""


def _as_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if date.min < day < date.max else None  # the day after it is a date as well


@dataclass(frozen=True)
class RangeFilter(Filter):
    """From and to, both included. What cannot be read finds nothing and says so: a report over everything instead would look
    like the one that was asked for."""

    @property
    def keys(self) -> tuple[str, ...]:
        """`name_from` and `name_to`."""
        return (f"{self.name}_from", f"{self.name}_to")

    def read(self, text: str) -> Any:
        """The bound a person wrote; None for what is none."""
        raise TypeError(f"{type(self).__name__} reads no bounds")

    def said(self, bound: Any) -> str:
        """A bound in words."""
        return str(bound)

    def bounds(self, field: str, low: Any, high: Any) -> dict[str, Any]:
        """The conditions of what was read; None is no bound."""
        found = {f"{field}__gte": low, f"{field}__lte": high}
        return {name: bound for name, bound in found.items() if bound is not None}

    def apply(self, rows: QuerySet[Any], given: Mapping[str, str]) -> QuerySet[Any]:
        """Rows between the bounds."""
        typed = [given.get(key, "").strip() for key in self.keys]
        low, high = (self.read(text) if text else None for text in typed)
        if any(text and bound is None for text, bound in zip(typed, (low, high), strict=True)):
            return rows.filter(pk__in=[])
        return rows.filter(**self.bounds(self.field or self.name, low, high))

    def chip(self, given: Mapping[str, str], scope: Scope) -> str:
        """`1,000.00 ~ 5,000.00`; a bound that cannot be read is shown as it was typed, and said to be none."""
        typed = [given.get(key, "").strip() for key in self.keys]
        if not any(typed):
            return ""
        return " ~ ".join(self._told(text) if text else "…" for text in typed)

    def _told(self, text: str) -> str:
        bound = self.read(text)
        if bound is None:
            return _now("%(text)s（无法识别）") % {"text": text[:40]}
        return self.said(bound)


@dataclass(frozen=True)
class DateRangeFilter(RangeFilter):
    """Two days, both included; `moments=True` where the column holds times."""

    moments: bool = False
    kind = "dates"

    def read(self, text: str) -> date | None:
        """The day, written as 2026-11-30."""
        return _as_day(text)

    def bounds(self, field: str, low: Any, high: Any) -> dict[str, Any]:
        """From the first moment of the one to the last of the other."""
        found: dict[str, Any] = {}
        if low is not None:
            found[f"{field}__gte"] = self._edge(low)
        if high is not None:
            found[f"{field}__lt"] = self._edge(high + timedelta(days=1))
        return found

    def _edge(self, day: date) -> date | datetime:
        return datetime.combine(day, time(), SHANGHAI) if self.moments else day


def as_amount(text: str) -> Decimal | None:
    """The amount a person wrote (full-width digits, commas, blanks, ¥ and 元 are accepted); None for what is none."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "")
    try:
        value = Decimal(plain.strip().removeprefix("¥").removesuffix("元"))
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < AMOUNT_BOUND else None


@dataclass(frozen=True)
class AmountRangeFilter(RangeFilter):
    """Two amounts, both included."""

    kind = "amounts"

    def read(self, text: str) -> Decimal | None:
        """The amount."""
        return as_amount(text)

    def said(self, bound: Any) -> str:
        """With thousands and two digits."""
        return f"{bound:,.2f}"


@dataclass(frozen=True)
class MoreThanFilter(Filter):
    """Rows whose whole number is greater; what is no number finds nothing."""

    def condition(self, value: str) -> Q:
        """Greater than the value."""
        number = whole_number(value)
        return Q(pk__in=[]) if number is None else Q(**{f"{self.field or self.name}__gt": number})
