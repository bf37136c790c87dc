"""CITIC's tables: actions, fields with their lengths in GBK bytes, status codes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from datetime import date, datetime

from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.wire import Field, first_fault, tags

CODES = {
    "AAAAAAA": "交易成功", "AAAAAAE": "已提交银行处理", "AAAAAAF": "批量已提交", "CCCCCCC": "处理中", "BBBBBBB": "部分成功",
    "EEEEEEE": "未生成交易", "CP07815": "客户流水号不存在", "CP07821": "交易失败", "CP07823": "处理中",
    "ED02095": "处理中", "ED02100": "全部失败", "ED02093": "失败", "SIM0001": "报文格式错误", "SIM0002": "交易码不支持",
    "SIM0003": "账号不存在", "SIM0004": "账户余额不足", "SIM0005": "户名不符", "SIM0006": "收款账户已销户",
    "SIM0007": "客户流水号重复", "SIM0404": "查无此交易", "SIM0009": "用户不存在",
}  # fmt: skip
REASONS = {
    "no_funds": "SIM0004", "wrong_name": "SIM0005", "payee_closed": "SIM0006", "payer_unknown": "SIM0003",
    "all_details_failed": "ED02100",
}  # fmt: skip
KINDS = {
    "DLOUTTRN": "pay", "DLINETRN": "pay", "CMMANSWP": "pay", "CMDWNSWP": "pay", "DLPAYBAT": "pay", "DLSALIMP": "pay",
    "DLCIDSTT": "inquire", "DLBATDET": "inquire", "DLSALCOL": "inquire", "DLBALQRY": "query", "DLHBLQRY": "query",
    "DLTRNALL": "query", "DLEDDRSQ": "query", "DLEDCDTD": "query",
}  # fmt: skip
BALANCES_MAX, PAGE_ROWS, BATCH_MAX = 10, 20, 9999
_GBK = "gbk"
_DAY = r"\d{8}"
_AMOUNT = r"\d{1,13}\.\d{2}"


def _bytes(path: str, least: int, most: int, pattern: str = "") -> Field:
    return Field(path, least, most, pattern, charset=_GBK)


_SCHEDULE = (Field("preFlg", 1, 1, "0"), Field("preDate", 0, 8), Field("preTime", 0, 6))
_CLIENT = _bytes("clientID", 1, 20, "[0-9A-Za-z]+")
_PAYER, _SUM = _bytes("payAccountNo", 1, 19), Field("tranAmount", 4, 16, _AMOUNT)
_WORDS = (_bytes("abstract", 0, 102), _bytes("memo", 0, 60))
OUTWARD = (
    _CLIENT, *_SCHEDULE, _PAYER, _SUM, *_WORDS, Field("payType", 2, 2, "0[0-5]|B5"), _bytes("recAccountNo", 1, 32),
    _bytes("recAccountName", 1, 122), _bytes("recOpenBankName", 0, 122), _bytes("recOpenBankCode", 0, 20, r"\d+"),
    Field("citicbankFlag", 1, 1, "[01]"), Field("cityFlag", 1, 1, "[01]"), _bytes("chkNum", 0, 20),
)  # fmt: skip
INWARD = (_CLIENT, *_SCHEDULE, _PAYER, _bytes("recAccountNo", 1, 19), _SUM, *_WORDS)
SWEEP = (_CLIENT, *_SCHEDULE, _bytes("accountNo", 1, 19), _SUM)
BATCH = (
    _CLIENT,
    *_SCHEDULE,
    Field("totalNumber", 1, 4, r"\d+"),
    Field("totalAmount", 4, 16, _AMOUNT),
)
BATCH_ROW = (
    Field("ID", 4, 4, r"\d{4}"), _PAYER, _bytes("recAccountNo", 1, 32), _bytes("recAccountName", 1, 122),
    _bytes("recOpenBankCode", 1, 20, r"\d+"), Field("payType", 2, 2, "0[23]"), _SUM, *_WORDS,
)  # fmt: skip
PAYROLL = (*BATCH, _PAYER, Field("msgAbstract", 1, 1, "[1-7]"), Field("yearMonth", 6, 6, r"\d{6}"))
PAYROLL_ROW = (
    Field("employeeNo", 1, 5), _bytes("employeeName", 1, 42), _bytes("recAccountNo", 1, 19), _SUM,
)  # fmt: skip
ENTRIES = (
    _bytes("accountNo", 1, 19), Field("lowAmount", 4, 16, _AMOUNT), Field("upAmount", 4, 16, _AMOUNT),
    Field("startDate", 8, 8, _DAY), Field("endDate", 8, 8, _DAY), Field("pageNumber", 1, 2, "1?[0-9]|20"),
    Field("startRecord", 1, 4, r"[0-9]+"),
)  # fmt: skip
DAYS = (Field("startDate", 8, 8, _DAY), Field("endDate", 8, 8, _DAY))


def require(table: Iterable[Field], node: ET.Element) -> None:
    """Raise Refusal for the first field that is wrong."""
    fault = first_fault(table, node)
    if fault:
        raise Refusal("SIM0001", fault)


def listed(rows: Iterable[list[tuple[str, str]]]) -> str:
    """The list of rows every answer of several has."""
    inside = "".join(f"<row>{tags(row)}</row>" for row in rows)
    return f'<list name="userDataList">{inside}</list>'


def word(code: str) -> list[tuple[str, str]]:
    """A status with its words."""
    return [("status", code), ("statusText", CODES.get(code, ""))]


def day_of(text: str) -> date:
    """A YYYYMMDD date. Raises Refusal."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise Refusal("SIM0001", f"日期 {text} 不存在") from None
