"""Ping An Bank messages: declarations only.  Source: PingAn sheet, sections 3 and 4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bankadapters.framing import HeaderLength
from bankadapters.messages import Record, count, day, many, text, yuan
from bankadapters.packed import Packed, column

FRAME = HeaderLength(
    222,
    at=30,
    digits=10,
    starts="A00[0-9][0-9]{2}",
    attachments_at=221,
    attachment_width=277,
    attachment_digits=10,
)


@dataclass(frozen=True)
class Header(Packed):
    """The fixed header before every body; offsets count bytes.  Source: section 3."""

    version: str = column(width=4)
    target: str = column(width=2)
    encoding: str = column(width=2)
    protocol: str = column(width=2)
    enterprise: str = column(width=20, pad="0")
    length: str = column(width=10, pad="0")
    code: str = column(width=6)
    operator: str = column(width=5)
    service: str = column(width=2)
    day: str = column(width=8)
    time: str = column(width=6)
    serial: str = column(width=20)
    result: str = column(width=6)
    words: str = column(width=100)
    more: str = column(width=1)
    times: str = column(width=3)
    signed: str = column(width=1)
    sign_kind: str = column(width=1)
    algorithm: str = column(width=12)
    sign_length: str = column(width=10)
    attachments: str = column(width=1)


class BalanceQuery(Record, tag="Result"):
    """4001."""

    account: str = text("Account")
    currency: str = text("CcyCode")


class HistoryQuery(Record, tag="Result"):
    """4012."""

    account: str = text("Account")
    day: date = day("RptDate")
    reserve: str = text("Reserve")


class EntriesQuery(Record, tag="Result"):
    """4013.  Source: section 4, details."""

    account: str = text("AcctNo")
    currency: str = text("CcyCode")
    first: date = day("BeginDate")
    last: date = day("EndDate")
    page: str = text("PageNo")
    size: str = text("PageSize")
    reserve: str = text("Reserve")
    order: str = text("OrderMode", "002")


class Payment(Record, tag="Result"):
    """4004.  Source: section 4, single transfer."""

    reference: str = text("ThirdVoucher")
    ours: str | None = text("CstInnerFlowNo", None)
    currency: str = text("CcyCode")
    payer_account: str = text("OutAcctNo")
    payer_name: str = text("OutAcctName")
    cnaps: str | None = text("InAcctBankNode", None)
    payee_account: str = text("InAcctNo")
    payee_name: str = text("InAcctName")
    payee_bank: str = text("InAcctBankName")
    amount: Decimal = yuan("TranAmount")
    purpose: str = text("UseEx")
    is_home: str = text("UnionFlag")
    speed: str = text("SysFlag")
    place: str = text("AddrFlag")


class BatchItem(Record, tag="HOResultSet4018R"):
    """One payment of 4018.  Source: section 4, batches."""

    reference: str = text("SThirdVoucher")
    cnaps: str | None = text("InAcctBankNode", None)
    payee_account: str = text("InAcctNo")
    payee_name: str = text("InAcctName")
    payee_bank: str = text("InAcctBankName")
    amount: Decimal = yuan("TranAmount")
    purpose: str = text("UseEx")
    is_home: str = text("UnionFlag")
    place: str = text("AddrFlag")


class BatchPayment(Record, tag="Result"):
    """4018.  Source: section 4, batches."""

    batch_no: str = text("ThirdVoucher")
    items: int = count("totalCts")
    total: Decimal = yuan("totalAmt")
    speed: str = text("BSysFlag")
    currency: str = text("CcyCode")
    payer_account: str = text("OutAcctNo")
    payer_name: str = text("OutAcctName")
    debit: str = text("PayType")
    rows: list[BatchItem] = many("HOResultSet4018R")


class StatusQuery(Record, tag="Result"):
    """4005: by our number, or by the bank's where that is all there is."""

    reference: str | None = text("OrigThirdVoucher", None)
    serial: str | None = text("OrigFrontLogNo", None)


class AskedItem(Record, tag="HOResultSet4015R"):
    """One payment asked about in 4015."""

    reference: str = text("SThirdVoucher")


class BatchQuery(Record, tag="Result"):
    """4015.  Source: section 4, batches."""

    batch_no: str = text("OrigThirdVoucher")
    kind: str = text("QueryType")
    size: str = text("PageCts")
    page: str = text("PageNo")
    rows: list[AskedItem] = many("HOResultSet4015R")


class ReceiptQuery(Record, tag="Result"):
    """F001."""

    day: date = day("QueryDate")
    account: str = text("Account")
    business: str = text("BsnCode")


class HeartBeat(Record, tag="Result"):
    """S001: an empty body."""


class BalanceAnswer(Record, tag="Result"):
    """4001 and 4012: Balance is what is available, TotalAmount the book balance.  Source: section 4."""

    account: str = text("Account")
    currency: str = text("CcyCode")
    available: Decimal | None = yuan("Balance")
    book: Decimal | None = yuan("TotalAmount")
    day: date | None = day("RptDate")
    history: Decimal | None = yuan("HisBalance")
    history_book: Decimal | None = yuan("HisBookBalance")


class Entry(Record, tag="list"):
    """One row of 4013.  Source: section 4, details."""

    booked_on: date | None = day("AcctDate")
    time: str = text("TxTime")
    trace: str = text("HostTrace")
    business: str = text("BussSeqNo")
    detail: str = text("DetailSerialNo")
    out_account: str = text("OutAcctNo")
    out_name: str = text("OutAcctName")
    out_bank: str = text("OutBankName")
    in_account: str = text("InAcctNo")
    in_name: str = text("InAcctName")
    in_bank: str = text("InBankName")
    currency: str = text("CcyCode")
    amount: Decimal | None = yuan("TranAmount")
    side: str = text("DcFlag")
    balance: Decimal | None = yuan("AcctBalance")
    narrative: str = text("AbstractStr")
    more_narrative: str = text("AbstractStr_Desc")
    purpose: str = text("Purpose")
    voucher: str = text("CVoucherNo")


class EntriesAnswer(Record, tag="Result"):
    """A page of 4013."""

    account: str = text("AcctNo")
    ends: str = text("EndFlag")
    page: int | None = count("PageNo")
    rows: list[Entry] = many("list")


class Taken(Record, tag="Result"):
    """The answer to 4004 and 4018.  Source: section 4."""

    reference: str = text("ThirdVoucher")
    serial: str = text("FrontLogNo")
    amount: Decimal | None = yuan("TranAmount")
    payer_account: str = text("OutAcctNo")


class Standing(Record, tag="Result"):
    """One payment as 4005 and the items of 4015 tell it.  Source: section 4 and 5."""

    reference: str = text("OrigThirdVoucher")
    item: str = text("SThirdVoucher")
    serial: str = text("FrontLogNo")
    amount: Decimal | None = yuan("TranAmount")
    payer_account: str = text("OutAcctNo")
    stt: str = text("Stt")
    is_back: str = text("IsBack")
    why_back: str = text("BackRem")
    words: str = text("Yhcljg")
    host_error: str = text("hostErrorCode")


class BatchAnswer(Record, tag="Result"):
    """A page of 4015; batchSTT tells of the batch's handling, never of a payment.  Source: section 5."""

    reference: str = text("OrigThirdVoucher")
    ends: str = text("IsEnd")
    handled: str = text("batchSTT")


class ReceiptAnswer(Record, tag="Result"):
    """F001: one file of receipts; its password stays out of the evidence."""

    name: str = text("FileName")
    path: str = text("FilePath")
