"""CMBC messages: declarations only.  Source: CMBC sheet, sections 3 and 4."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bankadapters.messages import Record, count, dashed_day, day, many, one, text, yuan


class RequestHeader(Record, tag="requestHeader"):
    """Who asks, with the password in every message.  Source: section 3."""

    sent_at: str = text("dtClient")
    customer: str = text("clientId")
    user: str = text("userId")
    password: str = text("userPswd")
    language: str = text("language", "chs")
    application: str = text("appId", "nsbdes")
    version: str = text("appVer", "201")


class Status(Record, tag="status"):
    """What became of a message.  Source: section 3."""

    code: str = text("code")
    severity: str = text("severity")
    words: str = text("message")


class ResponseHeader(Record, tag="responseHeader"):
    """The head of an answer.  Source: section 3."""

    status: Status | None = one("status")


class Body(Record, tag="xDataBody"):
    """What every body begins with.  Source: section 3."""

    number: str = text("trnId")
    cookie: str | None = text("cltcookie", None)


class AccountNames(Record, tag="acntList"):
    """Accounts asked about.  Source: section 4, qryBal."""

    account: str = text("acntNo")


class BalanceAsked(Body, tag="xDataBody"):
    """qryBal.  Source: section 4."""

    accounts: AccountNames | None = one("acntList")


class EntriesAsked(Body, tag="xDataBody"):
    """qryDtl: rows from a number to a number.  Source: section 4."""

    account: str = text("acntNo")
    first: date = dashed_day("dateFrom")
    last: date = dashed_day("dateTo")
    begin: int = count("startNo")
    end: int = count("endNo")
    kind: str = text("typeCode")


class EntryRow(Record, tag="dtlInfo"):
    """One entry.  Source: section 4, qryDtl."""

    serial: str = text("svrId")
    account: str = text("acntNo")
    side: str = text("type")
    booked_on: date | None = day("actDate")
    amount: Decimal | None = yuan("amount")
    other_account: str = text("opAcntNo")
    other_name: str = text("opAcntName")
    other_bank: str = text("opBankName")
    purpose: str = text("explain")
    balance: Decimal | None = yuan("balance")
    sequence: str = text("recseq")
    stamp: str = text("timestamp")


class EntryRows(Record, tag="dtlList"):
    """The entries of an answer.  Source: section 4, qryDtl."""

    rows: list[EntryRow] = many("dtlInfo")


class EntriesTold(Body, tag="xDataBody"):
    """The answer to qryDtl.  Source: section 4."""

    listed: EntryRows | None = one("dtlList")
    total: int | None = count("totalNum")


class Transfer(Body, tag="xDataBody"):
    """Xfer: one payment.  Source: section 4."""

    reference: str = text("insId")
    payer_account: str = text("acntNo")
    payer_name: str = text("acntName")
    payee_account: str = text("acntToNo")
    payee_name: str = text("acntToName")
    is_other_bank: str = text("externBank")
    way: str = text("localFlag")
    payee_kind: str = text("rcvCustType")
    cnaps: str = text("bankCode")
    payee_bank: str = text("bankName")
    address: str = text("bankAddr")
    area: str = text("areaCode")
    amount: Decimal = yuan("amount")
    purpose: str = text("explain")
    on: date = dashed_day("actDate")


class Taken(Body, tag="xDataBody"):
    """The answer to it.  Source: section 4, Xfer."""

    reference: str = text("insId")
    serial: str = text("svrId")


class StatusAsked(Body, tag="xDataBody"):
    """qryXfer.  Source: section 4."""

    reference: str = text("insId")
    serial: str = text("svrId")


class StatusId(Record, tag="statusId"):
    """Where a payment stands.  Source: section 4, qryXfer."""

    code: str = text("statusCode")
    severity: str = text("statusSeverity")
    words: str = text("statusErrMsg")


class Stands(Taken, tag="xDataBody"):
    """The answer to qryXfer.  Source: section 4."""

    status: StatusId | None = one("statusId")
