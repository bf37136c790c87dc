"""The bank's tables: return codes, kinds of operation, fields with their lengths and shapes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.wire import Field, tag
from kernel import clock

CODES = {
    "B001": "处理成功", "B002": "成功，还有后续记录", "B003": "没有符合条件的记录", "B054": "处理中", "B059": "已提交",
    "B266": "银行处理中", "B998": "数据格式错误", "1033": "用户未签到", "B107": "签到已失效",
    "S901": "指令编号重复", "S902": "指令不存在", "S903": "付款账户余额不足", "S904": "收款人户名不符",
    "S905": "收款账户已销户", "S906": "付款账户未登记或无权限", "S907": "代发明细全部失败", "S910": "终端未登记",
    "S911": "客户或操作员不存在", "S912": "操作员密码错误", "S913": "交易码不存在", "S914": "账户未登记",
    "S915": "查询日期超出范围", "S917": "原退回业务不存在",
}  # fmt: skip
REASONS = {
    "no_funds": "S903", "wrong_name": "S904", "payee_closed": "S905", "payer_unknown": "S906",
    "all_details_failed": "S907",
}  # fmt: skip
KINDS = {
    "b2e0001": "session", "b2e0002": "session", "b2e0005": "query", "b2e0007": "inquire", "b2e0009": "pay",
    "b2e0012": "query", "b2e0035": "query", "b2e0061": "pay", "b2e0078": "pay",
}  # fmt: skip
_AMOUNT = r"\d{1,13}(\.\d{1,2})?"
_DAY = r"\d{8}"
ENVELOPE = (
    Field("termid", 13, 13, r"E\d{12}"), Field("trnid", 1, 17, r"[0-9A-Za-z]+"), Field("custid", 1, 10, r"\d+"),
    Field("cusopr", 1, 20), Field("trncod", 7, 7, r"b2e\d{4}"), Field("token", 0, 64),
)  # fmt: skip
TRANSFER = (
    Field("insid", 1, 32, r"[\x21-\x7e]+"), Field("obssid", 0, 30, r"\d+"), Field("fractn/fribkn", 0, 12, r"\d{5}|\d{12}"),
    Field("fractn/actacn", 1, 35), Field("fractn/actnam", 0, 70), Field("toactn/toibkn", 0, 12, r"\d+"),
    Field("toactn/actacn", 1, 35), Field("toactn/toname", 1, 70), Field("toactn/tobknm", 0, 70),
    Field("toactn/toaddr", 0, 70, double=True), Field("trnamt", 1, 16, _AMOUNT), Field("trncur", 3, 3, "001|CNY"),
    Field("priolv", 1, 2, "0?[01]"), Field("furinfo", 0, 200, r"[^|]*", double=True), Field("trfdate", 8, 8, _DAY),
    Field("trftime", 0, 6, r"([01]\d|2[0-3])0000"), Field("comacn", 0, 35),
)  # fmt: skip
PERSONAL = (
    Field("toactn/acttyp", 0, 3, "119|101|188|103"), Field("toactn/email", 0, 80, r".+@.+"),
    Field("cuspriolv", 1, 2, "0?[01]"), Field("bocflag", 1, 1, "[01]"),
)  # fmt: skip
PAYROLL = (
    Field("insid", 1, 32, r"[\x21-\x7e]+"), Field("fractn/fribkn", 0, 12, r"\d{5}|\d{12}"), Field("fractn/actacn", 1, 35),
    Field("pybcur", 3, 3, "001|CNY"), Field("pybamt", 1, 16, _AMOUNT), Field("pybnum", 1, 6, r"\d+"),
    Field("crdtyp", 1, 1, "[567]"), Field("trfdate", 8, 8, _DAY),
)  # fmt: skip
DETAIL = (
    Field("toactn", 1, 35), Field("toname", 1, 70), Field("pydcur", 3, 3, "001|CNY"), Field("pydamt", 1, 16, _AMOUNT),
    Field("toibkn", 0, 12, r"\d+"),
)  # fmt: skip
STATEMENT = (
    Field("ibknum", 0, 5, r"\d{5}"), Field("actacn", 1, 20), Field("type", 4, 4, "2001|2002|2005"),
    Field("datescope/from", 0, 8, _DAY), Field("datescope/to", 0, 8, _DAY), Field("begnum", 0, 8, r"\d+"),
    Field("amountscope/from", 0, 22, r"\d+(\.\d{1,2})?"), Field("amountscope/to", 0, 22, r"\d+(\.\d{1,2})?"),
    Field("recnum", 0, 2, r"\d{1,2}"), Field("direction", 0, 1, "[0-2]"),
)  # fmt: skip


def status(code: str, text: str = "", *, field: str = "rspmsg") -> str:
    """A status element; the text defaults to the code's own."""
    return f"<status>{tag('rspcod', code)}{tag(field, text or CODES.get(code, '未知'))}</status>"


def day_of(text: str) -> date:
    """A YYYYMMDD date. Raises Refusal B998."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise Refusal("B998", f"日期 {text} 不存在") from None


def month_after(day: date) -> date:
    """The same day one calendar month on, or that month's last."""
    first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def server_time() -> str:
    """The bank's clock as answers carry it."""
    return tag("serverdt", f"{clock.now():%Y%m%d%H%M%S}")
