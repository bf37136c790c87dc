"""China Merchants Bank messages: declarations only.  Source: CMB direct-link sheet, sections 3 and 4."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bankadapters.messages import Record, count, day, text, yuan


class RequestInfo(Record, tag="INFO"):
    """Who asks for what.  Source: section 3, request INFO."""

    function: str = text("FUNNAM")
    kind: str = text("DATTYP", "2")
    user: str = text("LGNNAM")
    correlation: str | None = text("YQREF", None)


class Info(Record, tag="INFO"):
    """What became of the call; everything but RETCOD may be absent.  Source: section 3 and the notes at the end."""

    function: str = text("FUNNAM")
    code: str = text("RETCOD")
    words: str = text("ERRMSG")
    correlation: str = text("YQREF")


class PayHead(Record, tag="SDKPAYRQX"):
    """Business and approval mode of a payment request.  Source: section 4 (c)."""

    business: str | None = text("BUSCOD", None)
    mode: str = text("BUSMOD")


class DirectPayment(Record, tag="DCOPDPAYX"):
    """One direct payment.  Source: section 4 (c)."""

    reference: str = text("YURREF")
    payer_account: str = text("DBTACC")
    payer_branch: str = text("DBTBBK")
    amount: Decimal = yuan("TRSAMT")
    currency: str = text("CCYNBR")
    channel: str = text("STLCHN")
    purpose: str = text("NUSAGE")
    remark: str | None = text("BUSNAR", None)
    payee_account: str = text("CRTACC")
    payee_name: str | None = text("CRTNAM", None)
    long_name: str | None = text("LRVEAN", None)
    cnaps: str | None = text("BRDNBR", None)
    is_home: str = text("BNKFLG")
    payee_bank: str | None = text("CRTBNK", None)
    address: str | None = text("CRTADR", None)
    kind: str | None = text("TRSTYP", None)
    check_name: str | None = text("RCVCHK", None)


class ApprovedPayment(DirectPayment, tag="DCPAYREQX"):
    """One payment that is approved in the web bank; it has no CRTADR.  Source: section 4 (c), DCPAYREQ."""


class InternalTransfer(Record, tag="DCOPRTRFX"):
    """One transfer between own accounts.  Source: section 4 (f)."""

    reference: str = text("YURREF")
    payer_account: str = text("DBTACC")
    payer_branch: str = text("DBTBBK")
    amount: Decimal = yuan("TRSAMT")
    currency: str = text("CCYNBR")
    purpose: str = text("NUSAGE")
    remark: str | None = text("BUSNAR", None)
    payee_account: str = text("CRTACC")
    unchecked: str = text("CRTFLG", "Y")


class PayRow(Record, tag="NTQPAYRQZ"):
    """The bank's word on one submitted payment; also GetBatchPayOprRes.  Source: section 4 (c) and (d)."""

    reference: str = text("YURREF")
    serial: str = text("REQNBR")
    status: str = text("REQSTS")
    result: str = text("RTNFLG")
    error: str = text("ERRCOD")
    words: str = text("ERRTXT")
    amount: Decimal | None = yuan("TRSAMT")
    currency: str = text("CCYNBR")
    payer_account: str = text("DBTACC")


class StatusByReference(Record, tag="NTQRYSTYX1"):
    """Status of one payment.  Source: section 4 (e)."""

    business: str = text("BUSCOD")
    reference: str = text("YURREF")
    first: date = day("BGNDAT")
    last: date = day("ENDDAT")


class StatusByDate(Record, tag="NTQRYSTNY1"):
    """Status of all payments of some days.  Source: section 4 (e)."""

    business: str = text("BUSCOD")
    mode: str = text("BUSMOD")
    first: date = day("BGNDAT")
    last: date = day("ENDDAT")


class DetailQuery(Record, tag="NTSTLINFX"):
    """Detail of a payment by the bank's number.  Source: section 4 (e)."""

    serial: str = text("REQNBR")


class StatusRow(Record, tag="NTSTLLSTZ"):
    """Status of one payment; as NTQPAYQYZ with the reason and the return date.  Source: section 4 (e)."""

    reference: str = text("YURREF")
    serial: str = text("REQNBR")
    status: str = text("REQSTS")
    result: str = text("RTNFLG")
    amount: Decimal | None = yuan("TRSAMT")
    currency: str = text("CCYNBR")
    payer_account: str = text("DBTACC")
    words: str = text("RTNNAR")
    remittance: str = text("BUSSTS")


class ReturnRow(Record, tag="NTPAYQYBZ1"):
    """One remittance of the return query.  Source: section 4 (e), NTPAYQYB."""

    reference: str = text("YURREF")
    serial: str = text("REQNBR")
    remittance: str = text("BUSSTS")
    amount: Decimal | None = yuan("TRSAMT")
    currency: str = text("CCYNBR")
    payer_account: str = text("SNDEAC")
    words: str = text("NARTXT")


class AgentHead(Record, tag="SDKATSRQX"):
    """A payroll or agent payment.  Source: section 4 (d)."""

    business: str = text("BUSCOD")
    mode: str = text("BUSMOD")
    kind: str = text("TRSTYP")
    payer_account: str = text("DBTACC")
    payer_branch: str = text("BBKNBR")
    total: Decimal = yuan("SUM")
    items: int = count("TOTAL")
    currency: str = text("CCYNBR")
    reference: str = text("YURREF")
    purpose: str = text("MEMO")


class AgentItem(Record, tag="SDKATDRQX"):
    """One payee of a payroll.  Source: section 4 (d)."""

    account: str = text("ACCNBR")
    name: str = text("CLTNAM")
    amount: Decimal = yuan("TRSAMT")
    is_home: str = text("BNKFLG")
    bank: str | None = text("EACBNK", None)
    city: str | None = text("EACCTY", None)
    remark: str | None = text("TRSDSP", None)


class LargeMode(Record, tag="NTBUSMODY"):
    """Approval mode of a large batch.  Source: section 4 (d)."""

    mode: str = text("BUSMOD")


class LargeHead(Record, tag="NTAGCAGCX1"):
    """Control block of a large batch, sent in one upload.  Source: section 4 (d)."""

    begins: str = text("BEGTAG", "Y")
    ends: str = text("ENDTAG", "Y")
    total: Decimal = yuan("TTLAMT")
    items: int = count("TTLCNT")
    uploads: int = count("TTLNUM")
    this_total: Decimal = yuan("CURAMT")
    this_items: int = count("CURCNT")
    currency: str = text("CCYNBR")
    payer_branch: str = text("BBKNBR")
    payer_account: str = text("ACCNBR")
    market: str = text("CCYMKT", "0")
    kind: str = text("TRSTYP")
    purpose: str = text("NUSAGE")
    reference: str = text("YURREF")


class LargeItem(Record, tag="NTAGCDTLY1"):
    """One payee of a large batch.  Source: section 4 (d)."""

    number: str = text("TRXSEQ")
    account: str = text("ACCNBR")
    name: str = text("ACCNAM")
    amount: Decimal = yuan("TRSAMT")
    remark: str | None = text("TRSDSP", None)
    is_home: str = text("BNKFLG")
    bank: str | None = text("EACBNK", None)
    city: str | None = text("EACCTY", None)
    cnaps: str | None = text("RCVBNK", None)


class AgentTaken(Record, tag="NTREQNBRY"):
    """Answer to a payroll; NTAGCAGCZ1 has its status in REQSTA.  Source: section 4 (d)."""

    serial: str = text("REQNBR")
    reserved: str = text("RSV50Z")
    status: str = text("REQSTA")


class AgentQuery(Record, tag="NTAGCINYX1"):
    """Status of one payroll by our reference.  Source: section 4 (e), agent batches."""

    business: str = text("BUSCOD")
    reference: str = text("YURREF")
    first: date = day("BGNDAT")
    last: date = day("ENDDAT")


class AgentDetailQuery(Record, tag="SDKATDQYX"):
    """Items of a payroll.  Source: section 4 (e)."""

    serial: str = text("REQNBR")


class AgentRow(Record, tag="NTAGCINQZ"):
    """Summary of one payroll.  Source: section 4 (e)."""

    reference: str = text("YURREF")
    serial: str = text("REQNBR")
    status: str = text("REQSTA")
    result: str = text("RTNFLG")
    items: int | None = count("TRSNUM")
    total: Decimal | None = yuan("TOTAMT")
    paid: int | None = count("SUCNUM")
    paid_total: Decimal | None = yuan("SUCAMT")
    currency: str = text("CCYNBR")
    error: str = text("ERRCOD")
    words: str = text("ERRDSP")
    payer_account: str = text("ACCNBR")


class AgentItemRow(Record, tag="NTQATDQYZ"):
    """One payee of a payroll as it stands; also NTAGCDTLY1 of large batches.  Source: section 4 (e)."""

    account: str = text("ACCNBR")
    remark: str = text("TRSDSP")
    number: str = text("TRXSEQ")
    amount: Decimal | None = yuan("TRSAMT")
    status: str = text("STSCOD")
    error: str = text("ERRCOD")
    words: str = text("ERRDSP")


class BalanceQuery(Record, tag="NTQADINFX"):
    """Present balance.  Source: section 4 (a)."""

    branch: str = text("BBKNBR")
    account: str = text("ACCNBR")


class BalanceRow(Record, tag="NTQADINFZ"):
    """Present balance of one account; as NTQACINFZ without a result of its own.  Source: section 4 (a)."""

    account: str = text("ACCNBR")
    currency: str = text("CCYNBR")
    book: Decimal | None = yuan("ONLBLV")
    available: Decimal | None = yuan("AVLBLV")
    held: Decimal | None = yuan("HLDBLV")
    error: str = text("ERRCOD")
    words: str = text("ERRTXT")


class HistoryQuery(Record, tag="NTQABINFY"):
    """Day balances.  Source: section 4 (a)."""

    branch: str = text("BBKNBR")
    account: str = text("ACCNBR")
    first: date = day("BGNDAT")
    last: date = day("ENDDAT")


class HistoryRow(Record, tag="NTQABINFZ"):
    """Balance of one day.  Source: section 4 (a)."""

    account: str = text("ACCNBR")
    booked_on: date | None = day("TRSDAT")
    balance: Decimal | None = yuan("BALAMT")


class EntriesQuery(Record, tag="SDKRBPTRSX"):
    """Transactions of one booking day, from a place on.  Source: section 4 (b), GetTransInfoEX."""

    branch: str = text("BBKNBR")
    account: str = text("ACCNBR")
    booked_on: date = day("TRSDAT")
    place: str = text("TRSSEQ")


class EntryRow(Record, tag="NTQTSINFZ"):
    """One transaction.  Source: section 4 (b)."""

    booked_on: date | None = day("ETYDAT")
    booked_time: str = text("ETYTIM")
    narrative: str = text("NARYUR")
    debit: Decimal | None = yuan("TRSAMTD")
    credit: Decimal | None = yuan("TRSAMTC")
    amount: Decimal | None = yuan("TRSAMT")
    side: str = text("AMTCDR")
    balance: Decimal | None = yuan("TRSBLV")
    serial: str = text("REFNBR")
    purpose: str = text("NUSAGE")
    reference: str = text("YURREF")
    remark: str = text("BUSNAR")
    other_name: str = text("RPYNAM")
    other_account: str = text("RPYACC")
    other_bank: str = text("RPYBNK")
    more_narrative: str = text("NAREXT")


class Continuation(Record, tag="NTRBPTRSZ1"):
    """Whether the day goes on.  Source: section 4 (b)."""

    goes_on: str = text("COTFLG")
    place: int | None = count("TRSSEQ")


class AccountsQuery(Record, tag="SDKACLSTX"):
    """All accounts that may be asked about.  Source: section 4 (h)."""

    business: str = text("BUSCOD", "N01010")
    mode: str = text("BUSMOD")


class AccountRow(Record, tag="NTQACLSTZ"):
    """One account.  Source: section 4 (h)."""

    currency: str = text("CCYNBR")
    branch: str = text("BBKNBR")
    account: str = text("ACCNBR")
    name: str = text("ACCNAM")


class ReceiptsQuery(Record, tag="CSRRCFDFY0"):
    """Electronic receipts.  Source: section 4 (g)."""

    account: str = text("EACNBR")
    first: date = day("BEGDAT")
    last: date = day("ENDDAT")
    printed: str = text("RRCFLG")


class ReceiptIndex(Record, tag="CSRRCFDFZ1"):
    """One receipt of the index.  Source: section 4 (g)."""

    number: str = text("ISTNBR")
    check: str = text("CHKCOD")
    kind: str = text("ITMCOD")


class ReceiptBlock(Record, tag="CPRRCSNDX1"):
    """What the typed receipt blocks have in common.  Source: section 4 (g) and the notes at the end."""

    number: str = text("ISTNBR")
    amount: Decimal | None = yuan("TRSAMT")
    fee: Decimal | None = yuan("AMTTRS")
    currency: str = text("CCYNBR")
    issued_on: date | None = day("ISUDAT")
    returned_on: date | None = day("RTNDAT")
    system_day: date | None = day("SYSDAT")
    own: str = text("REGEAC")
    account: str = text("ACCNBR")
    serial: str = text("TRSNBR")
    payer: str = text("SNDEAC")
    payee: str = text("RCVEAC")
