"""ICBC's tables: trades, fields with their lengths in GBK bytes, return codes, and wording of documents."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.wire import Field, tags
from kernel import clock

CODES = {
    "0": "成功", "B0012": "指令包序列号为空或重复", "B0116": "没有符合条件的记录", "B0043": "付款人户名不符",
    "B0052": "付款账号与收款账号相同", "SIM01": "签名错误", "SIM02": "报文格式错误", "SIM03": "不支持的交易",
    "SIM04": "账户未登记", "SIM05": "付款账户余额不足", "SIM06": "收款人户名不符", "SIM07": "收款账户已销户",
    "SIM08": "付款账户无权限", "SIM09": "表单与报文不一致", "SIM10": "查询日期超出范围", "SIM11": "全部失败",
}  # fmt: skip
REASONS = {
    "no_funds": "SIM05", "wrong_name": "SIM06", "payee_closed": "SIM07", "payer_unknown": "SIM08",
    "all_details_failed": "SIM11",
}  # fmt: skip
KINDS = {
    "PAYENT": "pay", "PAYPER": "pay", "QPAYENT": "inquire", "QPAYPER": "inquire", "QACCBAL": "query", "QPD": "query",
    "QHISD": "query",
}  # fmt: skip
ROWS_MAX, PAGE_ROWS, SPAN_DAYS, PACKAGE_MAX = 10, 90, 62, 300
_GBK = "gbk"


def _bytes(path: str, least: int, most: int, pattern: str = "") -> Field:
    return Field(path, least, most, pattern, charset=_GBK)


PUB = (
    Field("TransCode", 3, 10, "[A-Z]+"), Field("CIS", 1, 30), Field("BankCode", 3, 3, "102"), Field("ID", 1, 60),
    Field("TranDate", 8, 8, r"\d{8}"), Field("TranTime", 9, 9, r"\d{9}"), Field("fSeqno", 1, 35, r"[0-9A-Za-z]+"),
)  # fmt: skip
PACKAGE = (
    Field("OnlBatF", 1, 1, "1"), Field("SettleMode", 1, 1, "[02]"), Field("TotalNum", 1, 6, r"\d+"),
    Field("TotalAmt", 1, 17, r"\d+"), Field("SignTime", 17, 17, r"\d{17}"),
)  # fmt: skip
PAYMENT = (
    Field("iSeqno", 1, 35, r"[0-9A-Za-z]+"), Field("PayType", 1, 1, "[123]"), _bytes("PayAccNo", 1, 34), _bytes("PayAccNameCN", 1, 100),
    _bytes("RecAccNo", 1, 34), _bytes("RecAccNameCN", 1, 100), Field("SysIOFlg", 1, 1, "[12]"), Field("IsSameCity", 1, 1, "[12]"),
    Field("Prop", 0, 1, "[01]"), Field("RecBankNo", 0, 12, r"\d+"), Field("RecBankName", 0, 60), Field("CurrType", 3, 3, "001"),
    Field("PayAmt", 1, 17, r"\d+"), _bytes("UseCN", 0, 20), _bytes("PostScript", 0, 60), _bytes("Summary", 0, 20),
    _bytes("Ref", 0, 40), _bytes("ERPSqn", 0, 40),
)  # fmt: skip
OLD, NEW = ("ReqReserved3", "ReqReserved4"), ("BankType", "FileNames", "MCardNo")
DETAILS = (Field("AccNo", 1, 34), Field("MinAmt", 1, 17, r"\d+"), Field("MaxAmt", 1, 17, r"\d+"))


def document(pub: list[tuple[str, str]], inside: str, *, quirks: bool) -> str:
    """An answer's document; its prolog is seen with double blanks."""
    prolog = '<?xml version="1.0" encoding="GBK"?>'
    if quirks:
        prolog = '<?xml  version="1.0"  encoding="GBK"  standalone="no" ?>\n'
    return f"{prolog}<CMS><eb><pub>{tags(pub)}</pub><out>{inside}</out></eb></CMS>"


def day_of(text: str) -> date:
    """A YYYYMMDD date. Raises Refusal."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise Refusal("SIM10", f"日期 {text} 不存在") from None


def window(first: str, last: str) -> None:
    """History reaches from some weeks ago to yesterday. Raises Refusal."""
    start, end = day_of(first), day_of(last)
    if start > end or end >= clock.today() or end - start > timedelta(days=SPAN_DAYS):
        raise Refusal("SIM10")
