"""CEB messages: declarations only, spelling mistakes included.  Source: the banks' overview, section 2.1."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bankadapters.messages import Record, count, day, text, yuan


class SystemHead(Record, tag="SystemHead"):
    """Who asks; flags that nobody describes stay empty."""

    language: str = text("Language", "zh_CN")
    encoding: str = text("Encodeing")
    version: str = text("Version")
    service: str = text("ServiceName")
    customer: str = text("CifNo")
    user: str = text("UserID")
    mac_flag: str = text("SyMacFlag")
    mac: str = text("MAC")
    pin_flag: str = text("SyPinFlag")
    pin_seed: str = text("PinSeed")
    licence: str = text("LicenseId")
    flag: str = text("Flag")
    note: str = text("Note")


class TransHead(Record, tag="TransHead"):
    """Which trade, under which number; an answer's day and time may have another shape."""

    trade: str = text("TransCode")
    number: str = text("BatchID")
    day: str = text("JnlDate")
    time: str = text("JnlTime")


class Transfer(Record, tag="ReqData"):
    """b2e004001: one payment."""

    reference: str = text("ClientPatchID")
    kind: str = text("transferType")
    payer_account: str = text("accountNo")
    payee_name: str = text("toAccountName")
    payee_account: str = text("toAccountNo")
    payee_bank: str = text("toBank")
    amount: Decimal = yuan("amount")
    place: str = text("toLocation")
    signature: str = text("clientSignature")
    check: str = text("checkNo")
    check_password: str = text("checkPassword")
    note: str = text("note")
    other_note: str = text("noteOther")
    cnaps: str = text("bankNo")
    is_urgent: str = text("isUrgent")
    telephone: str = text("cellphone")
    is_person: str = text("perOrEnt")
    audit: str = text("IsAudit")
    rule: str = text("matchRule")


class StatusAsked(Record, tag="ReqData"):
    """b2e004003: a payment by the two numbers it was sent under."""

    number: str = text("ClientPatchID")
    batch: str = text("ClientBchID")
    reference: str = text("ClientPchID")


class ReceiptsAsked(Record, tag="ReqData"):
    """b2e005023: receipts of some days, or the file of one."""

    generates: str = text("OperationType", "0")
    number: str = text("BillNumber")
    account: str = text("ActNo")
    first: date | None = day("BeginDate")
    last: date | None = day("EndDate")
    low: str = text("BeginAmount")
    high: str = text("EndAmount")
    begin: int | None = count("BeginNum")
    rows: int | None = count("QueryNum")


class Said(Record, tag="TransContent"):
    """What became of a message."""

    code: str = text("ReturnCode")
    words: str = text("ReturnMsg")
    note: str = text("ReturnNote")


class Stands(Record, tag="RespData"):
    """Where a payment stands; the numbers where they are echoed."""

    now: str = text("NowFlag")
    transfer: str = text("TransferFlag")
    batch: str = text("ClientBchID")
    reference: str = text("ClientPchID")


class ReceiptRow(Record, tag="RespData"):
    """One receipt."""

    number: str = text("BillNumber")
    flow: str = text("FlowNumber")
