"""Bank of Communications messages: declarations only.  Source: BOCOM sheet, sections 3 and 4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bankadapters.framing import LengthPrefix
from bankadapters.messages import Record, count, day, many, one, text, yuan
from bankadapters.packed import Packed, column

FRAME = LengthPrefix(width=6, pad=" ", flag=b"0")  # a flag, six digits on the left: section 1


class RequestHead(Record, tag="head"):
    """What stands in the head of every request.  Source: section 3."""

    code: str = text("tr_code")
    corporation: str = text("corp_no")
    user: str = text("user_no")
    number: str = text("req_no")
    day: date = day("tr_acdt")
    time: str = text("tr_time")
    bodies: str = text("atom_tr_count", "1")
    channel: str = text("channel", "0")
    reserved: str = text("reserved")


class AnswerHead(Record, tag="head"):
    """What every answer says of itself; `particular_code` is the real result.  Source: section 3."""

    code: str = text("tr_code")
    number: str = text("req_no")
    serial: str = text("serial_no")
    trouble: str = text("ans_info")
    result: str = text("particular_code")
    words: str = text("particular_info")


class Table(Record, tag="body"):
    """A table in one text: its titles stand among its values.  Source: section 3."""

    record: str = text("serial_record")
    fields: int | None = count("field_num")
    rows: int | None = count("record_num")
    file_flag: str = text("file_flag")
    file: str = text("filename")


# -- accounts -----------------------------------------------------------------------------------------------------


class AccountQuery(Record, tag="body"):
    """310101 and 310201: an account.  Source: sections 4b and 4c."""

    account: str = text("acno")


class HistoryQuery(Record, tag="body"):
    """310301: an account and days.  Source: section 4c."""

    account: str = text("acno")
    first: date = day("start_date")
    last: date = day("end_date")


@dataclass(frozen=True)
class BalanceRow(Packed):
    """One row of 310101; it has a success flag of its own.  Source: section 4b."""

    name: str = column(title="户名")
    account: str = column(title="账号")
    currency: str = column(title="币种")
    book: Decimal | None = column("yuan", title="余额")
    available: Decimal | None = column("yuan", title="可用余额")
    opened: str = column(title="开户日期")
    kind: str = column(title="账户类型")
    branch: str = column(title="开户行")
    words: str = column(title="错误信息")
    flag: str = column(title="成功标志")


@dataclass(frozen=True)
class Entry(Packed):
    """One row of 310201 and 310301.  Source: section 4c."""

    state: str = column(title="状态")
    booked_on: date | None = column("day", title="交易日期")
    time: str = column(title="交易时间")
    business: str = column(title="业务类型")
    serial: str = column(title="流水号")
    part: str = column(title="流水序号")
    account: str = column(title="账号")
    name: str = column(title="户名")
    side: str = column(title="收支标志")
    currency: str = column(title="币种")
    amount: Decimal | None = column("yuan", title="交易金额")
    balance: Decimal | None = column("yuan", title="余额")
    available: Decimal | None = column("yuan", title="可用余额")
    other_account: str = column(title="对方账号")
    other_name: str = column(title="对方户名")
    other_address: str = column(title="对方地址")
    other_cnaps: str = column(title="对方开户行行号")
    other_bank: str = column(title="对方开户行行名")
    voucher_kind: str = column(title="票据种类")
    voucher: str = column(title="票据号码")
    voucher_name: str = column(title="票据名称")
    voucher_day: str = column(title="票据签发日期")
    postscript: str = column(title="附言")
    remark: str = column(title="备注")


# -- payments -----------------------------------------------------------------------------------------------------


class Payment(Record, tag="body"):
    """210201.  Source: section 4d."""

    payer_account: str = text("pay_acno")
    payer_name: str = text("pay_acname")
    payee_bank: str = text("rcv_bank_name")
    payee_account: str = text("rcv_acno")
    payee_name: str = text("rcv_acname")
    exchange: str = text("rcv_exg_code")
    cnaps: str = text("rcv_bank_no")
    currency: str = text("cur_code", "CNY")
    amount: Decimal = yuan("amt")
    reference: str = text("cert_no")
    summary: str = text("summary")
    is_elsewhere: str = text("bank_flag")
    place: str = text("area_flag")


class Person(Record, tag="rcd"):
    """One person of 330002.  Source: section 4e."""

    card: str = text("card_no")
    name: str = text("acname")
    kind: str = text("card_flag", "0")
    amount: Decimal = yuan("amt")
    business: str = text("busino")


class People(Record, tag="tran"):
    """The persons of 330002."""

    rows: list[Person] = many("rcd")


class Payroll(Record, tag="body"):
    """330002.  Source: section 4e."""

    reference: str = text("cert_no")
    payer_account: str = text("pay_acno")
    kind: str = text("type")
    size: str = text("sum")
    total: Decimal = yuan("sum_amt")
    month: str = text("pay_month")
    summary: str = text("summary")
    agreement: str = text("busi_no")
    one_voucher: str = text("mailflg", "Y")
    people: People = one("tran")


class PersonAnswer(Record, tag="rcd"):
    """What became of one person; F is a success.  Source: section 4e."""

    card: str = text("card_no")
    flag: str = text("sucFlg")
    serial: str = text("flw")


class PeopleAnswer(Record, tag="tran"):
    """The persons of an answer."""

    rows: list[PersonAnswer] = many("rcd")


class PayrollAnswer(Record, tag="body"):
    """The answer to 330002."""

    people: PeopleAnswer | None = one("tran")


# -- status -------------------------------------------------------------------------------------------------------


class StatusQuery(Record, tag="body"):
    """310204: 1 by our number, 2 by the bank's, 3 a payroll by ours.  Source: section 4f."""

    kind: str = text("query_flag")
    number: str = text("ogl_serial_no")


class Standing(Record, tag="body"):
    """The answer to 310204."""

    number: str = text("ogl_serial_no")
    stat: str = text("stat")
    words: str = text("err_msg")
    payer_account: str = text("pay_acno")
    amount: Decimal | None = yuan("amt")
    reference: str = text("cert_no")
