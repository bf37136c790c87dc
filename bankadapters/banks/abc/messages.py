"""Agricultural Bank of China messages: declarations only.  Source: ABC sheet, sections 3 and 4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bankadapters.framing import LengthPrefix
from bankadapters.messages import Record, count, day, text, yuan
from bankadapters.packed import Packed, column

FRAME = LengthPrefix(width=6, pad=" ", flag=b"0")  # a flag, six digits on the left: section 1


class RequestHead(Record, tag="ap"):
    """What stands before the groups of every request.  Source: section 3."""

    code: str = text("CCTransCode")
    product: str = text("ProductID", "ICC")
    channel: str = text("ChannelType", "ERP")
    corporation: str = text("CorpNo")
    operator: str = text("OpNo")
    authority: str = text("AuthNo")
    number: str = text("ReqSeqNo")
    day: date = day("ReqDate")
    time: str = text("ReqTime")
    sign: str = text("Sign")
    file: str = text("FileFlag", "0")
    amount: Decimal | None = yuan("Amt")


class AnswerHead(Record, tag="ap"):
    """What every answer says of itself; the transaction stands under either of two names.  Source: sections 3 and 6."""

    transaction: str = text("CCTransCode")
    also_transaction: str = text("TransCode")
    number: str = text("ReqSeqNo")
    source: str = text("RespSource")
    serial: str = text("RespSeqNo")
    code: str = text("RespCode")
    words: str = text("RespInfo")
    more_words: str = text("RxtInfo")
    file: str = text("FileFlag")


# -- accounts -----------------------------------------------------------------------------------------------------


class BalanceQuery(Record, tag="Cmp"):
    """CQRA06.  Source: section 4.1."""

    account: str = text("DbAccNo")
    province: str = text("DbProv")
    currency: str = text("DbCur")


@dataclass(frozen=True)
class BalanceLine(Packed):
    """CQRA06, RespPrvData1."""

    province: str = column()
    account: str = column()
    currency: str = column()
    name: str = column()
    book: Decimal | None = column("yuan")
    available: Decimal | None = column("yuan")
    kind: str = column()
    code: str = column()


class BalanceGroup(Record, tag="Acc"):
    """CQRA06, the group of newer front-ends."""

    book: Decimal | None = yuan("Bal")
    available: Decimal | None = yuan("AvailBal")
    frozen: Decimal | None = yuan("FrzAmt")


class AccountGroup(Record, tag="Cmp"):
    """The account an answer is about, split or not, and what is packed into one text."""

    province: str = text("DbProv")
    account: str = text("DbAccNo")
    currency: str = text("DbCur")
    file: str = text("BatchFileName")
    again: str = text("CmeSeqNo")
    goes_on: str = text("ContFlag")
    goes_on_too: str = text("ContFlg")


class Counts(Record, tag="Cme"):
    """How many rows of how many fields there are.  Source: section 4.2."""

    rows: int | None = count("RecordNum")
    fields: int | None = count("FieldNum")
    goes_on: str = text("ContLast")


class Days(Record, tag="Corp"):
    """CQRA10: the days."""

    first: date = day("StartDate")
    last: date = day("EndDate")


class Since(Record, tag="Channel"):
    """CQRA10: the last journal number we hold, 0 at first."""

    journal: str = text("LastJrnNo")


class EntriesQuery(Record, tag="Cmp"):
    """CQRA10.  Source: section 4.2."""

    account: str = text("DbAccNo")
    province: str = text("DbProv")
    currency: str = text("DbCur")
    since: str = text("StartTime")


@dataclass(frozen=True)
class Entry(Packed):
    """One row of CQRA10, 33 values; a front-end may add further ones.  Source: section 4.2."""

    is_terminated = False

    province: str = column()
    account: str = column()
    currency: str = column()
    booked_on: date | None = column("day")
    stamp: str = column()
    journal: str = column()
    kind: str = column()
    branch: str = column()
    name: str = column()
    side: str = column()
    other_province: str = column()
    other_account: str = column()
    other_currency: str = column()
    other_name: str = column()
    other_bank: str = column()
    cash: str = column()
    error_day: str = column()
    error_voucher: str = column()
    amount: Decimal | None = column("yuan")
    balance: Decimal | None = column("yuan")
    balance_before: Decimal | None = column("yuan")
    charges: str = column()
    voucher_kind: str = column()
    voucher_province: str = column()
    voucher_batch: str = column()
    voucher_number: str = column()
    ours: str = column()
    code: str = column()
    teller: str = column()
    voucher: str = column()
    abstract: str = column()
    postscript: str = column()
    origin: str = column()


# -- payments -----------------------------------------------------------------------------------------------------


class Parties(Record, tag="Cmp"):
    """CFRT02, CFRT21, CFRT01: who pays whom.  Source: section 4.3."""

    payer_province: str = text("DbProv")
    payer_account: str = text("DbAccNo")
    payer_ledger: str = text("DbLogAccNo")
    payer_currency: str = text("DbCur")
    payee_province: str = text("CrProv")
    payee_account: str = text("CrAccNo")
    payee_ledger: str = text("CrLogAccNo")
    payee_currency: str = text("CrCur")
    check_name: str = text("ConFlag")


class Terms(Record, tag="Corp"):
    """CFRT02: how; CFRT21 and CFRT01 have no fields of the payee's bank.  Source: sections 4.3 to 4.5."""

    printed: str = text("PsFlag")
    is_booked: str = text("BookingFlag", "0")
    booked_day: str = text("BookingDate")
    booked_time: str = text("BookingTime")
    urgency: str = text("UrgencyFlag")
    is_elsewhere: str | None = text("OthBankFlag", None)
    bank_kind: str | None = text("CrBankType", None)
    payee_name: str = text("CrAccName")
    payee_bank: str | None = text("CrBankName", None)
    cnaps: str | None = text("CrBankNo", None)
    payer_name: str = text("DbAccName")
    purpose: str = text("WhyUse")
    remark: str = text("Postscript")


class Taken(Record, tag="Corp"):
    """The answer to a transfer.  Source: section 5."""

    waits: str = text("WaitFlag")


# -- status -------------------------------------------------------------------------------------------------------


class StatusQuery(Record, tag="Cmp"):
    """CQRT04 names the number of a payment; CQRA61 names the account alone.  Source: section 4.8."""

    province: str = text("DbProv")
    account: str = text("DbAccNo")
    currency: str = text("DbCur")
    number: str | None = text("CmeSeqNo", None)


class ManualQuery(Record, tag="Corp"):
    """CQRA61: the day of booking carries, of all things, the number of the payment.  Source: section 4.8."""

    number: str = text("BookingDate")


@dataclass(frozen=True)
class Standing(Packed):
    """CQRT04, RespPrvData: fixed columns.  Source: section 4.8."""

    first: str = column(width=4)
    second: str = column(width=2)
    serial: str = column(width=12)
    code: str = column(width=4)
    host_code: str = column(width=4)


class Used(Record, tag="Corp"):
    """The answer to CQRA61, and the text of CQRT04's."""

    state: str = text("UseState")
    words: str = text("Postscript")
