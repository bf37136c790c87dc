"""China Guangfa Bank's client on the enterprise's network: a form with one field, and the password's cipher in each answer.

Written without the adapter. Where the bank's list is not public the simulator uses codes of its own, 90..; the elements of a
balance are its own too. No batch can be sent here, because its request is not published.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import ClassVar
from urllib.parse import unquote_to_bytes

from bankadapters.banks.cgb.simulator import work
from bankadapters.banks.cgb.simulator.fields import CIPHER, CODES, HEAD, KINDS, Said
from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Request, World
from bankadapters.simulator.wire import Unreadable, first_fault, read_xml, tags, text_of
from kernel import clock

Work = Callable[[World, ET.Element], Said]
_FIELD = b"cgb_data="


class CgbSimulator(BankSimulator):
    """广发银行 as its client answers."""

    slug: ClassVar[str] = "cgb"
    paths: ClassVar[tuple[str, ...]] = ("/CGBClient/BankAction",)
    codes: ClassVar[Mapping[str, str]] = CODES
    charset: ClassVar[str] = "gbk"
    content_type: ClassVar[str] = "text/html; charset=GBK"
    admits = {
        "parameters": {
            "cifMaster": "1000000001",
            "entUserId": "OP01",
            "balance_element": "balance",
            "available_element": "usableBalance",
            "no_rows_codes": "906",
            "not_found_codes": "905",
        },
        "secrets": {"password": "demo0000"},
    }
    demo_accounts = (("9550880000000000011", ""), ("9550880000000000029", ""))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.quirks = world.faults.switch("quirks")
        self._work: dict[str, Work] = {
            "0001": work.balance,
            "0032": work.entries,
            "0011": work.transfer,
            "0021": work.transfer,
            "0012": work.transfer,
            "0004": work.status,
            "0022": work.status,
            "0034": work.batch_status,
        }

    @staticmethod
    def serial(number: int, at: float) -> str:
        """traceNo: twelve digits."""
        return f"3060{number % 10**8:08d}"

    def understand(self, call: Call) -> Request:
        """Read the document in the form."""
        if not call.body.startswith(_FIELD):
            raise Refusal("901", "应为表单 cgb_data")
        try:
            root = read_xml(unquote_to_bytes(call.body.removeprefix(_FIELD).replace(b"+", b" ")))
        except Unreadable as error:
            raise Refusal("901", str(error)) from error
        head = root.find("Message/commHead")
        fault = "commHead 缺失" if head is None else first_fault(HEAD, head)
        code, number = text_of(head, "tranCode"), text_of(head, "entSeqNo")
        if root.tag != "BEDC" or fault or code not in self._work:
            raise Refusal("901", fault or f"不支持的交易 {code}")
        asked = text_of(root, "Message/Body/origEntseqno")
        insids = {"pay": [number], "inquire": [asked]}.get(KINDS[code], [])
        return Request(code, KINDS[code], insids, {"root": root, "number": number})

    def handle(self, request: Request) -> str:
        """Work the request and word its answer."""
        root = request.parts["root"]
        if not isinstance(root, ET.Element):
            raise TypeError("a request of another bank")
        return self._document(request, self._work[request.operation](self.world, root))

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """A refusal stands in retCode; the body is empty."""
        return self._document(request, Said(code=refusal.code))

    def _document(self, request: Request | None, said: Said) -> str:
        now, number = clock.now(), "" if request is None else str(request.parts["number"])
        head = tags([
            ("tranCode", "" if request is None else request.operation), ("cifMaster", "1000000001"),
            ("entSeqNo", said.number or number), ("tranDate", f"{now:%Y%m%d}"), ("tranTime", f"{now:%H%M%S}"),
            ("retCode", said.code), ("entUserId", ""), ("password", CIPHER),
        ])  # fmt: skip
        declared = 'encoding = "GBK"' if self.quirks else 'encoding="GBK"'
        body = f"<Body>{said.inside}</Body>"
        return f'<?xml version="1.0" {declared}?>\n<BEDC><Message><commHead>{head}</commHead>{body}</Message></BEDC>'
