"""The XML of style 4: `<YQ><Head><MsgId/><Sys/><Tx/><Time/><Sign/></Head><Body/></YQ>`. Pure: bytes in, message out, and back.

The signature is taken over what the message says, not over its bytes: blanks and the order of fields do not matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from erpbridge.styles import safe_xml

HEAD = ("MsgId", "Sys", "Tx", "Time", "Sign")
ITEMS_MAX = 5_000
CELL_MAX = 2_000


@dataclass(frozen=True)
class Message:
    """One message: who, what, when, its rows of fields, and the signature over all that."""

    msg_id: str
    system: str
    tx: str
    time: str
    items: Sequence[Mapping[str, Any]]
    sign: str = ""

    def signed_content(self) -> dict[str, object]:
        """What the signature covers."""
        return {
            "MsgId": self.msg_id,
            "Sys": self.system,
            "Tx": self.tx,
            "Time": self.time,
            "Items": [dict(item) for item in self.items],
            "sign": self.sign,
        }


def read(body: bytes) -> Message:
    """The message of a body. Raises UnsafeXml saying what is missing or too much."""
    root = safe_xml.parse(body)
    if root.tag != "YQ":
        raise safe_xml.UnsafeXml("the root is YQ")
    head, content = root.find("Head"), root.find("Body")
    if head is None or content is None:
        raise safe_xml.UnsafeXml("Head and Body are wanted")
    values = {name: (head.findtext(name) or "").strip() for name in HEAD}
    missing = [name for name in HEAD if not values[name]]
    if missing:
        raise safe_xml.UnsafeXml(f"missing in Head: {', '.join(missing)}")
    return Message(
        msg_id=values["MsgId"],
        system=values["Sys"],
        tx=values["Tx"],
        time=values["Time"],
        items=[_item(one) for one in _items(content)],
        sign=values["Sign"],
    )


def _items(content: etree._Element) -> list[etree._Element]:
    found = list(content.iterchildren("Item"))
    if len(found) > ITEMS_MAX:
        raise safe_xml.UnsafeXml(f"more than {ITEMS_MAX} items")
    return found


def _item(element: etree._Element) -> dict[str, str]:
    fields: dict[str, str] = {}
    for cell in element.iterchildren():
        if not isinstance(cell.tag, str):
            continue
        text = cell.text or ""
        if len(cell) or len(text) > CELL_MAX or cell.tag in fields:
            raise safe_xml.UnsafeXml(
                f"field {cell.tag} at line {cell.sourceline}: nested, long or double"
            )
        if text.strip():
            fields[cell.tag] = text  # as it was signed; blanks at its ends are the rules' affair
    return fields


def write(message: Message, *, encoding: str = "utf-8") -> bytes:
    """The body of a message; what the encoding cannot carry raises UnicodeEncodeError."""
    root = etree.Element("YQ")
    head = etree.SubElement(root, "Head")
    values = (message.msg_id, message.system, message.tx, message.time, message.sign)
    for name, value in zip(HEAD, values, strict=True):
        etree.SubElement(head, name).text = value
    content = etree.SubElement(root, "Body")
    for item in message.items:
        one = etree.SubElement(content, "Item")
        for name, value in item.items():
            if value is not None:
                etree.SubElement(one, name).text = str(value)
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + etree.tostring(root, encoding="unicode")
    return text.encode(safe_xml.codec_of(encoding))
