"""A toy bank: its answers are what a test says they mean."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from bankadapters.contract import (
    Ability,
    AccountRef,
    Batch,
    Connection,
    Instruction,
    Outcome,
    Reading,
    Verdict,
    WireRequest,
)
from bankadapters.dialect import Dialect, Message
from bankadapters.paging import Spans
from bankadapters.profiles import Profile, Setting
from bankadapters.transport import MemoryTransport
from kernel import clock
from kernel.money import Money
from kernel.secrets import Secret

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=clock.SHANGHAI)
ACCOUNT = AccountRef("100")
SETTINGS = (
    Setting("user", "用户", "User", is_required=True),
    Setting("mode", "模式", "Mode", "safe"),
    Setting("password", "密码", "Password", is_required=True, is_secret=True),
)


class ToyAdapter(Dialect):
    """A bank whose answers are what a test says they mean: the answer's bytes name the reading."""

    profile = Profile(
        slug="toy", name_zh="玩具", name_en="Toy", cnaps_prefix="999", items_max=3, inquiry_items_max=2,
        balance_accounts_max=2, settings=SETTINGS, batch_bytes_max=100,
    )  # fmt: skip
    abilities = frozenset(Ability) - {Ability.RECEIPT_FILE}
    masked = ("password", "token")
    spans = Spans(days_max=2, today_apart=True)

    def __init__(self, *readings, **more):
        connection = Connection("toy", {}, {"user": "u"}, {"password": Secret("pw")})
        self.readings = list(readings)
        answers = [b"<answer/>" if isinstance(r, Reading) else r for r in readings]
        super().__init__(connection, transport=MemoryTransport(answers), **more)

    def compose(self, request: WireRequest, token: str) -> Message:
        body = f"{request.operation} {self.setting('user')} <token>{token}</token>"
        body += " ".join(i.reference for i in request.inquiries)
        if request.first:
            body += f" {request.first} {request.last} {request.cursor}"
        return Message("T1", body.encode(), number="7")

    def understand(self, operation, answer, asked):
        reading = self.readings.pop(0)
        if not isinstance(reading, Reading):
            raise ValueError("strange")
        return reading

    def kind_of(self, item, operation):
        return item.personal

    def size_of(self, item):
        return len(item.purpose)


def sessional(*readings, store=None, **more):
    class Sessional(ToyAdapter):
        keeps_session = True

    for name, value in more.items():
        setattr(Sessional, name, value)
    return Sessional(*readings, sessions=store)


def an_item(reference: str = "R1", **changes) -> Instruction:
    values = {
        "reference": reference, "payer_account": "100", "payer_name": "甲", "payee_account": "200", "payee_name": "乙",
        "payee_bank": "某行", "cnaps": "", "money": Money(Decimal(1)), "purpose": "款", "day": date(2026, 3, 10),
    }  # fmt: skip
    return Instruction(**(values | changes))


def a_batch(*items: Instruction, operation: Ability = Ability.PAY_BATCH) -> Batch:
    return Batch("B1", items or (an_item(),), operation)


def said(*outcomes: Outcome, verdict: Verdict = Verdict.READ, **more) -> Reading:
    return Reading("0", "ok", verdict, outcomes=outcomes, **more)


def opened(token: str = "T") -> Reading:
    return Reading("0", "ok", has_session=True, token=Secret(token))
