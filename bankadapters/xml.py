"""Safe XML from banks: one parser, with limits, that takes the prolog's lies into account.

No DTD, no entities, no network, bounded size and depth; GB2312 and GBK are read as GB18030. Tags come back as local names.
"""

from __future__ import annotations

import codecs
import re

from lxml import etree

from bankadapters.encodings import decode, encode, reading_codec
from bankadapters.errors import Unencodable, Unreadable

BYTES_MAX = 20 * 1024 * 1024
DEPTH_MAX = 64
_PROLOG = re.compile(rb"\A\s*<\?xml(?P<attributes>[^>]*?)\?>", re.DOTALL)
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']\s*(?P<name>[A-Za-z0-9 ._-]+?)\s*[\"']")
_XINCLUDE = "http://www.w3.org/2001/XInclude"
_CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def decode_text(data: bytes, *, default: str = "utf-8", override: str = "") -> str:
    """The document's text without its prolog: by `override`, else as it declares itself, else by `default`.

    Raises Unreadable naming the offset.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    codec = reading_codec(override or default)
    prolog = _PROLOG.match(data)
    if prolog:
        declared = _ENCODING.search(prolog["attributes"])
        if declared and not override:
            codec = reading_codec(declared["name"].decode("ascii"))
        data = data[prolog.end() :]
    text = decode(data, codec)
    if codec == "gb18030" and _is_really_utf8(data):
        raise Unreadable("the document is declared as GBK but its bytes are UTF-8")
    return text


def _is_really_utf8(data: bytes) -> bool:
    """Whether all that is not ASCII reads as Chinese in UTF-8, which GBK text practically never does."""
    try:
        foreign = "".join(character for character in data.decode("utf-8") if character > "\x7f")
    except UnicodeDecodeError:
        return False
    return bool(_CHINESE.fullmatch(foreign))


def parse_bank_xml(
    data: bytes, *, bytes_max: int = BYTES_MAX, default: str = "utf-8", override: str = ""
) -> etree._Element:
    """The root element, tags as local names. Raises Unreadable saying what and where; never resolves anything.

    `default` and `override` as for `decode_text`.
    """
    if len(data) > bytes_max:
        raise Unreadable(f"answer of {len(data)} bytes is longer than {bytes_max}")
    text = decode_text(data, default=default, override=override)
    if not text.strip():
        raise Unreadable("the answer is empty")
    if found := re.search("<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise Unreadable(f"document type declaration at character {found.start()}: refused")
    bad = _CONTROL.search(text)
    if bad:
        raise Unreadable(f"control character at character {bad.start()}")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.strip().encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(f"not well-formed XML: {error}".replace("\n", " ")) from None
    _check(root)
    return root


def _check(root: etree._Element) -> None:
    stack = [(root, 1)]
    while stack:
        element, depth = stack.pop()
        if depth > DEPTH_MAX:
            raise Unreadable(f"element {element.tag} is nested deeper than {DEPTH_MAX}")
        if not isinstance(element.tag, str):
            raise Unreadable("an entity reference: refused")
        name = etree.QName(element)
        if name.namespace == _XINCLUDE:
            raise Unreadable(
                f"an inclusion of another document, at line {element.sourceline}: refused"
            )
        element.tag = name.localname
        stack.extend((child, depth + 1) for child in element)


def first(root: etree._Element, *names: str) -> etree._Element | None:
    """The first element of any of these local names, root included, in document order."""
    return next(root.iter(*names), None)


def child_text(element: etree._Element | None, *names: str) -> str:
    """Stripped text of the first non-empty direct child of any of these names; "" when absent."""
    if element is None:
        return ""
    for name in names:
        for child in element.iterchildren(name):
            if child.text and child.text.strip():
                return child.text.strip()
    return ""


def the_one(root: etree._Element, name: str) -> etree._Element | None:
    """The only element of this local name anywhere, None when absent. Raises Unreadable when there are several."""
    found = list(root.iter(name))
    if len(found) > 1:
        raise Unreadable(
            f"element {name} appears {len(found)} times, again at line {found[1].sourceline}"
        )
    return found[0] if found else None


def render_xml(
    root: etree._Element, *, charset: str = "utf-8", declared: str = "", prolog: bool = True
) -> bytes:
    """The document in `charset`, declared as `declared` (the charset itself without one), or without any prolog.

    Nothing is written as a character reference: what the charset cannot carry raises Unencodable, naming character
    and element.
    """
    head = f'<?xml version="1.0" encoding="{declared or charset.upper()}"?>\n' if prolog else ""
    text = head + etree.tostring(root, encoding="unicode")
    try:
        return encode(text, charset)
    except Unencodable:
        for element in root.iter():
            encode(element.text or "", charset, field=str(element.tag))
        raise
