"""A bank behind the SWIFT network that takes MT101 files and leaves acknowledgements, MT199, MT940 and MT942. Without the adapter.

The network acknowledges a message with a copy of it, or refuses one that it cannot read. The bank says nothing of what it
paid but in its statements: the day's entries in pages of an MT940 that stays open (62M) until the night closes it (62F).
What it refuses it tells in an MT199 after the guidelines. With `quirks` every entry comes in an MT942 as well, and field 86
is structured by `?` instead of by code words.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from bankadapters.banks.swift_mt.simulator import words
from bankadapters.simulator.bank import Call, Refusal, Request, World
from bankadapters.simulator.folders import FolderBank, Watched
from bankadapters.simulator.instructions import Order
from bankadapters.simulator.statement import Row
from kernel import clock

BIG = 1_000_000_000  # fen: above ten million somebody at the bank handles it
CODES = {
    "AC01": "账号或户名不符", "AC04": "收款账户已销户", "AM04": "余额不足", "AG01": "账户无权限", "AM05": "重复", "H50": "格式错误",
}  # fmt: skip
REASONS = {
    "no_funds": "AM04", "wrong_name": "AC01", "payee_closed": "AC04", "payer_unknown": "AG01",
}  # fmt: skip


class SwiftMtSimulator(FolderBank):
    """环球报文银行 by its files."""

    slug: ClassVar[str] = "swift_mt"
    suffix: ClassVar[str] = ".txt"
    codes = CODES
    demo_accounts = (("1500000000000001", ""), ("1500000000000002", ""))
    admits = {"parameters": {"answer_wait_s": "1", "charset": "utf-8"}}

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.quirks = world.faults.switch("quirks")

    @staticmethod
    def serial(number: int, at: float) -> str:
        """The bank's own reference of a payment."""
        return f"MT{number:010d}"

    # messages that come --------------------------------------------------------------------------------------

    def understand(self, call: Call) -> Request:
        """Read an MT101. Raises Refusal for what is none at all."""
        message = words.read(call.body)
        if message is None:
            raise Refusal("H50")
        parts: dict[str, object] = {
            "message": message,
            "copy": call.body.decode("utf-8", "replace"),
        }
        return Request("MT101", "pay", [one.number for one in message.payments], parts)

    def take(self, request: Request) -> str:
        """Acknowledge the message with its copy; the bank then takes what it has not taken before."""
        message, copy = request.parts["message"], str(request.parts["copy"])
        if not isinstance(message, words.Message):
            raise TypeError("a request of another bank")
        if message.fault:
            return words.acknowledgement(self._at(), message.number, copy, fault=message.fault)
        if not self.world.of_batch("", message.number):
            orders = [_order(message, one) for one in message.payments]
            self.world.accept(custid="", orders=orders)
            self.remember(message.number)
        return words.acknowledgement(self._at(), message.number, copy)

    def _at(self) -> str:
        return f"{clock.now():%y%m%d%H%M}"

    # reports -------------------------------------------------------------------------------------------------

    def reports(self, number: str) -> Sequence[str]:
        """Each refusal in a file of its own."""
        said = []
        for item in self.world.of_batch("", number):
            for told in self.world.asked(item.insid, item, operation="MT199"):
                if told.state in ("refused", "failed"):
                    code = told.strange[:4] or REASONS.get(told.reason, "MS03")
                    said.append(words.rejection(told.serial, number, told.reference, code))
        return said

    # statements ----------------------------------------------------------------------------------------------

    def interim(self, watched: Watched, rows: Sequence[Row], day: date) -> Sequence[str]:
        """One more page of the day's MT940; with quirks the same rows in an MT942 as well."""
        told = [self._page(watched, rows, day, is_last=False)]
        if self.quirks and rows:
            told.append(words.mt942(watched.account, rows, number=f"I{day:%y%m%d}{watched.page:04d}", at=self._at(), queried=True))  # fmt: skip
        return told

    def closing(self, watched: Watched, rows: Sequence[Row], day: date) -> str:
        """The day's last page: the rows that no page before it had, and the balance the day closed with."""
        watched.page += 1
        return self._page(
            watched, [row for row in rows if row.line > watched.row], day, is_last=True
        )

    def _page(self, watched: Watched, rows: Sequence[Row], day: date, *, is_last: bool) -> str:
        account = watched.account
        closing = self.world.books.balance_on(account, f"{day:%Y%m%d}")
        moved = sum(row.amount if row.incoming else -row.amount for row in rows)
        return words.mt940(
            account, rows, number=f"S{day:%y%m%d}{watched.page:04d}", day=day, page=watched.page,
            opening=closing - moved, closing=closing, is_last=is_last, queried=self.quirks,
        )  # fmt: skip


def _order(message: words.Message, one: words.Payment) -> Order:
    is_home = not one.cnaps and one.bank.startswith("环球报文银行")
    return Order(
        one.number, "MT101", message.payer, one.amount, one.payee, one.name, one.bank, one.cnaps, is_home, one.purpose,
        batch=message.number, manual=one.amount > BIG,
    )  # fmt: skip
