"""MT101: a batch of payments as one Request for Transfer.  Source: SWIFT User Handbook, MT101; fields in its order."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from bankadapters.banks.swift_mt.profile import (
    FIELD_LIMITS,
    FORBIDDEN,
    LINE,
    MESSAGE_BYTES_MAX,
    REMITTANCE_LINES,
)
from bankadapters.contract import Batch, Instruction
from bankadapters.encodings import encode
from bankadapters.errors import Unencodable
from bankadapters.limits import DIGITS, require_filled, require_plain, require_within

Settings = Callable[[str], str]
_SET_X = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-?:().,'+ ")
_TEXTS = ("payer_name", "payee_name", "payee_bank", "purpose", "payer_account", "payee_account")


def mt101(batch: Batch, *, setting: Settings, currencies: frozenset[str]) -> bytes:
    """The message of a batch; every item has the same payer account and day. Raises Unencodable."""
    items, charset = batch.instructions, setting("charset")
    number = require_plain(batch.batch_no, name="batch_no")
    require_within(number, name="batch_no", limits=FIELD_LIMITS, forbidden={})
    for item in items:
        _require_payable(item, charset, currencies)
    first = items[0]
    lines = [
        f":20:{number}",
        ":28D:1/1",
        f":50H:/{first.payer_account}",
        *_lines(first.payer_name),
        *([f":52A:{setting('bic')}"] if setting("bic") else []),
        f":30:{first.day:%y%m%d}",
    ]
    for item in items:
        lines += _payment(item, setting("charges"))
    text = "".join(f"{line}\r\n" for line in lines) + "-"
    if setting("sender") and setting("receiver"):
        heads = f"{{1:F01{setting('sender')}0000000000}}{{2:I101{setting('receiver')}N}}{{3:{{108:{number}}}}}"
        text = f"{heads}{{4:\r\n{text}}}"
    data = encode(text, "ascii" if charset == "x" else charset)
    if len(data) > MESSAGE_BYTES_MAX:
        raise Unencodable(f"a message of {len(data)} bytes, at most {MESSAGE_BYTES_MAX} are taken")
    return data


def _payment(item: Instruction, charges: str) -> list[str]:
    amount = f"{item.money.amount:f}".replace(".", ",")
    return [
        f":21:{item.reference}",
        *([":23E:URGP"] if item.urgent else []),
        f":32B:{item.money.currency}{amount if ',' in amount else amount + ','}",
        *_bank(item),
        f":59:/{item.payee_account}",
        *_lines(item.payee_name),
        *([f":70:{line}" if n == 0 else line for n, line in enumerate(_lines(item.purpose))]),
        f":71A:{charges}",
    ]


def _bank(item: Instruction) -> list[str]:
    """Field 57: the payee's bank by its clearing code, by its name, or both."""
    if item.payee_bank:
        code = [f":57D://CN{item.cnaps}"] if item.cnaps else []
        lines = [*code, *_lines(item.payee_bank)]
        return lines if code else [f":57D:{lines[0]}", *lines[1:]]
    return [f":57C://CN{item.cnaps}"] if item.cnaps else []


def _lines(text: str) -> list[str]:
    """The text in lines of 35 characters."""
    return [text[start : start + LINE] for start in range(0, len(text), LINE)]


def _require_payable(item: Instruction, charset: str, currencies: frozenset[str]) -> None:
    for name in _TEXTS:
        value = getattr(item, name)
        require_within(
            value,
            name=name,
            limits=FIELD_LIMITS,
            forbidden=FORBIDDEN,
            charset="utf-8" if charset == "x" else charset,
        )
        if charset == "x" and (strange := next((one for one in value if one not in _SET_X), "")):
            raise Unencodable(
                f"{name} holds {strange!r} (U+{ord(strange):04X}), which SWIFT's character set has not",
                field=name,
            )
        for line in _lines(value):
            if line[0] in ":-" or line != line.strip():
                raise Unencodable(
                    f"a line of {name} would begin with {line[0]!r} or with a blank, or end with one",
                    field=name,
                )
    value = require_plain(item.reference, name="reference")
    require_within(value, name="reference", limits=FIELD_LIMITS, forbidden={})
    for name in ("payer_account", "payee_account"):
        require_plain(getattr(item, name), name=name, also="-")
    for name in ("payer_name", "payee_name"):
        require_filled(getattr(item, name), name=name)
    if item.money.currency not in currencies:
        raise Unencodable(
            f"currency must be one of {', '.join(sorted(currencies))}", field="currency"
        )
    if not 0 < item.money.amount < Decimal(10) ** DIGITS:
        raise Unencodable(
            f"amount must be above zero with at most {DIGITS} integer digits", field="amount"
        )
    if len(_lines(item.purpose)) > REMITTANCE_LINES:
        raise Unencodable("purpose has more than four lines", field="purpose")
