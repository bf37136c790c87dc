"""Reference numbers: unique for ever, with an epoch that rises after every database restore, and a check digit.

Layout of an instr_no (12 characters, the shortest length a bank recommends): one letter `Y`, the epoch in base 36 (2),
the sequence in base 36 (8), one check character (ISO 7064 MOD 37,36).
"""

from __future__ import annotations

from stdnum.iso7064 import mod_37_36

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
