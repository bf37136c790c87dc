"""What the network and the bank say of an MT101.

Source: SWIFT system message F21, fields 177, 451, 405 and 108 (FIN acknowledgement); Standards MT Usage Guidelines,
payments reject and return: lines /REJT/ or /RETN/, the reason, /MREF/ (field 20), /TREF/ (field 21 of a transaction).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bankadapters.contract import Fate, Outcome, WireRequest
from bankadapters.encodings import decode
from bankadapters.errors import Unreadable
from bankadapters.filebank import of_message
from bankadapters.folders import FILE_BYTES_MAX

TAKEN, REFUSED = "0", "1"
WORD_BYTES_MAX = 65536
REPEATED = frozenset({"AM05"})
_ACK = re.compile(
    r"\{1:F21[A-Z0-9]{12}\d{10}\}\s{0,4}\{4:((?:\{\d{3}:[^{}]{0,40}\}\s{0,4}){1,8})\}"
)
_FIELD = re.compile(r"\{(\d{3}):([^{}]*)\}")
_NUMBER = re.compile(r"^:20:([0-9A-Za-z]{1,16})\r?$", re.MULTILINE)
_ITEM = re.compile(r"^:21:([0-9A-Za-z]{1,16})\r?$", re.MULTILINE)
_REJECT = re.compile(r"^:(?:75|79):/(REJT|RETN)/([^\r\n]{0,20})\r?$", re.MULTILINE)
_LINE = re.compile(r"/(MREF|TREF|CHGS|TEXT|[A-Z]{2}\d{2})/(.{0,60})")


@dataclass(frozen=True)
class Word:
    """What one file says of a message: `items` are the payments it names, none of them means all."""

    number: str
    fate: Fate
    code: str
    text: str
    items: Sequence[str] = ()

    def outcomes(self, asked: WireRequest | None) -> list[Outcome]:
        """It, for each payment it is about."""
        named = self.items or _of_message(asked, self.number)
        said = [Outcome(one, self.fate, code=self.code, text=self.text) for one in named]
        return list(of_message(self.number, said, asked))


def word_of(data: bytes) -> Word | None:
    """The acknowledgement or rejection a file is; None where it is neither. Raises Unreadable for a broken one.

    One without its end may have lost the name of the payment it is about; of two in one file, none is known to be whose.
    """
    if len(data) > FILE_BYTES_MAX:
        raise Unreadable(f"a file of {len(data)} bytes")
    head = data[:4096]
    if b"{1:F21" not in head and not re.search(rb":7[59]:/(REJT|RETN)/", head):
        return None
    if len(data) > WORD_BYTES_MAX or not is_whole(data):
        raise Unreadable("an acknowledgement or rejection that does not end")
    text = decode(data, "utf-8" if _is_utf8(data) else "gb18030")
    if text.count("{1:F21") + len(_REJECT.findall(text)) > 1:
        raise Unreadable("several acknowledgements or rejections in one file")
    return _acknowledged(text) if "{1:F21" in text else _rejected(text)


def is_whole(data: bytes) -> bool:
    """Whether a file ends as messages do, with or without what networks put behind them."""
    return data.rstrip(b" \t\r\n\x00\x03$").endswith((b"-", b"}"))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _acknowledged(text: str) -> Word:
    found = _ACK.search(text)
    if found is None:
        raise Unreadable("an acknowledgement without its fields")
    told = _FIELD.findall(found[1])
    fields = dict(told)
    if len(fields) != len(told) or fields.get("451") not in (TAKEN, REFUSED):
        raise Unreadable(f"an acknowledgement that says {fields.get('451', 'nothing')[:10]!r}")
    rest = text[found.end() :]
    copied = _NUMBER.search(rest)
    number = copied[1] if copied is not None else fields.get("108", "")
    if not number:
        raise Unreadable("an acknowledgement that names no message")
    items = _ITEM.findall(rest)
    if (fields["451"] == REFUSED) != ("405" in fields):
        raise Unreadable("an acknowledgement that refuses without a reason, or takes with one")
    if fields["451"] == TAKEN:
        return Word(number, Fate.ACCEPTED, "451:0", "acknowledged by the network", items)
    return Word(number, Fate.FAILED, fields.get("405", "")[:20], "refused by the network", items)


def _rejected(text: str) -> Word:
    """A reject or return of a message, or of one payment of it; every line of the field has to be one of the guidelines'.

    Only a notice that is related (field 21) to the whole message may be about all of its payments.
    """
    head = _REJECT.search(text)
    told = [] if head is None else list(_told(text[head.end() :]))
    numbers = {value.strip() for name, value in told if name == "MREF"}
    items = [value.strip() for name, value in told if name == "TREF"]
    reasons = [(name, value) for name, value in told if re.fullmatch(r"[A-Z]{2}\d{2}", name)]
    if head is None or len(numbers) != 1 or len(items) > 1 or not reasons:
        raise Unreadable("a rejection that does not name its message, or not its reason")
    number = numbers.pop()
    if not items and set(_ITEM.findall(text[: head.start()])) != {number}:
        raise Unreadable("a rejection that names no payment and is not related to its message")
    code, why = reasons[0]
    fate = Fate.RETURNED if head[1] == "RETN" else Fate.FAILED
    if code in REPEATED:  # what was sent first may well be paid
        fate = Fate.UNKNOWN
    return Word(number, fate, code, why.strip(), items)


def _told(rest: str) -> Iterator[tuple[str, str]]:
    """The code words of the field behind its first line. Raises Unreadable for a line that is none."""
    for line in rest.replace("\r", "").strip("\n").split("\n"):
        if line.startswith((":", "-")):
            return
        found = _LINE.fullmatch(line)
        if found is not None:
            yield found[1], found[2]
        elif not line.startswith("//"):
            raise Unreadable(
                f"a line of a rejection that is none of the guidelines': {line[:40]!r}"
            )


def _of_message(asked: WireRequest | None, number: str) -> list[str]:
    if asked is None:
        return []
    if asked.batch is not None:
        is_ours = asked.batch.batch_no == number
        return [one.reference for one in asked.batch.instructions] if is_ours else []
    return [one.reference for one in asked.inquiries if one.batch_no == number]
