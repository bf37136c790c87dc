"""China Construction Bank messages: declarations only.  Source: CCB sheet, sections 3 and 4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bankadapters.messages import Record, count, day, many, text, yuan
from bankadapters.packed import Packed, column


class RequestHead(Record, tag="TX"):
    """What stands before the body of every request.  Source: section 3."""

    number: str = text("REQUEST_SN")
    customer: str = text("CUST_ID")
    operator: str = text("USER_ID")
    password: str = text("PASSWORD")
    code: str = text("TX_CODE")
    language: str = text("LANGUAGE", "CN")


class AnswerHead(Record, tag="TX"):
    """What every answer says of itself.  Source: section 3."""

    number: str = text("REQUEST_SN")
    transaction: str = text("TX_CODE")
    code: str = text("RETURN_CODE")
    words: str = text("RETURN_MSG")


class Nothing(Record, tag="TX_INFO"):
    """6W9101: an empty body.  Source: section 1."""


# -- accounts -----------------------------------------------------------------------------------------------------


class BalanceQuery(Record, tag="TX_INFO"):
    """6W0100.  Source: section 4.1."""

    account: str = text("ACC_NO")


class BalanceAnswer(Record, tag="TX_INFO"):
    """6W0100: it names no currency."""

    account: str = text("ACC_NO")
    book: Decimal | None = yuan("BALANCE")
    available: Decimal | None = yuan("BALANCE1")


class EntriesQuery(Record, tag="TX_INFO"):
    """6WY101: the context of a page is what the page before it said.  Source: section 4.3."""

    account: str = text("ACCNO1")
    first: date = day("STARTDATE")
    last: date = day("ENDDATE")
    page: str = text("PAGE")
    context: str = text("POSTSTR")
    size: str = text("TOTAL_RECORD")


class Entry(Record, tag="DETAILINFO"):
    """One row of 6WY101."""

    booked_on: date | None = day("TRANDATE")
    time: str = text("TRANTIME")
    words: str = text("MESSAGE")
    amount: Decimal | None = yuan("AMT")
    balance: Decimal | None = yuan("AMT1")
    side: str = text("FLAG1")
    other_account: str = text("ACCNO2")
    other_name: str = text("ACC_NAME1")
    serial: str = text("TRAN_FLOW")
    ours: str = text("BFLOW")
    number: str = text("DET_NO")
    detail: str = text("DET")


class EntryList(Record, tag="DETAILLIST"):
    """The rows of 6WY101."""

    rows: list[Entry] = many("DETAILINFO")


class EntriesAnswer(Record, tag="TX_INFO"):
    """A page of 6WY101; its rows are read below it."""

    account: str = text("ACCNO1")
    currency: str = text("CURR_COD")
    page: int | None = count("PAGE")
    pages: int | None = count("TOTAL_PAGE")
    context: str = text("POSTSTR")


class HistoryQuery(Record, tag="TX_INFO"):
    """6W0300.  Source: section 4.4."""

    account: str = text("ACC_NO")
    first: date = day("START_DATE")
    last: date = day("END_DATE")
    page: str = text("START_PAGE")
    context: str = text("POSTSTR")


class HistoryEntry(Record, tag="DETAIL"):
    """One row of 6W0300; `dORc` is spelled so."""

    voucher: str = text("CREDIT_NO")
    booked_on: date | None = day("TRAN_DATE")
    time: str = text("TRAN_TIME")
    words: str = text("ABSTRACT")
    amount: Decimal | None = yuan("AMOUNT")
    balance: Decimal | None = yuan("BALANCE")
    side: str = text("dORc")
    other_account: str = text("ACC_NO1")
    other_name: str = text("ACC_NAME1")
    serial: str = text("PAY_SEQ_NUM")


class HistoryAnswer(Record, tag="TX_INFO"):
    """A page of 6W0300; its rows are read below it."""

    account: str = text("ACC_NO")
    currency: str = text("CUR_TYPE")
    page: int | None = count("CUR_PAGE")
    pages: int | None = count("PAGE_COUNT")
    context: str = text("POSTSTR")


# -- payments -----------------------------------------------------------------------------------------------------


class Transfer(Record, tag="TX_INFO"):
    """6W8010, 6W8020 and 6W8060; what a transaction has not is None.  Source: section 4.6."""

    payer_account: str = text("PAY_ACCNO")
    payee_account: str = text("RECV_ACCNO")
    payee_name: str = text("RECV_ACC_NAME")
    check_name: str | None = text("CHK_RECVNAME", None)
    payee_bank: str | None = text("RECV_OPENACC_DEPT", None)
    cnaps: str | None = text("RECV_UBANKNO", None)
    amount: Decimal = yuan("AMOUNT")
    currency: str = text("CUR_TYPE")
    purpose: str = text("USEOF")
    kind: str | None = text("TRAN_TYPE", None)
    remark: str = text("REM1")
    other_remark: str = text("REM2")
    ours: str | None = text("CST_PAY_NO", None)


class Taken(Record, tag="TX_INFO"):
    """The answer to a transfer.  Source: section 4.6."""

    serial: str = text("CREDIT_NO")
    kind: str = text("DEAL_TYPE")
    ours: str = text("CST_PAY_NO")


class BatchPayment(Record, tag="TX_INFO"):
    """6W8040: the payments are lines of one text.  Source: section 4.8."""

    total: Decimal = yuan("AMOUNT")
    items: str = text("COUNT")
    check_name: str = text("CHK_RECVNAME")
    lines: str = text("FILE_CTX")


@dataclass(frozen=True)
class BatchLine(Packed):
    """One payment of 6W8040, every value followed by a pipe.  Source: section 4.8."""

    serial: str = column()
    payer_name: str = column()
    payer_account: str = column()
    payer_branch: str = column()
    payee_account: str = column()
    payee_name: str = column()
    payee_branch: str = column()
    payee_bank: str = column()
    cnaps: str = column()
    payee_office: str = column()
    is_home: str = column()
    amount: Decimal | None = column("yuan")
    currency: str = column()
    purpose: str = column()
    note: str = column()
    other_note: str = column()


class Payroll(Record, tag="TX_INFO"):
    """6W1303: one person.  Source: section 4.7."""

    payer_account: str = text("ACC_NO1")
    agreement: str = text("BILL_CODE")
    payee_account: str = text("ACC_NO2")
    payee_name: str = text("OTHER_NAME")
    amount: Decimal = yuan("AMOUNT")
    purpose: str = text("USEOF_CODE")
    flow: str = text("FLOW_FLAG")
    cnaps: str = text("UBANK_NO")
    remark: str = text("REM1")
    other_remark: str = text("REM2")


# -- status -------------------------------------------------------------------------------------------------------


class StatusQuery(Record, tag="TX_INFO"):
    """6W0600, 6W1503 and 6W0500: by the request's number.  Source: section 4.9."""

    number: str = text("REQUEST_SN1")
    serial: str | None = text("CREDIT_NO1", None)


class Standing(Record, tag="TX_INFO"):
    """The answer to them; only the transaction that was asked tells what DEAL_RESULT means."""

    serial: str = text("CREDIT_NO")
    result: str = text("DEAL_RESULT")
    words: str = text("MESSAGE")
    ours: str = text("CST_PAY_NO")


class BatchQuery(Record, tag="TX_INFO"):
    """6W0800.  Source: section 4.8."""

    account: str = text("ACC_NO")
    first: date = day("START_DATE")
    last: date = day("END_DATE")
    serial: str = text("CREDIT_NO")
    page: str = text("PAGE")
    batch: str = text("BATCH_NAME")
