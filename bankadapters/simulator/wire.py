"""Reading and writing XML by hand, and checking fields against a bank's table. Shares nothing with the adapters."""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape

_PROLOG = re.compile(r"\A\s*<\?xml\b.*?\?>", re.DOTALL)
_DECLARED = re.compile(rb"\A\s*<\?xml\b[^>]*?encoding\s*=\s*[\"']\s*([^\"']+?)\s*[\"']")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_CHARSETS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
}


class Unreadable(Exception):
    """The bytes are not a document this bank would read; the text says why."""


def read_xml(body: bytes) -> ET.Element:
    """The document's root, decoded by its declaration (UTF-8 without one). Raises Unreadable."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    declared = _DECLARED.search(body[:300])
    name = (
        declared.group(1).decode("ascii", "replace").replace(" ", "").lower()
        if declared
        else "utf-8"
    )
    if name not in _CHARSETS:
        raise Unreadable(f"不支持的编码 {name}")
    try:
        text = _PROLOG.sub("", body.decode(_CHARSETS[name]), count=1)
    except UnicodeDecodeError as error:
        raise Unreadable(f"报文与声明的编码 {name} 不符") from error
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Unreadable("报文不允许 DTD")
    try:
        return ET.fromstring(text)  # noqa: S314 - DTD refused above
    except ET.ParseError as error:
        raise Unreadable(f"报文不是合法的 XML: {error}") from error


def text_of(node: ET.Element | None, path: str) -> str:
    """The stripped text at `path` below `node`, '' when absent."""
    return (node.findtext(path) or "").strip() if node is not None else ""


def tag(name: str, value: str = "") -> str:
    """An element with escaped text; empty text gives an empty element."""
    return f"<{name}>{escape(_CONTROL.sub('', value))}</{name}>" if value else f"<{name}/>"


def tags(pairs: Iterable[tuple[str, str]]) -> str:
    """Elements side by side."""
    return "".join(tag(name, value) for name, value in pairs)


def yuan(fen: int) -> str:
    """Plain yuan with two decimals."""
    return f"{Decimal(fen).scaleb(-2):.2f}"


def fen(text: str) -> int:
    """Fen of a plain decimal text that a Field has already checked."""
    return int(Decimal(text).scaleb(2))


def width(text: str) -> int:
    """Length where a full-width character counts two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


@dataclass(frozen=True)
class Field:
    """One row of a bank's field table: where, how long at least and at most, what it looks like."""

    path: str
    least: int = 0
    most: int = 0
    pattern: str = ""
    double: bool = False  # a full-width character counts two
    charset: str = ""  # lengths count bytes of this

    def fault(self, node: ET.Element) -> str:
        """Why the field below `node` is wrong, or ''."""
        value = text_of(node, self.path)
        if not value:
            return f"{self.path} 不能为空" if self.least else ""
        length = width(value) if self.double else len(value)
        if self.charset:
            length = len(value.encode(self.charset, "replace"))
        if length < self.least or (self.most and length > self.most):
            return f"{self.path} 长度 {length} 超出 {self.least}-{self.most}"
        if self.pattern and not re.fullmatch(self.pattern, value):
            return f"{self.path} 格式错误"
        return ""


def first_fault(table: Iterable[Field], node: ET.Element) -> str:
    """The first field of the table that is wrong below `node`, or ''."""
    for row in table:
        fault = row.fault(node)
        if fault:
            return fault
    return ""
