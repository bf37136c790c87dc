"""Our values → Postal Savings Bank of China messages, with the limits enforced and a MAC.  Source: overview, section 2.3."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bankadapters.banks.psbc import codes
from bankadapters.banks.psbc import messages as m
from bankadapters.banks.psbc.profile import FIELD_LIMITS
from bankadapters.contract import AccountRef, Inquiry, Instruction
from bankadapters.errors import NotReady, Unencodable
from bankadapters.limits import require_filled, require_plain, require_within, require_yuan
from bankadapters.signing import MacSigner
from kernel import clock
from kernel.secrets import Secret

Setting = Callable[[str], str]
CHANNEL = "29"
_UNIT = re.compile(r"[0-9A-Za-z]{12}")


@dataclass(frozen=True)
class Content:
    """The fields of one message before it is written."""

    code: str
    serial: str
    account: str = ""
    amount: Decimal = Decimal(0)
    flag: str = ""
    day: date | None = None


def message(content: Content, *, setting: Setting, key: str) -> bytes:
    """Header, fields and the MAC under the day's key; without a key, as while asking for one, no MAC."""
    unit = setting("unit")
    if not _UNIT.fullmatch(unit):
        raise NotReady("unit of 12 letters and digits")
    now = clock.now().astimezone(clock.SHANGHAI)
    day = content.day or now.date()
    tail = m.Tail(
        amount=content.amount,
        channel=CHANNEL,
        expiry=setting("expiry"),
        serial=content.serial,
        time=f"{now:%H%M%S}",
        day=day,
        settlement_day=day,
    )
    trailer = m.Trailer(flag=content.flag, unit=unit)
    account = f"{len(content.account):02d}{content.account}".encode("ascii")
    text = b"".join(
        [
            content.code.encode("ascii"),
            account,
            tail.fixed(charset="ascii"),
            trailer.fixed(charset="ascii"),
            setting("between").encode("ascii", "replace"),
        ]
    )
    if key:
        text += _mac(content, tail, unit, setting=setting, key=key)
    header = m.Header(length=str(len(text)), direction="0", unit=unit)
    return header.fixed(charset="ascii") + text


def _mac(content: Content, tail: m.Tail, unit: str, *, setting: Setting, key: str) -> bytes:
    told = dict(
        zip(("amount", "channel", "expiry", "serial", "time", "day"), _texts(tail), strict=False)
    )
    told |= {"code": content.code, "account": content.account, "unit": unit}
    parts = setting("mac_parts").split()
    unknown = [part for part in parts if part not in told]
    if unknown or not parts:
        raise NotReady(f"mac_parts without {unknown or 'any field'}")
    signed = MacSigner(Secret(key)).sign(" ".join(told[part] for part in parts).encode("ascii"))
    return signed.hex().upper()[: int(setting("mac_digits"))].encode("ascii")


def _texts(tail: m.Tail) -> list[str]:
    """The fields as they stand on the wire."""
    data, texts = tail.fixed(charset="ascii").decode("ascii"), []
    for width in (12, 2, 4, 8, 6, 8, 8):
        texts.append(data[:width])
        data = data[width:]
    return texts


def serial(value: str) -> str:
    """A serial of ours. Raises Unencodable."""
    if not re.fullmatch(r"[0-9]{8}", value):
        raise Unencodable("reference must have 8 digits", field="reference")
    return value


# -- what is said -------------------------------------------------------------------------------------------------


def pays_into_psbc(item: Instruction) -> bool:
    """Whether the payee banks here: by clearing code, else by the bank's name."""
    return item.banks_at("403", "中国邮政储蓄银行", "邮政储蓄银行", "邮储银行")


def payment(item: Instruction, *, setting: Setting) -> Content:
    """774000: an account of this bank is credited from the contracted account."""
    for name in FIELD_LIMITS:
        require_within(
            getattr(item, name), name=name, limits=FIELD_LIMITS, forbidden={}, charset="ascii"
        )
    serial(item.reference)
    require_plain(item.payee_account, name="payee_account")
    require_filled(item.payee_name, name="payee_name")
    if item.payer_account != setting("payer_account"):
        raise Unencodable("only the contracted account can pay", field="payer_account")
    if not pays_into_psbc(item):
        raise Unencodable("774000 pays accounts of this bank only", field="cnaps")
    require_yuan(item.money, digits=10)
    kind = setting("account_kind")
    return Content(
        codes.PAY,
        item.reference,
        item.payee_account,
        item.money.amount,
        ("2" if item.personal else "3") if kind == "auto" else kind,
    )


def status(one: Inquiry) -> Content:
    """772030: an earlier message by its serial and day."""
    amount = one.money.amount if one.money is not None else Decimal(0)
    return Content(codes.STATUS, serial(one.reference), amount=amount, day=one.day)


def balance(account: AccountRef, number: str) -> Content:
    """772000."""
    if len(account.number) > 32:
        raise Unencodable("account number is longer than 32 characters", field="account")
    return Content(codes.BALANCE, number, require_plain(account.number, name="account"))
