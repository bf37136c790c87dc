"""SPDB's signature server and business port, told apart by content type. Written without the adapter.

EYY… and EGG… codes are the bank's; where its list is not public the simulator uses codes of its own, SIM0001 and up.
"""

from __future__ import annotations

import base64
import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import ClassVar

from bankadapters.banks.spdb.simulator import work
from bankadapters.banks.spdb.simulator.fields import CODES, HEAD, KINDS
from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Reply, Request, World
from bankadapters.simulator.wire import Unreadable, first_fault, read_xml, tags, text_of
from kernel import clock

_SIGN, _VERIFY = "INFOSEC_SIGN/", "INFOSEC_VERIFY_SIGN/"
_MARK = b"\x30\x82\x06\x09SIM-CMS"  # as a SignedData with its text inside begins, near enough


def signed(plain: bytes) -> bytes:
    """A signature with the text inside, as base64 in lines that end with CRLF."""
    data = _MARK + hashlib.sha1(plain).digest() + plain  # noqa: S324 - the bank's own choice
    text = base64.b64encode(data)
    return b"\r\n".join(text[at : at + 76] for at in range(0, len(text), 76))


def opened(signature: bytes) -> bytes:
    """The text inside. Raises Refusal for anything but a signature of ours."""
    try:
        data = base64.b64decode(b"".join(signature.split()), validate=True)
    except ValueError:
        raise Refusal("EYY9994") from None
    inside = data[len(_MARK) + 20 :]
    if data[: len(_MARK) + 20] != _MARK + hashlib.sha1(inside).digest():  # noqa: S324
        raise Refusal("EYY9994")
    return inside


class SpdbSimulator(BankSimulator):
    """浦发银行 as its front-end answers."""

    slug: ClassVar[str] = "spdb"
    paths: ClassVar[tuple[str, ...]] = ()
    codes: ClassVar[Mapping[str, str]] = CODES
    charset: ClassVar[str] = "gb18030"
    content_type: ClassVar[str] = "text/xml; charset=GB2312"
    admits = {
        "parameters": {"masterID": "2000000001", "debitFlag": "1"},
        "endpoints": {"sign": "/"},
    }
    demo_accounts = (("95200000000000000001", ""), ("95200000000000000002", ""))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.quirks = world.faults.switch("quirks")
        world.books.db.execute(
            "CREATE TABLE IF NOT EXISTS spdb_packets(day TEXT, packet TEXT, PRIMARY KEY(day, packet))"
        )

    @staticmethod
    def serial(number: int, at: float) -> str:
        """acceptNo of the host."""
        return f"PT25YQ{number:010d}"

    def understand(self, call: Call) -> Request:
        """A text to sign, a signature to open, or a packet whose first six characters count all its bytes."""
        if call.content_type.startswith(_SIGN):
            return Request("sign", "session", parts={"data": call.body})
        if call.content_type.startswith(_VERIFY):
            return Request("verify", "session", parts={"data": call.body})
        size = call.body[:6]
        if len(size) != 6 or not size.isdigit() or int(size) != len(call.body):
            raise Refusal("SIM0001")
        try:
            root = read_xml(call.body[6:])
            head = root.find("head")
            if root.tag != "packet" or head is None or first_fault(HEAD, head):
                raise Refusal("SIM0002")
            trade = text_of(head, "transCode")
            if trade not in KINDS:
                raise Refusal("SIM0006")
            plain = opened(text_of(root, "body/signature").encode())
            inside = read_xml(b"<?xml version='1.0' encoding='gb18030'?>" + plain)
        except Unreadable as error:
            raise Refusal("SIM0002", str(error)) from error
        insids = [text_of(node, ".") for name in ("elecChequeNo", "electronNumber") for node in inside.iter(name)]  # fmt: skip
        return Request(trade, KINDS[trade], insids, {"head": head, "body": inside})

    def handle(self, request: Request) -> str:
        """Do the work of a trade; a packet number counts once a day."""
        data = request.parts.get("data")
        if isinstance(data, bytes):
            return self._sign(request.operation, data)
        head, root = request.parts["head"], request.parts["body"]
        if not isinstance(head, ET.Element) or not isinstance(root, ET.Element):
            raise TypeError("a request of another bank")
        known = self.world.books.db.execute(
            "INSERT OR IGNORE INTO spdb_packets VALUES(?,?)",
            (f"{clock.today():%Y%m%d}", text_of(head, "packetID")),
        )
        if not known.rowcount:
            raise Refusal("EYY8990")
        world, trade = self.world, request.operation
        if trade == "8924":
            return work.details(world, root, quirks=self.quirks)
        return {
            "8801": work.single, "8800": work.batch, "EG01": work.instant, "8804": work.status, "EG30": work.instant_status,
            "EY03": work.web_bank, "DO48": work.packages, "4402": work.balances,
        }[trade](world, root)  # fmt: skip

    def _sign(self, operation: str, data: bytes) -> str:
        if operation == "sign":
            return f"<sign>{signed(data).decode('ascii')}</sign>"
        return opened(data).decode("latin-1")

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """Errors are not signed: they stand in head and body alike."""
        words = refusal.text or CODES.get(refusal.code, "")
        self._said = (refusal.code, words)
        if request is not None:
            request.parts["code"] = refusal.code
        return f"<body>{tags([('returnCode', refusal.code), ('returnMsg', words)])}</body>"

    def wire(self, words: str, request: Request | None, *, charset: str = "") -> bytes:
        """A page of the signature server, or a packet behind its length: left-aligned, blanks behind."""
        codec = charset or self.charset
        if request is not None and request.kind == "session":
            return self._page(words, request)
        code = "AAAAAAA"
        body = words.encode(codec, "replace")
        if request is None:
            code = self._said[0]
        elif "code" in request.parts:
            code = str(request.parts["code"])
        else:
            body = b"<body><signature>" + signed(body) + b"</signature></body>"
        head = f"<head>{tags(self._head(request, code))}</head>".encode(codec, "replace")
        inside = body + head if self.quirks else head + body
        packet = b"<?xml version='1.0' encoding='gb2312'?>\n<packet>" + inside + b"</packet>"
        return str(len(packet) + 6).ljust(6).encode("ascii") + packet

    @staticmethod
    def _page(words: str, request: Request) -> bytes:
        if "code" in request.parts:
            return b"<html><head><title>error</title><result>-10535</result></head><body></body></html>"
        inside = words.encode("latin-1")
        if request.operation == "verify":
            inside = b"<sic>" + inside + b"</sic><cert>MIIB</cert><certdn>CN=SPDB</certdn>"
        return b"<html><head><title>ok</title><result>0</result></head><body>" + inside + b"</body></html>"  # fmt: skip

    def _head(self, request: Request | None, code: str) -> list[tuple[str, str]]:
        head = request.parts.get("head") if request is not None else None
        told = head if isinstance(head, ET.Element) else None
        stamp = text_of(told, "timeStamp")
        if self.quirks:
            stamp = stamp.replace("-", "/")
        return [
            ("transCode", text_of(told, "transCode")), ("signFlag", "1"), ("packetID", text_of(told, "packetID")),
            ("timeStamp", stamp), ("returnCode", code),
        ]  # fmt: skip

    def respond(self, call: Call) -> Reply:
        """The signature server's own content type beside the business port's."""
        reply = super().respond(call)
        if call.content_type.startswith((_SIGN, _VERIFY)):
            reply.content_type = "INFOSEC_SIGN_RESULT/1.0"
        return reply
