"""Values of the CEB tests: one connection, a payment, answers in the shape of real ones."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bankadapters.banks.ceb.adapter import CebAdapter
from bankadapters.contract import Ability, Batch, Connection, Inquiry, Instruction
from bankadapters.transport import MemoryTransport
from kernel.money import Money
from kernel.secrets import Secret

PAYER = "38010188000000001"
REFERENCE = "P260310000001"
DAY = date(2026, 3, 10)
PASSWORD = "demo0000"


def a_connection(**changes: object) -> Connection:
    parameters = {"usrID": "3000000001"} | dict(changes.pop("parameters", {}))
    secrets = changes.pop("secrets", {"userPassword": Secret(PASSWORD)})
    return Connection("ceb", {"main": "http://127.0.0.1:9"}, parameters, secrets, **changes)


def an_instruction(**changes: object) -> Instruction:
    values = {
        "reference": REFERENCE, "payer_account": PAYER, "payer_name": "示例贸易有限公司",
        "payee_account": "1001000100200300400", "payee_name": "样例供应商", "payee_bank": "中国工商银行",
        "cnaps": "102100099996", "money": Money(Decimal("66.00")), "purpose": "货款", "day": DAY,
    }  # fmt: skip
    return Instruction(**(values | changes))


def a_batch(*items: Instruction) -> Batch:
    return Batch("B2603100001", items or (an_instruction(),), Ability.PAY)


ASKED = [Inquiry(REFERENCE, day=DAY)]


def fields(**values: str) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def answer(*rows: str, code: str = "0000", number: str = "") -> bytes:
    """An answer whose root has a namespace; several rows stand in a list."""
    data = "".join(f"<RespData>{row}</RespData>" for row in rows)
    listed = f"<BatchRespList>{data}</BatchRespList>" if len(rows) > 1 else data
    said = fields(ReturnCode=code, ReturnMsg="", ReturnNote="")
    head = fields(TransCode="", BatchID=number, JnlDate="2026-03-10", JnlTime="2026-03-10T09:30:00")
    text = (
        '<?xml version="1.0" encoding="GBK"?><Transaction xmlns="http://www.cebbank.com/ent">'
        f"<SystemHead><UserId>1</UserId></SystemHead><TransHead>{head}</TransHead>"
        f"<TransContent>{said}{listed}</TransContent></Transaction>"
    )
    return text.encode("gb18030")


def stands(now: str, transfer: str, **more: str) -> bytes:
    return answer(fields(NowFlag=now, TransferFlag=transfer, **more))


def asking(*answers, **changes):
    """An adapter with scripted answers, and the transport its requests end in."""
    transport = MemoryTransport(answers)
    return CebAdapter(a_connection(**changes), transport=transport), transport
