"""HTTP as the simulator speaks it: what it refuses, what half requests do, many clients at once."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.bankadapters.simulator.client import PAYER, ROOT, START, Sim, books_agree, item, outcomes


def raw(sim: Sim) -> socket.socket:
    """A bare connection to the simulator."""
    address = httpx.URL(sim.url)
    return socket.create_connection((address.host, address.port), timeout=5)


def reopened(sim: Sim) -> list[dict[str, object]]:
    """The faults log after another start."""
    sim.http.timeout = 20
    sim.start()
    return sim.get("faults")["faults"]


class TestWire:
    def test_one_connection_carries_many_messages_and_ends_when_asked(self, run):
        sim = run()

        kept = sim.send(
            sim.body(
                "b2e0005", f"<b2e0005-rq><account><actacn>{PAYER}</actacn></account></b2e0005-rq>"
            )
        )
        closed = sim.http.post(sim.url, content=b"", headers={"Connection": "close"})

        assert kept.headers["connection"] == "keep-alive"
        assert closed.headers["connection"] == "close"

    @pytest.mark.parametrize(
        ("method", "path", "code"),
        [
            ("POST", "/elsewhere", 404),
            ("GET", "/B2EC/E2BServlet", 405),
            ("GET", "/_sim/nothing", 404),
        ],
    )
    def test_other_doors_are_shut(self, run, method, path, code):
        sim = run()

        assert (
            sim.http.request(method, sim.url.replace("/B2EC/E2BServlet", path)).status_code == code
        )

    @pytest.mark.parametrize(
        ("request_head", "code"),
        [
            (b"nonsense\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nno colon\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        ],
    )
    def test_heads_it_cannot_serve_are_refused(self, run, request_head, code):
        sim = run()
        with raw(sim) as wire:
            wire.sendall(request_head)
            answer = wire.recv(1000)

        assert answer.startswith(f"HTTP/1.1 {code} ".encode())
        assert sim.balance() == "1000000.00"

    def test_half_a_request_books_nothing(self, run):
        sim = run()
        body = sim.body("b2e0009", item("P1"))
        with raw(sim) as wire:
            head = (
                f"POST /B2EC/E2BServlet HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            wire.sendall(head.encode() + body[:-1])

        assert sim.inquire(["P1"]) == {"P1": "S902"}

    def test_it_stops_at_once_though_an_answer_is_waiting(self, run):
        sim = run("--faults", "slow", "--slow-s", "60", signed=False)
        sim.http.timeout = 0.3
        for _ in range(12):
            with contextlib.suppress(httpx.TimeoutException):
                sim.sign_on()
        began = time.monotonic()

        assert sim.stop() == 0
        assert time.monotonic() - began < 5
        assert any(f["fault"] == "slow" for f in reopened(sim))

    def test_a_second_program_is_kept_off_the_books(self, run):
        sim = run()
        command = [
            sys.executable,
            "-m",
            "bankadapters.simulator",
            "--data",
            str(sim.home / "books"),
        ]

        second = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=20)

        assert second.returncode == 1
        assert "another simulator keeps its books" in second.stderr
        assert "Traceback" not in second.stderr

    def test_many_clients_at_once_pay_each_id_once(self, run):
        sim = run("--no-delays")
        bodies = [sim.body("b2e0009", item(f"C{n % 20:03d}")) for n in range(200)]
        with ThreadPoolExecutor(20) as pool:
            texts = list(pool.map(lambda body: sim.send(body).text, bodies))

        codes = [code for text in texts for _, code in outcomes(text, "b2e0009")]
        assert sorted(codes) == ["B001"] * 20 + ["S901"] * 180
        books_agree(sim)

    def test_the_control_interface_refuses_nonsense(self, run):
        sim = run()

        assert "error" in sim.post("accounts", {"number": "1"})
        assert "error" in sim.post("credit", {"account": "no", "amount": "1"})
        assert "error" in sim.post("credit", {"account": PAYER, "amount": "1e9"})
        assert sim.get("health")["now"].startswith(f"{START:%Y-%m-%d}")
