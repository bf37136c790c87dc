"""Agricultural Bank of China's front-end on the enterprise's network: a flag, six digits on the left, and GBK without a
declaration.

Written without the adapter. Where the bank's list is not public the simulator uses codes of its own, 91.. and 94..;
CustRef of an entry carries the payer's number here, which real rows may leave empty. Where ABC_SIM_FILES names a
folder, entries come as files beside the answer.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import ClassVar

from bankadapters.banks.abc.simulator import work
from bankadapters.banks.abc.simulator.fields import CODES, COMMON, KINDS, Said
from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Request, Stream, World
from bankadapters.simulator.wire import Unreadable, first_fault, read_xml, tags, text_of
from kernel import clock

Work = Callable[[World, ET.Element], Said]


class AbcSimulator(BankSimulator):
    """中国农业银行 as its front-end answers."""

    slug: ClassVar[str] = "abc"
    codes: ClassVar[Mapping[str, str]] = CODES
    charset: ClassVar[str] = "gbk"
    content_type: ClassVar[str] = "text/xml; charset=GBK"
    speaks_tcp: ClassVar[bool] = True
    admits = {"parameters": {"CorpNo": "0000000000000001", "not_found_codes": "9404"}}
    demo_accounts = (("11000001040000001", ""), ("11000001040000002", ""))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.quirks = world.faults.switch("quirks")
        self._work: dict[str, Work] = {
            "CQRA06": work.balance,
            "CQRA10": work.entries,
            "CFRT02": work.transfer,
            "CFRT21": work.transfer,
            "CFRT01": work.transfer,
            "CQRT04": work.status,
            "CQRA61": work.by_hand,
        }

    @staticmethod
    def serial(number: int, at: float) -> str:
        """RespSeqNo: twelve digits."""
        return f"1000{number % 10**8:08d}"

    async def receive(self, stream: Stream) -> bytes:
        """One flag byte and six characters: digits on the left, blanks on the right."""
        header = await stream.readexactly(7)
        digits = header[1:].rstrip(b" ")
        if header[:1] != b"0" or not digits.isdigit() or int(digits) > 900_000:
            raise ConnectionError("strange header")
        return await stream.readexactly(int(digits))

    def frame(self, body: bytes, *, length: int | None = None) -> bytes:
        """The same header before an answer."""
        return b"0" + f"{len(body) if length is None else length:<6d}".encode() + body

    def understand(self, call: Call) -> Request:
        """Read one document, which declares nothing and is GBK."""
        try:
            root = read_xml(b'<?xml version="1.0" encoding="GBK"?>' + call.body)
        except Unreadable as error:
            raise Refusal("9101", str(error)) from error
        fault = first_fault(COMMON, root)
        if root.tag != "ap" or fault:
            raise Refusal("9101", fault or "根元素应为 ap")
        code, number = text_of(root, "CCTransCode"), text_of(root, "ReqSeqNo")
        if code not in self._work:
            raise Refusal("9102", code)
        asked = text_of(root, "Cmp/CmeSeqNo") or text_of(root, "Corp/BookingDate")
        insids = {"pay": [number], "inquire": [asked]}.get(KINDS[code], [])
        return Request(code, KINDS[code], insids, {"root": root, "number": number})

    def handle(self, request: Request) -> str:
        """Work the request and word its answer."""
        root = request.parts["root"]
        if not isinstance(root, ET.Element):
            raise TypeError("a request of another bank")
        return self._document(request, self._work[request.operation](self.world, root))

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """A refusal has no Corp part."""
        words = refusal.text or CODES.get(refusal.code, "")
        return self._document(request, Said(code=refusal.code, words=words))

    def _document(self, request: Request | None, said: Said) -> str:
        now, number = clock.now(), "" if request is None else str(request.parts["number"])
        transaction = "CCTransCode" if not self.quirks else "TransCode"
        head = [
            (transaction, "" if request is None else request.operation), ("RespSource", "0" if said.code == "0000" else "3"),
            ("RespSeqNo", said.serial or f"{now:%H%M%S%f}"), ("RespDate", f"{now:%Y%m%d}"), ("RespTime", f"{now:%H%M%S}"),
            ("RespCode", said.code), ("RespInfo", said.words or CODES.get(said.code, "")), ("RxtInfo", ""),
        ]  # fmt: skip
        is_echoed = not self.quirks or request is None or request.kind == "inquire"
        if is_echoed:  # seen: answers that do not name the request's number
            head.insert(1, ("ReqSeqNo", said.number or number))
        flag = "" if "<FileFlag>" in said.inside else "<FileFlag>0</FileFlag>"
        return f"<ap>{tags(head)}{flag}{said.inside}</ap>"
