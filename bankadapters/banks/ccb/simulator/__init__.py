"""China Construction Bank's client on the enterprise's network: bare XML over TCP, or the field requestXml of a form.

Written without the adapter. Where the bank's list is not public the simulator uses codes of its own, SIM9… of twelve
characters, and its own layout of the answer to 6W0800 (DETAIL with SERIAL_NUM and RESULT: 0 under way, 1 paid, 2 not).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import ClassVar
from urllib.parse import unquote_to_bytes

from bankadapters.banks.ccb.simulator import payments, queries
from bankadapters.banks.ccb.simulator.fields import CODES, KINDS, Said
from bankadapters.simulator.bank import (
    BankSimulator,
    Call,
    Refusal,
    Request,
    Stream,
    World,
    until_closed,
)
from bankadapters.simulator.wire import Unreadable, read_xml, tags, text_of

Work = Callable[[World, ET.Element], Said]


class CcbSimulator(BankSimulator):
    """中国建设银行 as its client program answers."""

    slug: ClassVar[str] = "ccb"
    paths: ClassVar[tuple[str, ...]] = ()
    codes: ClassVar[Mapping[str, str]] = CODES
    charset: ClassVar[str] = "gb18030"
    content_type: ClassVar[str] = "text/xml; charset=GB18030"
    speaks_tcp: ClassVar[bool] = True
    admits = {
        "parameters": {
            "CUST_ID": "BJ11000000000000001", "USER_ID": "WLPT09", "not_found_codes": "SIM900000006", "BILL_CODE": "8800001",
            "USEOF_CODE": "0001", "6W0800_row": "DETAIL", "6W0800_serial": "SERIAL_NUM", "6W0800_result": "RESULT",
            "6W0800_success": "1", "6W0800_failure": "2",
        },
        "secrets": {"PASSWORD": "demo0000"},
    }  # fmt: skip
    demo_accounts = (
        ("11050100000000000011", "110000000"),
        ("11050100000000000022", "110000000"),
    )

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.quirks = world.faults.switch("quirks")
        self._work: dict[str, Work] = {
            "6W9101": queries.keep_alive,
            "6W0100": queries.balance,
            "6WY101": queries.entries,
            "6W0300": queries.history,
            "6W8010": payments.transfer,
            "6W8020": payments.transfer,
            "6W8060": payments.transfer,
            "6W8040": payments.batch,
            "6W1303": payments.payroll,
            "6W0600": payments.status,
            "6W1503": payments.status,
            "6W0500": payments.status,
            "6W0800": payments.batch_status,
        }

    @staticmethod
    def serial(number: int, at: float) -> str:
        """CREDIT_NO: twelve digits."""
        return f"1007{number % 10**8:08d}"

    async def receive(self, stream: Stream) -> bytes:
        """No frame at all: a request ends with its root."""
        return await until_closed(stream, b"</TX>")

    def understand(self, call: Call) -> Request:
        """Read one document, bare or in a form."""
        body = call.body
        if body.startswith(b"requestXml="):
            body = unquote_to_bytes(body.removeprefix(b"requestXml=").replace(b"+", b" "))
        try:
            root = read_xml(body)
        except Unreadable as error:
            raise Refusal("SIM900000001", str(error)) from error
        code, number = text_of(root, "TX_CODE"), text_of(root, "REQUEST_SN")
        names = ("CUST_ID", "USER_ID", "PASSWORD")
        is_signed = all(text_of(root, name) for name in names)
        if root.tag != "TX" or not is_signed or root.find("TX_INFO") is None:
            raise Refusal("SIM900000001", "应有 CUST_ID、USER_ID、PASSWORD 和 TX_INFO")
        if not (number.isascii() and number.isdigit() and len(number) <= 16):
            raise Refusal("SIM900000002", "REQUEST_SN 应为 16 位以内数字")
        if code not in self._work or text_of(root, "LANGUAGE") != "CN":
            raise Refusal("SIM900000003", f"不支持的交易 {code}")
        kind = KINDS[code]
        asked = text_of(root, "TX_INFO/REQUEST_SN1") or text_of(root, "TX_INFO/BATCH_NAME")
        insids = {"pay": [number], "inquire": [asked]}.get(kind, [])
        return Request(code, kind, insids, {"root": root, "number": number})

    def handle(self, request: Request) -> str:
        """Work the request and word its answer."""
        root = request.parts["root"]
        if not isinstance(root, ET.Element):
            raise TypeError("a request of another bank")
        said = self._work[request.operation](self.world, root)
        number = said.number or str(request.parts["number"])
        return self._document(request, number, "000000", "", said.inside)

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """An error stands in RETURN_CODE; TX_INFO is empty, or not there at all."""
        words = refusal.text or CODES.get(refusal.code, "")
        number = "" if request is None else str(request.parts["number"])
        return self._document(request, number, refusal.code, words, "")

    def _document(
        self, request: Request | None, number: str, code: str, words: str, inside: str
    ) -> str:
        language = "LANGUAGES" if self.quirks else "LANGUAGE"
        head = tags(
            [
                ("REQUEST_SN", number),
                ("CUST_ID", "" if request is None else self._customer(request)),
                ("TX_CODE", "" if request is None else request.operation),
                ("RETURN_CODE", code),
                ("RETURN_MSG", words),
                (language, "CN"),
            ]
        )
        gap = "\r\n  " if self.quirks else ""
        body = "" if self.quirks and not inside else f"<TX_INFO>{gap}{inside}{gap}</TX_INFO>"
        declared = "GB2312" if self.quirks else "GB18030"
        return f'<?xml version="1.0" encoding="{declared}"?>\n<TX>{head}{gap}{body}</TX>'

    @staticmethod
    def _customer(request: Request) -> str:
        root = request.parts["root"]
        return text_of(root, "CUST_ID") if isinstance(root, ET.Element) else ""
