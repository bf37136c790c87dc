"""The six framings, on a stream that comes in any pieces and in stored bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bankadapters.errors import Unreadable
from bankadapters.framing import HeaderLength, LengthPrefix, ToEnd
from bankadapters.stored import strip_frame

PLAIN = LengthPrefix(width=8, pad=" ")
FLAGGED = LengthPrefix(width=6, pad=" ", flag=b"0")
ITSELF = LengthPrefix(width=6, includes_itself=True)
BARE = ToEnd(b"</TX>")
LONG = HeaderLength(
    222,
    at=30,
    digits=10,
    starts="A00[0-9]",
    attachments_at=221,
    attachment_width=277,
    attachment_digits=10,
)
SHORT = HeaderLength(19, at=0, digits=6, starts="[0-9]{6}[01]")


def long_message(body: bytes, *attachments: bytes) -> bytes:
    header = (
        b"A001"
        + b" " * 26
        + f"{len(body):010d}".encode()
        + b" " * 181
        + str(len(attachments)).encode()
    )
    rest = b"".join(b" " * 267 + f"{len(a):010d}".encode() + a for a in attachments)
    return header + body + rest


def stream(data: bytes, pieces: list[int]):
    """A receive function that hands out `data` in pieces, whatever is asked for."""
    rest, sizes = bytearray(data), iter(pieces)

    def receive(count: int) -> bytes:
        size = min(count, next(sizes, count))
        part, rest[:] = bytes(rest[:size]), rest[size:]
        return part

    return receive


MESSAGES = [
    (PLAIN, b"1300    " + b"<a/>" * 325, b"<a/>" * 325),
    (FLAGGED, b"04     <a/>", b"<a/>"),
    (ITSELF, b"000010<a/>", b"<a/>"),
    (ITSELF, b"10    <a/>", b"<a/>"),
    (BARE, b"<TX>1</TX>", b"<TX>1</TX>"),
    (LONG, long_message(b"<Result/>"), long_message(b"<Result/>")),
    (LONG, long_message(b"<Result/>", b"file", b""), long_message(b"<Result/>", b"file", b"")),
    (SHORT, b"000004" + b"0UNIT00000001" + b"77..", b"000004" + b"0UNIT00000001" + b"77.."),
]


class TestRead:
    @pytest.mark.parametrize(("framer", "wire", "message"), MESSAGES)
    @given(pieces=st.lists(st.integers(1, 7), max_size=40))
    def test_brings_one_message_in_whatever_pieces_it_comes(self, framer, wire, message, pieces):
        assert framer.read(stream(wire, pieces)) == message

    @pytest.mark.parametrize(("framer", "wire", "message"), MESSAGES)
    def test_half_a_message_is_unreadable(self, framer, wire, message):
        for end in range(0, len(wire), max(1, len(wire) // 40)):
            with pytest.raises(Unreadable):
                framer.read(stream(wire[:end], []))

    def test_a_message_ends_without_waiting_for_the_peer_to_close(self):
        asked: list[int] = []

        def receive(count: int) -> bytes:
            asked.append(count)
            return b"<TX/></TX>\r\n"

        BARE.read(receive)

        assert len(asked) == 1

    def test_a_negative_length_is_the_front_ends_own_error(self):
        with pytest.raises(Unreadable) as caught:
            FLAGGED.read(stream(b"0-172  ", []))

        assert caught.value.code == "-172"

    @pytest.mark.parametrize("wire", [b"1     <a/>", b"x12345", b"199999 ", b"0abcdef"])
    def test_strange_headers_are_refused(self, wire):
        with pytest.raises(Unreadable):
            FLAGGED.read(stream(wire, []))

    @pytest.mark.parametrize(
        ("framer", "wire"),
        [
            (LengthPrefix(width=8, bytes_max=10), b"00000011"),
            (HeaderLength(19, at=0, digits=6, starts=".", bytes_max=10), b"000011" + b"0" * 13),
            (ToEnd(b"</TX>", bytes_max=10), b"<TX>" + b"1" * 20),
        ],
    )
    def test_more_than_is_taken_is_refused(self, framer, wire):
        with pytest.raises(Unreadable):
            framer.read(stream(wire, []))


class TestEncode:
    def test_pads_as_the_bank_wants_it(self):
        assert PLAIN.encode(b"x" * 1300)[:8] == b"1300    "
        assert FLAGGED.encode(b"<a/>") == b"04     <a/>"
        assert ITSELF.encode(b"x" * 4076)[:6] == b"004082"
        assert BARE.encode(b"<TX/>") == b"<TX/>"

    @given(body=st.binary(max_size=300))
    def test_what_is_framed_is_read_back(self, body):
        for framer in (PLAIN, FLAGGED, ITSELF):
            assert framer.read(stream(framer.encode(body), [])) == body


class TestStrip:
    @pytest.mark.parametrize(("framer", "wire", "message"), MESSAGES)
    def test_takes_the_frame_off_stored_bytes(self, framer, wire, message):
        http = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(wire)

        assert strip_frame(wire, [framer]) == message
        assert strip_frame(http + wire, [framer]) == message

    @pytest.mark.parametrize("framer", [PLAIN, FLAGGED, ITSELF, BARE, LONG, SHORT])
    def test_leaves_a_bare_body_alone(self, framer):
        assert strip_frame(b"<TX>1</TX>", [framer]) == b"<TX>1</TX>"

    def test_forgives_a_line_end_gained_in_storing(self):
        assert strip_frame(b"04     <a/>\n", [FLAGGED]).strip() == b"<a/>"

    @pytest.mark.parametrize(
        ("framer", "wire"),
        [(FLAGGED, b"09     <a/>"), (LONG, long_message(b"<Result/>")[:-3]), (LONG, b"A001 short")],
    )
    def test_refuses_a_frame_that_does_not_fit(self, framer, wire):
        with pytest.raises(Unreadable):
            strip_frame(wire, [framer])
