"""Money: an exact amount with its currency; no floats, no silent rounding."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from kernel.errors import InvalidInput

AMOUNT_MAX = Decimal("9999999999999.99")
_PLAIN = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?\Z")


@lru_cache(maxsize=256)
def currency_digits(currency: str) -> int:
    """Number of decimals the currency has (CNY 2, JPY 0). Raises InvalidInput for a code ISO 4217 does not know."""
    from iso4217 import Currency  # reads an XML table: 1 MB, kept from who only stores amounts

    try:
        exponent = Currency(currency).exponent
    except ValueError:
        raise InvalidInput(
            f"币种 {currency} 不是 ISO 4217 代码，应为 CNY、USD 等三位字母",
            f"unknown currency {currency}",
            code="currency_unknown",
            field="currency",
        ) from None
    return 2 if exponent is None else int(exponent)


@dataclass(frozen=True, order=False)
class Money:
    """An exact amount in one currency; arithmetic only within the same currency."""

    amount: Decimal
    currency: str = "CNY"

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError("Money wants a Decimal")
        if not self.amount.is_finite():
            raise InvalidInput(
                "金额不是有限数", "amount is not finite", code="amount_invalid", field="amount"
            )
        digits = currency_digits(self.currency)
        exponent = self.amount.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > digits:
            quantized = self.amount.quantize(Decimal(1).scaleb(-digits))
            if quantized != self.amount:
                raise InvalidInput(
                    f"金额 {self.amount} 的小数位超过 {digits} 位",
                    f"more than {digits} decimals",
                    code="amount_digits",
                    field="amount",
                )
        object.__setattr__(self, "amount", self.amount.quantize(Decimal(1).scaleb(-digits)))

    def _same(self, other: Money) -> Decimal:
        if not isinstance(other, Money):
            raise TypeError("Money meets Money only")
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return f"{self.currency} {self.amount:,}"

    @property
    def minor(self) -> int:
        """The amount in the currency's smallest unit (分 for CNY)."""
        return int(self.amount.scaleb(currency_digits(self.currency)))

    @classmethod
    def from_minor(cls, minor: int, currency: str = "CNY") -> Money:
        """Money from an integer number of the currency's smallest unit."""
        return cls(Decimal(minor).scaleb(-currency_digits(currency)), currency)


def parse_amount(text: str, *, currency: str = "CNY") -> Decimal:
    """A payable amount from what a person or a sheet wrote: full-width digits, commas, blanks and 元 are accepted.

    Raises InvalidInput (code amount_missing, amount_invalid, amount_digits, amount_not_positive, amount_too_large).
    """
    cleaned = unicodedata.normalize("NFKC", text).replace(" ", "").removesuffix("元")
    cleaned = cleaned.removeprefix("¥")
    if not cleaned:
        raise InvalidInput("金额未填写", "amount missing", code="amount_missing", field="amount")
    if not _PLAIN.match(cleaned):
        raise InvalidInput(
            f"金额「{text}」不是数字，应为例如 1234.56",
            "not an amount",
            code="amount_invalid",
            field="amount",
        )
    try:
        value = Decimal(cleaned.replace(",", ""))
    except InvalidOperation:
        raise InvalidInput(
            f"金额「{text}」不是数字", "not an amount", code="amount_invalid", field="amount"
        ) from None
    if value <= 0:
        raise InvalidInput(
            "金额必须大于零",
            "amount must be above zero",
            code="amount_not_positive",
            field="amount",
        )
    money = Money(value, currency)
    if money.amount > AMOUNT_MAX:
        raise InvalidInput("金额过大", "amount too large", code="amount_too_large", field="amount")
    return money.amount


def amount_in_words(amount: Decimal) -> str:
    """人民币大写: the amount in formal Chinese numerals, as confirm dialogs and prints show it. Wants 0 <= amount."""
    import cn2an

    if amount < 0:
        raise ValueError("formal Chinese numerals are for amounts from zero up")
    exact = Money(amount, "CNY").amount
    if exact == 0:
        return "人民币零元整"
    words = str(cn2an.an2cn(str(exact), "rmb"))
    yuan, jiao = int(exact) % 10, int(exact * 10) % 10
    if exact >= 1 and yuan == 0 and jiao and "元零" not in words:
        words = words.replace(
            "元", "元零", 1
        )  # a zero before the 角 is written, so that no digit can be slipped in
    return "人民币" + words + ("整" if words.endswith("角") else "")
