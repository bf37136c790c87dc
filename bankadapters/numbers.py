"""Numbers of messages: our own serial of one request, which a bank echoes and some want unique for a day or for ever.

They identify messages, never payments: a payment's number is made by the platform and stored before it is sent.
"""

from __future__ import annotations

import itertools
import secrets
from datetime import datetime

from kernel import clock
from kernel.references import to_base36

_COUNTER = itertools.count(secrets.randbelow(10_000))
_EPOCH = datetime(2024, 1, 1, tzinfo=clock.SHANGHAI)


def message_number(width: int = 12) -> str:
    """Digits: the time of day in milliseconds and a counter that starts anywhere, `width` of them (12 at least).

    Unique for a day among the messages of a few processes; the counter takes what `width` leaves.
    """
    if width < 12:
        raise ValueError("a message number needs 12 digits")
    moment = clock.now()
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    millis = seconds * 1000 + moment.microsecond // 1000
    rest = width - 8
    return f"{millis:08d}{next(_COUNTER) % 10**rest:0{rest}d}"


def lasting_number(width: int, *, prefix: str = "", digits_only: bool = False) -> str:
    """A number not used again in the bank's memory: `prefix`, the moment in milliseconds since 2024, a random tail.

    The moment takes 12 digits, or 8 letters and digits; `width` must leave room for three more.
    """
    millis = int((clock.now() - _EPOCH).total_seconds() * 1000)
    moment = f"{millis:012d}" if digits_only else to_base36(max(millis, 0), 8)
    rest = width - len(prefix) - len(moment)
    if rest < 3:
        raise ValueError(f"{width} characters are too few for a lasting number")
    base = 10 if digits_only else 36
    tail = secrets.randbelow(base ** min(rest, 9))
    text = f"{tail:0{rest}d}" if digits_only else to_base36(tail, rest)
    return prefix + moment + text
