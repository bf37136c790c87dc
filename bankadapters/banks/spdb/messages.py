"""SPDB messages: declarations only.  Source: SPDB sheet, sections 3 and 4."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bankadapters.framing import LengthPrefix
from bankadapters.messages import Record, count, day, text, yuan

FRAME = LengthPrefix(
    width=6, includes_itself=True
)  # section 1: zeros before ours, blanks behind theirs


class Head(Record, tag="head"):
    """What stands above a signed body.  Source: section 3."""

    trade: str = text("transCode")
    signed: str = text("signFlag", "1")
    customer: str = text("masterID")
    number: str = text("packetID")
    sent_at: str = text("timeStamp")


class Answered(Record, tag="head"):
    """The same in an answer.  Source: section 3."""

    trade: str = text("transCode")
    number: str = text("packetID")
    code: str = text("returnCode")


class Refusal(Record, tag="body"):
    """An error, which is not signed.  Source: section 2."""

    code: str = text("returnCode")
    words: str = text("returnMsg")


class AccountAsked(Record, tag="list"):
    """An account whose balance is asked for.  Source: section 4, 4402."""

    account: str = text("acctNo")


class BalanceRow(Record, tag="list"):
    """A balance.  Source: section 4, 4402."""

    account: str = text("acctNo")
    book: Decimal | None = yuan("balance")
    available: Decimal | None = yuan("canUseBalance")
    frozen: Decimal | None = yuan("freezeBalance")


class DetailsAsked(Record, tag="list"):
    """Days of an account, so many rows from a number on.  Source: section 4, 8924."""

    account: str = text("acctNo")
    first: date = day("beginDate")
    last: date = day("endDate")
    rows: int = count("queryNumber")
    begin: int = count("beginNumber")
    sub_account: str = text("subAccount")
    sub_name: str = text("subAcctName")


class Details(Record, tag="body"):
    """What stands above the rows of an 8924 answer.  Source: section 4."""

    total: int | None = count("totalNumber")
    account: str = text("acctNo")
    currency: str = text("currency")


class EntryRow(Record, tag="list"):
    """One entry.  Source: section 4, 8924."""

    booked_on: date | None = day("transDate")
    time: str = text("transTime")
    journal: str = text("tellerJnlNo")
    summons: str = text("summonsNumber")
    side: str = text("debitFlag")
    amount: Decimal | None = yuan("transAmount")
    balance: Decimal | None = yuan("acctBalance")
    summary: str = text("summaryCode")
    remark: str = text("remark")
    other_bank_code: str = text("oppositeBankNo")
    other_bank: str = text("oppositeBankName")
    unique: str = text("uniqueIdentification")
    reference: str = text("oldElecChequeNo")
    reason: str = text("backReason")


class Transfer(Record, tag="body"):
    """One payment.  Source: section 4, 8801."""

    authorised_by: str | None = text("authMasterID", None)
    reference: str = text("elecChequeNo")
    payer_account: str = text("acctNo")
    payer_name: str = text("acctName")
    wish_day: str = text("bespeakDate")
    payee_account: str = text("payeeAcctNo")
    payee_name: str = text("payeeName")
    is_person: str = text("payeeType")
    payee_bank: str = text("payeeBankName")
    address: str = text("payeeAddress")
    amount: Decimal = yuan("amount")
    is_other_bank: str = text("sysFlag")
    is_other_city: str = text("remitLocation")
    note: str = text("note")
    names_bank: str | None = text("payeeBankSelectFlag", None)
    cnaps: str | None = text("payeeBankNo", None)
    purpose: str | None = text("payPurpose", None)


class TransferRow(Transfer, tag="list"):
    """One payment of a batch.  Source: section 4, 8800."""


class BatchHead(Record, tag="body"):
    """A batch.  Source: section 4, 8800."""

    authorised_by: str | None = text("authMasterID", None)
    total: int = count("totalNumber")
    amount: Decimal = yuan("totalAmount")
    number: str = text("packageNo")


class Instant(Record, tag="body"):
    """One instant payment to another bank.  Source: section 4, EG01."""

    payer_account: str = text("acctNo")
    cnaps: str = text("PayeeBankNo")
    payee_account: str = text("payeeAcctNo")
    payee_name: str = text("payeeName")
    is_person: str = text("payeeType")
    amount: Decimal = yuan("amount")
    reference: str = text("electronNumber")
    note: str = text("note")


class Taken(Record, tag="body"):
    """What a submission is answered with: of 8801, 8800 and EG01.  Source: section 4."""

    status: str = text("transStatus")
    accept: str = text("acceptNo")
    business: str = text("businessNo")


class StatusAsked(Record, tag="body"):
    """Where payments stand.  Source: section 4, 8804."""

    account: str = text("acctNo")
    first: date = day("beginDate")
    last: date = day("endDate")
    reference: str = text("elecChequeNo")
    accept: str = text("acceptNo")
    serial: str = text("serialNo")
    rows: int = count("queryNumber")
    begin: int = count("beginNumber")
    is_batch: str = text("singleOrBatchFlag")
    payee_account: str = text("payeeAcctNo")


class WebBankAsked(Record, tag="body"):
    """Where one payment stands in the web bank.  Source: section 4, EY03."""

    reference: str = text("elecChequeNo")
    account: str = text("acctNo")
    first: date = day("beginDate")
    last: date = day("endDate")
    accept: str = text("seqNo")
    rows: int = count("queryNumber")
    begin: int = count("beginNumber")
    trade: str = text("transType", "8801")
    authorised_by: str = text("authMasterID")


class InstantAsked(Record, tag="body"):
    """Where an instant payment stands.  Source: section 4, EG30."""

    business: str = text("businessNo")
    reference: str = text("electronNumber")
    customer: str = text("directMasterID")


class InstantStands(Record, tag="body"):
    """The answer to it.  Source: section 4, EG30."""

    reference: str = text("electronNumber")
    business: str = text("businessNo")
    status: str = text("businessStatus")


class StatusRow(Record, tag="list"):
    """Where one payment stands, in 8804 and EY03.  Source: section 4."""

    reference: str = text("elecChequeNo")
    accept: str = text("acceptNo")
    account: str = text("acctNo")
    amount: Decimal | None = yuan("amount")
    note: str = text("note")
    status: str = text("transStatus")


class PackagesAsked(Record, tag="body"):
    """Where a batch stands in the web bank.  Source: section 4, DO48."""

    authorised_by: str = text("authMasterID")
    first: date = day("beginDate")
    last: date = day("endDate")
    rows: int = count("queryNumber")
    begin: int = count("beginNumber")
    journal: str = text("entJnlSeqNo")
    number: str = text("packageNo")


class PackageRow(Record, tag="list"):
    """A batch in the web bank; failCode is no mark of an error.  Source: section 4, DO48, and the notes."""

    number: str = text("packageNo")
    host: str = text("hostJnlSeqNo")
    status: str = text("transStatus")
    items: int | None = count("totalNumber")
    rejected: int | None = count("rejectNumber")
