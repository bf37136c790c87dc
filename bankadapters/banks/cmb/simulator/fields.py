"""China Merchants Bank's tables: functions, fields with their lengths in GBK bytes, error codes, and wording of rows."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from datetime import date, datetime

from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.wire import Field, tag, tags

CODES = {
    "SUC0000": "成功", "NCB4241": "业务参考号重复", "NCB1804": "该地区无招行机构", "CMB1003": "收款人户名不符",
    "SIM9001": "付款账户余额不足", "SIM9002": "收款账户已销户", "SIM9003": "付款账户无权限", "SIM9004": "账户不存在",
    "SIM9005": "无一笔成功入账", "-3": "数据格式错误", "-4": "用户未登录", "-9": "其他错误",
}  # fmt: skip
REASONS = {
    "no_funds": "SIM9001", "wrong_name": "CMB1003", "payee_closed": "SIM9002", "payer_unknown": "SIM9003",
    "all_details_failed": "SIM9005",
}  # fmt: skip
KINDS = {
    "DCPAYMNT": "pay", "DCPAYREQ": "pay", "DCOPRTRF": "pay", "AgentRequest": "pay", "NTAGCSAL": "pay", "NTAGCAPY": "pay",
    "NTQRYSTY": "inquire", "NTQRYSTN": "inquire", "NTSTLINF": "inquire", "NTAGCINY": "inquire",
    "GetAgentDetail": "inquire", "NTQADINF": "query", "SDKNTQABINF": "query", "GetTransInfoEX": "query",
    "ListAccount": "query", "SDKCSFDFBRT": "query", "NTPAYQYB": "query",
}  # fmt: skip
ITEMS_MAX, ROWS_MAX, AGENT_MAX = 1500, 30, 9998
_GBK = "gbk"
_AMOUNT = r"\d{1,13}\.\d{2}"
_DAY = r"\d{8}"


def _bytes(path: str, least: int, most: int, pattern: str = "") -> Field:
    return Field(path, least, most, pattern, charset=_GBK)


_BOTH = (
    _bytes("YURREF", 1, 30, r"[0-9A-Za-z_.@]+"), _bytes("DBTACC", 1, 35, r"[0-9A-Za-z-]+"), Field("DBTBBK", 2, 2, r"\d\d"),
    Field("TRSAMT", 4, 16, _AMOUNT), Field("CCYNBR", 2, 2, r"10"), _bytes("NUSAGE", 1, 62), _bytes("BUSNAR", 0, 200),
    _bytes("CRTACC", 1, 35, r"[0-9A-Za-z-]+"),
)  # fmt: skip
PAYMENT = (
    *_BOTH, Field("STLCHN", 1, 1, "[NF]"), _bytes("CRTNAM", 0, 62), _bytes("LRVEAN", 0, 200), Field("BRDNBR", 0, 30, r"\d+"),
    Field("BNKFLG", 1, 1, "[YN]"), _bytes("CRTBNK", 0, 62), _bytes("CRTADR", 0, 62), Field("TRSTYP", 0, 6, r"\d{6}"),
)  # fmt: skip
TRANSFER = (*_BOTH, Field("CRTFLG", 0, 1, "[YN]"))
AGENT = (
    Field("BUSCOD", 6, 6, "N030[123]0"), Field("BUSMOD", 5, 5), Field("TRSTYP", 4, 4), _bytes("DBTACC", 1, 35),
    Field("BBKNBR", 2, 2, r"\d\d"), Field("SUM", 4, 16, _AMOUNT), Field("TOTAL", 1, 4, r"\d+"), _bytes("YURREF", 1, 30),
    _bytes("MEMO", 1, 42),
)  # fmt: skip
AGENT_ITEM = (
    _bytes("ACCNBR", 1, 35), _bytes("CLTNAM", 1, 62), Field("TRSAMT", 4, 16, _AMOUNT), Field("BNKFLG", 0, 1, "[YN]"),
    _bytes("TRSDSP", 0, 20),
)  # fmt: skip
LARGE = (
    Field("BEGTAG", 1, 1, "Y"), Field("ENDTAG", 1, 1, "Y"), Field("TTLAMT", 4, 16, _AMOUNT), Field("TTLCNT", 1, 8, r"\d+"),
    Field("TTLNUM", 1, 3, "1"), Field("CURAMT", 4, 16, _AMOUNT), Field("CURCNT", 1, 8, r"\d+"), _bytes("ACCNBR", 1, 35),
    Field("CCYMKT", 1, 1, "[012]"), Field("TRSTYP", 4, 4), _bytes("NUSAGE", 1, 42), _bytes("YURREF", 1, 30),
)  # fmt: skip
LARGE_ITEM = (
    Field("TRXSEQ", 1, 8), _bytes("ACCNBR", 1, 35), _bytes("ACCNAM", 1, 62), Field("TRSAMT", 4, 16, _AMOUNT),
    _bytes("TRSDSP", 0, 42), Field("BNKFLG", 1, 1, "[YN]"),
)  # fmt: skip
STATUS = (Field("BUSCOD", 6, 6), Field("BGNDAT", 8, 8, _DAY), Field("ENDDAT", 8, 8, _DAY))
ENTRIES = (_bytes("ACCNBR", 1, 35), Field("TRSDAT", 8, 8, _DAY), Field("TRSSEQ", 0, 9, r"\d*"))


def block(name: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A business block, children in alphabetical order as live answers have them; empty ones may be left out."""
    return f"<{name}>{tags(sorted(pairs))}</{name}>"


def info(function: str, code: str, words: str, user: str) -> str:
    """The INFO block of an answer."""
    known = [("DATTYP", "2"), ("ERRMSG", words), ("FUNNAM", function), ("LGNNAM", user)]
    return f"<INFO>{tags(known)}{tag('RETCOD', code)}</INFO>"


def day_of(text: str) -> date:
    """A YYYYMMDD date. Raises Refusal -3."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise Refusal("-3", f"日期 {text} 不存在") from None


def the_block(root: ET.Element, name: str) -> ET.Element:
    """The first block of that name. Raises Refusal -3."""
    found = root.find(name)
    if found is None:
        raise Refusal("-3", f"缺少 {name}")
    return found
