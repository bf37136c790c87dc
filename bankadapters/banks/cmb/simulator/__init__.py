"""China Merchants Bank's front-end: XML in GBK over HTTP, a form or a socket. Written without the adapter.

Codes: SUC0000 and NCB4241, NCB1804, CMB1003 as seen in real answers; where the bank's list is not public the simulator
uses codes of its own, SIM9001 and up, answered nowhere but here.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import ClassVar
from urllib.parse import unquote_to_bytes

from bankadapters.banks.cmb.simulator import payments, queries
from bankadapters.banks.cmb.simulator.fields import CODES, KINDS, info
from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Request, Stream, World
from bankadapters.simulator.wire import Unreadable, read_xml, tags, text_of

Work = Callable[[World, str, ET.Element], str]


class CmbSimulator(BankSimulator):
    """招商银行 as its front-end program answers."""

    slug: ClassVar[str] = "cmb"
    paths: ClassVar[tuple[str, ...]] = ()
    codes: ClassVar[Mapping[str, str]] = CODES
    charset: ClassVar[str] = "gb18030"
    content_type: ClassVar[str] = "text/xml; charset=GBK"
    speaks_tcp: ClassVar[bool] = True
    admits = {"parameters": {"LGNNAM": "OPER01"}}
    demo_accounts = (("571900000010101", "57"), ("571900000010102", "57"))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        world.books.db.execute("CREATE TABLE IF NOT EXISTS cmb_printed(line INTEGER PRIMARY KEY)")
        self.quirks = world.faults.switch("quirks")
        self._work: dict[str, Work] = {
            "DCPAYMNT": payments.submit,
            "DCPAYREQ": payments.submit,
            "DCOPRTRF": payments.submit,
            "AgentRequest": payments.agent,
            "NTAGCSAL": payments.large,
            "NTAGCAPY": payments.large,
            "NTQRYSTY": queries.by_reference,
            "NTQRYSTN": queries.by_days,
            "NTSTLINF": queries.details,
            "NTPAYQYB": queries.returns,
            "NTAGCINY": queries.payroll,
            "GetAgentDetail": queries.payroll_items,
            "NTQADINF": queries.balances,
            "SDKNTQABINF": queries.history,
            "GetTransInfoEX": queries.entries,
            "ListAccount": queries.accounts,
            "SDKCSFDFBRT": queries.receipts,
        }

    @classmethod
    def address(cls, host: str, port: int) -> str:
        """HTTP is what the front-end is set up for as a rule."""
        return f"http://{host}:{port}/"

    @staticmethod
    def serial(number: int, at: float) -> str:
        """REQNBR: ten digits."""
        return f"{number % 10**10:010d}"

    async def receive(self, stream: Stream) -> bytes:
        """SOCKET mode: eight characters of length, left-aligned, then the document."""
        head = (await stream.readexactly(8)).strip()
        if not head.isdigit() or int(head) > 16 * 1024 * 1024:
            raise ConnectionError(f"strange header {head!r}")
        return await stream.readexactly(int(head))

    def frame(self, body: bytes, *, length: int | None = None) -> bytes:
        """The same header before an answer."""
        return str(len(body) if length is None else length).ljust(8).encode("ascii") + body

    def understand(self, call: Call) -> Request:
        """Read one document: bare, or in the field REQDATA of a form."""
        body = call.body
        if "form-urlencoded" in call.content_type and body.startswith(b"REQDATA="):
            body = unquote_to_bytes(body.removeprefix(b"REQDATA=").replace(b"+", b" "))
        try:
            root = read_xml(body)
        except Unreadable as error:
            raise Refusal("-3", str(error)) from error
        function, user = text_of(root, "INFO/FUNNAM"), text_of(root, "INFO/LGNNAM")
        if root.tag != "CMBSDKPGK" or text_of(root, "INFO/DATTYP") != "2" or not user:
            raise Refusal("-3", "应有 CMBSDKPGK/INFO，DATTYP 为 2，LGNNAM 不为空")
        if function not in self._work:
            raise Refusal("-9", f"不支持的函数 {function}")
        kind = KINDS[function]
        insids = (
            [node.text or "" for node in root.iter("YURREF")] if kind in ("pay", "inquire") else []
        )
        return Request(function, kind, insids, {"root": root, "user": user})

    def handle(self, request: Request) -> str:
        """Work the request; RETCOD 0 with no block at all is normal where there is nothing to tell."""
        root = request.parts["root"]
        if not isinstance(root, ET.Element):
            raise TypeError("a request of another bank")
        inside = self._work[request.operation](self.world, request.operation, root)
        function = request.operation
        if self.quirks and function == "DCPAYMNT":
            function = "Payment"
        return self._document(info(function, "0", "", str(request.parts["user"])) + inside)

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """A front-end error may carry nothing but RETCOD and ERRMSG."""
        words = refusal.text or CODES.get(refusal.code, "")
        if request is None or self.world.faults.count("cmb refusals") % 2:
            bare = tags([("ERRMSG", words), ("RETCOD", refusal.code)])
            return self._document(f"<INFO>{bare}</INFO>")
        user = str(request.parts["user"])
        return self._document(info(request.operation, refusal.code, words, user))

    def expire(self, request: Request) -> str:
        """Nobody is logged in at the front-end any more, for one message."""
        return self.refuse(Refusal("-4"), request)

    def _document(self, inside: str) -> str:
        return f'<?xml version="1.0" encoding="GBK"?>\n<CMBSDKPGK>{inside}</CMBSDKPGK>'
