"""CEB's 银企通 proxy: `Transaction` documents over HTTP, the password in the address. Written without the adapter.

0000 and B2E000010 are codes seen in sources; otherwise the simulator uses codes of its own, SIM0001 and up, and flags of
its own but for 00/00, which is paid: 01/01 is under way, 00/03 failed, 00/02 not found.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import ClassVar

from bankadapters.banks.ceb.simulator import work
from bankadapters.banks.ceb.simulator.fields import CODES, HEAD, KINDS
from bankadapters.simulator import paper
from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Reply, Request, World
from bankadapters.simulator.wire import Unreadable, first_fault, read_xml, tags, text_of
from kernel import clock

_PATH = re.compile(r"/ent/(b2e\d{6})\.do")
PASSWORD, CUSTOMER = "demo0000", "3000000001"
DOWNLOAD = "/ent/downloadFile.do"


class CebSimulator(BankSimulator):
    """中国光大银行 as its proxy answers."""

    slug: ClassVar[str] = "ceb"
    paths: ClassVar[tuple[str, ...]] = ()
    codes: ClassVar[Mapping[str, str]] = CODES
    charset: ClassVar[str] = "gb18030"
    content_type: ClassVar[str] = "text/xml; charset=GBK"
    admits = {
        "parameters": {"usrID": CUSTOMER, "not_found_codes": "00/02"},
        "secrets": {"userPassword": PASSWORD},
    }
    demo_accounts = (("38010188000000001", ""), ("38010188000000002", ""))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.quirks = world.faults.switch("quirks")

    @classmethod
    def address(cls, host: str, port: int) -> str:
        """Every trade has a path of its own below it."""
        return f"http://{host}:{port}"

    def respond(self, call: Call) -> Reply:
        """A file is fetched by its name; everything else is a trade."""
        if call.path != DOWNLOAD:
            return super().respond(call)
        name = (call.query.get("fileName") or [""])[0]
        if (call.query.get("userPassword") or [""])[0] != PASSWORD or not name.endswith(".pdf"):
            return Reply(b"not found", 404, "text/plain")
        return Reply(paper.receipt(name.removesuffix(".pdf"), []), content_type="application/pdf")

    def understand(self, call: Call) -> Request:
        """Read one document: the trade in the path and in its head, the password in the address."""
        path = _PATH.fullmatch(call.path)
        try:
            root = read_xml(call.body)
        except Unreadable as error:
            raise Refusal("SIM0001", str(error)) from error
        head, data = root.find("TransHead"), root.find("TransContent/ReqData")
        if root.tag != "Transaction" or head is None or data is None or first_fault(HEAD, head):
            raise Refusal("SIM0001")
        trade = text_of(head, "TransCode")
        if path is None or trade not in KINDS or path[1] != trade:
            raise Refusal("SIM0002")
        told = {name: (values or [""])[0] for name, values in call.query.items()}
        pays = KINDS[trade] == "pay"
        if told.get("userPassword") != PASSWORD or (pays and (told.get("usrID"), told.get("Sigdata")) != (CUSTOMER, "1")):  # fmt: skip
            raise Refusal("SIM0003")
        insids = [text_of(data, "ClientPatchID" if pays else "ClientPchID")]
        kind = KINDS[trade]
        return Request(trade, kind, insids if kind != "query" else [], {"head": head, "data": data})

    def handle(self, request: Request) -> str:
        """Do the work of a trade."""
        head, data = request.parts["head"], request.parts["data"]
        if not isinstance(head, ET.Element) or not isinstance(data, ET.Element):
            raise TypeError("a request of another bank")
        if request.operation == "b2e004001":
            inside = work.transfer(self.world, head, data)
        elif request.operation == "b2e004003":
            inside = work.status(self.world, data)
        else:
            inside = work.receipts(self.world, data)
        return self._document(head, "0000", CODES["0000"], inside)

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """A code and words, no data."""
        head = request.parts.get("head") if request is not None else None
        words = refusal.text or CODES.get(refusal.code, "")
        return self._document(head if isinstance(head, ET.Element) else None, refusal.code, words, "")  # fmt: skip

    def _document(self, head: ET.Element | None, code: str, words: str, inside: str) -> str:
        now = clock.now()
        day, time = f"{now:%Y%m%d}", f"{now:%H%M%S}"
        user = "UserID"
        if self.quirks:  # seen: another spelling, and another shape of day and time
            user, day, time = "UserId", f"{now:%Y-%m-%d}", f"{now:%Y-%m-%dT%H:%M:%S}"
        system = tags([("Language", "zh_CN"), ("CifNo", CUSTOMER), (user, "")])
        trans = tags([
            ("TransCode", text_of(head, "TransCode")), ("BatchID", text_of(head, "BatchID")), ("JnlDate", day), ("JnlTime", time),
        ])  # fmt: skip
        said = tags([("ReturnCode", code), ("ReturnMsg", words), ("ReturnNote", "")])
        return (
            '<?xml version="1.0" encoding="GBK"?>\n<Transaction xmlns="http://www.cebbank.com/ent">'
            f"<SystemHead>{system}</SystemHead><TransHead>{trans}</TransHead>"
            f"<TransContent>{said}{inside}</TransContent></Transaction>"
        )
