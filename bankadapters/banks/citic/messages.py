"""CITIC messages: declarations only, spelling mistakes included.  Source: CITIC sheet, sections 3 and 4."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bankadapters.messages import Record, count, day, text, yuan


class Request(Record, tag="stream"):
    """What every request begins with.  Source: section 3."""

    action: str = text("action")
    user: str = text("userName")


class Said(Record, tag="stream"):
    """What every answer begins with.  Source: section 3."""

    status: str = text("status")
    words: str = text("statusText")


class BalanceAsked(Record, tag="row"):
    """An account.  Source: section 4 (b)."""

    account: str = text("accountNo")


class BalanceRow(Record, tag="row"):
    """Balance of one account, with a status of its own.  Source: section 4 (b)."""

    status: str = text("status")
    words: str = text("statusText")
    account: str = text("accountNo")
    currency: str = text("currencyID")
    available: Decimal | None = yuan("usableBalance")
    book: Decimal | None = yuan("balance")
    frozen: Decimal | None = yuan("forzenAmt")


class HistoryAsked(Request, tag="stream"):
    """DLHBLQRY.  Source: section 4 (b)."""

    account: str = text("accountNo")
    first: date = day("startDate")
    last: date = day("endDate")


class HistoryHead(Record, tag="stream"):
    """Whose history it is.  Source: section 4 (b)."""

    account: str = text("accountNo")
    currency: str = text("cryType")


class HistoryRow(Record, tag="row"):
    """Balance of one day.  Source: section 4 (b)."""

    day: date | None = day("date")
    balance: Decimal | None = yuan("balance")


class EntriesAsked(Request, tag="stream"):
    """DLTRNALL: pageNumber is a number of rows.  Source: section 4 (c)."""

    account: str = text("accountNo")
    low: Decimal = yuan("lowAmount")
    high: Decimal = yuan("upAmount")
    first: date = day("startDate")
    last: date = day("endDate")
    rows: int = count("pageNumber")
    begin: int = count("startRecord")
    more_fields: str = text("controlFlag", "1")


class EntriesHead(Record, tag="stream"):
    """Whose entries, how many in all and here.  Source: section 4 (c)."""

    account: str = text("accountNo")
    total: int | None = count("totalRecords")
    returned: int | None = count("returnRecords")


class EntryRow(Record, tag="row"):
    """One entry.  Source: section 4 (c)."""

    booked_on: date | None = day("tranDate")
    time: str = text("tranTime")
    teller_serial: str = text("tranNo")
    total_serial: str = text("sumTranNo")
    amount: Decimal | None = yuan("tranAmount")
    side: str = text("creditDebitFlag")
    other_account: str = text("oppAccountNo")
    other_name: str = text("oppAccountName")
    other_bank: str = text("oppOpenBankName")
    narrative: str = text("abstract")
    balance: Decimal | None = yuan("balance")
    returned_on: str = text("e3rtDate")
    returned: str = text("e3rtFlag")  # 0 is returned
    reference: str = text("chkNum")
    original_serial: str = text("rfTranNo")


class Outward(Request, tag="stream"):
    """DLOUTTRN: a payment to anybody.  Source: section 4 (d)."""

    reference: str = text("clientID")
    scheduled: str = text("preFlg", "0")
    on: str = text("preDate")
    at: str = text("preTime")
    kind: str = text("payType")
    clearing_bank: str = text("recBankNo")
    payer_account: str = text("payAccountNo")
    payee_account: str = text("recAccountNo")
    payee_name: str = text("recAccountName")
    payee_bank: str = text("recOpenBankName")
    cnaps: str = text("recOpenBankCode")
    is_other_bank: str = text("citicbankFlag")
    is_other_city: str = text("cityFlag")
    amount: Decimal = yuan("tranAmount")
    purpose: str = text("abstract")
    remark: str = text("memo")
    check: str = text("chkNum")


class Inward(Request, tag="stream"):
    """DLINETRN: between the group's own accounts.  Source: section 4 (d)."""

    reference: str = text("clientID")
    scheduled: str = text("preFlg", "0")
    on: str = text("preDate")
    at: str = text("preTime")
    payer_account: str = text("payAccountNo")
    payee_account: str = text("recAccountNo")
    amount: Decimal = yuan("tranAmount")
    purpose: str = text("abstract")
    remark: str = text("memo")


class Sweep(Request, tag="stream"):
    """CMMANSWP and CMDWNSWP: up into the pool, down from it.  Source: section 4 (g)."""

    reference: str = text("clientID")
    up_to: str | None = text("conAccountNo", None)
    down_from: str | None = text("coreAccountNo", None)
    account: str = text("accountNo")
    amount: Decimal = yuan("tranAmount")
    scheduled: str = text("preFlg", "0")
    on: str = text("preDate")
    at: str = text("preTime")
    purpose: str = text("abstract")


class BatchHead(Request, tag="stream"):
    """DLPAYBAT.  Source: section 4 (e)."""

    reference: str = text("clientID")
    scheduled: str = text("preFlg", "0")
    on: str = text("preDate")
    at: str = text("preTime")
    items: int = count("totalNumber")
    amount: Decimal = yuan("totalAmount")
    purpose: str = text("abstract")
    remark: str = text("memo")


class BatchRow(Record, tag="row"):
    """One payment of a batch.  Source: section 4 (e)."""

    number: str = text("ID")
    payer_account: str = text("payAccountNo")
    payee_account: str = text("recAccountNo")
    payee_name: str = text("recAccountName")
    cnaps: str = text("recOpenBankCode")
    kind: str = text("payType")
    amount: Decimal = yuan("tranAmount")
    purpose: str = text("abstract")
    remark: str = text("memo")


class PayrollHead(Request, tag="stream"):
    """DLSALIMP.  Source: section 4 (e)."""

    reference: str = text("clientID")
    items: int = count("totalNumber")
    amount: Decimal = yuan("totalAmount")
    payer_account: str = text("payAccountNo")
    purpose: str = text("abstract")
    kind: str = text("msgAbstract")
    scheduled: str = text("preFlg", "0")
    on: str = text("preDate")
    at: str = text("preTime")
    month: str = text("yearMonth")


class PayrollRow(Record, tag="row"):
    """One employee.  Source: section 4 (e)."""

    number: str = text("employeeNo")
    name: str = text("employeeName")
    account: str = text("recAccountNo")
    amount: Decimal = yuan("tranAmount")


class StatusAsked(Request, tag="stream"):
    """DLCIDSTT of one payment, DLBATDET of a batch.  Source: section 4 (e) and (f)."""

    reference: str = text("clientID")
    action_was: str | None = text("type", None)


class MonthAsked(Request, tag="stream"):
    """DLSALCOL: the payrolls of a month.  Source: section 4 (e)."""

    month: str = text("yearMonth")


class StatusRow(Record, tag="row"):
    """Where something stands: by stt, or by a status alone.  Source: section 4 (e) and (f)."""

    stt: str = text("stt")
    status: str = text("status")
    words: str = text("statusText")
    number: str = text("ID")
    reference: str = text("clientID")
    payer_account: str = text("payAccountNo")
    amount: Decimal | None = yuan("tranAmount")
    total: Decimal | None = yuan("totalAmount")


class ReceiptsAsked(Request, tag="stream"):
    """DLEDDRSQ.  Source: section 4 (h)."""

    when: str = text("qryType")
    account: str = text("accNo")
    kind: str = text("billType")
    low: str = text("minAmt")
    high: str = text("maxAmt")
    first: date = day("startDate")
    last: date = day("endDate")
    rows: int = count("pageSize")
    begin: int = count("startNo")


class ReceiptsHead(Record, tag="stream"):
    """How many receipts there are.  Source: section 4 (h)."""

    total: int | None = count("totalCount")


class ReceiptRow(Record, tag="row"):
    """One receipt.  Source: section 4 (h)."""

    number: str = text("bresqNo")
    kind: str = text("billType")
    serial: str = text("transeqNo")
    booked_on: date | None = day("tranDate")
    amount: Decimal | None = yuan("tranAmt")


class ReceiptAsked(Request, tag="stream"):
    """DLEDCDTD.  Source: section 4 (h)."""

    bank: str = text("bankId")
    when: str = text("isCurrDay")
    account: str = text("accNo")


class ReceiptNamed(Record, tag="row"):
    """Which receipt.  Source: section 4 (h)."""

    number: str = text("brSeqNo")
    kind: str = text("billType")


class ReceiptFile(Record, tag="stream"):
    """A ZIP in base64.  Source: section 4 (h)."""

    content: str = text("fileConTent")
    name: str = text("fileName")
