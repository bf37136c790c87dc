"""XML from outside: bounded, without document types, entities, inclusions or the network."""

from __future__ import annotations

import re

from lxml import etree

BYTES_MAX = 10 * 1024 * 1024
DEPTH_MAX = 64
_PROLOG = re.compile(rb"\A(\xef\xbb\xbf)?\s*<\?xml(?P<attributes>[^>]*?)\?>", re.DOTALL)
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']\s*(?P<name>[A-Za-z0-9._-]+?)\s*[\"']")
_CODECS = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "utf-8": "utf-8"}
_INCLUDE = "http://www.w3.org/2001/XInclude"


class UnsafeXml(ValueError):
    """What came is no XML we take; the message says what and where."""


def codec_of(name: str) -> str:
    """The codec an encoding is read with; raises UnsafeXml for one we do not speak."""
    codec = _CODECS.get(name.lower())
    if codec is None:
        raise UnsafeXml(f"encoding {name} is not taken: utf-8, gbk or gb18030")
    return codec


def parse(data: bytes, *, bytes_max: int = BYTES_MAX) -> etree._Element:
    """The root element. Raises UnsafeXml; resolves and fetches nothing."""
    if len(data) > bytes_max:
        raise UnsafeXml(f"{len(data)} bytes: at most {bytes_max}")
    codec = "utf-8"
    prolog = _PROLOG.match(data)
    if prolog:
        declared = _ENCODING.search(prolog["attributes"])
        codec = codec_of(declared["name"].decode()) if declared else codec
        data = data[prolog.end() :]
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        raise UnsafeXml(f"byte {error.start} is no {codec}") from None
    if found := re.search("<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise UnsafeXml(f"document type declaration at character {found.start()}: refused")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(text.strip().encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnsafeXml(f"not well-formed: {error}".replace("\n", " ")) from None
    _check(root)
    return root


def _check(root: etree._Element) -> None:
    stack = [(root, 1)]
    while stack:
        element, depth = stack.pop()
        if depth > DEPTH_MAX:
            raise UnsafeXml(f"nested deeper than {DEPTH_MAX}")
        if not isinstance(element.tag, str):
            continue  # a comment
        if element.tag.startswith(f"{{{_INCLUDE}}}"):
            raise UnsafeXml(f"an inclusion at line {element.sourceline}: refused")
        stack.extend((child, depth + 1) for child in element)
