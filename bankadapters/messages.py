"""Message declarations: `Record` and its fields. A bank's messages module holds declarations only.

Fields are found by name in any order, and unknown elements beside them are ignored. What a bank sends twice where one
is meant, or nests where text is meant, is refused: a contradiction never decides anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Self, cast

from lxml import etree
from pydantic import ValidationError, field_serializer, field_validator
from pydantic_xml import BaseXmlModel, ParsingError, element

from bankadapters.errors import Unencodable, Unreadable

_YUAN = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,8})?")
_FEN = re.compile(r"-?[0-9]{1,20}")
_DAY = re.compile(r"[0-9]{8}")
_LEAVES = ("text", "yuan", "fen", "day", "code")


class Record(BaseXmlModel, search_mode="unordered"):
    """One element with its fields; subclasses name the source document and section they transcribe."""

    @field_validator("*", mode="before")
    @classmethod
    def _read_field(cls, value: Any, info: Any) -> Any:
        wire = _wire(cls, info.field_name)
        if not isinstance(value, str):
            return (
                ""
                if value is None and wire.get("kind") == "text" and wire.get("default") == ""
                else value
            )
        return _from_text(value.strip(), wire)

    @field_serializer("*", mode="wrap", check_fields=False)
    def _write_field(self, value: Any, proceed: Any, info: Any) -> Any:
        wire = _wire(type(self), info.field_name)
        if value is None or wire.get("kind") not in _LEAVES:
            return proceed(value)
        return _to_text(value, wire)

    @classmethod
    def parse(cls, node: etree._Element) -> Self:
        """The record of a parsed element. Raises Unreadable, naming field and line."""
        _refuse_contradictions(cls, node)
        try:
            return cls.from_xml_tree(cast(Any, node))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"])
            raise Unreadable(
                f"{node.tag}/{where}: {first['msg']}, at line {node.sourceline}"
            ) from error
        except (ParsingError, ValueError) as error:
            raise Unreadable(f"{node.tag}: {error}, at line {node.sourceline}") from error

    def render(self) -> etree._Element:
        """The element to send; fields that are None are left out. Raises Unencodable for characters XML has not."""
        try:
            tree = cast(etree._Element, self.to_xml_tree(exclude_none=True))
        except ValueError as error:
            raise Unencodable(
                f"a field holds a character that XML cannot carry: {error}"
            ) from error
        return tree


def text(tag: str, default: Any = "") -> Any:
    """Plain text; an absent or empty element is the empty string."""
    return element(tag=tag, default=default, json_schema_extra={"kind": "text", "default": default})


def yuan(tag: str) -> Any:
    """An amount in yuan with two decimals; an absent or empty element is None."""
    return element(tag=tag, default=None, json_schema_extra={"kind": "yuan"})


def fen(tag: str) -> Any:
    """An amount written in fen, kept in yuan; an absent or empty element is None."""
    return element(tag=tag, default=None, json_schema_extra={"kind": "fen"})


def day(tag: str) -> Any:
    """A day as YYYYMMDD; an absent or empty element is None."""
    return element(tag=tag, default=None, json_schema_extra={"kind": "day"})


def code(tag: str, table: Mapping[str, Any]) -> Any:
    """A wire word with our meaning of it; a word outside the table is refused, an empty one is None."""
    extra: dict[str, Any] = {"kind": "code", "table": dict(table)}
    return element(tag=tag, default=None, json_schema_extra=extra)


def one(tag: str) -> Any:
    """A nested record, or None when absent."""
    return element(tag=tag, default=None, json_schema_extra={"kind": "one"})


def many(tag: str) -> Any:
    """Any number of nested records of this name."""
    return element(tag=tag, default_factory=list, json_schema_extra={"kind": "many"})


def _wire(cls: type[BaseXmlModel], name: str) -> Mapping[str, Any]:
    extra = cls.model_fields[name].json_schema_extra
    return extra if isinstance(extra, dict) else {}


def _from_text(value: str, wire: Mapping[str, Any]) -> Any:
    kind = wire.get("kind")
    if kind not in _LEAVES or kind == "text":
        return value
    if not value:
        return None
    if kind == "yuan":
        return Decimal(_shaped(value, _YUAN, "an amount in yuan"))
    if kind == "fen":
        return Decimal(_shaped(value, _FEN, "an amount in fen")).scaleb(-2)
    if kind == "day":
        digits = _shaped(value, _DAY, "a day as YYYYMMDD")
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    if value not in wire["table"]:
        raise ValueError(f"{value[:20]!r} is not one of {', '.join(sorted(wire['table']))}")
    return wire["table"][value]


def _shaped(value: str, pattern: re.Pattern[str], expected: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"{value[:30]!r} is not {expected}")
    return value


def _to_text(value: Any, wire: Mapping[str, Any]) -> str:
    kind = wire["kind"]
    if kind == "yuan":
        return f"{value:.2f}"
    if kind == "fen":
        return f"{value.scaleb(2):.0f}"
    if kind == "day":
        return f"{value:%Y%m%d}"
    if kind == "code":
        return next(str(word) for word, meaning in wire["table"].items() if meaning == value)
    return str(value)


def _refuse_contradictions(cls: type[BaseXmlModel], node: etree._Element) -> None:
    kinds = {
        getattr(field, "path", name): _wire(cls, name).get("kind")
        for name, field in cls.model_fields.items()
    }
    nested = {
        getattr(field, "path", name): _nested(field.annotation)
        for name, field in cls.model_fields.items()
    }
    seen: set[str] = set()
    for child in node:
        tag = str(child.tag)
        kind = kinds.get(tag)
        if kind in _LEAVES and len(child):
            raise Unreadable(
                f"{node.tag}/{tag} holds elements instead of text, at line {child.sourceline}"
            )
        if kind is not None and kind != "many" and tag in seen:
            raise Unreadable(f"{node.tag}/{tag} appears twice, at line {child.sourceline}")
        seen.add(tag)
        inner = nested.get(tag)
        if inner is not None:
            _refuse_contradictions(inner, child)


def _nested(annotation: Any) -> type[BaseXmlModel] | None:
    """The record class inside an annotation such as `Status | None` or `list[Row]`."""
    for part in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(part, type) and issubclass(part, BaseXmlModel):
            return part
    return None
