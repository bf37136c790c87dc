"""A bank that takes pain.001 files and leaves pain.002, camt.052, camt.053 and camt.054. Written without the adapter.

Its first report comes when a message is taken, a further one whenever a payment came further. The day's entries go out in
camt.052 reports as they are booked, all of them again in the night's camt.053. With `quirks` it speaks newer versions,
with a prefix of its own namespace, and tells each entry in a camt.054 as well.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from bankadapters.banks.iso20022.simulator import words
from bankadapters.banks.iso20022.simulator.words import Versions
from bankadapters.simulator.bank import Call, Refusal, Request, World
from bankadapters.simulator.folders import FolderBank, Watched
from bankadapters.simulator.instructions import Order
from bankadapters.simulator.statement import Row
from bankadapters.simulator.wire import Unreadable, read_xml, text_of
from bankadapters.simulator.world import Told
from kernel import clock

READS = ("03", "09")
BIG = 1_000_000_000  # fen: above ten million somebody at the bank handles it
CODES = {
    "AC01": "账号或户名不符", "AC04": "收款账户已销户", "AM04": "余额不足", "AG01": "账户无权限", "AM05": "重复", "AM10": "合计金额不符",
    "AM18": "笔数不符", "FF01": "报文格式错误",
}  # fmt: skip
REASONS = {
    "no_funds": "AM04", "wrong_name": "AC01", "payee_closed": "AC04", "payer_unknown": "AG01",
}  # fmt: skip


class Iso20022Simulator(FolderBank):
    """国际报文银行 by its files."""

    slug: ClassVar[str] = "iso20022"
    codes = CODES
    demo_accounts = (("1400000000000001", ""), ("1400000000000002", ""))
    admits = {"parameters": {"answer_wait_s": "1"}}

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.versions = Versions.new() if world.faults.switch("quirks") else Versions.old()

    @staticmethod
    def serial(number: int, at: float) -> str:
        """AcctSvcrRef of a payment."""
        return f"ISO{number:013d}"

    # messages that come --------------------------------------------------------------------------------------

    def understand(self, call: Call) -> Request:
        """Read a pain.001. Raises Refusal for what names no message of its own."""
        try:
            root = read_xml(call.body)
        except Unreadable as error:
            raise Refusal("FF01", str(error)) from error
        space, _, name = root.tag.removeprefix("{").partition("}")
        if name != "Document" or space not in {words.space("pain.001", one) for one in READS}:
            raise Refusal("FF01", f"不支持的报文 {space}")
        _local(root)
        number = text_of(root, "CstmrCdtTrfInitn/GrpHdr/MsgId")
        if not number:
            raise Refusal("FF01", "MsgId 缺失")
        insids = [text_of(one, "PmtId/EndToEndId") for one in root.iter("CdtTrfTxInf")]
        return Request("pain.001", "pay", insids, {"root": root, "number": number})

    def take(self, request: Request) -> str:
        """Check the message, take its payments, and report what was taken."""
        root, number = request.parts["root"], str(request.parts["number"])
        if not isinstance(root, ET.Element):
            raise TypeError("a request of another bank")
        if self.world.of_batch("", number):
            return self._status(number, "RJCT", "AM05", ())
        if fault := words.fault_of(root):
            return self._status(number, "RJCT", fault, ())
        orders = [_order(block, row, number) for block in root.iter("PmtInf") for row in block.iter("CdtTrfTxInf")]  # fmt: skip
        items = self.world.accept(custid="", orders=orders)
        told = [
            one
            for order, item in zip(orders, items, strict=True)
            for one in self.world.taken(order, item, operation="pain.001")
        ]
        self.remember(number)
        states = {one.state in ("duplicate", "refused") for one in told}
        group = "PART" if len(states) > 1 else "RJCT" if states == {True} else "ACCP"
        return self._status(number, group, "", told)

    # reports -------------------------------------------------------------------------------------------------

    def reports(self, number: str) -> Sequence[str]:
        """Every payment of the message as it stands."""
        told = [
            one
            for item in self.world.of_batch("", number)
            for one in self.world.asked(item.insid, item, operation="pain.002")
            if one.item is not None
        ]
        return [self._status(number, "", "", told)]

    def _status(self, number: str, group: str, reason: str, told: Sequence[Told]) -> str:
        rows = [(one, *_standing(one)) for one in told]
        return words.status_report(
            self.versions, number, made=self._made(), group=group, reason=reason, rows=rows
        )

    def _made(self) -> str:
        """Moment and number of a document: no two are alike."""
        return f"{clock.now():%Y-%m-%dT%H:%M:%S}.{self.files % 1_000_000:06d}+08:00"

    # statements ----------------------------------------------------------------------------------------------

    def interim(self, watched: Watched, rows: Sequence[Row], day: date) -> Sequence[str]:
        """camt.052 with what the account holds now; with quirks a camt.054 of the same rows as well."""
        account = watched.account
        number = f"R{day:%Y%m%d}{watched.page:04d}-{account.number[-6:]}"
        balances = [("ITBD", account.balance, day), ("ITAV", account.balance, day)]
        told = [
            words.statement(
                self.versions.camt_052, account, rows, number=number, made=self._made(), balances=balances
            )
        ]  # fmt: skip
        if self.world.faults.switch("quirks") and rows:
            told.append(
                words.statement(
                    self.versions.camt_054, account, rows, number=f"N{number}", made=self._made(), balances=[]
                )
            )  # fmt: skip
        return told

    def closing(self, watched: Watched, rows: Sequence[Row], day: date) -> str:
        """camt.053 of a day."""
        account, books = watched.account, self.world.books
        opening = books.balance_on(account, f"{day - timedelta(days=1):%Y%m%d}")
        closing = books.balance_on(account, f"{day:%Y%m%d}")
        number = f"S{day:%Y%m%d}-{account.number[-6:]}"
        balances = [("OPBD", opening, day), ("CLBD", closing, day), ("CLAV", closing, day)]
        return words.statement(
            self.versions.camt_053, account, rows, number=number, made=self._made(), balances=balances
        )  # fmt: skip


def _local(root: ET.Element) -> None:
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]


def _order(block: ET.Element, row: ET.Element, number: str) -> Order:
    amount = int(Decimal(text_of(row, "Amt/InstdAmt")).scaleb(2))
    code = text_of(row, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId")
    bank = text_of(row, "CdtrAgt/FinInstnId/Nm")
    return Order(
        text_of(row, "PmtId/EndToEndId"), "pain.001", words.number_of(block.find("DbtrAcct")), amount,
        words.number_of(row.find("CdtrAcct")), text_of(row, "Cdtr/Nm"), bank, code,
        not code and bank.startswith("国际报文银行"), text_of(row, "RmtInf/Ustrd"), batch=number, manual=amount > BIG,
    )  # fmt: skip


def _standing(told: Told) -> tuple[str, str]:
    """(TxSts, reason) of a payment."""
    if told.strange:
        return told.strange, ""
    if told.state == "duplicate":
        return "RJCT", "AM05"
    if told.state in ("refused", "failed"):
        return "RJCT", REASONS.get(told.reason, "NARR")
    if told.state in ("settled", "returned"):
        return "ACSC", ""
    if told.state == "manual":
        return "PDNG", ""
    return ("ACSP" if told.done else "ACCP"), ""
