"""Industrial Bank messages: declarations only.  Source: CIB sheet, sections 3 and 4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic_xml import attr

from bankadapters.messages import Record, dashed_day, many, one, text, yuan
from bankadapters.packed import Packed, column


class SignOn(Record, tag="SONRQ"):
    """Who asks; in every message.  Source: section 3."""

    time: str = text("DTCLIENT")
    customer: str = text("CID")
    operator: str = text("USERID")
    password: str = text("USERPASS")
    wants_key: str = text("GENUSERKEY", "N")
    application: str | None = text("APPID", None)
    version: str | None = text("APPVER", None)


class Status(Record, tag="STATUS"):
    """A result, of the sign-on and of the function, each for itself.  Source: section 3."""

    code: str = text("CODE")
    severity: str = text("SEVERITY")
    words: str = text("MESSAGE")


# -- accounts -----------------------------------------------------------------------------------------------------


class AccountQuery(Record, tag="RQBODY"):
    """CURRACCTQUERYTRN.  Source: section 4a."""

    account: str = text("ACCTID")


class BalanceAnswer(Record, tag="RSBODY"):
    """CURRACCTQUERYTRN."""

    account: str = text("ACCTID")
    book: Decimal | None = yuan("BALAMT")
    available: Decimal | None = yuan("AVAILBAL")
    frozen: Decimal | None = yuan("FREEZELMT")
    currency: str = text("CURRENCY")


class HistoryInfo(Record, tag="HISBALQUERYINFO"):
    """HISBALQUERYTRN: the account and the days.  Source: section 4a."""

    account: str = text("ACCTID")
    first: date = dashed_day("DTSTART")
    last: date = dashed_day("DTEND")


class HistoryQuery(Record, tag="HISBALQUERYRQ"):
    """HISBALQUERYTRN."""

    info: HistoryInfo = one("HISBALQUERYINFO")


class DayBalance(Record, tag="DETAIL"):
    """One day of HISBALQUERYTRN."""

    book: Decimal | None = yuan("HISBALANCE")
    day: date | None = dashed_day("DTFLOW")


class DayBalances(Record, tag="DETAILS"):
    """The days of HISBALQUERYTRN."""

    rows: list[DayBalance] = many("DETAIL")


class HistoryFound(Record, tag="HISBALQUERYINFO"):
    """The account and its days; empty where the bank refuses."""

    account: str = text("ACCTID")
    days: DayBalances | None = one("DETAILS")


class HistoryAnswer(Record, tag="HISBALQUERYRS"):
    """HISBALQUERYTRN."""

    info: HistoryFound | None = one("HISBALQUERYINFO")


class Own(Record, tag="ACCTFROM"):
    """An account of ours."""

    account: str = text("ACCTID")


class Wanted(Record, tag="INCTRAN"):
    """Which entries.  Source: section 4b."""

    kind: str = text("SELTYPE", "1")
    first: date = dashed_day("DTSTART")
    last: date = dashed_day("DTEND")
    page: str = text("PAGE")
    sides: str = text("TRNTYPE", "2")


class EntriesQuery(Record, tag="SCUSTSTMTRQ"):
    """SCUSTSTMTTRN.  Source: section 4b."""

    version: str = text("VERSION", "2.0")
    account: Own = one("ACCTFROM")
    wanted: Wanted = one("INCTRAN")


class Entry(Record, tag="STMTTRN"):
    """One row of SCUSTSTMTTRN; a negative amount is a reversal.  Source: section 4b."""

    teller: str = text("SRVRTID")
    side: str = text("TRNTYPE")
    booked_at: str = text("DTACCT")
    amount: Decimal | None = yuan("TRNAMT")
    balance: Decimal | None = yuan("BALAMT")
    currency: str = text("CURRENCY")
    memo: str = text("MEMO")
    other_account: str = text("CORRELATE_ACCTID")
    other_name: str = text("CORRELATE_NAME")
    other_bank: str = text("CORRELATE_BANKNAME")
    unique: str = text("ATTACHINFO")
    core: str = text("HXJYLSBH")
    summary: str = text("SUMMNAME")
    description: str = text("SUMMDESC")
    purpose: str = text("PURPOSE")


class EntryList(Record, tag="TRANLIST"):
    """The rows of a page, and whether there are more."""

    more: str = attr(name="MORE", default="")
    rows: list[Entry] = many("STMTTRN")


class EntriesAnswer(Record, tag="SCUSTSTMTRS"):
    """SCUSTSTMTTRN."""

    currency: str = text("CURDEF")
    account: Own | None = one("ACCTFROM")
    entries: EntryList | None = one("TRANLIST")


# -- payments -----------------------------------------------------------------------------------------------------


class Payee(Record, tag="ACCTTO"):
    """A payee; INTERBANK="Y" is one at this bank.  Source: section 4c and trap 1."""

    interbank: str = attr(name="INTERBANK", default="")
    local: str = attr(name="LOCAL", default="")
    account: str = text("ACCTID")
    name: str = text("NAME")
    bank: str | None = text("BANKDESC", None)
    cnaps: str | None = text("BANKNUM", None)
    city: str | None = text("CITY", None)


class Transfer(Record, tag="XFERINFO"):
    """XFERTRN and ICTRANSFERTRN, in the documented order.  Source: section 4c."""

    payer: Own = one("ACCTFROM")
    payee: Payee = one("ACCTTO")
    voucher: str = text("CHEQUENUM")
    currency: str = text("CURSYM", "RMB")
    amount: Decimal = yuan("TRNAMT")
    mode: str | None = text("PMTMODE", None)
    purpose: str = text("PURPOSE")
    memo: str | None = text("MEMO", None)


class Standing(Record, tag="XFERPRCSTS"):
    """How an instruction stands.  Source: section 7.1."""

    code: str = text("XFERPRCCODE")
    words: str = text("MESSAGE")


class Echo(Record, tag="XFERINFO"):
    """What an answer repeats of a transfer; the core's view has its serial in here."""

    serial: str = text("SRVRID")
    payer: Own | None = one("ACCTFROM")
    payee: Payee | None = one("ACCTTO")
    amount: Decimal | None = yuan("TRNAMT")


class TransferAnswer(Record, tag="XFER"):
    """XFERRS, XPMTRS and each XFER of a status query; the serial is spelled in two ways.  Source: trap 2."""

    serial: str = text("SRVRID")
    also_serial: str = text("SRVRTID")
    info: Echo | None = one("XFERINFO")
    standing: Standing | None = one("XFERPRCSTS")


class StatusQuery(Record, tag="XFERINQRQ"):
    """A payment by the number of its message.  Source: section 4e."""

    reference: str = text("CLIENTREF")


class CoreQuery(Record, tag="INQSTATECOND"):
    """The core's view of a payment.  Source: section 4e."""

    reference: str = text("CLIENTREF")


class CoreAnswer(Record, tag="TXNSTATERS"):
    """INQSTATETRN.  Source: section 7.3."""

    info: Echo | None = one("XFERINFO")
    result: str = text("CORERESULT")
    state: str = text("CORESTATUS")
    claim: str = text("CORECLM")


class BatchHead(Record, tag="RQBODY"):
    """What stands before the items of a batch.  Source: section 4d."""

    payer: Own = one("ACCTFROM")
    kind: str = text("BIZTYPE")
    items: str = text("TOTALCOUNT")
    total: Decimal = yuan("TOTALAMOUNT")
    currency: str = text("CURSYM", "RMB")
    purpose: str = text("PURPOSE")


class BatchItem(Record, tag="XFERINFO"):
    """One item of RBATCHTRSFRTRN; our number is its remark."""

    index: str = text("INDX")
    payee: Payee = one("ACCTTO")
    amount: Decimal | None = yuan("TRNAMT")
    purpose: str = text("USE")
    remark: str = text("REMARK")
    status: str | None = text("STATUS", None)
    words: str | None = text("ERRMSG", None)


@dataclass(frozen=True)
class AsyncLine(Packed):
    """One line of ASYNBATCHTRSFRTRN; our number is its remark.  Source: section 4d."""

    index: str = column()
    account: str = column()
    name: str = column()
    is_inside: str = column()
    is_local: str = column()
    cnaps: str = column()
    bank: str = column()
    address: str = column()
    amount: Decimal | None = column("yuan")
    purpose: str = column()
    remark: str = column()


@dataclass(frozen=True)
class AsyncAnswerLine(AsyncLine):
    """The same with what became of it."""

    status: str = column()
    words: str = column()


class Person(Record, tag="RPAYOFF"):
    """One person of a payroll.  Source: section 4d."""

    index: str = text("INDX")
    name: str = text("ACCTNAME")
    account: str = text("ACCTID")
    amount: Decimal | None = yuan("TRNAMT")
    status: str | None = text("STATUS", None)
    words: str | None = text("ERRMSG", None)


class People(Record, tag="RPAYOFFLIST"):
    """The persons of a payroll."""

    rows: list[Person] = many("RPAYOFF")


class PayrollInfo(Record, tag="RPAYOFFINFO"):
    """RPAYOFFTRN.  Source: section 4d."""

    payer: Own | None = one("ACCTFROM")
    title: str = text("TITLE")
    kind: str = text("DESCRIPTION")
    items: str = text("TOTALCOUNT")
    total: Decimal | None = yuan("TOTALAMOUNT")
    people: People | None = one("RPAYOFFLIST")


class PayrollQuery(Record, tag="RPAYOFFRQ"):
    """RPAYOFFTRN."""

    info: PayrollInfo = one("RPAYOFFINFO")


class PayrollAnswer(Record, tag="RPAYOFFRS"):
    """RPAYOFFTRN and its query."""

    serial: str = text("SRVRID")
    info: PayrollInfo | None = one("RPAYOFFINFO")
    standing: Standing | None = one("XFERPRCSTS")


# -- receipts -----------------------------------------------------------------------------------------------------


class ReceiptJob(Record, tag="RQBODY"):
    """ELECTRONICRECEIPTTRN.  Source: section 4g."""

    kind: str = text("RECEIPT_TYPE", "01")
    account: str = text("ACCTID")
    day: date = dashed_day("RECEIPTDATE")


class JobAnswer(Record, tag="RSBODY"):
    """How a job stands: 0 waiting, 1 running, 2 done, 3 failed."""

    account: str = text("ACCTID")
    reference: str = text("CLT_REF_NO")
    status: str = text("STATUS")


class ReceiptFile(Record, tag="CONTENT"):
    """One file of a job."""

    file: str = text("FILE_ID")
    name: str = text("FILE_NAME")


class ReceiptFiles(Record, tag="RSBODY"):
    """ASYNRECEIPTINFOTRN."""

    more: str = attr(name="MORE", default="")
    status: str = text("STATUS")
    account: str = text("ACCTID")
    rows: list[ReceiptFile] = many("CONTENT")


class ReceiptFilesQuery(Record, tag="RQBODY"):
    """ASYNRECEIPTINFOTRN."""

    page: str = attr(name="PAGE")
    reference: str = text("CLT_REF_NO")
