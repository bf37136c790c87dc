"""Ping An Bank's tables: trade codes, fields with their lengths in GBK bytes, codes, and the header cut by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.wire import Field
from kernel import clock

CODES = {
    "000000": "交易受理成功", "MA9111": "交易处理中", "MA0103": "无符合条件的记录", "MA4045": "凭证号重复",
    "YQ9974": "报文校验失败", "YQ9978": "报文格式错误", "SM9404": "记录不存在", "SM9003": "账户无权限",
    "SM9013": "不支持的交易码",
}  # fmt: skip
REASONS = {
    "no_funds": ("SM9001", "余额不足"), "wrong_name": ("YQ9982", "收款账号户名不符"), "payee_closed": ("SM9002", "收款账户已销户"),
    "payer_unknown": ("SM9003", "付款账户无权限"),
}  # fmt: skip
KINDS = {
    "S001": "session", "4001": "query", "4012": "query", "4013": "query", "4004": "pay", "4018": "pay", "4005": "inquire",
    "4015": "inquire", "F001": "query",
}  # fmt: skip
HEADER = 222
_GBK = "gbk"
_AMOUNT = r"\d{1,13}\.\d{2}"
_DAY = r"\d{8}"


def _bytes(path: str, least: int, most: int, pattern: str = "") -> Field:
    return Field(path, least, most, pattern, charset=_GBK)


_PAYEE = (
    _bytes("InAcctNo", 1, 32, r"[0-9A-Za-z-]+"), _bytes("InAcctName", 1, 60), _bytes("InAcctBankName", 1, 60),
    Field("InAcctBankNode", 0, 12, r"\d{12}"), Field("TranAmount", 4, 16, _AMOUNT), _bytes("UseEx", 0, 100),
    Field("UnionFlag", 1, 1, "[01]"), Field("AddrFlag", 1, 1, "[12]"),
)  # fmt: skip
_PAYER = (
    _bytes("OutAcctNo", 1, 20), _bytes("OutAcctName", 1, 60), Field("CcyCode", 3, 3, "RMB"), _bytes("ThirdVoucher", 10, 20),
)  # fmt: skip
SINGLE = (*_PAYER, *_PAYEE, Field("SysFlag", 0, 2, "[NYS]|T[12]"), Field("RealFlag", 0, 1, "[12]"))
BATCH = (
    *_PAYER, Field("totalCts", 1, 5, r"\d+"), Field("totalAmt", 4, 16, _AMOUNT), Field("BSysFlag", 0, 1, "[NYS]"),
    Field("PayType", 1, 1, "[01]"),
)  # fmt: skip
ITEM = (_bytes("SThirdVoucher", 1, 20), *_PAYEE)
ENTRIES = (
    _bytes("AcctNo", 1, 20), Field("BeginDate", 8, 8, _DAY), Field("EndDate", 8, 8, _DAY), Field("PageNo", 1, 6, r"\d+"),
    Field("PageSize", 0, 4, r"\d+"), Field("OrderMode", 0, 3, "00[12]"),
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """What a dialect wants of a request's header."""

    enterprise: str
    code: str
    operator: str
    serial: str
    protocol: str


def read_header(data: bytes) -> tuple[Head, bytes]:
    """Header and body by the offsets of the bank's table. Raises Refusal."""
    if len(data) < HEADER or data[:6] != b"A00101":
        raise Refusal("YQ9978", "报文头应为 A001，222 字节")
    digits, body = data[30:40], data[HEADER:]
    if not digits.isdigit() or int(digits) != len(body):
        raise Refusal("YQ9978", f"报文长度 {digits.decode('latin-1')} 与报文体不符")
    if data[6:8] != b"01" or data[51:53] != b"01":
        raise Refusal("YQ9978", "编码或服务类型错误")

    def cut(start: int, width: int) -> str:
        return data[start : start + width].decode("latin-1").strip()

    return Head(cut(10, 20), cut(40, 6), cut(46, 5), cut(67, 20), cut(8, 2)), body


def write_header(head: Head, length: int, code: str, words: str) -> bytes:
    """The header of a reply; Chinese is padded after it has become bytes."""
    now = clock.now()
    text = words.encode(_GBK, "replace")[:100].ljust(100)
    begin = f"A0010101{head.protocol:2}{head.enterprise:20}{length:010d}{head.code:6}{head.operator:5}02"
    begin += f"{now:%Y%m%d%H%M%S}{head.serial:20}{code:6}"
    return begin.encode("latin-1") + text + b"0000" + b"0 " + b" " * 12 + b"0" * 10 + b"0"


def day_of(text: str) -> date:
    """A YYYYMMDD date. Raises Refusal."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise Refusal("YQ9974", f"日期 {text} 不存在") from None
