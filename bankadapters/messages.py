"""Message declarations: `Record` and its fields. A bank's messages module holds declarations only.

Fields are found by name in any order, and unknown elements beside them are ignored. What a bank sends twice where one
is meant, or nests where text is meant, is refused: a contradiction never decides anything.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from lxml import etree
from pydantic import ValidationError, field_serializer, field_validator
from pydantic_core import core_schema
from pydantic_xml import BaseXmlModel, ParsingError, element

from bankadapters.errors import Unencodable, Unreadable
from bankadapters.leaves import LEAVES, Leaf, table
from bankadapters.packed import Packed

Line = TypeVar("Line", bound=Packed)


class Lines(tuple[Line, ...]):
    """Packed lines in one text of a record, as `packed()` declares them."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        # pydantic-xml sees a text; what the text holds is the field's own leaf to read and write.
        return core_schema.no_info_wrap_validator_function(
            lambda value, _: value, core_schema.str_schema()
        )


class Record(BaseXmlModel, search_mode="unordered"):
    """One element with its fields; subclasses name the source document and section they transcribe."""

    @field_validator("*", mode="before")
    @classmethod
    def _read_field(cls, value: Any, info: Any) -> Any:
        wire = _wire(cls, info.field_name)
        leaf = wire.get("leaf")
        if not isinstance(value, str):
            return "" if value is None and leaf and wire.get("default") == "" else value
        return leaf.read(value.strip()) if leaf else value.strip()

    @field_serializer("*", mode="wrap", check_fields=False)
    def _write_field(self, value: Any, proceed: Any, info: Any) -> Any:
        leaf = _wire(type(self), info.field_name).get("leaf")
        return proceed(value) if value is None or leaf is None else leaf.write(value)

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

    @classmethod
    def parse_like(cls, node: etree._Element) -> Self:
        """The record of an element that has this shape under another name. Raises Unreadable as `parse`."""
        twin = etree.Element(str(cls.__xml_tag__))
        twin.sourceline = node.sourceline
        twin.text = node.text
        twin.extend(copy.copy(child) for child in node)
        return cls.parse(twin)

    def render(self) -> etree._Element:
        """The element to send; fields that are None are left out. Raises Unencodable for characters XML has not."""
        try:
            tree = cast(etree._Element, self.to_xml_tree(exclude_none=True))
        except ValueError as error:
            raise Unencodable(
                f"a field holds a character that XML cannot carry: {error}"
            ) from error
        return tree


def _element(tag: str, leaf: Leaf, default: Any) -> Any:
    return element(tag=tag, default=default, json_schema_extra={"leaf": leaf, "default": default})


def text(tag: str, default: Any = "") -> Any:
    """Plain text; an absent or empty element is the empty string."""
    return _element(tag, LEAVES["text"], default)


def yuan(tag: str) -> Any:
    """An amount in yuan with two decimals; an absent or empty element is None."""
    return _element(tag, LEAVES["yuan"], None)


def fen(tag: str) -> Any:
    """An amount written in fen, kept in yuan; an absent or empty element is None."""
    return _element(tag, LEAVES["fen"], None)


def day(tag: str) -> Any:
    """A day, written YYYYMMDD; an absent or empty element is None."""
    return _element(tag, LEAVES["day"], None)


def dashed_day(tag: str) -> Any:
    """A day, written YYYY-MM-DD; an absent or empty element is None."""
    return _element(tag, LEAVES["dashed_day"], None)


def count(tag: str) -> Any:
    """A whole number of things, leading zeros allowed; an absent or empty element is None."""
    return _element(tag, LEAVES["count"], None)


def code(tag: str, words: Mapping[str, Any]) -> Any:
    """A wire word with our meaning of it; a word outside the table is refused, an empty one is None."""
    return _element(tag, table(words), None)


def packed(tag: str, kind: type[Packed], *, between: str = "\r\n") -> Any:
    """Lines of packed values in one text, `between` them a line end; blank ones are skipped, no text is None."""
    leaf = Leaf(
        lambda value: Lines(kind.parse(one) for one in value.splitlines() if one.strip()) or None,
        lambda rows: between.join(row.render() for row in rows),
    )
    return _element(tag, leaf, None)


def one(tag: str) -> Any:
    """A nested record, or None when absent."""
    return element(tag=tag, default=None, json_schema_extra={"nested": "one"})


def many(tag: str) -> Any:
    """Any number of nested records of this name."""
    return element(tag=tag, default_factory=list, json_schema_extra={"nested": "many"})


def _wire(cls: type[BaseXmlModel], name: str) -> Mapping[str, Any]:
    extra = cls.model_fields[name].json_schema_extra
    return extra if isinstance(extra, dict) else {}


def _refuse_contradictions(cls: type[BaseXmlModel], node: etree._Element) -> None:
    wires = {
        getattr(field, "path", name): _wire(cls, name) for name, field in cls.model_fields.items()
    }
    nested = {
        getattr(field, "path", name): _nested(field.annotation)
        for name, field in cls.model_fields.items()
    }
    seen: set[str] = set()
    for child in node:
        tag = str(child.tag)
        wire = wires.get(tag)
        if wire is not None and "leaf" in wire and len(child):
            raise Unreadable(
                f"{node.tag}/{tag} holds elements instead of text, at line {child.sourceline}"
            )
        if wire is not None and wire.get("nested") != "many" and tag in seen:
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
