"""Postal Savings Bank of China's positions, cut by hand; its codes here; the key and the MAC."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from bankadapters.simulator.bank import Refusal

CODES = {
    "00": "成功", "05": "交易失败", "09": "处理中", "14": "账户不存在", "25": "原交易不存在", "30": "报文格式错误", "51": "余额不足",
    "94": "流水号重复", "A0": "MAC 校验失败",
}  # fmt: skip
KINDS = {"770020": "session", "772000": "query", "774000": "pay", "772030": "inquire"}
MASTER_KEY = "0123456789ABCDEF"
HEADER = 19


@dataclass(frozen=True)
class Parts:
    """One message cut at its positions; amounts in fen."""

    code: str
    account: str
    amount: int
    rest: str  # channel, expiry
    serial: str
    time: str
    day: str
    settlement: str
    flag: str
    unit: str
    mac: str

    def reply(
        self, code: str, more: str = "", *, serial: str = "", amount: int | None = None
    ) -> str:
        """The fields of the message again, the reply code, and what the operation brings."""
        fen = self.amount if amount is None else amount
        begin = f"{self.code}{len(self.account):02d}{self.account}{fen:012d}{self.rest}"
        return f"{begin}{serial or self.serial}{self.time}{self.day}{self.settlement}{code:2}{more}"


def parts_of(data: bytes) -> Parts:
    """A message by its positions. Raises Refusal."""
    try:
        text = data.decode("ascii")
        if int(text[:6]) != len(text) - HEADER or text[6] != "0":
            raise Refusal("30", "报文长度不符")
        content, unit = text[HEADER:], text[7:HEADER]
        size = int(content[6:8])
        at = 8 + size
        widths = (12, 6, 8, 6, 8, 8, 16, 12)
        values = []
        for width in widths:
            values.append(content[at : at + width])
            at += width
        if any(len(value) != width for value, width in zip(values, widths, strict=True)):
            raise Refusal("30", "报文过短")
        amount, rest, serial, time, day, settlement, flag, own = values
        if rest[:2] != "29" or own != unit or not (serial + time + day + settlement).isdigit():
            raise Refusal("30", "渠道、单位代码或日期错误")
        return Parts(
            content[:6],
            content[8 : 8 + size],
            int(amount),
            rest,
            serial,
            time,
            day,
            settlement,
            flag,
            unit,
            content[at:],
        )
    except (ValueError, IndexError) as error:
        raise Refusal("30", str(error)) from error


def mac_of(parts: Parts, key: str) -> str:
    """DES in a chain over the agreed fields with blanks between them: the last block in hexadecimal."""
    fields = (
        parts.code,
        parts.account,
        f"{parts.amount:012d}",
        parts.serial,
        parts.day,
        parts.unit,
    )
    text = " ".join(fields).encode("ascii")
    text += b"\0" * (-len(text) % 8)
    cipher = Cipher(TripleDES(bytes.fromhex(key) * 3), CBC(bytes(8))).encryptor()
    return (cipher.update(text) + cipher.finalize())[-8:].hex().upper()


def sealed(key: str) -> str:
    """A key under the master key."""
    cipher = Cipher(TripleDES(bytes.fromhex(MASTER_KEY) * 3), ECB()).encryptor()  # noqa: S305 - as the bank does
    return (cipher.update(bytes.fromhex(key)) + cipher.finalize()).hex().upper()
