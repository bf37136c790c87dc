"""Values: frozen dataclasses whose fields say what they are, so that one reader, one form and one table serve them all.

A field is declared by one of the functions below; its metadata carries label, unit and bounds. In a row of the database
values stand as JSON: amounts and times as text, never floats.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.errors import InvalidInput

Words = str | Promise
Choices = Sequence[tuple[str, Words]]
FLAG, WHOLE, AMOUNT, TIME, DAY, TEXT, CHOICE, MANY, STEPS = (
    *("flag", "whole", "amount", "time", "day", "text", "choice", "many", "steps"),
)
COMPANY, ACCOUNT, PERSON, BANK = "company", "account", "person", "bank"
REFERENCES = (COMPANY, ACCOUNT, PERSON)  # ids of our rows; a bank is named by its CNAPS prefix
AMOUNT_MAX = Decimal("9999999999999.99")


@dataclass(frozen=True)
class Spec:
    """What one field is: its kind, how it is called, its unit and bounds, and the choices it offers."""

    kind: str
    label: Words
    unit: Words = ""
    low: Any = None
    high: Any = None
    choices: Choices | Callable[[], Choices] = ()
    help: Words = ""
    is_optional: bool = False  # may be None: nothing is said here
    is_ordered: bool = False  # several words whose order counts

    def options(self) -> Choices:
        """The choices, asked for where a function gives them."""
        return self.choices() if callable(self.choices) else self.choices


def _declared(default: Any, spec: Spec) -> Any:
    return dataclasses.field(default=default, metadata={"spec": spec})


def flag(label: Words, *, default: bool | None, help: Words = "") -> Any:
    """Yes or no."""
    return _declared(default, Spec(FLAG, label, help=help, is_optional=default is None))


def whole(
    label: Words, *, default: int | None, low: int, high: int, unit: Words, help: Words = ""
) -> Any:
    """A whole number between `low` and `high`, both allowed."""
    spec = Spec(WHOLE, label, unit, low, high, help=help, is_optional=default is None)
    return _declared(default, spec)


def amount(
    label: Words, *, default: str | None, optional: bool = False, low: str = "0", help: Words = ""
) -> Any:
    """An amount of money in the currency of what it is compared with."""
    value = None if default is None else Decimal(default)
    spec = Spec(AMOUNT, label, _("元"), Decimal(low), AMOUNT_MAX, help=help, is_optional=optional or value is None)  # fmt: skip
    return _declared(value, spec)


def moment(label: Words, *, default: time | None, optional: bool = False, help: Words = "") -> Any:
    """A time of day in Shanghai."""
    return _declared(default, Spec(TIME, label, help=help, is_optional=optional or default is None))


def day(label: Words, *, optional: bool = False, help: Words = "") -> Any:
    """A calendar day."""
    return _declared(None, Spec(DAY, label, help=help, is_optional=optional))


def text(label: Words, *, default: str = "", longest: int, help: Words = "") -> Any:
    """A short text; empty is allowed."""
    return _declared(default, Spec(TEXT, label, high=longest, help=help))


def choice(
    label: Words, *, default: str, choices: Choices | Callable[[], Choices], help: Words = ""
) -> Any:
    """One of some words."""
    return _declared(default, Spec(CHOICE, label, choices=choices, help=help))


def many(
    label: Words,
    *,
    choices: Choices | Callable[[], Choices],
    default: tuple[str, ...] | None = (),
    ordered: bool = False,
    help: Words = "",
) -> Any:
    """Several of some words, in an order where that counts; what none means is said by `help`."""
    spec = Spec(
        MANY, label, choices=choices, help=help, is_optional=default is None, is_ordered=ordered
    )
    return _declared(default, spec)


def reference(label: Words, to: str, *, help: Words = "") -> Any:
    """One of our rows by id (a bank by its prefix), or nothing: all of them."""
    default = "" if to == BANK else None
    return _declared(default, Spec(to, label, help=help, is_optional=True))


def steps(label: Words, *, most: int, roles: Callable[[], Choices], help: Words = "") -> Any:
    """Ordered steps of an approval: for each the roles that may decide, and how many people it takes."""
    return _declared((), Spec(STEPS, label, high=most, choices=roles, help=help))


def _wrong(spec: Spec, expected: str, english: str, name: str) -> InvalidInput:
    return InvalidInput(f"「{spec.label}」{expected}", f"{spec.label}: {english}", field=name)


def _bounded(name: str, spec: Spec, value: Any) -> Any:
    if (spec.low is not None and value < spec.low) or (spec.high is not None and value > spec.high):
        raise _wrong(
            spec, f"应在 {spec.low} 到 {spec.high} 之间", f"{spec.low} to {spec.high}", name
        )
    return value


def _amount(name: str, spec: Spec, raw: Any) -> Decimal:
    try:
        value = Decimal(str(raw))
    except InvalidOperation:
        raise _wrong(spec, "应为金额，例如 50000.00", "an amount such as 50000.00", name) from None
    if not value.is_finite() or value != value.quantize(Decimal("0.01")):
        raise _wrong(spec, "应为最多两位小数的金额", "an amount with two decimals at most", name)
    return Decimal(_bounded(name, spec, value)).quantize(Decimal("0.01"))


def _time(name: str, spec: Spec, raw: Any) -> time:
    try:
        return raw if isinstance(raw, time) else time.fromisoformat(str(raw))
    except ValueError:
        raise _wrong(spec, "应为时刻，例如 08:30", "a time such as 08:30", name) from None


def _day(name: str, spec: Spec, raw: Any) -> date:
    try:
        return raw if isinstance(raw, date) else date.fromisoformat(str(raw))
    except ValueError:
        raise _wrong(spec, "应为日期，例如 2026-11-23", "a day such as 2026-11-23", name) from None


def _whole(name: str, spec: Spec, raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise _wrong(spec, "应为整数", "a whole number", name)
    return int(_bounded(name, spec, raw))


def _flag(name: str, spec: Spec, raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise _wrong(spec, "应为是或否", "yes or no", name)
    return raw


def _text(name: str, spec: Spec, raw: Any) -> str:
    value = str(raw).strip()
    if spec.high is not None and len(value) > spec.high:
        raise _wrong(spec, f"不能超过 {spec.high} 个字符", f"{spec.high} characters at most", name)
    return value


def _choice(name: str, spec: Spec, raw: Any) -> str:
    # What a function offers may have changed since the row was written: it is judged when a value is proposed.
    if not callable(spec.choices) and str(raw) not in {value for value, _word in spec.choices}:
        raise _wrong(spec, f"没有「{raw}」这个选项", f"{raw} is not on offer", name)
    return str(raw)


def _many(name: str, spec: Spec, raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list | tuple):
        raise _wrong(spec, "应为若干选项", "some of the choices", name)
    return tuple(dict.fromkeys(_choice(name, spec, one) for one in raw))


def _steps(name: str, spec: Spec, raw: Any) -> tuple[tuple[tuple[str, ...], int], ...]:
    found = []
    for one in raw if isinstance(raw, list | tuple) else ():
        roles, people = one
        if not roles or isinstance(people, bool) or not isinstance(people, int):
            raise _wrong(spec, "每一步须指定角色和人数", "each step names duties and people", name)
        if not 1 <= people <= 9:
            raise _wrong(
                spec, "每一步的人数应在 1 到 9 之间", "each step takes 1 to 9 people", name
            )
        found.append((tuple(sorted(set(roles))), people))
    if len(found) > spec.high:
        raise _wrong(spec, f"最多 {spec.high} 步", f"{spec.high} steps at most", name)
    return tuple(found)


def _id(name: str, spec: Spec, raw: Any) -> int:
    if isinstance(raw, bool) or not str(raw).isdigit():
        raise _wrong(spec, "应从列表中选择", "one of the list", name)
    return int(raw)


_READERS: dict[str, Callable[[str, Spec, Any], Any]] = {
    FLAG: _flag,
    WHOLE: _whole,
    AMOUNT: _amount,
    TIME: _time,
    DAY: _day,
    TEXT: _text,
    CHOICE: _choice,
    MANY: _many,
    STEPS: _steps,
    BANK: _text,
} | dict.fromkeys(REFERENCES, _id)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return list(map(_plain, value)) if isinstance(value, tuple) else value


@dataclass(frozen=True, kw_only=True)
class Values:
    """Typed values with labels and bounds; subclasses are frozen keyword-only dataclasses of the fields above."""

    @classmethod
    @cache
    def specs(cls) -> Mapping[str, Spec]:
        """Every declared field by name, in order."""
        return {f.name: f.metadata["spec"] for f in dataclasses.fields(cls) if "spec" in f.metadata}

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        """The values JSON or a form says; what it does not mention keeps its default.

        Raises InvalidInput naming the field and what was expected.
        """
        given = {}
        for name, spec in cls.specs().items():
            if name not in raw:
                continue
            value = raw[name]
            if value is None or (value == "" and spec.kind not in (TEXT, CHOICE)):
                if not spec.is_optional:
                    raise _wrong(spec, "未填写", "nothing was entered", name)
                given[name] = "" if spec.kind == BANK else None
            else:
                given[name] = _READERS[spec.kind](name, spec, value)
        values = cls(**given)
        values.check()
        return values

    def check(self) -> None:
        """What the fields must be together; raises InvalidInput."""

    def check_choices(self) -> None:
        """Refuse what is not on offer today; raises InvalidInput."""
        for name, spec in self.specs().items():
            value = getattr(self, name)
            if not callable(spec.choices) or not value or spec.kind == STEPS:
                continue
            offered = {one for one, _word in spec.options()}
            for one in value if isinstance(value, tuple) else (value,):
                if one not in offered:
                    raise _wrong(spec, f"没有「{one}」这个选项", f"{one} is not on offer", name)

    def written(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: _plain(getattr(self, name)) for name in self.specs()}
