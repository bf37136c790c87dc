"""Industrial Bank's agent on the enterprise's network: FOX documents in GBK over HTTP, one function each.

Written without the adapter. The core's record of a payment to another bank is under way until it is settled; files of
receipts come two a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from bankadapters.banks.cib.simulator import payments, queries
from bankadapters.banks.cib.simulator.fields import CODES, ESCAPED, KINDS, OMITTED, SIGN_ON
from bankadapters.banks.cib.simulator.payments import Asked, Said
from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Request, World
from bankadapters.simulator.wire import Unreadable, first_fault, read_xml, tags, text_of
from kernel import clock

Work = Callable[[World, Asked], Said]


class CibSimulator(BankSimulator):
    """兴业银行 as its agent answers."""

    slug: ClassVar[str] = "cib"
    paths: ClassVar[tuple[str, ...]] = ()
    codes: ClassVar[Mapping[str, str]] = CODES
    charset: ClassVar[str] = "gbk"
    content_type: ClassVar[str] = "application/x-fox"
    admits = {
        "parameters": {"CID": "1199999999", "USERID": "oper01"},
        "secrets": {"USERPASS": "secret01"},
    }
    demo_accounts = (("117010100100999901", ""), ("117010100100999902", ""))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.quirks = world.faults.switch("quirks")
        self._work: dict[str, Work] = {
            "CURRACCTQUERYTRN": queries.balance,
            "HISBALQUERYTRN": queries.history,
            "SCUSTSTMTTRN": queries.entries,
            "XFERTRN": payments.transfer,
            "ICTRANSFERTRN": payments.transfer,
            "XFERINQTRN": payments.standing,
            "ICTRANSFERINQTRN": payments.standing,
            "INQSTATETRN": payments.core,
            "ASYNBATCHTRSFRTRN": payments.batch,
            "RBATCHTRSFRTRN": payments.batch,
            "RPAYOFFTRN": payments.payroll,
            "RPAYOFFINQTRN": payments.payroll_standing,
            "ELECTRONICRECEIPTTRN": queries.receipt_job,
            "ASYNRECEIPTINFOTRN": queries.receipt_files,
        }

    @staticmethod
    def serial(number: int, at: float) -> str:
        """SRVRID: twelve digits."""
        return f"0060{number % 10**8:08d}"

    def understand(self, call: Call) -> Request:
        """Read sign-on and function. Escapes are refused: values must not hold <, > or & at all."""
        if ESCAPED.search(call.body):
            raise Refusal("2002", "报文含非法字符")
        if call.content_type.split(";")[0].strip() != "application/x-fox":
            raise Refusal("2002", "Content-Type 应为 application/x-fox")
        try:
            root = read_xml(call.body)
        except Unreadable as error:
            raise Refusal("2002", str(error)) from error
        signed = root.find("SIGNONMSGSRQV1/SONRQ")
        if root.tag != "FOX" or signed is None or first_fault(SIGN_ON, signed):
            raise Refusal("15500", first_fault(SIGN_ON, signed) if signed is not None else "")
        if text_of(signed, "USERPASS").startswith("wrong"):
            raise Refusal("15500")
        nodes = list(root.find("SECURITIES_MSGSRQV1") or ())
        function = nodes[0].tag.removesuffix("RQ") if len(nodes) == 1 else ""
        if function not in self._work:
            raise Refusal("2002", f"不支持的功能 {function}")
        number = text_of(nodes[0], "TRNUID")
        if not number or len(number) > 30:
            raise Refusal("2002", "TRNUID 长度错误")
        is_query = function in OMITTED and len(nodes[0]) == 1
        kind = "inquire" if is_query else KINDS[function]
        asked = text_of(nodes[0], "XFERINQRQ/CLIENTREF") or number
        insids = [asked] if kind in ("pay", "inquire") else []
        return Request(function, kind, insids, {"asked": Asked(function, number, nodes[0])})

    def handle(self, request: Request) -> str:
        """Work the request and word its answer."""
        asked = request.parts["asked"]
        if not isinstance(asked, Asked):
            raise TypeError("a request of another bank")
        said = self._work[request.operation](self.world, asked)
        return self._document(request, said.number or asked.number, "0", "", said.inside)

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """A refusal of the sign-on comes alone; one of a function may have a body all the same."""
        words = refusal.text or CODES.get(refusal.code, "")
        asked = None if request is None else request.parts["asked"]
        if request is None or not isinstance(asked, Asked):
            return self._signed(refusal.code, words) + "</FOX>"
        inside, words = (words, CODES[refusal.code]) if words.startswith("<") else ("", words)
        return self._document(request, asked.number, refusal.code, words, inside)

    def _document(self, request: Request, number: str, code: str, words: str, inside: str) -> str:
        wrapper = "SECURITIES_MSGSV1" if self.quirks else "SECURITIES_MSGSRSV1"
        severity = "INFO" if code in ("0", "6421") else "ERROR"
        status = tags([("CODE", code), ("SEVERITY", severity), ("MESSAGE", words)])
        node = f"{tags([('TRNUID', number)])}<STATUS>{status}</STATUS>{inside}"
        function = f"{request.operation}RS"
        return (
            f"{self._signed('0', '')}<{wrapper}><{function}>{node}</{function}></{wrapper}></FOX>"
        )

    def _signed(self, code: str, words: str) -> str:
        prolog = "" if self.quirks else '<?xml version="1.0" encoding="GBK" standalone="yes"?>\n'
        status = tags(
            [("CODE", code), ("SEVERITY", "INFO" if code == "0" else "ERROR"), ("MESSAGE", words)]
        )
        time = tags([("DTSERVER", f"{clock.now():%Y-%m-%d %H:%M:%S}")])
        signed = f"<SONRS><STATUS>{status}</STATUS>{time}</SONRS>"
        return f"{prolog}<FOX><SIGNONMSGSRSV1>{signed}</SIGNONMSGSRSV1>"
