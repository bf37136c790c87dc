"""What a well-formed CNAPS code, account number, credit code or name is: pure functions over text.

The libraries of check digits and of readings are imported where they are used: every process imports this, few need them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from kernel.errors import InvalidInput

ACCOUNT_CHARS = re.compile(r"[0-9A-Z-]+")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORG_VALUES = {c: i for i, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


def is_cnaps(text: str) -> bool:
    """Whether `text` has the form and check digit of a CNAPS code (ISO 7064 MOD 11,10); says nothing of existence."""
    from stdnum.iso7064 import mod_11_10

    return len(text) == 12 and text.isascii() and text.isdigit() and bool(mod_11_10.is_valid(text))


def check_cnaps(text: str) -> str:
    """The CNAPS code without blanks; raises InvalidInput naming what is wrong."""
    code = _BLANKS.sub("", unicodedata.normalize("NFKC", text))
    if not (len(code) == 12 and code.isascii() and code.isdigit()):
        raise InvalidInput(
            "联行号应为 12 位数字", "a CNAPS code has 12 digits", code="cnaps_form", field="cnaps"
        )
    if not is_cnaps(code):
        raise InvalidInput(
            f"联行号 {code} 的校验位不正确，请核对",
            f"the check digit of CNAPS code {code} is wrong",
            code="cnaps_check_digit",
            field="cnaps",
        )
    return code


def normalise_account(text: str) -> str:
    """An account number as it is stored: NFKC, upper case, without blanks. Judges nothing."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).upper()


def _account_fault(message: str, message_en: str, code: str) -> InvalidInput:
    return InvalidInput(message, message_en, code=code, field="number")


def check_account(text: str) -> str:
    """The normalised account number; raises InvalidInput for what a spreadsheet ruined and for foreign characters.

    Refuses `1.23E+18` and sixteen or more digits whose tail after the fifteenth is all zeros: the digits are lost.
    """
    number = normalise_account(text)
    if not number:
        raise _account_fault("账号不能为空", "the account number is missing", "account_missing")
    if _SCIENTIFIC.fullmatch(number) or "." in number:
        raise _account_fault(
            f"账号 {number} 是科学计数法或小数，表格已丢失原始数字，请以文本格式重新填写",
            "the spreadsheet turned this account number into a float; enter it as text",
            "account_scientific",
        )
    if not ACCOUNT_CHARS.fullmatch(number):
        raise _account_fault(
            f"账号 {number} 含有不允许的字符，只能是数字、大写字母和连字符",
            "an account number has digits, letters A-Z and hyphens only",
            "account_characters",
        )
    if number.isdigit() and len(number) > 15 and not number[15:].strip("0"):
        raise _account_fault(
            f"账号 {number} 第 15 位以后全部为 0，疑似表格精度丢失，请以文本格式重新填写",
            "all digits after the fifteenth are zero: the spreadsheet rounded the number",
            "account_precision",
        )
    if not 5 <= len(number) <= 35 or not any(c.isdigit() for c in number):
        raise _account_fault(
            "账号长度应为 5 至 35 位且含数字",
            "an account number has 5 to 35 characters",
            "account_length",
        )
    return number


def luhn_warning(number: str) -> str:
    """A warning (Chinese) when a number looks like a UnionPay card but fails the Luhn check; empty when all is well."""
    from stdnum import luhn

    if (
        number.isdigit()
        and 16 <= len(number) <= 19
        and number.startswith("62")
        and not luhn.is_valid(number)
    ):
        return f"账号 {number} 形似银联卡号，但校验位不符，请核对"
    return ""


def _organisation_code_holds(code: str) -> bool:
    """GB 11714: the ninth character of an organisation code."""
    total = sum(weight * _ORG_VALUES[c] for weight, c in zip(_ORG_WEIGHTS, code[:8], strict=True))
    return "0123456789X0"[(11 - total % 11)] == code[8]


def check_uscc(text: str) -> str:
    """The unified social credit code, upper case; raises InvalidInput (form, GB 32100 check, GB 11714 check)."""
    from stdnum.cn import uscc
    from stdnum.exceptions import ValidationError

    code = normalise_account(text)
    try:
        uscc.validate(code)
    except ValidationError:
        raise InvalidInput(
            f"统一社会信用代码 {code} 不正确，请核对 18 位代码及校验位",
            f"{code} is not a valid unified social credit code",
            code="uscc",
            field="uscc",
        ) from None
    if not _organisation_code_holds(code[8:17]):
        raise InvalidInput(
            f"统一社会信用代码 {code} 第 9 至 17 位的组织机构代码校验不符",
            f"the organisation code inside {code} fails its own check",
            code="uscc_organisation",
            field="uscc",
        )
    return code


def normalise_name(text: str) -> str:
    """A name for comparing: NFKC, full-width brackets and letters made plain, no blanks, lower case. Send the original."""
    plain = unicodedata.normalize("NFKC", text)
    for brackets, plain_one in (("（〔【[", "("), ("）〕】]", ")")):
        for bracket in brackets:
            plain = plain.replace(bracket, plain_one)
    return _BLANKS.sub("", plain).lower()


def clean_name(text: str, *, field: str = "name", length_max: int = 120) -> str:
    """A name as registered, trimmed; raises InvalidInput when empty, too long or holding control characters."""
    name = text.strip()
    if not name:
        raise InvalidInput("名称不能为空", "a name is required", field=field)
    if len(name) > length_max:
        raise InvalidInput(
            f"名称不能超过 {length_max} 个字", f"at most {length_max} characters", field=field
        )
    if any(unicodedata.category(c) == "Cc" for c in name):
        raise InvalidInput("名称含有控制字符", "the name holds control characters", field=field)
    return name


# Readings of place and bank names where the commonest reading of the single character is another.
_PLACE_READINGS = {
    "行": "hang",
    "长": "chang",
    "都": "du",
    "厦": "xia",
    "重庆": "chongqing",
    "六安": "luan",
}
_PLACE_PARTS = re.compile("重庆|六安|.", re.DOTALL)
_PLACE_INITIALS = {"重庆": "cq", "六安": "la"}


@lru_cache(maxsize=20_000)
def _place_part(part: str) -> tuple[str, str]:
    """Reading and initials of one character (or one of the words above) of a branch's name."""
    full = _PLACE_READINGS.get(part) or pinyin_of(part).partition(" ")[0]
    return full, _PLACE_INITIALS.get(part) or full[:1]


def pinyin_of_branch(name: str, length_max: int = 400) -> str:
    """As `pinyin_of`, by single characters: fast enough for the 150,000 names of the national directory."""
    parts = [_place_part(part) for part in _PLACE_PARTS.findall(name)]
    initials = "".join(first for _, first in parts)[:length_max]
    full = "".join(reading for reading, _ in parts)[: max(length_max - len(initials) - 1, 0)]
    return f"{full} {initials}".strip()


@lru_cache(maxsize=1)
def _reader() -> Callable[..., list[str]]:
    """The reader of Chinese, brought up at its first use: 40 MB and half a second that most processes never need."""
    from pypinyin import lazy_pinyin, load_phrases_dict

    # The word for a bank office is read háng; the reader's phrase table knows 银行 but not these.
    offices = {"支行": "zhī", "分行": "fēn", "总行": "zǒng"}
    load_phrases_dict({word: [[first], ["háng"]] for word, first in offices.items()})
    return lazy_pinyin


@lru_cache(maxsize=4096)
def pinyin_of(text: str, length_max: int = 400) -> str:
    """`"full initials"` in lower case for search ("zhongguoyinhang zgyh"), cut to `length_max` characters."""
    syllables = _reader()(unicodedata.normalize("NFKC", text), errors=list)
    parts = [s.lower() for s in syllables if s.isascii() and s.isalnum()]
    initials = "".join(part[0] for part in parts)[:length_max]
    full = "".join(parts)[: max(length_max - len(initials) - 1, 0)]
    return f"{full} {initials}".strip()
