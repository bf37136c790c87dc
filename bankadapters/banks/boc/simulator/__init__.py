"""The Bank of China's side of BOCB2E (b2e): how it reads, checks, words and misbehaves. Written without the adapter.

Codes of the protocol: B001 done, B002 more rows (also the text-OK answer to a sign-off), B003 nothing found, B054 B059
B266 under way, B998 format wrong, 1033 and B107 not signed on. Where the bank's list is not public the simulator uses
codes of its own, S901 and up, answered nowhere but here: S901 duplicate insid, S902 insid not found, S903 no funds,
S904 payee name wrong, S905 payee account closed, S906 payer account not registered, S907 every payroll detail failed,
S910 terminal, S911 operator, S912 password, S913 operation, S914 queried account, S915 date range, S917 resubmission.
"""

from __future__ import annotations

import base64
import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import ClassVar

from bankadapters.banks.boc.simulator import payments, queries
from bankadapters.banks.boc.simulator.fields import CODES, ENVELOPE, KINDS, server_time, status
from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Request, World
from bankadapters.simulator.wire import Unreadable, first_fault, read_xml, tag, tags, text_of

ITEMS_MAX = 1000
SCHEMA = """CREATE TABLE IF NOT EXISTS boc_sessions(
  termid TEXT NOT NULL, custid TEXT NOT NULL, cusopr TEXT NOT NULL, token TEXT NOT NULL UNIQUE)"""


class BocSimulator(BankSimulator):
    """中国银行 as its front-end program answers."""

    slug: ClassVar[str] = "boc"
    paths: ClassVar[tuple[str, ...]] = (
        "/B2EC/E2BServlet",
        "/B2EP/XmlServlet",
        "/B2EPCSPJ/XmlServlet",
    )
    codes: ClassVar[Mapping[str, str]] = CODES
    admits = {
        "parameters": {"front_end_ip": "127.0.0.1", "custid": "30011223", "cusopr": "OPR01"},
        "secrets": {"oprpwd": "any"},
    }
    demo_accounts = (("440012345678", "40303"), ("440012345686", "40303"))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        world.books.db.execute(SCHEMA)
        self.quirks = world.faults.switch("quirks")
        self._work: dict[str, Callable[[ET.Element, ET.Element], str]] = {
            "b2e0001": self._sign_on,
            "b2e0002": self._sign_off,
            "b2e0005": self._on(queries.balances),
            "b2e0007": self._on(queries.inquire),
            "b2e0009": self._on(payments.transfer),
            "b2e0012": self._on(queries.history),
            "b2e0035": self._on(queries.statement),
            "b2e0061": self._on(payments.transfer),
            "b2e0078": self._on(payments.payroll),
        }

    def _on(
        self, work: Callable[[World, ET.Element, ET.Element], str]
    ) -> Callable[[ET.Element, ET.Element], str]:
        return lambda head, wrapper: work(self.world, head, wrapper)

    # reading -------------------------------------------------------------------------------------------------

    def understand(self, call: Call) -> Request:
        """Read one bocb2e document and check its envelope: terminal, operator, operation, session."""
        try:
            root = read_xml(call.body)
        except Unreadable as error:
            raise Refusal("B998", str(error)) from error
        head, trans = root.find("head"), root.find("trans")
        if root.tag != "bocb2e" or head is None or trans is None or len(trans) != 1:
            raise Refusal("B998", "应有且仅有一个 bocb2e/head 和 bocb2e/trans/trn-*-rq")
        fault = first_fault(ENVELOPE, head)
        if fault:
            raise Refusal("B998", fault)
        code, wrapper = text_of(head, "trncod"), trans[0]
        if code not in self._work:
            raise Refusal("S913")
        if wrapper.tag != f"trn-{code}-rq":
            raise Refusal("B998", "trncod 与报文体不符")
        items = wrapper.findall(f"{code}-rq")
        if not 1 <= len(items) <= ITEMS_MAX:
            raise Refusal("B998", f"{code}-rq 笔数应为 1-{ITEMS_MAX}")
        self._admit(head, code)
        insids = (
            [text_of(item, "insid") for item in items] if KINDS[code] in ("pay", "inquire") else []
        )
        return Request(code, KINDS[code], insids, {"head": head, "wrapper": wrapper})

    def _admit(self, head: ET.Element, code: str) -> None:
        options = self.world.options
        if options.termid and text_of(head, "termid") != options.termid:
            raise Refusal("S910")
        who = (text_of(head, "custid"), text_of(head, "cusopr"))
        if who not in options.operators:
            raise Refusal("S911")
        if code == "b2e0001":
            return
        token = text_of(head, "token")
        if not token:
            raise Refusal("1033")
        row = self.world.books.db.execute(
            "SELECT 1 FROM boc_sessions WHERE token=? AND termid=? AND custid=? AND cusopr=?",
            (token, text_of(head, "termid"), *who),
        ).fetchone()
        if row is None:
            raise Refusal("B107")

    # wording -------------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> str:
        """Work the request and wrap what came of it."""
        head, wrapper = self._elements(request)
        inside = self._work[request.operation](head, wrapper)
        return self._wrap(request, inside)

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """Errors travel as b2eerror with a bare head, now and then in the operation's own wrapper."""
        number = self.world.faults.count("refusals")
        field = "errmsg" if number % 3 == 1 else "rspmsg"
        inside = status(refusal.code, refusal.text, field=field)
        if request is not None and number % 2 == 1:
            return self._wrap(request, inside)
        trnid = text_of(self._elements(request)[0], "trnid") if request is not None else ""
        head = (tag("trnid", trnid) if trnid else "") + (
            tag("trncod", "b2eerror") if number % 4 < 2 else ""
        )
        error = f"<trans><trn-b2eerror-rs>{inside}</trn-b2eerror-rs></trans>"
        return f'{self._prolog()}<bocb2e version="120" locale="zh_CN"><head>{head}</head>{error}</bocb2e>'

    def expire(self, request: Request) -> str:
        """Forget the operator's session and answer 1033 or B107."""
        head, _ = self._elements(request)
        self._forget(head)
        return self.refuse(
            Refusal("1033" if self.world.faults.count("expired") % 2 else "B107"), request
        )

    def _elements(self, request: Request) -> tuple[ET.Element, ET.Element]:
        head, wrapper = request.parts["head"], request.parts["wrapper"]
        if not isinstance(head, ET.Element) or not isinstance(wrapper, ET.Element):
            raise TypeError("a request of another bank")
        return head, wrapper

    def _prolog(self) -> str:
        if not self.quirks:
            return '<?xml version="1.0" encoding="UTF-8"?>\n'
        number = self.world.faults.count("prologs")
        return (
            '<?xml version = "1.0" encoding = "UTF-8" ?>\n',
            '<?xml version="1.0" encoding="UTF - 8"?>',
        )[number % 2]

    def _wrap(self, request: Request, inside: str) -> str:
        head, _ = self._elements(request)
        code, trnid = request.operation, text_of(head, "trnid")
        seeded = self.world.seeded
        if self.quirks:
            inside = inside.replace("rspmsg>", "errmsg>")
        elif seeded.unit("errmsg", trnid) < 0.1:
            inside = inside.replace(
                "<rspcod>B001</rspcod><rspmsg>OK</rspmsg>",
                "<rspcod>B001</rspcod><errmsg>OK</errmsg>",
                1,
            )
        top = "" if seeded.unit("trnid", trnid) < 0.1 else tag("trnid", trnid)
        if seeded.unit("full head", trnid) < 0.5:
            top = tag("termid", text_of(head, "termid")) + top
            top += tags((n, text_of(head, n)) for n in ("custid", "cusopr"))
        top += tag("trncod", "bocb2e" if code == "b2e0012" else code)
        token = re.search(r"<token>[^<]*</token>", inside) if self.quirks else None
        if token:
            inside, top = inside.replace(token.group(), "", 1), top + token.group()
        body = f"<trn-{code}-rs>{inside}</trn-{code}-rs>"
        if not (self.quirks and code == "b2e0078"):
            body = f"<trans>{body}</trans>"
        root = (
            '<bocb2e version="120" lang="zh_CN">'
            if self.quirks
            else '<bocb2e version="120" security="true" locale="zh_CN">'
        )
        return f"{self._prolog()}{root}<head>{top}</head>{body}</bocb2e>"

    def misencoded(self, words: str, request: Request, draw: float) -> bytes:
        """GBK bytes declared as UTF-8, or the other way round, with something Chinese to notice it by."""
        chinese = words.replace(">OK<", ">处理完<")
        if draw < 0.5:
            return chinese.encode("gb18030")
        return chinese.replace('encoding="UTF-8"', 'encoding="GBK"').encode()

    # sessions ------------------------------------------------------------------------------------------------

    def _sign_on(self, head: ET.Element, wrapper: ET.Element) -> str:
        item = wrapper.find("b2e0001-rq")
        if not re.fullmatch(r"\d{12}|\d{14}", text_of(item, "custdt")):
            raise Refusal("B998", "custdt 格式错误")
        termid, custid, cusopr = (text_of(head, n) for n in ("termid", "custid", "cusopr"))
        wanted, given = self.world.options.operators[custid, cusopr], text_of(item, "oprpwd")
        if not given or (wanted and given != wanted):
            raise Refusal("S912")
        number = self.world.faults.count("sessions")
        text = f"{self.world.seeded.seed}/{termid}/{custid}/{cusopr}/{number}"
        token = base64.b64encode(hashlib.blake2b(text.encode(), digest_size=18).digest()).decode()
        if not self.world.options.parallel_sessions:
            self._forget(head)
        self.world.books.db.execute(
            "INSERT INTO boc_sessions VALUES(?,?,?,?)", (termid, custid, cusopr, token)
        )
        return status("B001", "OK") + server_time() + tag("token", token)

    def _sign_off(self, head: ET.Element, wrapper: ET.Element) -> str:
        self.world.books.db.execute(
            "DELETE FROM boc_sessions WHERE token=?", (text_of(head, "token"),)
        )
        return status("B002", "OK") + server_time()

    def _forget(self, head: ET.Element) -> None:
        who = tuple(text_of(head, n) for n in ("termid", "custid", "cusopr"))
        self.world.books.db.execute(
            "DELETE FROM boc_sessions WHERE termid=? AND custid=? AND cusopr=?", who
        )
