"""ICBC's NetSafe Client: a signing port and an encrypting port, told apart by content type. Written without the adapter.

Codes B0012, B0043, B0052 and B0116 are the bank's; where its list is not public the simulator uses codes of its own,
SIM01 and up.
"""

from __future__ import annotations

import base64
import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import parse_qsl

from bankadapters.banks.icbc.simulator import work
from bankadapters.banks.icbc.simulator.fields import CODES, KINDS, PUB, document
from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Reply, Request, World
from bankadapters.simulator.wire import Unreadable, first_fault, read_xml, tag, text_of

SERVLET = "/servlet/ICBCCMPAPIReqServlet"
_SIGN = "INFOSEC_SIGN/"
_MARK = b"SIMSIGN:"


def signed(document_: bytes) -> bytes:
    """A signature with the text inside, as the client's certificate would make it."""
    return base64.b64encode(_MARK + hashlib.sha256(document_).digest() + document_)


def opened(signature: bytes) -> bytes:
    """The text inside. Raises Refusal for anything but a signature of ours."""
    try:
        data = base64.b64decode(signature, validate=True)
    except ValueError:
        raise Refusal("SIM01") from None
    inside = data[len(_MARK) + 32 :]
    if data[: len(_MARK) + 32] != _MARK + hashlib.sha256(inside).digest():
        raise Refusal("SIM01")
    return inside


class IcbcSimulator(BankSimulator):
    """中国工商银行 as its client answers."""

    slug: ClassVar[str] = "icbc"
    paths: ClassVar[tuple[str, ...]] = ()
    codes: ClassVar[Mapping[str, str]] = CODES
    charset: ClassVar[str] = "gb18030"
    content_type: ClassVar[str] = "text/html; charset=GBK"
    admits = {
        "parameters": {"CIS": "100090000000001", "ID": "demo.y.1000"},
        "endpoints": {"sign": "/"},
    }
    demo_accounts = (("1001000100200300400", ""), ("1001000100200300401", ""))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.quirks = world.faults.switch("quirks")

    @staticmethod
    def serial(number: int, at: float) -> str:
        """The bank's number of an instruction; on the wire it is told by package and order number."""
        return f"CMM{number:012d}"

    @classmethod
    def address(cls, host: str, port: int) -> str:
        """Both ports are one here."""
        return f"http://{host}:{port}"

    def understand(self, call: Call) -> Request:
        """A text to sign, or one business request: identity and number alike in address, form and document."""
        if call.content_type.startswith(_SIGN):
            return Request("sign", "session", parts={"text": call.body})
        if call.path != SERVLET:
            raise Refusal("404")
        form = {k: v.encode("latin-1") for k, v in parse_qsl(call.body.decode("ascii", "replace"), encoding="latin-1")}  # fmt: skip
        trade = form.get("TransCode", b"").decode()
        if trade not in KINDS:
            raise Refusal("SIM03")
        data = form.get("reqData", b"")
        try:
            root = read_xml(opened(data) if KINDS[trade] == "pay" else data)
        except Unreadable as error:
            raise Refusal("SIM02", str(error)) from error
        pub, inside = root.find("eb/pub"), root.find("eb/in")
        if root.tag != "CMS" or pub is None or inside is None or first_fault(PUB, pub):
            raise Refusal("SIM02")
        one = {(call.query.get("userID") or [""])[0], form.get("ID", b"").decode(), text_of(pub, "ID")}  # fmt: skip
        two = {(call.query.get("PackageID") or [""])[0], form.get("PackageID", b"").decode(), text_of(pub, "fSeqno")}  # fmt: skip
        if len(one) != 1 or len(two) != 1 or text_of(pub, "TransCode") != trade:
            raise Refusal("SIM09")
        ET.SubElement(pub, "Version").text = form.get("Version", b"").decode()
        insids = [text_of(node, ".") for node in inside.iter("ERPSqn")]
        return Request(trade, KINDS[trade], insids, {"pub": pub, "in": inside})

    def handle(self, request: Request) -> str:
        """Do the work of a trade."""
        if request.kind == "session":
            text = request.parts["text"]
            return signed(text if isinstance(text, bytes) else b"").decode()
        pub, inside = request.parts["pub"], request.parts["in"]
        if not isinstance(pub, ET.Element) or not isinstance(inside, ET.Element):
            raise TypeError("a request of another bank")
        more: list[tuple[str, str]] = []
        trade, world = request.operation, self.world
        if trade in ("PAYENT", "PAYPER"):
            more, words = work.package(world, pub, inside, trade)
        elif trade in ("QPAYENT", "QPAYPER"):
            words = work.status(world, inside, trade, quirks=self.quirks)
        elif trade == "QACCBAL":
            words = work.balances(world, inside, quirks=self.quirks)
        else:
            words = (work.today if trade == "QPD" else work.history)(world, inside)
        return document(self._pub(pub, "0", "", more), words, quirks=self.quirks)

    @staticmethod
    def _pub(
        pub: ET.Element, code: str, words: str, more: list[tuple[str, str]]
    ) -> list[tuple[str, str]]:
        echo = [(str(child.tag), child.text or "") for child in pub if child.tag != "Version"]
        return [*echo, *more, ("RetCode", code), ("RetMsg", words)]

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """The client's own errors are bare; the bank's stand in the document."""
        pub = request.parts.get("pub") if request is not None else None
        if not isinstance(pub, ET.Element):
            return f"errorCode={refusal.code}"
        words = refusal.text or CODES.get(refusal.code, "")
        return document(self._pub(pub, refusal.code, words, []), "", quirks=self.quirks)

    def wire(self, words: str, request: Request | None, *, charset: str = "") -> bytes:
        """`reqData=` and base64 in lines of 76 around a document; a page around a signature."""
        if words.startswith("errorCode="):
            return words.encode()
        if request is not None and request.kind == "session":
            inside = f"<head>{tag('title', '签名结果')}<result>0</result></head><body><sign>{words}</sign></body>"
            return f"<html>{inside}</html>".encode(charset or self.charset, "replace")
        text = base64.encodebytes(words.encode(charset or self.charset, "replace"))
        return b"reqData=" + (text if self.quirks else text.strip())

    def respond(self, call: Call) -> Reply:
        """The signing port's own content type beside the business port's."""
        reply = super().respond(call)
        if call.content_type.startswith(_SIGN):
            reply.content_type = "INFOSEC_SIGN_RESULT/1.0"
        return reply
