"""The parts of pain.002 that decide something.  Source: ISO 20022 CustomerPaymentStatusReport, versions 03 to 12."""

from __future__ import annotations

from decimal import Decimal

from bankadapters.messages import Record, many, one, text, yuan


class Reason(Record, tag="Rsn"):
    """Why: an external code, or the bank's own word."""

    code: str = text("Cd")
    own: str = text("Prtry")


class StatusReason(Record, tag="StsRsnInf"):
    """StatusReasonInformation."""

    reason: Reason | None = one("Rsn")


class Amount(Record, tag="Amt"):
    """Amount of the original payment, where the bank repeats it."""

    instructed: Decimal | None = yuan("InstdAmt")


class Other(Record, tag="Othr"):
    """An account by a number of no IBAN."""

    number: str = text("Id")


class AccountId(Record, tag="Id"):
    """An account."""

    iban: str = text("IBAN")
    other: Other | None = one("Othr")


class Account(Record, tag="DbtrAcct"):
    """The payer's account, where the bank repeats it."""

    ident: AccountId | None = one("Id")


class Original(Record, tag="OrgnlTxRef"):
    """OriginalTransactionReference."""

    amount: Amount | None = one("Amt")
    account: Account | None = one("DbtrAcct")


class Transaction(Record, tag="TxInfAndSts"):
    """How one payment stands."""

    instruction: str = text("OrgnlInstrId")
    reference: str = text("OrgnlEndToEndId")
    status: str = text("TxSts")
    reasons: list[StatusReason] = many("StsRsnInf")
    serial: str = text("AcctSvcrRef")
    original: Original | None = one("OrgnlTxRef")


class Payments(Record, tag="OrgnlPmtInfAndSts"):
    """How one payment block stands."""

    number: str = text("OrgnlPmtInfId")
    status: str = text("PmtInfSts")
    reasons: list[StatusReason] = many("StsRsnInf")
    rows: list[Transaction] = many("TxInfAndSts")


class Group(Record, tag="OrgnlGrpInfAndSts"):
    """How the whole message stands."""

    number: str = text("OrgnlMsgId")
    status: str = text("GrpSts")
    reasons: list[StatusReason] = many("StsRsnInf")


class Head(Record, tag="GrpHdr"):
    """The report's own number and moment."""

    number: str = text("MsgId")
    made: str = text("CreDtTm")


class Report(Record, tag="CstmrPmtStsRpt"):
    """The whole report."""

    head: Head | None = one("GrpHdr")
    group: Group | None = one("OrgnlGrpInfAndSts")
    blocks: list[Payments] = many("OrgnlPmtInfAndSts")
