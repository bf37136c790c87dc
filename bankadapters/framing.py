"""Frames: where one message ends and the next begins, on a stream and in stored bytes. All lengths count bytes.

The six kinds seen: none (read to the end), a flag and a left-aligned length, a length that counts itself, a plain
length, a long fixed header with the length inside, a short one before positional text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bankadapters.errors import Unreadable

FRAME_BYTES_MAX = 20 * 1024 * 1024
Receive = Callable[[int], bytes]  # up to n bytes of the stream; b"" at its end


class Framer(Protocol):
    """How a bank tells one message from the next."""

    def encode(self, body: bytes) -> bytes:
        """The bytes that go on the stream."""

    def read(self, receive: Receive) -> bytes:
        """One message from the stream. Raises Unreadable on half a frame or one that is too long."""

    def strip(self, data: bytes) -> bytes | None:
        """The message inside stored bytes that begin with a frame of this kind; None where they do not.

        Raises Unreadable where a frame is there and contradicts what follows.
        """


def exactly(receive: Receive, count: int) -> bytes:
    """That many bytes of the stream. Raises Unreadable when it ends before."""
    parts: list[bytes] = []
    missing = count
    while missing:
        part = receive(missing)
        if not part:
            raise Unreadable(f"the stream ended {missing} bytes before its frame did")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


@dataclass(frozen=True)
class LengthPrefix:
    """A header of `width` ASCII digits giving the body's byte length, after `flag` if the bank has one.

    `pad` is how we write it: "0" right-aligned, " " left-aligned; either is read. `includes_itself`: the value counts
    the digits too. A negative number is the front-end's own error, reported with that number as its code.
    """

    width: int = 8
    pad: str = "0"
    includes_itself: bool = False
    flag: bytes = b""
    bytes_max: int = 10 * 1024 * 1024

    def encode(self, body: bytes) -> bytes:
        """Header and body."""
        length = len(body) + (self.width if self.includes_itself else 0)
        if length > self.bytes_max:
            raise ValueError(f"message of {length} bytes is longer than {self.bytes_max}")
        digits = str(length)
        header = digits.rjust(self.width, "0") if self.pad == "0" else digits.ljust(self.width)
        return self.flag + header.encode("ascii") + body

    def length_of(self, header: bytes) -> int:
        """The body's length a header announces. Raises Unreadable."""
        flag, digits = header[: len(self.flag)], header[len(self.flag) :]
        if flag != self.flag:
            raise Unreadable(f"frame begins with {flag!r} instead of {self.flag!r}")
        text = digits.decode("ascii", "replace").strip()
        if re.fullmatch(r"-[0-9]+", text):
            raise Unreadable(f"the front-end reports its own error {text}", code=text)
        if len(digits) != self.width or not (text.isascii() and text.isdigit()):
            raise Unreadable(f"frame header {digits!r} is not {self.width} digits")
        length = int(text) - (self.width if self.includes_itself else 0)
        if not 0 <= length <= self.bytes_max:
            raise Unreadable(f"frame announces {length} bytes, at most {self.bytes_max} are taken")
        return length

    def read(self, receive: Receive) -> bytes:
        """One body."""
        header = exactly(receive, len(self.flag) + self.width)
        return exactly(receive, self.length_of(header))

    def strip(self, data: bytes) -> bytes | None:
        """The body behind the header; line ends lost or gained in storing are forgiven."""
        size = len(self.flag) + self.width
        header, body = data[:size], data[size:]
        if not header.startswith(self.flag) or not re.fullmatch(
            rb"-?[0-9]+ *", header[len(self.flag) :]
        ):
            return None
        length = self.length_of(header)
        if length in (len(body), len(body.strip())):
            return body
        if length < len(body) and not body[length:].strip():
            return body[:length]
        raise Unreadable(f"frame announces {length} bytes, {len(body)} are there")


@dataclass(frozen=True)
class ToEnd:
    """No frame at all: a message lasts until the peer closes, or until `terminator` has come."""

    terminator: bytes
    bytes_max: int = FRAME_BYTES_MAX

    def encode(self, body: bytes) -> bytes:
        """The body as it is."""
        return body

    def read(self, receive: Receive) -> bytes:
        """Everything that comes. Raises Unreadable when the stream ends before the terminator."""
        whole = bytearray()
        while part := receive(65536):
            whole += part
            if len(whole) > self.bytes_max:
                raise Unreadable(f"answer longer than {self.bytes_max} bytes")
            if bytes(whole[-64 - len(self.terminator) :]).rstrip().endswith(self.terminator):
                return bytes(whole)
        if whole.rstrip().endswith(self.terminator):
            return bytes(whole)
        raise Unreadable(f"the stream ended without {self.terminator.decode('ascii', 'replace')}")

    def strip(self, data: bytes) -> bytes | None:
        """Stored bytes have no frame of this kind."""
        return None


@dataclass(frozen=True)
class HeaderLength:
    """A fixed header of `width` bytes with the body's length in `digits` digits at offset `at`; part of the message.

    The adapter writes and reads the header itself, so header and body travel together. `starts` is what a header looks
    like. After the body may come attachments: `attachments_at` is the offset of their one-digit count, and each has a
    header of its own with its length in its last `attachment_digits` digits.
    """

    width: int
    at: int
    digits: int
    starts: str
    attachments_at: int | None = None
    attachment_width: int = 0
    attachment_digits: int = 0
    bytes_max: int = FRAME_BYTES_MAX

    def encode(self, body: bytes) -> bytes:
        """The message as it is: its header is already there."""
        return body

    def read(self, receive: Receive) -> bytes:
        """Header, body and attachments."""
        header = exactly(receive, self.width)
        parts = [header, exactly(receive, self.length_of(header))]
        for _ in range(self._attachments(header)):
            head = exactly(receive, self.attachment_width)
            parts += [head, exactly(receive, self._number(head[-self.attachment_digits :]))]
        return b"".join(parts)

    def length_of(self, header: bytes) -> int:
        """The body's length. Raises Unreadable."""
        return self._number(header[self.at : self.at + self.digits])

    def _attachments(self, header: bytes) -> int:
        if self.attachments_at is None:
            return 0
        count = header[self.attachments_at : self.attachments_at + 1]
        return int(count) if count.isdigit() else 0

    def _number(self, digits: bytes) -> int:
        text = digits.strip()
        if not text.isdigit():
            raise Unreadable(f"header length {digits!r} is not a number")
        if int(text) > self.bytes_max:
            raise Unreadable(
                f"header announces {int(text)} bytes, at most {self.bytes_max} are taken"
            )
        return int(text)

    def strip(self, data: bytes) -> bytes | None:
        """The whole message, once its length agrees with its header."""
        if not re.match(self.starts.encode("ascii"), data):
            return None
        if len(data) < self.width:
            raise Unreadable(f"{len(data)} bytes are no header of {self.width}")
        length, body = self.length_of(data[: self.width]), data[self.width :]
        if self._attachments(data[: self.width]):
            if length > len(body):
                raise Unreadable(f"header announces {length} bytes of body, {len(body)} are there")
            return data
        if length in (len(body), len(body.strip())):
            return data
        raise Unreadable(f"header announces {length} bytes of body, {len(body)} are there")
