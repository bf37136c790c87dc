"""Values of the ICBC tests: one connection, the sheet's composed payment, golden bytes, dressed answers."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from bankadapters.banks.icbc.adapter import IcbcAdapter
from bankadapters.contract import Ability, Batch, Connection, Instruction
from bankadapters.transport import MemoryTransport
from kernel.money import Money

GOLDEN = Path(__file__).parent / "golden"
PAYER = "1001000100200300400"
PACKAGE = "P20260310090500001"
SIGNED = b"<html><head><title>ok</title><result>0</result></head><body><sign>c2lnbmVk</sign></body></html>"
SETTINGS = {"CIS": "100090000000001", "ID": "demo.y.1000", "RecCityName": "上海"}


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.xml").read_bytes()


def canonical(message: bytes) -> str:
    """Elements and text only: no prolog, no source note, no layout, one spelling of empty elements."""
    bare = re.sub(r"<\?.*?\?>|<!--.*?-->", "", message.decode("gbk"), flags=re.DOTALL)
    return re.sub(r">\s+<", "><", re.sub(r"<(\w+)/>", r"<\1></\1>", bare)).strip()


def inside(message: bytes, name: str) -> str:
    """One element of a document, canonical."""
    found = re.search(f"<{name}>.*</{name}>", canonical(message), re.DOTALL)
    assert found is not None
    return found[0]


def a_connection(**changes: object) -> Connection:
    parameters = SETTINGS | dict(changes.pop("parameters", {}))
    endpoints = {"main": "http://127.0.0.1:9", "sign": "http://127.0.0.1:9"}
    return Connection("icbc", endpoints, parameters, **changes)


def an_instruction(**changes: object) -> Instruction:
    """The payment of the sheet's section 4 (d)."""
    values = {
        "reference": PACKAGE, "payer_account": PAYER, "payer_name": "示例贸易有限公司", "payee_account": "440012345678",
        "payee_name": "样例供应商", "payee_bank": "中国银行", "cnaps": "104100000004", "money": Money(Decimal("5000.00")),
        "purpose": "货款", "day": date(2026, 3, 10), "urgent": True,
    }  # fmt: skip
    return Instruction(**(values | changes))


def a_batch(*items: Instruction, operation: Ability = Ability.PAY) -> Batch:
    return Batch("B20260310001", items or (an_instruction(),), operation)


def dressed(document: bytes) -> bytes:
    return b"reqData=" + base64.b64encode(document)


def fields(**values: str) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def rd(**values: str) -> str:
    return f"<rd>{fields(**values)}</rd>"


def document(out: str = "", *, code: str = "0", number: str = "", serial: str = "") -> bytes:
    pub = fields(fSeqno=number, SerialNo=serial, RetCode=code, RetMsg="")
    text = f'<?xml  version="1.0"  encoding="GBK" ?><CMS><eb><pub>{pub}</pub><out>{out}</out></eb></CMS>'
    return text.encode("gb18030")


def paid(result: str, *, package: str = PACKAGE, code: str = "0", **more: str) -> bytes:
    """An answer to a submission of one payment."""
    row = {"iSeqno": "1", "ERPSqn": package, "PayAmt": "500000", "OrderNo": "1", "Result": result}
    return document(rd(**(row | {"iRetCode": code} | more)), number=package, serial="CMM0000001")


def stands(result: str, *, package: str = PACKAGE, **more: str) -> str:
    """The `out` of a status answer about one payment."""
    row = {"iSeqno": "1", "ERPSqn": package, "PayAccNo": PAYER, "PayAmt": "500000", "Result": result}  # fmt: skip
    head = fields(QryfSeqno=package, QrySerialNo="CMM0000001")
    return head + rd(**(row | {"iRetCode": "0"} | more))


def echoing(out: str, *, code: str = "0"):
    """A live answer: it carries the package number of the request it answers."""

    def answer(request: bytes) -> bytes:
        found = re.search(rb"PackageID=([0-9A-Za-z]*)", request)
        return dressed(document(out, code=code, number=found[1].decode() if found else ""))

    return answer


def form_of(request: bytes) -> Mapping[str, bytes]:
    """The fields of a posted form, as bytes."""
    from urllib.parse import unquote_to_bytes

    pairs = (part.partition(b"=") for part in request.split(b"&"))
    return {name.decode(): unquote_to_bytes(value) for name, _, value in pairs}


def asking(*answers, **changes):
    """An adapter with scripted answers, and the transports its requests end in: business, signing."""
    business, signing = MemoryTransport(answers), MemoryTransport([SIGNED] * 9)
    adapter = IcbcAdapter(a_connection(**changes), transport={"main": business, "sign": signing})
    return adapter, business, signing
