"""Field limits as banks count them, and the characters a bank or its charset refuses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from unicodedata import category

from bankadapters import encodings
from bankadapters.contract import Instruction
from bankadapters.errors import Unencodable
from kernel.money import Money

DIGITS = 13  # of yuan before the point: what most banks' fields take


def measure(value: str, unit: str) -> int:
    """Length of a text: "chars", "boc" (a Chinese character counts 2), or "bytes:<encoding>"."""
    if unit == "chars":
        return len(value)
    if unit == "boc":
        return sum(1 if character < "\x80" else 2 for character in value)
    return len(value.encode(unit.removeprefix("bytes:"), errors="replace"))


def require_within(
    value: str,
    *,
    name: str,
    limits: Mapping[str, tuple[int, str]],
    forbidden: Mapping[str, str],
    charset: str = "utf-8",
) -> None:
    """Raise Unencodable, naming the field and its limit, when a text is too long or has a refused or a control character."""
    encodings.encode(value, charset, field=name)
    broken = next((one for one in value if category(one) == "Cc"), "")
    if broken:
        raise Unencodable(f"{name} holds the control character U+{ord(broken):04X}", field=name)
    if name in limits:
        most, unit = limits[name]
        length = measure(value, unit)
        if length > most:
            raise Unencodable(
                f"{name} is too long: {length}, the bank takes {most} ({unit})", field=name
            )
    for character in forbidden.get(name, ""):
        if character in value:
            raise Unencodable(f"{name} must not contain {character!r}", field=name)


def require_filled(value: str, *, name: str) -> str:
    """The value. Raises Unencodable when it is empty."""
    if not value.strip():
        raise Unencodable(f"{name} is empty", field=name)
    return value


def require_plain(value: str, *, name: str, also: str = "") -> str:
    """The value. Raises Unencodable when it is not letters and digits (and `also`)."""
    if not value or not all(c.isascii() and (c.isalnum() or c in also) for c in value):
        raise Unencodable(f"{name} must be plain letters and digits", field=name)
    return value


def require_account(value: str, *, most: int, name: str = "account") -> str:
    """The account number. Raises Unencodable when it is not plain letters, digits and dashes, or too long."""
    if len(value) > most:
        raise Unencodable(f"{name} is longer than {most} characters", field=name)
    return require_plain(value, name=name, also="-")


def require_yuan(money: Money, *, digits: int) -> None:
    """Raise Unencodable when it is not renminbi above zero with at most so many digits before the point."""
    if money.currency != "CNY":
        raise Unencodable("currency must be CNY", field="currency")
    if not 0 < money.amount < Decimal(10) ** digits:
        raise Unencodable(
            f"amount must be above zero with at most {digits} integer digits", field="amount"
        )


def require_payable(
    item: Instruction,
    *,
    texts: Collection[str],
    filled: Collection[str],
    limits: Mapping[str, tuple[int, str]],
    charset: str,
    forbidden: Mapping[str, str] | None = None,
    digits: int = DIGITS,
) -> None:
    """A payment that this bank's message can carry: `texts` within their limits, `filled` ones there, yuan above zero.

    Number and accounts are plain. Raises Unencodable naming the field.
    """
    for name in texts:
        value = getattr(item, name)
        require_within(value, name=name, limits=limits, forbidden=forbidden or {}, charset=charset)
    require_plain(item.reference, name="reference")
    for name in ("payer_account", "payee_account"):
        require_plain(getattr(item, name), name=name, also="-")
    for name in filled:
        require_filled(getattr(item, name), name=name)
    require_yuan(item.money, digits=digits)
