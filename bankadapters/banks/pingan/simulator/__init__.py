"""Ping An Bank's client on the enterprise's network: a 222-byte header and XML in GBK, over TCP or HTTP alike.

Written without the adapter. Where the bank's list is not public the simulator uses codes of its own, SM9001 and up:
SM9404 no such record, SM9003 no right to the account, SM9013 no such trade.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import ClassVar

from bankadapters.banks.pingan.simulator import work
from bankadapters.banks.pingan.simulator.fields import (
    CODES,
    HEADER,
    KINDS,
    Head,
    read_header,
    write_header,
)
from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Request, Stream, World
from bankadapters.simulator.wire import Unreadable, read_xml, text_of

Work = Callable[[World, ET.Element], str]
_NOBODY = Head("", "", "", "", "01")


class PinganSimulator(BankSimulator):
    """平安银行 as its B2Bi client answers."""

    slug: ClassVar[str] = "pingan"
    paths: ClassVar[tuple[str, ...]] = ()
    codes: ClassVar[Mapping[str, str]] = CODES
    charset: ClassVar[str] = "gb18030"
    content_type: ClassVar[str] = "text/xml; charset=GBK"
    speaks_tcp: ClassVar[bool] = True
    admits = {
        "parameters": {
            "enterprise_code": "00901079800000099000",
            "not_found_codes": "SM9404",
            "receipt_BsnCode": "R1",
        }
    }
    demo_accounts = (("11000000000001", ""), ("11000000000002", ""))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.quirks = world.faults.switch("quirks")
        self._work: dict[str, Work] = {
            "S001": work.heart_beat,
            "4001": work.balance,
            "4012": work.history,
            "4013": work.entries,
            "4004": work.single,
            "4018": work.batch,
            "4005": work.status,
            "4015": work.batch_status,
            "F001": work.receipts,
        }

    @staticmethod
    def serial(number: int, at: float) -> str:
        """FrontLogNo: fourteen characters."""
        return f"51{number % 10**12:012d}"

    async def receive(self, stream: Stream) -> bytes:
        """A header of 222 bytes with the body's length at offset 30."""
        header = await stream.readexactly(HEADER)
        if not header[30:40].isdigit() or int(header[30:40]) > 16 * 1024 * 1024:
            raise ConnectionError("strange header")
        return header + await stream.readexactly(int(header[30:40]))

    def understand(self, call: Call) -> Request:
        """Read header and body."""
        head, body = read_header(call.body)
        try:
            root = read_xml(body)
        except Unreadable as error:
            raise Refusal("YQ9978", str(error)) from error
        if root.tag != "Result" or head.code not in self._work or not head.serial:
            raise Refusal("SM9013")
        kind = KINDS[head.code]
        names = ("ThirdVoucher", "OrigThirdVoucher", "SThirdVoucher")
        insids = [text_of(node, ".") for name in names for node in root.iter(name)]
        parts: dict[str, object] = {"head": head, "root": root, "code": "000000", "words": ""}
        return Request(head.code, kind, insids if kind in ("pay", "inquire") else [], parts)

    def handle(self, request: Request) -> str:
        """Work the request; the body only, its header is put before it on the wire."""
        root = request.parts["root"]
        if not isinstance(root, ET.Element):
            raise TypeError("a request of another bank")
        inside = self._work[request.operation](self.world, root)
        request.parts["words"] = ":交易受理成功" if self.quirks else CODES["000000"]
        declared = "GBK" if not self.quirks else "UTF-8"
        # A body that names the wrong encoding was seen: the header's code is right.
        return f'<?xml version="1.0" encoding="{declared}"?><Result>{inside}</Result>'

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """An error stands in the header; the body is empty."""
        words = refusal.text or CODES.get(refusal.code, "")
        if request is None:
            self._said = (refusal.code, words)
        else:
            request.parts |= {"code": refusal.code, "words": words}
        return ""

    def wire(self, words: str, request: Request | None, *, charset: str = "") -> bytes:
        """Header and body, the header's length in bytes of the body."""
        body = words.encode(charset or self.charset, "replace")
        if request is None:
            return write_header(_NOBODY, len(body), *self._said) + body
        head = request.parts["head"]
        if not isinstance(head, Head):
            raise TypeError("a request of another bank")
        if self.quirks:
            head = Head(head.enterprise, head.code, "", head.serial, head.protocol)
        code, text = str(request.parts["code"]), str(request.parts["words"])
        return write_header(head, len(body), code, text) + body
