"""CMBC's proxy: `CMBC` documents over HTTP. Written without the adapter.

WYHL01, E1602, WEC32 and 88888888 are codes seen in sources; where the bank's list is not public the simulator uses codes
of its own, SIM01 and up, and for the balance element names of its own: simBalance and simAvailable.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import ClassVar

from bankadapters.banks.cmbc.simulator import work
from bankadapters.banks.cmbc.simulator.fields import CODES, HEADER, KINDS
from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Request, World
from bankadapters.simulator.wire import Unreadable, first_fault, read_xml, tag, tags, text_of
from kernel import clock

PATH = "/eweb/b2e/connect.do"
Work = Callable[[World, ET.Element], str]


class CmbcSimulator(BankSimulator):
    """中国民生银行 as its proxy answers."""

    slug: ClassVar[str] = "cmbc"
    paths: ClassVar[tuple[str, ...]] = (PATH,)
    codes: ClassVar[Mapping[str, str]] = CODES
    charset: ClassVar[str] = "gb18030"
    content_type: ClassVar[str] = "text/xml; charset=GBK"
    admits = {
        "parameters": {
            "clientId": "2000000001",
            "userId": "2000000001001",
            "debit_type": "1",
            "credit_type": "2",
            "balance_book": "simBalance",
            "balance_available": "simAvailable",
        },
        "secrets": {"userPswd": "demo0000"},
    }
    demo_accounts = (("600000001", ""), ("600000002", ""))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.quirks = world.faults.switch("quirks")
        self._work: dict[str, Work] = {
            "Xfer": work.transfer,
            "qryXfer": work.status,
            "qryBal": work.balance,
            "qryDtl": work.entries,
        }

    @staticmethod
    def serial(number: int, at: float) -> str:
        """svrId."""
        return f"SV{number:012d}"

    def understand(self, call: Call) -> Request:
        """Read one document: a request by its requestHeader, whatever the attribute header says."""
        if call.content_type.partition(";")[0] not in ("application/x-www-form-urlencoded", "application/x-NS-BDES"):  # fmt: skip
            raise Refusal("SIM02", "Content-Type 不支持")
        try:
            root = read_xml(call.body)
        except Unreadable as error:
            raise Refusal("SIM01", str(error)) from error
        head, body, trade = root.find("requestHeader"), root.find("xDataBody"), root.get("trnCode", "")  # fmt: skip
        if root.tag != "CMBC" or head is None or body is None or trade not in KINDS:
            raise Refusal("SIM01")
        fault = first_fault(HEADER, head) or ("" if text_of(body, "trnId") else "trnId 不能为空")
        if fault:
            raise Refusal("SIM01", fault)
        insids = [text_of(body, "insId")] if KINDS[trade] in ("pay", "inquire") else []
        return Request(trade, KINDS[trade], insids, {"body": body})

    def handle(self, request: Request) -> str:
        """Do the work of a trade."""
        body = request.parts["body"]
        if not isinstance(body, ET.Element):
            raise TypeError("a request of another bank")
        inside = self._work[request.operation](self.world, body)
        padded = f"\n  {text_of(body, 'trnId')} \n" if self.quirks else text_of(body, "trnId")
        return self._document(request.operation, "0", "", tag("trnId", padded) + inside)

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """An error has no body."""
        words = refusal.text or CODES.get(refusal.code, "")
        return self._document(request.operation if request else "", refusal.code, words, "")

    def _document(self, trade: str, code: str, words: str, inside: str) -> str:
        severity = "info" if code in ("0", "WYHL01") else "error"
        status = tags([("code", code), ("severity", severity), ("message", words)])
        more = [("dtServer", f"{clock.now():%Y-%m-%d %H:%M:%S}"), ("userKey", "N"), ("dtDead", ""), ("language", "chs")]  # fmt: skip
        head = f"<responseHeader><status>{status}</status>{tags(more)}</responseHeader>"
        names = ['header="100"', 'version="100"', 'security="none"', 'lang="chs"', f'trnCode="{trade}"']  # fmt: skip
        root = " ".join(names[::-1] if self.quirks else names)
        body = f"<xDataBody>{inside}</xDataBody>" if inside else ""
        return f'<?xml version="1.0" encoding="GBK"?>\n<CMBC {root}>{head}{body}</CMBC>'
