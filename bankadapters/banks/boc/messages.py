"""Bank of China messages: declarations only.  Source: BOCB2E interface sheet, sections 3 and 4."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bankadapters.banks.boc import codes
from bankadapters.contract import Direction
from bankadapters.messages import Record, code, day, many, one, text, yuan


class Head(Record, tag="head"):
    """The head, alike in requests and answers.  Source: section 3, head."""

    termid: str = text("termid")
    trnid: str = text("trnid")
    custid: str = text("custid")
    cusopr: str = text("cusopr")
    trncod: str = text("trncod")
    token: str = text("token")


class Status(Record, tag="status"):
    """A code and its words, in either spelling.  Source: section 3, trans."""

    rspcod: str = text("rspcod")
    rspmsg: str = text("rspmsg")
    errmsg: str = text("errmsg")


class Answered(Record):
    """Whatever carries a status, inside `status` or (seen once) directly.  Source: section 6."""

    status: Status | None = one("status")
    rspcod: str = text("rspcod")
    rspmsg: str = text("rspmsg")
    errmsg: str = text("errmsg")

    @property
    def code(self) -> str:
        """The bank's code; blank when there is none, or when the two places contradict each other."""
        inner = self.status.rspcod if self.status is not None else ""
        if inner and self.rspcod and inner != self.rspcod:
            return ""
        return inner or self.rspcod

    @property
    def words(self) -> str:
        """The bank's text."""
        if self.status is not None and (self.status.rspmsg or self.status.errmsg):
            return self.status.rspmsg or self.status.errmsg
        return self.rspmsg or self.errmsg


class Word(Answered, tag="word"):
    """The status of a whole message, whatever its wrapper is called.  Source: section 3, trans."""


class SignOn(Record, tag="b2e0001-rq"):
    """Sign-on.  Source: section 4 (a)."""

    custdt: str = text("custdt")
    oprpwd: str = text("oprpwd")


class SignOff(Record, tag="b2e0002-rq"):
    """Sign-off.  Source: section 4 (a)."""

    custdt: str = text("custdt")


class SessionAnswer(Answered, tag="session"):
    """Answer to sign-on and sign-off.  Source: section 4 (a)."""

    serverdt: str = text("serverdt")
    token: str = text("token")


class Account(Record, tag="account"):
    """An account in a balance query.  Source: section 4 (b)."""

    ibknum: str = text("ibknum")
    actacn: str = text("actacn")
    curcde: str | None = text("curcde", None)
    actname: str | None = text("actname", None)


class Span(Record, tag="datescope"):
    """First and last day."""

    first: date | None = day("from")
    last: date | None = day("to")


class BalanceQuery(Record, tag="b2e0005-rq"):
    """Present balance.  Source: section 4 (b)."""

    account: Account = one("account")


class HistoryBalanceQuery(Record, tag="b2e0012-rq"):
    """Day balances.  Source: section 4 (b)."""

    account: Account = one("account")
    span: Span = one("datescope")


class Figures(Record, tag="balance"):
    """Book, available, stopped and overdraft amounts."""

    bokbal: Decimal | None = yuan("bokbal")
    avabal: Decimal | None = yuan("avabal")
    stpamt: Decimal | None = yuan("stpamt")
    ovramt: Decimal | None = yuan("ovramt")


class BalanceAnswer(Answered, tag="balance-rs"):
    """One account's (or one day's) balance: b2e0005-rs, b2e0012-rs.  Source: section 4 (b)."""

    account: Account | None = one("account")
    balance: Figures | None = one("balance")
    baldat: date | None = day("baldat")


class DetailQuery(Record, tag="b2e0035-rq"):
    """Transaction details.  Source: section 4 (c)."""

    ibknum: str = text("ibknum")
    actacn: str = text("actacn")
    type: str = text("type")
    span: Span = one("datescope")
    begnum: str = text("begnum")
    recnum: str = text("recnum")
    direction: str = text("direction")


class RowFrom(Record, tag="fractn"):
    """Payer side of a row."""

    actacn: str = text("actacn")
    acntname: str = text("acntname")
    ibkname: str = text("ibkname")


class RowTo(Record, tag="toactn"):
    """Payee side of a row."""

    actacn: str = text("actacn")
    toname: str = text("toname")
    tobank: str = text("tobank")


class Row(Answered, tag="b2e0035-rs"):
    """One transaction.  Source: section 4 (c), row."""

    fractn: RowFrom | None = one("fractn")
    toactn: RowTo | None = one("toactn")
    vchnum: str = text("vchnum")
    transid: str = text("transid")
    insid: str = text("insid")
    txndate: date | None = day("txndate")
    txntime: str = text("txntime")
    txnamt: Decimal | None = yuan("txnamt")
    acctbal: Decimal | None = yuan("acctbal")
    useinfo: str = text("useinfo")
    furinfo: str = text("furinfo")
    trncur: str = text("trncur")
    direction: Direction | None = code("direction", codes.DIRECTION)
    vouchnum: str = text("vouchnum")


class RowsAnswer(Answered, tag="trn-b2e0035-rs"):
    """A page of transactions.  Source: section 4 (c)."""

    totalnum: str = text("totalnum")
    notenum: str = text("notenum")
    rows: list[Row] = many("b2e0035-rs")


class Payer(Record, tag="fractn"):
    """Payer of a transfer."""

    fribkn: str = text("fribkn")
    actacn: str = text("actacn")
    actnam: str = text("actnam")


class CompanyPayee(Record, tag="toactn"):
    """Payee of b2e0009."""

    toibkn: str = text("toibkn")
    actacn: str = text("actacn")
    toname: str = text("toname")
    tobknm: str = text("tobknm")
    toaddr: str = text("toaddr")


class PersonPayee(Record, tag="toactn"):
    """Payee of b2e0061."""

    toibkn: str = text("toibkn")
    acttyp: str = text("acttyp")
    actacn: str = text("actacn")
    toname: str = text("toname")
    tobknm: str = text("tobknm")
    toaddr: str = text("toaddr")


class CompanyPayment(Record, tag="b2e0009-rq"):
    """One transfer to a company.  Source: section 4 (d)."""

    insid: str = text("insid")
    obssid: str = text("obssid")
    fractn: Payer = one("fractn")
    toactn: CompanyPayee = one("toactn")
    trnamt: Decimal = yuan("trnamt")
    trncur: str = text("trncur")
    priolv: str = text("priolv")
    furinfo: str = text("furinfo")
    trfdate: date = day("trfdate")
    trftime: str = text("trftime")
    comacn: str = text("comacn")


class PersonPayment(Record, tag="b2e0061-rq"):
    """One transfer to a person.  Source: section 4 (d)."""

    insid: str = text("insid")
    obssid: str = text("obssid")
    fractn: Payer = one("fractn")
    toactn: PersonPayee = one("toactn")
    trnamt: Decimal = yuan("trnamt")
    trncur: str = text("trncur")
    priolv: str = text("priolv")
    cuspriolv: str = text("cuspriolv")
    furinfo: str = text("furinfo")
    trfdate: date = day("trfdate")
    trftime: str = text("trftime")
    comacn: str = text("comacn")
    bocflag: str = text("bocflag")


class PayrollLine(Record, tag="detail"):
    """One person of a payroll.  Source: section 4 (e2), detail."""

    toibkn: str = text("toibkn")
    tobank: str = text("tobank")
    toactn: str = text("toactn")
    pydcur: str = text("pydcur")
    pydamt: Decimal = yuan("pydamt")
    toname: str = text("toname")
    toidtp: str = text("toidtp")
    toidet: str = text("toidet")
    furinfo: str = text("furinfo")
    purpose: str = text("purpose")
    reserve1: str = text("reserve1")
    reserve2: str = text("reserve2")
    reserve3: str = text("reserve3")
    reserve4: str = text("reserve4")


class Payroll(Record, tag="b2e0078-rq"):
    """Quick agency payment (快捷代发).  Source: section 4 (e2)."""

    insid: str = text("insid")
    fractn: Payer = one("fractn")
    pybcur: str = text("pybcur")
    pybamt: Decimal = yuan("pybamt")
    pybnum: str = text("pybnum")
    crdtyp: str = text("crdtyp")
    furinfo: str = text("furinfo")
    useinf: str = text("useinf")
    trfdate: date = day("trfdate")
    details: list[PayrollLine] = many("detail")


class StatusQuery(Record, tag="b2e0007-rq"):
    """What became of one payment.  Source: section 4 (f)."""

    insid: str = text("insid")
    obssid: str = text("obssid")


class ItemAnswer(Answered, tag="item-rs"):
    """The bank's word on one payment, of any submit or status message.  Source: section 4 (d) and (f)."""

    insid: str = text("insid")
    obssid: str = text("obssid")
