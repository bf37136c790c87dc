"""China Guangfa Bank messages: declarations only.  Source: bank overview, section 2.2."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bankadapters.messages import Record, day, many, one, text, yuan


class AnswerHead(Record, tag="commHead"):
    """What every answer says of itself; its password is the bank's cipher of ours and stays out of the evidence."""

    code: str = text("tranCode")
    number: str = text("entSeqNo")
    result: str = text("retCode")


class RequestHead(Record, tag="commHead"):
    """What stands before the body of every request, but for the password, which goes as CDATA."""

    code: str = text("tranCode")
    customer: str = text("cifMaster")
    number: str = text("entSeqNo")
    day: date = day("tranDate")
    time: str = text("tranTime")
    result: str = text("retCode", "000")
    operator: str = text("entUserId")


class BalanceQuery(Record, tag="Body"):
    """0001."""

    account: str = text("account")


class Payment(Record, tag="Body"):
    """0011, 0021, 0012: what the answer fills in is there and empty."""

    trace: str = text("traceNo")
    payer_name: str = text("outAccName")
    payer_account: str = text("outAcc")
    payer_bank: str = text("outAccBank")
    payee_name: str = text("inAccName")
    payee_account: str = text("inAcc")
    payee_bank: str = text("inAccBank")
    payee_address: str = text("inAccAdd")
    amount: Decimal = yuan("amount")
    remark: str = text("remark")
    day: date = day("date")
    comment: str = text("comment")
    voucher: str = text("creNo")
    payer_balance: str = text("frBalance")
    payee_balance: str = text("toBalance")
    fee: str = text("handleFee")


class Taken(Record, tag="Body"):
    """The answer to a transfer."""

    trace: str = text("traceNo")
    payer_account: str = text("outAcc")
    amount: Decimal | None = yuan("amount")


class StatusQuery(Record, tag="Body"):
    """0004 and 0022: a payment by its number and the day it was sent."""

    number: str = text("origEntseqno")
    day: date = day("origEntdate")


class Standing(Record, tag="Body"):
    """The answer to them."""

    number: str = text("origEntseqno")
    status: str = text("hostStatus")
    payer_account: str = text("outAcc")
    amount: Decimal | None = yuan("amount")


class BatchQuery(Record, tag="Body"):
    """0034."""

    batch: str = text("customerBatchNo")
    item: str | None = text("customerSalarySeq", None)


class BatchRow(Record, tag="record"):
    """One payment of a batch."""

    reference: str = text("customerSalarySeq")
    status: str = text("bankstatus")
    serial: str = text("ewpSequence")
    why: str = text("errorreason")


class BatchRows(Record, tag="records"):
    """The payments of 0034."""

    rows: list[BatchRow] = many("record")


class BatchAnswer(Record, tag="Body"):
    """0034; its counts decide nothing."""

    batch: str = text("customerBatchNo")
    account: str = text("accountNo")
    records: BatchRows | None = one("records")


class EntriesQuery(Record, tag="Body"):
    """0032: a page from a place of three parts."""

    account: str = text("account")
    first: date = day("beginDate")
    last: date = day("endDate")
    kind: str = text("queryType")
    place_day: str = text("beginRecTranDate")
    place_code: str = text("beginRecTranCode")
    place_serial: str = text("beginRecTranSeq")
    size: str = text("queryNumber")
    reserve1: str = text("reserve1")
    reserve2: str = text("reserve2")


class Entry(Record, tag="record"):
    """One row of 0032."""

    serial: str = text("serialNo")
    booked_on: date | None = day("dealDate")
    time: str = text("dealTime")
    side: str = text("loanSign")
    amount: Decimal | None = yuan("dealMoney")
    abstract: str = text("Abstract")
    other_account: str = text("oppoAccno")
    other_name: str = text("name")
    other_bank: str = text("rcvBankId")
    content: str = text("abstractContent")
    summary: str = text("summary")
    postscript: str = text("postScript")
    unique: str = text("uniqueCode")
    core: str = text("cbsTranSeq")


class Entries(Record, tag="records"):
    """The rows of 0032."""

    rows: list[Entry] = many("record")


class EntriesAnswer(Record, tag="Body"):
    """A page of 0032, and the place of the next one."""

    account: str = text("account")
    page: str = text("pageFlag")
    next_day: str = text("nextRecTranDate")
    next_code: str = text("nextRecTranCode")
    next_serial: str = text("nextRecTranSeq")
    records: Entries | None = one("records")
