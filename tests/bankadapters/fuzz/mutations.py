"""Damage: what wires, proxies, disks and strangers do to an answer. Two kinds, by what they may make of it.

`blunt` damage never writes a letter or digit of its own: whatever end of a payment it shows was in the answer before, of that
very payment. `wild` damage writes anything, so that it may well forge a bank's word; it must break nothing all the same.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

Draw = random.Random
NOISE = b"\x00\x01\x08\x0b\x1f\x7f\x80\xa1\xfe\xff<>&;'\"]/=!?|\r\n\t "
_TAG = re.compile(rb"<[^<>]{1,80}>")
_ELEMENT = re.compile(rb"<([A-Za-z][\w.:]{0,40})>[^<>]{0,200}</\1>")
BOMB = (
    b'<!DOCTYPE a [<!ENTITY e0 "x"><!ENTITY e1 "&e0;&e0;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
)
INCLUDE = (
    b'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
)


def truncated(answer: bytes, draw: Draw) -> bytes:
    return answer[: draw.randrange(len(answer))] if answer else answer


def beheaded(answer: bytes, draw: Draw) -> bytes:
    return answer[draw.randrange(1, len(answer)) :] if len(answer) > 1 else answer


def noisy(answer: bytes, draw: Draw) -> bytes:
    data = bytearray(answer)
    for _ in range(draw.randint(1, 6)):
        if data:
            data[draw.randrange(len(data))] = draw.choice(NOISE)
    return bytes(data)


def inserted(answer: bytes, draw: Draw) -> bytes:
    at = draw.randint(0, len(answer))
    return answer[:at] + bytes(draw.choice(NOISE) for _ in range(draw.randint(1, 40))) + answer[at:]


def without_an_element(answer: bytes, draw: Draw) -> bytes:
    found = list(_ELEMENT.finditer(answer))
    if not found:
        return truncated(answer, draw)
    one = draw.choice(found)
    return answer[: one.start()] + answer[one.end() :]


def without_a_tag(answer: bytes, draw: Draw) -> bytes:
    found = list(_TAG.finditer(answer))
    if not found:
        return noisy(answer, draw)
    one = draw.choice(found)
    return answer[: one.start()] + answer[one.end() :]


def emptied(answer: bytes, draw: Draw) -> bytes:
    found = list(_ELEMENT.finditer(answer))
    if not found:
        return noisy(answer, draw)
    one = draw.choice(found)
    name = one[1]
    return answer[: one.start()] + b"<" + name + b"></" + name + b">" + answer[one.end() :]


def element_twice(answer: bytes, draw: Draw) -> bytes:
    found = list(_ELEMENT.finditer(answer))
    if not found:
        return answer + answer
    one = draw.choice(found)
    return answer[: one.end()] + one[0] + answer[one.end() :]


def nested_deeply(answer: bytes, draw: Draw) -> bytes:
    at, depth = draw.randint(0, len(answer)), draw.choice((10, 300, 3000))
    return answer[:at] + b"<a>" * depth + answer[at:]


def with_a_dtd(answer: bytes, draw: Draw) -> bytes:
    at = answer.find(b"?>")
    return answer[: at + 2] + BOMB + answer[at + 2 :] if at > 0 else BOMB + answer


def with_an_inclusion(answer: bytes, draw: Draw) -> bytes:
    found = list(_TAG.finditer(answer))
    at = draw.choice(found).end() if found else draw.randint(0, len(answer))
    return answer[:at] + INCLUDE + answer[at:]


def in_another_charset(answer: bytes, draw: Draw) -> bytes:
    text = answer.decode("gb18030", "replace")
    return text.encode(draw.choice(("utf-8", "utf-16", "gb18030", "latin-1")), "replace")


def doubled(answer: bytes, draw: Draw) -> bytes:
    return answer + answer


def padded(answer: bytes, draw: Draw) -> bytes:
    blanks = draw.choice((b" ", b"\x00", b"\r\n")) * draw.choice((1, 100, 100_000))
    return blanks + answer if draw.random() < 0.5 else answer + blanks


def rewritten(answer: bytes, draw: Draw) -> bytes:
    data = bytearray(answer)
    for _ in range(draw.randint(1, 4)):
        start = draw.randint(0, len(data))
        data[start : start + draw.randint(0, 12)] = draw.randbytes(draw.randint(0, 6))
    return bytes(data)


def other_digits(answer: bytes, draw: Draw) -> bytes:
    data = bytearray(answer)
    places = [n for n, byte in enumerate(data) if 48 <= byte <= 57]
    for at in draw.sample(places, min(len(places), draw.randint(1, 5))):
        data[at] = draw.randint(48, 57)
    return bytes(data)


def huge_numbers(answer: bytes, draw: Draw) -> bytes:
    found = list(re.finditer(rb"\d+", answer))
    if not found:
        return answer
    one = draw.choice(found)
    big = draw.choice((b"9" * 400, b"-1", b"1e999999", b"00000000", b"99999999", b"\xef\xbc\x99"))
    return answer[: one.start()] + big + answer[one.end() :]


def shuffled(answer: bytes, draw: Draw) -> bytes:
    cuts = sorted(draw.randint(0, len(answer)) for _ in range(3))
    a, b, c, d = (
        answer[: cuts[0]],
        answer[cuts[0] : cuts[1]],
        answer[cuts[1] : cuts[2]],
        answer[cuts[2] :],
    )
    return a + c + b + d


Damage = Callable[[bytes, Draw], bytes]
BLUNT: Sequence[Damage] = (
    truncated, noisy, inserted, without_an_element, without_a_tag, emptied, element_twice, nested_deeply,
    with_a_dtd, with_an_inclusion, in_another_charset, padded,
)  # fmt: skip
WILD: Sequence[Damage] = (
    *BLUNT,
    beheaded,
    doubled,
    rewritten,
    other_digits,
    huge_numbers,
    shuffled,
)
