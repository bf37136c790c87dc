"""Values of the Industrial Bank tests: one connection, the sheet's composed messages, answers around a body."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from bankadapters.banks.cib.adapter import CibAdapter
from bankadapters.contract import Ability, Batch, Connection, Instruction
from bankadapters.transport import MemoryTransport
from kernel.money import Money
from kernel.secrets import Secret

GOLDEN = Path(__file__).parent / "golden"
PAYER = "117010100100999901"
NUMBER = "P20240611000001"
BATCH_NO = "B20240611000001"
SECRET = "secret01"


def golden(name: str) -> bytes:
    """The sheet's message, without the note that names its source."""
    return re.sub(rb"<!--.*?-->\n", b"", (GOLDEN / f"{name}.xml").read_bytes()).strip()


def canonical(document: bytes) -> str:
    """Elements and text only: no prolog, no line ends between elements, one spelling of empty elements."""
    bare = re.sub(r"<\?.*?\?>", "", document.decode("gbk"))
    bare = re.sub(r">\s+<", "><", bare.strip())
    return re.sub(r"<(\w+)/>", r"<\1></\1>", bare)


def a_connection(**changes: object) -> Connection:
    parameters = {"CID": "1199999999", "USERID": "oper01"} | dict(changes.pop("parameters", {}))
    secrets = {"USERPASS": Secret(SECRET)}
    return Connection("cib", {"main": "http://127.0.0.1:9/"}, parameters, secrets, **changes)


def an_instruction(**changes: object) -> Instruction:
    """The payment of the sheet's section 4c."""
    values = {
        "reference": NUMBER,
        "payer_account": PAYER,
        "payer_name": "示例贸易有限公司",
        "payee_account": "6217000000000000001",
        "payee_name": "示例供应商",
        "payee_bank": "示例银行上海分行",
        "cnaps": "105290000001",
        "money": Money(Decimal("200.00")),
        "purpose": "货款",
        "remark": "示例",
        "day": date(2024, 6, 11),
    }
    return Instruction(**(values | changes))


def a_batch(*items: Instruction, operation: Ability = Ability.PAY) -> Batch:
    return Batch(BATCH_NO, items or (an_instruction(),), operation)


def fields(**values: str) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def answer(
    function: str,
    inside: str = "",
    *,
    number: str = NUMBER,
    code: str = "0",
    words: str = "",
    sign_on: str = "0",
) -> bytes:
    """An answer of this function; one whose sign-on failed comes without it."""
    status = f"<STATUS>{fields(CODE=code, SEVERITY='INFO', MESSAGE=words)}</STATUS>"
    signed = f"<SONRS><STATUS>{fields(CODE=sign_on, SEVERITY='INFO')}</STATUS></SONRS>"
    node = f"<{function}RS><TRNUID>{number}</TRNUID>{status}{inside}</{function}RS>"
    wrapped = f"<SECURITIES_MSGSRSV1>{node}</SECURITIES_MSGSRSV1>" if function else ""
    text = f"<FOX><SIGNONMSGSRSV1>{signed}</SIGNONMSGSRSV1>{wrapped}</FOX>"
    return text.encode("gbk")


def function_of(request: bytes) -> str:
    return re.search(rb"<SECURITIES_MSGSRQV1><(\w+)RQ>", request)[1].decode()


def number_of(request: bytes) -> str:
    return re.search(rb"<TRNUID>(\w+)<", request)[1].decode()


def echoing(inside: str = "", *, function: str = "", **more: str):
    """An answer that echoes number and function of the request it is given."""
    return lambda request: answer(
        function or function_of(request), inside, number=number_of(request), **more
    )


def info(side: str = "N", amount: str = "200.00", payer: str = PAYER, **more: str) -> str:
    """What an answer repeats of a transfer."""
    payee = (
        f'<ACCTTO INTERBANK="{side}" LOCAL="N">{fields(ACCTID="62", NAME="示例供应商")}</ACCTTO>'
    )
    first = fields(**more)
    return f"<XFERINFO>{first}<ACCTFROM>{fields(ACCTID=payer)}</ACCTFROM>{payee}<TRNAMT>{amount}</TRNAMT></XFERINFO>"


def state(code: str, words: str = "") -> str:
    return f"<XFERPRCSTS>{fields(XFERPRCCODE=code, MESSAGE=words)}</XFERPRCSTS>"


def taken(code: str, tag: str = "XFERRS", **more: str) -> str:
    return f"<{tag}><SRVRID>006099999901</SRVRID>{info(**more)}{state(code)}</{tag}>"


def stands(code: str, side: str = "Y", serial: str = "SRVRTID", **more: str) -> str:
    record = f"<{serial}>006099999901</{serial}>{info(side, **more)}{state(code)}"
    return f'<XFERINQRS><XFERLIST MORE="N"><XFER>{record}</XFER></XFERLIST></XFERINQRS>'


def core(result: str, status: str = "", claim: str = "", side: str = "N") -> str:
    told = fields(CORERESULT=result, CORESTATUS=status, CORECLM=claim)
    return f"<TXNSTATERS>{info(side, SRVRID='006099999901')}{told}</TXNSTATERS>"


def asking(*answers, **changes):
    """An adapter with scripted answers, and the transport its requests end in."""
    transport = MemoryTransport(answers)
    return CibAdapter(a_connection(**changes), transport=transport), transport
