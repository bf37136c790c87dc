"""Bank of Communications' direct-link machine on the enterprise's network: a flag and six digits over TCP, or HTTP.

Written without the adapter. Where the bank's list is not public the simulator uses codes of its own, S1..; money out is 1
and money in is 2 in 收支标志, which the bank does not publish.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import ClassVar

from bankadapters.banks.bocom.simulator import work
from bankadapters.banks.bocom.simulator.fields import CODES, HEAD, KINDS, Said
from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Request, Stream, World
from bankadapters.simulator.wire import Unreadable, first_fault, read_xml, tags, text_of
from kernel import clock

Work = Callable[[World, ET.Element], Said]


class BocomSimulator(BankSimulator):
    """交通银行 as its direct-link machine answers."""

    slug: ClassVar[str] = "bocom"
    paths: ClassVar[tuple[str, ...]] = ()
    codes: ClassVar[Mapping[str, str]] = CODES
    charset: ClassVar[str] = "gbk"
    content_type: ClassVar[str] = "text/plain; charset=GBK"
    speaks_tcp: ClassVar[bool] = True
    admits = {
        "parameters": {
            "corp_no": "8000000001", "user_no": "00001", "side_debit": "1", "side_credit": "2", "busi_no": "7001",
        }
    }  # fmt: skip
    demo_accounts = (("310066000000000000001", ""), ("310066000000000000002", ""))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.quirks = world.faults.switch("quirks")
        self._work: dict[str, Work] = {
            "310101": work.balance,
            "310201": work.today,
            "310301": work.history,
            "210201": work.transfer,
            "330002": work.payroll,
            "310204": work.status,
        }

    @staticmethod
    def serial(number: int, at: float) -> str:
        """serial_no: fourteen digits."""
        return f"31{number % 10**12:012d}"

    async def receive(self, stream: Stream) -> bytes:
        """One flag byte and six characters: digits on the left, blanks on the right."""
        header = await stream.readexactly(7)
        digits = header[1:].rstrip(b" ")
        if header[:1] != b"0" or not digits.isdigit() or int(digits) > 900_000:
            raise ConnectionError("strange header")
        return await stream.readexactly(int(digits))

    def frame(self, body: bytes, *, length: int | None = None) -> bytes:
        """The same header before an answer."""
        return f"0{len(body) if length is None else length:<6d}".encode() + body

    def understand(self, call: Call) -> Request:
        """Read one document, which declares nothing and is GBK."""
        try:
            root = read_xml(b'<?xml version="1.0" encoding="GBK"?>' + call.body)
        except Unreadable as error:
            raise Refusal("S101", str(error)) from error
        code, bodies = text_of(root, "head/tr_code"), root.findall("body")
        if root.tag != "ap" or code not in self._work:
            raise Refusal("S102", code)
        parts: dict[str, object] = {"root": root, "number": text_of(root, "head/req_no")}
        names = ("cert_no", "ogl_serial_no")
        insids = [text_of(node, ".") for name in names for node in root.iter(name)]
        request = Request(code, KINDS[code], insids, parts)
        fault = first_fault(HEAD, root)
        if fault or int(text_of(root, "head/atom_tr_count")) != len(bodies):
            raise Refusal("S101", fault or "atom_tr_count 与 body 数不符")
        return request

    def handle(self, request: Request) -> str:
        """Work the request and word its answer."""
        root = request.parts["root"]
        if not isinstance(root, ET.Element):
            raise TypeError("a request of another bank")
        return self._document(request, self._work[request.operation](self.world, root), "0000", "")

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """A refusal stands in particular_code, and there is no body."""
        words = refusal.text or CODES.get(refusal.code, "")
        return self._document(request, Said(), refusal.code, words)

    def _document(self, request: Request | None, said: Said, code: str, words: str) -> str:
        now = clock.now()
        pad = "\n\t" if self.quirks else ""
        number = "" if request is None else said.number or str(request.parts["number"])
        head = tags([
            ("tr_code", "" if request is None else request.operation), ("corp_no", ""), ("req_no", f"{pad}{number}{pad}"),
            ("serial_no", said.serial or f"{now:%H%M%S%f}"), ("ans_no", ""), ("next_no", ""), ("tr_acdt", f"{now:%Y%m%d}"),
            ("tr_time", f"{now:%H%M%S}"), ("ans_code", "1" if self.quirks else "0"), ("ans_info", pad),
            ("particular_code", f"{code}{pad}"), ("particular_info", words or CODES.get(code, "")), ("atom_tr_count", "1"),
            ("reserved", ""),
        ])  # fmt: skip
        return f"<ap><head>{head}</head>{said.bodies}</ap>"
