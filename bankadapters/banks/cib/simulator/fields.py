"""Industrial Bank's tables: functions, fields with their lengths in GBK bytes, codes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date, datetime

from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.wire import Field, first_fault

CODES = {
    "0": "成功", "2000": "查无记录", "2002": "数据校验失败", "2005": "操作员无权限", "2006": "金额格式错误", "6421": "无明细记录",
    "6352": "总笔数总金额校验失败", "6000": "交易失败，请联系银行", "15500": "登录失败", "40620": "账户不存在",
}  # fmt: skip
REASONS = {
    "no_funds": "余额不足", "wrong_name": "户名不符", "payee_closed": "账户已销户", "payer_unknown": "账户不存在",
    "all_details_failed": "全部失败",
}  # fmt: skip
PERSON_CODES = {"no_funds": "46", "wrong_name": "49", "payee_closed": "44"}
KINDS = {
    "CURRACCTQUERYTRN": "query", "HISBALQUERYTRN": "query", "SCUSTSTMTTRN": "query", "XFERTRN": "pay", "ICTRANSFERTRN": "pay",
    "ASYNBATCHTRSFRTRN": "pay", "RBATCHTRSFRTRN": "pay", "RPAYOFFTRN": "pay", "XFERINQTRN": "inquire",
    "ICTRANSFERINQTRN": "inquire", "RPAYOFFINQTRN": "inquire", "INQSTATETRN": "inquire", "ELECTRONICRECEIPTTRN": "query",
    "ASYNRECEIPTINFOTRN": "query",
}  # fmt: skip
OMITTED = (
    "ASYNBATCHTRSFRTRN",
    "RBATCHTRSFRTRN",
    "ICTRANSFERTRN",
    "RPAYOFFTRN",
    "ELECTRONICRECEIPTTRN",
)
PAGE = 100
ITEMS_MAX = 100
_DAY = r"\d{4}-\d{2}-\d{2}"
_AMOUNT = r"\d{1,15}(\.\d{1,2})?"
_ACCOUNT = "[0-9A-Za-z-]+"


def _bytes(path: str, least: int, most: int, pattern: str = "") -> Field:
    return Field(path, least, most, pattern, charset="gbk")


SIGN_ON = (
    Field("DTCLIENT", 19, 19, rf"{_DAY} \d\d:\d\d:\d\d"), Field("CID", 10, 10, r"\d{10}"), Field("USERID", 1, 20),
    Field("USERPASS", 1, 30), Field("GENUSERKEY", 1, 1, "[YN]"),
)  # fmt: skip
TRANSFER = (
    _bytes("ACCTFROM/ACCTID", 1, 18), _bytes("ACCTTO/ACCTID", 1, 32, _ACCOUNT), _bytes("ACCTTO/NAME", 1, 60),
    _bytes("ACCTTO/BANKDESC", 0, 60), Field("ACCTTO/BANKNUM", 0, 12, r"\d{12}"), Field("CURSYM", 0, 3, "RMB"),
    Field("TRNAMT", 1, 18, _AMOUNT), Field("PMTMODE", 0, 5, "SUPER"), _bytes("PURPOSE", 1, 60), _bytes("MEMO", 0, 60),
)  # fmt: skip
BATCH = (
    _bytes("ACCTFROM/ACCTID", 1, 32), Field("BIZTYPE", 1, 1, "[0-3]"), Field("TOTALCOUNT", 0, 5, r"\d+"),
    Field("TOTALAMOUNT", 0, 18, _AMOUNT), Field("CURSYM", 0, 3, "RMB"), _bytes("PURPOSE", 1, 60),
)  # fmt: skip
ITEM = (
    Field("INDX", 1, 5), _bytes("ACCTTO/ACCTID", 1, 32, _ACCOUNT), _bytes("ACCTTO/NAME", 1, 60), Field("TRNAMT", 1, 18, _AMOUNT),
    _bytes("USE", 0, 60), _bytes("REMARK", 0, 50),
)  # fmt: skip
PERSON = (
    Field("INDX", 1, 10), _bytes("ACCTNAME", 1, 20), _bytes("ACCTID", 1, 18), Field("TRNAMT", 1, 18, _AMOUNT),
)  # fmt: skip
PAYROLL = (
    _bytes("ACCTFROM/ACCTID", 1, 22), _bytes("TITLE", 1, 30), Field("DESCRIPTION", 3, 3, r"\d{3}"),
    Field("TOTALCOUNT", 0, 5, r"\d+"), Field("TOTALAMOUNT", 0, 18, _AMOUNT),
)  # fmt: skip
ENTRIES = (
    _bytes("ACCTFROM/ACCTID", 1, 18), Field("INCTRAN/SELTYPE", 0, 1, "[13]"), Field("INCTRAN/DTSTART", 10, 10, _DAY),
    Field("INCTRAN/DTEND", 10, 10, _DAY), Field("INCTRAN/PAGE", 1, 6, r"[1-9]\d*"), Field("INCTRAN/TRNTYPE", 0, 1, "[012]"),
)  # fmt: skip
ESCAPED = re.compile(rb"&(?!#)")


def checked(table: tuple[Field, ...], node: ET.Element | None) -> ET.Element:
    """The node, once its fields are right. Raises Refusal."""
    fault = "报文体缺失" if node is None else first_fault(table, node)
    if node is None or fault:
        raise Refusal("2002", fault)
    return node


def day_of(text: str) -> date:
    """A YYYY-MM-DD date. Raises Refusal."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise Refusal("2002", f"日期 {text} 不存在") from None
