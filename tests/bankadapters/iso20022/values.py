"""Values of the ISO 20022 tests: a connection, a batch, status reports and statements by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from bankadapters.banks.iso20022.adapter import Iso20022Adapter
from bankadapters.contract import Ability, Batch, Connection, Inquiry, Instruction
from bankadapters.folders import Left, bundle
from bankadapters.transport import MemoryTransport
from kernel.money import Money

PAYER = "1400000000000001"
NUMBERS = ("Y01000000017", "Y01000000025")
BATCH = "B01000000017"
DAY = date(2026, 3, 10)


def a_connection(folder: Any = None, **parameters: str) -> Connection:
    base = f"file://{folder}" if folder else "file:///nowhere"
    endpoints = {"main": f"{base}/out", "answers": f"{base}/in"}
    return Connection("iso20022", endpoints, {"answer_wait_s": "0.2"} | parameters)


def an_instruction(reference: str = NUMBERS[0], **changes: Any) -> Instruction:
    values: dict[str, Any] = {
        "reference": reference, "payer_account": PAYER, "payer_name": "示例贸易有限公司",
        "payee_account": "6222020200112233445", "payee_name": "样例供应商有限公司", "payee_bank": "中国农业银行上海分行",
        "cnaps": "103290000007", "money": Money(Decimal("10.01")), "purpose": "货款", "day": DAY,
    }  # fmt: skip
    return Instruction(**(values | changes))


def a_batch(*items: Instruction) -> Batch:
    chosen = items or tuple(an_instruction(number) for number in NUMBERS)
    return Batch(BATCH, chosen, Ability.PAY_BATCH)


def an_inquiry(reference: str = NUMBERS[0], **changes: Any) -> Inquiry:
    values: dict[str, Any] = {
        "reference": reference, "day": DAY, "operation": Ability.PAY_BATCH, "batch_no": BATCH, "payer_account": PAYER,
    }  # fmt: skip
    return Inquiry(**(values | changes))


def row(reference: str, status: str, reason: str = "", *, amount: str = "") -> str:
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    said = f"<TxSts>{status}</TxSts>" if status else ""
    money = (
        f'<OrgnlTxRef><Amt><InstdAmt Ccy="CNY">{amount}</InstdAmt></Amt></OrgnlTxRef>'
        if amount
        else ""
    )
    return f"<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId>{said}{why}{money}</TxInfAndSts>"


def status(
    *rows: str, group: str = "", reason: str = "", number: str = BATCH, at: int = 0
) -> bytes:
    """A pain.002 about the batch; `at` orders reports."""
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    said = f"<GrpSts>{group}</GrpSts>" if group else ""
    block = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{number}</OrgnlPmtInfId>{''.join(rows)}</OrgnlPmtInfAndSts>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03">'
        f"<CstmrPmtStsRpt><GrpHdr><MsgId>S{at}</MsgId><CreDtTm>2026-03-10T09:{at:02d}:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{number}</OrgnlMsgId><OrgnlMsgNmId>pain.001</OrgnlMsgNmId>{said}{why}</OrgnlGrpInfAndSts>"
        f"{block if rows else ''}</CstmrPmtStsRpt></Document>"
    ).encode()


def entry(
    reference: str,
    amount: str = "10.01",
    *,
    side: str = "DBIT",
    serial: str = "V1",
    day: str = "2026-03-10",
) -> str:
    return (
        f'<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>{day}</Dt></BookgDt>'
        f"<AcctSvcrRef>{serial}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
    )


def statement(
    *entries: str,
    kind: str = "053",
    account: str = PAYER,
    day: str = "2026-03-10",
    closing: str = "100.00",
) -> bytes:
    """A camt.053 (052, 054) of an account."""
    root, holder, balance = {
        "052": ("BkToCstmrAcctRpt", "Rpt", "ITBD"), "053": ("BkToCstmrStmt", "Stmt", "CLBD"),
        "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn", ""),
    }[kind]  # fmt: skip
    held = (
        f'<Bal><Tp><CdOrPrtry><Cd>{balance}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
        if balance
        else ""
    )
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.02"><{root}><GrpHdr><MsgId>M</MsgId></GrpHdr>'
        f"<{holder}><Id>S{day}</Id><CreDtTm>{day}T23:00:00</CreDtTm><Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>"
        f"{held}{''.join(entries)}</{holder}></{root}></Document>"
    ).encode()


def files(*contents: bytes) -> bytes:
    """Several files as the folder gives them."""
    return bundle(Left(f"f{number}.xml", data) for number, data in enumerate(contents))


def asking(*answers: Any, **parameters: str) -> tuple[Iso20022Adapter, MemoryTransport]:
    """An adapter with scripted answers, and the transport its requests end in."""
    transport = MemoryTransport(answers)
    return Iso20022Adapter(a_connection(**parameters), transport=transport), transport
