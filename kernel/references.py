"""Reference numbers: unique for ever, with an epoch that rises after every database restore, and a check digit.

Layout of an instr_no (12 characters, the shortest length a bank recommends): one letter `Y`, the epoch in base 36 (2),
the sequence in base 36 (8), one check character (ISO 7064 MOD 37,36).
"""

from __future__ import annotations

from stdnum.iso7064 import mod_11_10, mod_37_36

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def to_base36(number: int, width: int) -> str:
    """`number` in base 36, zero-padded to `width`; raises ValueError when it does not fit."""
    if number < 0:
        raise ValueError("a sequence is not negative")
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    if len(text) > width:
        raise ValueError(f"sequence needs more than {width} characters")
    return text.rjust(width, "0")


def make_reference(prefix: str, *, epoch: int, sequence: int, width: int = 8) -> str:
    """A reference number: prefix + epoch(2) + sequence(width) + check character."""
    body = f"{prefix}{to_base36(epoch, 2)}{to_base36(sequence, width)}"
    return body + str(mod_37_36.calc_check_digit(body))


def make_instr_no(*, epoch: int, sequence: int) -> str:
    """The number of one payment instruction (指令流水号), 12 ASCII alphanumerics."""
    return make_reference("Y", epoch=epoch, sequence=sequence)


def is_reference(text: str) -> bool:
    """Whether the check character is right."""
    return bool(text) and text.isascii() and bool(mod_37_36.is_valid(text))


_KINDS = {"Y": 1, "B": 2}  # instruction, batch


def bank_reference(number: str, rule: str = "instr_no") -> str:
    """Our number as a bank's field carries it; one to one, so that it is unique wherever the number is.

    `rule`: "instr_no" as it is, or "digits:N" for a field of N digits: kind, epoch, sequence and a check digit; below 12
    digits, epoch and sequence alone. Raises ValueError for another rule, and once the digits no longer hold the number.
    """
    if rule == "instr_no":
        return number
    name, _, width_text = rule.partition(":")
    if name != "digits" or not width_text.isdecimal() or int(width_text) < 8:
        raise ValueError(f"no such reference rule: {rule!r}")
    if len(number) != 12 or not is_reference(number) or number[0] not in _KINDS:
        raise ValueError(f"{number!r} is not a number of ours")
    width, epoch, sequence = int(width_text), int(number[1:3], 36), int(number[3:11], 36)
    if width < 12:
        return _digits(epoch, 1) + _digits(sequence, width - 1)
    body = f"{_KINDS[number[0]]}{_digits(epoch, 3)}{_digits(sequence, width - 5)}"
    return body + str(mod_11_10.calc_check_digit(body))


def _digits(number: int, width: int) -> str:
    text = str(number)
    if len(text) > width:
        raise ValueError(f"{number} needs more than {width} digits")
    return text.rjust(width, "0")
