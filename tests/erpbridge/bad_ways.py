"""What goes wrong on the way, in each style's own words: half a delivery, one too big, one forged, one sent by a wrong clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg2

from erpbridge.simulator.sides import tcp as tcp_side
from erpbridge.styles import foreign
from kernel import clock
from tests.erpbridge.lanes import KEY, Lane

Items = Sequence[Mapping[str, Any]]
_LOST = (OSError, ValueError, psycopg2.Error)  # what a sender sees when its delivery is not heard


def send_half(lane: Lane, items: Items, key: str) -> None:
    """The line breaks in the middle of a delivery; the sender sends it whole later."""
    with suppress(*_LOST):
        _HALVES[lane.style](lane, items, key)


def _half_api(lane: Lane, items: Items, key: str) -> None:
    body = json.dumps({"items": list(items), "mode": "each"}, ensure_ascii=False).encode()
    answer = lane.extras["raw"](body[: len(body) // 2], {"Idempotency-Key": key})
    assert answer.status_code == 400


def _half_file(lane: Lane, items: Items, key: str) -> None:
    """The manifest is there, the data file breaks off."""
    lane.side.send(items, key=key)
    path = lane.side.root / "in" / f"{lane.side.stems[key]}.csv"
    data = path.read_bytes()
    path.unlink()
    (path.parent / f".{path.name}.part").write_bytes(data[: len(data) // 2])


def _half_table(lane: Lane, items: Items, key: str) -> None:
    with lane.side.connect() as own, own.cursor() as cursor:
        lane.side.write(cursor, items[0], key=key, rows=len(items))
        own.commit()


def _half_tcp(lane: Lane, items: Items, key: str) -> None:
    body = tcp_side.write(
        KEY, msg_id=key, system="U8", tx="PAY", moment=lane.side.now(), items=items
    )
    with tcp_side.socket.create_connection(lane.side.address, timeout=5) as peer:
        framed = tcp_side.frame(body)
        peer.sendall(framed[: len(framed) // 2])


def _half_db(lane: Lane, items: Items, key: str) -> None:
    """Its transaction is never committed."""
    with lane.side.own() as own, own.cursor() as cursor:
        cursor.execute("INSERT INTO payment_request (doc_no) VALUES ('half')")
        own.rollback()


_HALVES = {
    "api": _half_api, "file": _half_file, "table": _half_table, "tcp": _half_tcp, "db": _half_db,
}  # fmt: skip


def send_rest(lane: Lane, items: Items, key: str) -> None:
    """After `send_half`: what is missing, or all of it again, as the style has it."""
    if lane.style == "file":
        stem = lane.side.stems[key]
        lane.side.put(f"{stem}.csv", lane.side.data(items, "payment_request", stem))
    elif lane.style == "table":
        with lane.side.connect() as own, own.cursor() as cursor:
            for item in items[1:]:
                lane.side.write(cursor, item, key=key, rows=len(items))
            own.commit()
    else:
        lane.side.send(items, key=key)


def send_forged(lane: Lane, items: Items, key: str) -> None:
    """Sent by somebody without the key."""
    with suppress(*_LOST):
        if lane.style == "api":
            lane.extras["raw"](
                json.dumps({"items": list(items), "mode": "each"}).encode(),
                {"Idempotency-Key": key, "Authorization": "YQ nobody:nothing"},
            )
            return
        lane.side.key = "x" * 44
        try:
            lane.side.send(items, key=key)
        finally:
            lane.side.key = KEY
        if (
            lane.style == "file"
        ):  # the honest sender knows nothing of it: its next file has the same number
            lane.side.numbers.clear()
            del lane.side.stems[key]


@dataclass
class Skew:
    """A sender whose clock is off; only TCP messages carry a time that is judged."""

    lane: Lane
    by: timedelta

    def __enter__(self) -> None:
        if self.lane.style == "tcp":
            moment = (clock.now() + self.by).isoformat(timespec="seconds")
            self.lane.side.now = lambda: moment

    def __exit__(self, *_: object) -> None:
        if self.lane.style == "tcp":
            self.lane.side.now = lambda: clock.now().isoformat(timespec="seconds")


def break_line(lane: Lane) -> None:
    """Everything that was open between the two is gone; the next call opens it anew."""
    foreign.disconnect()


BadWay = Callable[[Lane, Items, str], None]
