"""CITIC's front-end DLServer: `stream` documents in GBK over HTTP. Written without the adapter.

AAAAAAx, CP… and ED… codes are the bank's; where its list is not public the simulator uses codes of its own, SIM0001
and up: SIM0404 is what it says of a clientID it does not know.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import ClassVar

from bankadapters.banks.citic.simulator import accounts, payments
from bankadapters.banks.citic.simulator.fields import CODES, KINDS
from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Request, World
from bankadapters.simulator.wire import Unreadable, read_xml, tags, text_of

Work = Callable[[World, str, ET.Element], str]


class CiticSimulator(BankSimulator):
    """中信银行 as its front-end answers."""

    slug: ClassVar[str] = "citic"
    paths: ClassVar[tuple[str, ...]] = ()
    codes: ClassVar[Mapping[str, str]] = CODES
    charset: ClassVar[str] = "gb18030"
    content_type: ClassVar[str] = "text/xml; charset=GBK"
    admits = {"parameters": {"userName": "demo_login", "not_found_codes": "SIM0404"}}
    demo_accounts = (("8110700013500000001", ""), ("8110700013500000002", ""))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.quirks = world.faults.switch("quirks")
        self._work: dict[str, Work] = {
            "DLOUTTRN": payments.single,
            "DLINETRN": payments.single,
            "CMMANSWP": payments.single,
            "CMDWNSWP": payments.single,
            "DLPAYBAT": payments.batch,
            "DLSALIMP": payments.payroll,
            "DLCIDSTT": payments.status,
            "DLBATDET": payments.batch_status,
            "DLSALCOL": payments.payroll_status,
            "DLBALQRY": accounts.balances,
            "DLHBLQRY": accounts.history,
            "DLTRNALL": self._entries,
            "DLEDDRSQ": accounts.receipts,
            "DLEDCDTD": accounts.receipt,
        }

    def _entries(self, world: World, action: str, root: ET.Element) -> str:
        return accounts.entries(world, action, root, quirks=self.quirks)

    def understand(self, call: Call) -> Request:
        """Read one stream: an action and a login."""
        try:
            root = read_xml(call.body)
        except Unreadable as error:
            raise Refusal("SIM0001", str(error)) from error
        action = text_of(root, "action")
        if root.tag != "stream" or action not in KINDS:
            raise Refusal("SIM0002")
        if not text_of(root, "userName"):
            raise Refusal("SIM0009")
        insids = [text_of(node, ".") for name in ("clientID", "memo") for node in root.iter(name)]
        kind = KINDS[action]
        return Request(action, kind, insids if kind in ("pay", "inquire") else [], {"root": root})

    def handle(self, request: Request) -> str:
        """Do the work of an action."""
        root = request.parts["root"]
        if not isinstance(root, ET.Element):
            raise TypeError("a request of another bank")
        return self._document(self._work[request.operation](self.world, request.operation, root))

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """A status and words, nothing else."""
        words = refusal.text or CODES.get(refusal.code, "")
        return self._document(tags([("status", refusal.code), ("statusText", words)]))

    def _document(self, inside: str) -> str:
        declared = "GB2312" if self.quirks else "GBK"  # with GBK characters in it all the same
        return f'<?xml version="1.0" encoding="{declared}"?>\n<stream>{inside}</stream>'
