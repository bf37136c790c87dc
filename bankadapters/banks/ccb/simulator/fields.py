"""China Construction Bank's tables: transactions, fields with their lengths in GB18030 bytes, codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.wire import Field

CODES = {
    "000000": "", "8350ZX100000": "没有符合条件的记录", "0130Z110BB22": "交易不存在", "0130Z110B144": "记录重复",
    "SIM900000001": "报文格式错误", "SIM900000002": "REQUEST_SN 错误", "SIM900000003": "交易不存在",
    "SIM900000004": "请求流水号重复", "SIM900000005": "账户不属于该客户", "SIM900000006": "交易流水不存在",
}  # fmt: skip
REASONS = {
    "no_funds": "余额不足", "wrong_name": "收款人户名不符", "payee_closed": "收款账户已销户", "payer_unknown": "付款账户不存在",
}  # fmt: skip
KINDS = {
    "6W9101": "session", "6W0100": "query", "6WY101": "query", "6W0300": "query", "6W8010": "pay", "6W8020": "pay",
    "6W8060": "pay", "6W8040": "pay", "6W1303": "pay", "6W0600": "inquire", "6W1503": "inquire", "6W0500": "inquire",
    "6W0800": "inquire",
}  # fmt: skip
BATCH_BYTES = 9999
PAGE_MAX = 200
_GB = "gb18030"
_AMOUNT = r"\d{1,14}\.\d{2}"
_ACCOUNT = r"[0-9A-Za-z-]+"


def _bytes(path: str, least: int, most: int, pattern: str = "") -> Field:
    return Field(path, least, most, pattern, charset=_GB)


_COMMON = (
    _bytes("PAY_ACCNO", 1, 32, _ACCOUNT), _bytes("RECV_ACCNO", 1, 32, _ACCOUNT), _bytes("RECV_ACC_NAME", 1, 60),
    Field("AMOUNT", 4, 17, _AMOUNT), Field("CUR_TYPE", 2, 2, "01"), _bytes("USEOF", 1, 38), _bytes("REM1", 0, 32),
    _bytes("REM2", 0, 32), _bytes("CST_PAY_NO", 0, 30),
)  # fmt: skip
TRANSFERS = {
    "6W8010": (*_COMMON, Field("CHK_RECVNAME", 1, 1, "[01]")),
    "6W8020": (*_COMMON, Field("CHK_RECVNAME", 1, 1, "[01]"), _bytes("RECV_OPENACC_DEPT", 0, 60)),
    "6W8060": (
        *_COMMON, _bytes("RECV_OPENACC_DEPT", 1, 41), Field("RECV_UBANKNO", 12, 12, r"\d{12}"), Field("TRAN_TYPE", 1, 1),
    ),
}  # fmt: skip
BATCH = (
    Field("AMOUNT", 4, 17, _AMOUNT), Field("COUNT", 1, 7, r"\d+"), Field("CHK_RECVNAME", 1, 1, "[01]"),
    _bytes("FILE_CTX", 1, BATCH_BYTES),
)  # fmt: skip
PAYROLL = (
    _bytes("ACC_NO1", 1, 32, _ACCOUNT), _bytes("BILL_CODE", 1, 32), _bytes("ACC_NO2", 1, 32, _ACCOUNT),
    _bytes("OTHER_NAME", 1, 60), Field("AMOUNT", 4, 17, _AMOUNT), _bytes("USEOF_CODE", 1, 20), Field("FLOW_FLAG", 1, 1, "[01]"),
)  # fmt: skip
ENTRIES = (
    _bytes("ACCNO1", 1, 32), Field("STARTDATE", 8, 8, r"\d{8}"), Field("ENDDATE", 8, 8, r"\d{8}"),
    Field("PAGE", 1, 6, r"[1-9]\d*"), Field("TOTAL_RECORD", 0, 3, r"\d+"), Field("POSTSTR", 0, 100),
)  # fmt: skip
HISTORY = (
    _bytes("ACC_NO", 1, 32), Field("START_DATE", 8, 8, r"\d{8}"), Field("END_DATE", 8, 8, r"\d{8}"),
    Field("START_PAGE", 1, 6, r"[1-9]\d*"), Field("POSTSTR", 0, 40),
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """The body of an answer; `number` where it is to echo another request number than the one that came."""

    inside: str = ""
    number: str = ""


def day_of(text: str) -> date:
    """A YYYYMMDD date. Raises Refusal."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise Refusal("SIM900000001", f"日期 {text} 不存在") from None
