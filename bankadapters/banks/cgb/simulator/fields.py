"""China Guangfa Bank's tables: transactions, fields with their lengths in GBK bytes, codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.wire import Field

CODES = {
    "000": "交易成功", "888": "查询成功", "901": "报文格式错误", "902": "操作员或密码错误", "903": "流水号重复", "904": "账户无权限",
    "905": "原交易不存在", "906": "无明细记录",
}  # fmt: skip
KINDS = {
    "0001": "query", "0032": "query", "0011": "pay", "0021": "pay", "0012": "pay", "0004": "inquire", "0022": "inquire",
    "0034": "inquire",
}  # fmt: skip
PAGE_MAX = 50
CIPHER = "7f3a9c5512de"  # what the bank makes of a password: it comes back in every answer
_ACCOUNT = "[0-9A-Za-z-]+"


def _bytes(path: str, least: int, most: int, pattern: str = "") -> Field:
    return Field(path, least, most, pattern, charset="gbk")


HEAD = (
    Field("tranCode", 4, 4, r"\d{4}"), Field("cifMaster", 1, 20), Field("entSeqNo", 1, 20, "[0-9A-Za-z]+"),
    Field("tranDate", 8, 8, r"\d{8}"), Field("tranTime", 6, 6, r"\d{6}"), Field("retCode", 0, 3, "000"),
    Field("entUserId", 1, 20), Field("password", 1, 40),
)  # fmt: skip
PAYMENT = (
    _bytes("outAccName", 1, 60), _bytes("outAcc", 1, 32, _ACCOUNT), _bytes("inAccName", 1, 60), _bytes("inAcc", 1, 32, _ACCOUNT),
    _bytes("inAccBank", 1, 60), Field("amount", 4, 17, r"\d{1,14}\.\d{2}"), _bytes("remark", 0, 60),
    Field("date", 8, 8, r"\d{8}"), Field("traceNo", 0, 0, "x"), Field("frBalance", 0, 0, "x"), Field("handleFee", 0, 0, "x"),
)  # fmt: skip
STATUS = (Field("origEntseqno", 1, 20), Field("origEntdate", 8, 8, r"\d{8}"))
ENTRIES = (
    _bytes("account", 1, 32), Field("beginDate", 8, 8, r"\d{8}"), Field("endDate", 8, 8, r"\d{8}"),
    Field("beginRecTranSeq", 0, 20, r"\d+"), Field("queryNumber", 1, 3, r"\d+"),
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """The body of an answer, its code, and the number it echoes where that is to be another one."""

    inside: str = ""
    code: str = "000"
    number: str = ""


def day_of(text: str) -> date:
    """A YYYYMMDD date. Raises Refusal."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise Refusal("901", f"日期 {text} 不存在") from None
