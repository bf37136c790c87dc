"""The instruments themselves: a verdict that never finds anything would prove nothing."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from kernel import clock
from tests.simulation import verdict
from tests.simulation.proxy import Armed, CrashProxy, Seen, read_message

NOON = datetime(2026, 3, 10, 12, tzinfo=clock.SHANGHAI)


class Rows:
    """Stands for a database: hands out what it was given, statement after statement."""

    def __init__(
        self, rows: list[dict[str, Any]], *, moves: list[tuple[str, str, str]], released: int
    ) -> None:
        names = list(rows[0])
        self.answers = [
            ([(name,) for name in names], [tuple(row.values()) for row in rows]),
            ([], moves),
            ([], [(released,)]),
        ]
        self.description: list[Any] = []
        self.found: list[Any] = []

    def cursor(self) -> Rows:
        return self

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self.found = []

    def execute(self, _: str) -> None:
        self.description, self.found = self.answers.pop(0)

    def fetchall(self) -> list[Any]:
        return self.found

    def fetchone(self) -> Any:
        return self.found[0]


def row(**change: object) -> dict[str, Any]:
    values = {
        "bank_ref": "R1", "state": "succeeded", "amount": Decimal("10.00"), "next_inquiry_at": None, "inquiries": 1,
        "unknown_why": "", "attempt": 1, "hold_reason": "", "order_no": "P1", "order_state": "released",
        "shown_state": "succeeded", "ties": 1,
    }  # fmt: skip
    return values | change


def judged(
    *, debits: int = 1, amount: str = "10.00", at_bank: str = "settled", faults: tuple[str, ...] = (),
    moves: tuple[tuple[str, str, str], ...] = (), released: int = 1, wire: Seen | None = None, **change: object,
) -> list[str]:  # fmt: skip
    ledger = {
        "debits": [{"insid": "R1", "amount": amount}] * debits,
        "sums": {"balances": "0.00"},
    }
    bank = {"R1": {"state": at_bank, "faults": list(faults)}}
    rows = Rows([row(**change)], moves=list(moves), released=released)
    return verdict.judge(rows, bank=bank, ledger=ledger, wire=wire or Seen(), orders=1).wrong


UNKNOWN = {"state": "unknown", "shown_state": "unknown", "debits": 0, "at_bank": "absent"}


class TestVerdict:
    def test_a_good_life_is_good(self):
        assert judged() == []

    @pytest.mark.parametrize(
        ("life", "words"),
        [
            ({"debits": 2}, "debited 2 times"),
            ({"amount": "11.00"}, "instead of 10.00"),
            ({"debits": 0}, "succeeded with 0 debits"),
            (
                {"state": "failed", "shown_state": "failed", "at_bank": "failed"},
                "failed, yet debited",
            ),
            ({"released": 0}, "1 orders went in, 0 are there"),
            ({"moves": (("R1", "succeeded", "unknown"),)}, "succeeded fell to unknown"),
            ({"moves": (("R1", "unknown", "queued"),)}, "unknown fell to queued"),
            ({"wire": Seen(duplicates=["R1"])}, "the bank got it twice"),
            ({"shown_state": "queued"}, "shows queued"),
            (
                {"state": "sending", "shown_state": "sending", "debits": 0, "at_bank": "absent"},
                "ended as sending",
            ),
            (UNKNOWN | {"faults": ("slow",)}, "nobody asks"),
            (UNKNOWN | {"next_inquiry_at": NOON}, "no fault or kill explains it"),
            (
                UNKNOWN
                | {"next_inquiry_at": NOON, "faults": ("x",), "debits": 1, "at_bank": "settled"},
                "though the bank",
            ),
        ],
    )
    def test_every_broken_promise_is_found(self, life, words):
        found = judged(**life)

        assert any(words in line for line in found), found

    def test_an_unknown_payment_that_was_being_sent_when_its_worker_died_is_explained(self):
        assert judged(**UNKNOWN, next_inquiry_at=NOON, wire=Seen(in_killed={"R1"})) == []

    def test_a_hand_back_is_no_fall(self):
        assert verdict.falls([("R1", "sending", "queued"), ("R1", "queued", "sending")]) == []


REQUEST = b"POST / HTTP/1.1\r\nContent-Length: 55\r\n\r\n<trn-b2e0009-rq><insid>R1</insid></trn-b2e0009-rq>12345"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Echo:
    """A bank that notes what it got and answers in two letters."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            with conn:
                self.got.append(read_message(conn))
                if len(self.got[-1]) == len(REQUEST):
                    conn.sendall(ANSWER)


class TestProxy:
    @pytest.fixture
    def bank(self):
        bank = Echo()
        yield bank
        bank.listener.close()

    def through(self, bank: Echo) -> CrashProxy:
        return CrashProxy(
            bank.listener.getsockname(), workers=list, is_paying=lambda: False, on_kill=lambda: None
        )

    def test_what_goes_in_comes_out_and_is_remembered(self, bank):
        proxy = self.through(bank)
        with socket.create_connection(("127.0.0.1", proxy.port)) as conn:
            conn.sendall(REQUEST)
            answer = read_message(conn)

        assert answer == ANSWER
        assert bank.got == [REQUEST]
        assert proxy.seen.delivered == Counter({"R1": 1})
        proxy.close()

    def test_only_workers_are_ever_killed(self, bank):
        proxy = self.through(bank)
        proxy.arm(Armed("after_send", 1))
        with socket.create_connection(("127.0.0.1", proxy.port)) as conn:
            conn.sendall(REQUEST)
            answer = read_message(conn)

        assert answer == ANSWER
        assert proxy.seen.kills == []
        assert proxy.is_armed
        proxy.close()
