"""ICBC messages: declarations only. Amounts are fen on the wire, yuan here.  Source: ICBC sheet, sections 3 and 4."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bankadapters.messages import Record, count, day, fen, many, text


class Pub(Record, tag="pub"):
    """Who asks for what, when, under which package number.  Source: section 3."""

    operation: str = text("TransCode")
    customer: str = text("CIS")
    bank: str = text("BankCode", "102")
    certificate: str = text("ID")
    sent_on: date = day("TranDate")
    sent_at: str = text("TranTime")
    number: str = text("fSeqno")


class Answered(Record, tag="pub"):
    """The same in an answer, with what became of the message.  Source: section 3."""

    number: str = text("fSeqno")
    serial: str = text("SerialNo")
    code: str = text("RetCode")
    words: str = text("RetMsg")


class BalanceAsked(Record, tag="rd"):
    """One account.  Source: section 4 (b)."""

    number: str = text("iSeqno")
    account: str = text("AccNo")
    currency: str = text("CurrType")
    reserved3: str | None = text("ReqReserved3", "")
    reserved4: str | None = text("ReqReserved4", "")
    sub_account: str | None = text("AcctSeq", None)
    main_account: str | None = text("MainAcctNo", None)


class BalanceQuery(Record, tag="in"):
    """QACCBAL.  Source: section 4 (b)."""

    total: int = count("TotalNum")
    reserved1: str = text("ReqReserved1")
    reserved2: str = text("ReqReserved2")
    rows: list[BalanceAsked] = many("rd")


class BalanceRow(Record, tag="rd"):
    """Balance of one account; AccBalance is not the present one.  Source: section 4 (b)."""

    account: str = text("AccNo")
    currency: str = text("CurrType")
    book: Decimal | None = fen("Balance")
    available: Decimal | None = fen("UsableBalance")
    frozen: Decimal | None = fen("FrzAmt")
    told_at: str = text("QueryTime")
    code: str = text("iRetCode")
    words: str = text("iRetMsg")


class TodayQuery(Record, tag="in"):
    """QPD.  Source: section 4 (c)."""

    account: str = text("AccNo")
    area: str = text("AreaCode")
    least: Decimal = fen("MinAmt")
    most: Decimal = fen("MaxAmt")
    begins: str = text("BeginTime")
    ends: str = text("EndTime")
    place: str = text("NextTag")
    reserved1: str = text("ReqReserved1")
    reserved2: str = text("ReqReserved2")
    currency: str = text("CurrType")
    sub_account: str | None = text("AcctSeq", None)


class HistoryQuery(Record, tag="in"):
    """QHISD.  Source: section 4 (c)."""

    account: str = text("AccNo")
    first: date = day("BeginDate")
    last: date = day("EndDate")
    least: Decimal = fen("MinAmt")
    most: Decimal = fen("MaxAmt")
    bank_kind: str = text("BankType")
    place: str = text("NextTag")
    currency: str = text("CurrType")
    due_bill: str = text("DueBillNo")
    sub_account: str = text("AcctSeq")
    complement: str = text("ComplementFlag")


class Entries(Record, tag="out"):
    """What stands above the rows of both detail queries.  Source: section 4 (c)."""

    account: str = text("AccNo")
    currency: str = text("CurrType")
    place: str = text("NextTag")
    rows: int | None = count("TotalNum")


class EntryRow(Record, tag="rd"):
    """One entry of today (Amount, TimeStamp) or of history (two amounts, Date, Balance).  Source: section 4 (c)."""

    side: str = text("Drcrf")
    amount: Decimal | None = fen("Amount")
    debit: Decimal | None = fen("DebitAmount")
    credit: Decimal | None = fen("CreditAmount")
    balance: Decimal | None = fen("Balance")
    booked_on: date | None = day("Date")
    stamp: str = text("TimeStamp")
    time: str = text("Time")
    other_account: str = text("RecipAccNo")
    other_name: str = text("RecipName")
    other_bank: str = text("RecipBkName")
    other_bank_name: str = text("RecipBkName1")
    other_bank_code: str = text("RecipBkNo")
    summary: str = text("Summary")
    purpose: str = text("UseCN")
    remark: str = text("PostScript")
    reference: str = text("Ref")
    serial: str = text("OnlySequence")
    place: str = text("RepReserved3")
    refund: str = text("RefundMsg")


class PaymentRow(Record, tag="rd"):
    """One payment of a package.  Source: section 4 (d)."""

    number: str = text("iSeqno")
    reimbursement: str = text("ReimburseNo")
    reimbursements: str = text("ReimburseNum")
    start_date: str = text("StartDate")
    start_time: str = text("StartTime")
    kind: str = text("PayType")
    payer_account: str = text("PayAccNo")
    payer_name: str = text("PayAccNameCN")
    payer_name_en: str = text("PayAccNameEN")
    payee_account: str = text("RecAccNo")
    payee_name: str = text("RecAccNameCN")
    payee_name_en: str = text("RecAccNameEN")
    is_other_bank: str = text("SysIOFlg")
    is_other_city: str = text("IsSameCity")
    is_person: str | None = text("Prop", None)
    region: str = text("RecICBCCode")
    city: str = text("RecCityName")
    cnaps: str = text("RecBankNo")
    payee_bank: str = text("RecBankName")
    currency: str = text("CurrType")
    amount: Decimal = fen("PayAmt")
    purpose_code: str = text("UseCode")
    purpose: str = text("UseCN")
    summary_en: str = text("EnSummary")
    remark: str = text("PostScript")
    summary: str = text("Summary")
    reference: str = text("Ref")
    other_reference: str = text("Oref")
    own: str = text("ERPSqn")
    business: str = text("BusCode")
    check: str = text("ERPcheckno")
    voucher_kind: str = text("CrvouhType")
    voucher_name: str = text("CrvouhName")
    voucher: str = text("CrvouhNo")
    reserved3: str | None = text("ReqReserved3", None)  # the last two of 0.0.0.1
    reserved4: str | None = text("ReqReserved4", None)
    bank_kind: str | None = text("BankType", None)  # what 0.0.1.0 has instead
    files: str | None = text("FileNames", None)
    indexes: str | None = text("Indexs", None)
    payer_sub: str | None = text("PaySubNo", None)
    payee_sub: str | None = text("RecSubNo", None)
    card: str | None = text("MCardNo", None)
    card_name: str | None = text("MCardName", None)


class PaymentsIn(Record, tag="in"):
    """PAYENT and PAYPER.  Source: section 4 (d), payroll."""

    online: str = text("OnlBatF", "1")
    settles: str = text("SettleMode", "0")
    total: int = count("TotalNum")
    amount: Decimal = fen("TotalAmt")
    signed_at: str = text("SignTime")
    same_account: str | None = text("THBaseAccFlag", None)  # payrolls of 0.0.1.0
    registered: str | None = text("RegSerialNO", None)
    package: str | None = text("PackageName", None)
    summary: str | None = text("TotalSummary", None)
    sums: str | None = text("BatchSumFlag", None)
    reserved1: str = text("ReqReserved1")
    reserved2: str = text("ReqReserved2")
    rows: list[PaymentRow] = many("rd")


class StatusQuery(Record, tag="in"):
    """QPAYENT and QPAYPER, of a whole package.  Source: section 4 (f)."""

    number: str = text("QryfSeqno")
    serial: str = text("QrySerialNo")
    reserved1: str | None = text("ReqReserved1", None)
    reserved2: str | None = text("ReqReserved2", None)


class Stands(Record, tag="out"):
    """Which package an answer is about.  Source: section 4 (f)."""

    number: str = text("QryfSeqno")
    serial: str = text("QrySerialNo")


class ResultRow(Record, tag="rd"):
    """The bank's word on one payment, as taken in or as asked about.  Source: section 4 (d) and (f)."""

    order: str = text("OrderNo")
    asked_order: str = text("QryOrderNo")
    own: str = text("ERPSqn")
    payer_account: str = text("PayAccNo")
    currency: str = text("CurrType")
    amount: Decimal | None = fen("PayAmt")
    result: str = text("Result")
    code: str = text("iRetCode")
    words: str = text("iRetMsg")
    bank_code: str = text("instrRetCode")
    bank_words: str = text("instrRetMsg")
