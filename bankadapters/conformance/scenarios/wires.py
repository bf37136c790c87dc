"""The wire itself: nobody there, silence, noise, endless answers. Nothing of it decides a payment."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from bankadapters import registry
from bankadapters.conformance.scenario import Skipped, expect, scenario
from bankadapters.conformance.trial import Trial
from bankadapters.contract import BankAdapter, Batch, Session
from bankadapters.errors import BankError, NotSent, OutcomeUnknown
from bankadapters.sessions import MemorySessions
from kernel import clock
from kernel.secrets import Secret

WIRES = "Wire"
ENDLESS_S = 20.0


def _at(trial: Trial, port: int) -> BankAdapter:
    """An adapter whose bank answers on this port, with a session at hand where the bank keeps one."""
    if trial.bench.travels_in_files:
        raise Skipped("files are exchanged: nobody answers on a wire")
    moved = {}
    for role, address in trial.bench.connection.endpoints.items():
        parts = urlsplit(address)
        host = parts.hostname or ""
        moved[role] = urlunsplit(parts._replace(netloc=f"127.0.0.1:{port}")) if host else address
    connection = replace(
        trial.bench.connection, endpoints=moved, connect_timeout_s=1.0, read_timeout_s=1.5
    )
    session = Session(Secret("0" * 16), clock.now())
    return registry.open(connection, sessions=MemorySessions(session), recorder=trial.recorder)


def _one(trial: Trial) -> Batch:
    return Batch(trial.batch_no(), [trial.payment()], trial.operation)


def _answering(answer: Callable[[socket.socket], None]) -> tuple[int, Callable[[], None]]:
    """A server that takes a request and answers as told; its port, and how to end it."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                peer, _ = server.accept()
            except TimeoutError:
                continue
            with peer:
                peer.settimeout(2)
                try:
                    peer.recv(65536)
                    answer(peer)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()

    def end() -> None:
        over.set()
        thread.join(5)
        server.close()

    return server.getsockname()[1], end


def _leaves_it_open(trial: Trial, answer: Callable[[socket.socket], None]) -> None:
    port, end = _answering(answer)
    began = time.monotonic()
    try:
        said = _at(trial, port).pay(_one(trial))
    except OutcomeUnknown:
        said = []
    except NotSent as error:
        # Only where a hop of its own comes first: the payment message itself never left the house.
        hops = [one.role for one in trial.profile.endpoints if one.role != "main"]
        expect("sign" in hops, f"called not sent: {error}")
        said = []
    finally:
        end()
    expect(not said, f"taken for an answer: {[str(o.fate) for o in said]}")
    expect(time.monotonic() - began < ENDLESS_S, "it waited too long")


@scenario(WIRES)
def nobody_listens(trial: Trial) -> None:
    """A refused connection sent nothing, provably."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    try:
        _at(trial, port).pay(_one(trial))
    except NotSent:
        return
    except BankError as error:
        expect(False, f"reported as {type(error).__name__}")
    expect(False, "it was answered")


@scenario(WIRES)
def silence_leaves_the_outcome_unknown(trial: Trial) -> None:
    """The bank takes the message and says nothing."""
    _leaves_it_open(trial, lambda peer: time.sleep(2))


@scenario(WIRES)
def a_hang_up_leaves_the_outcome_unknown(trial: Trial) -> None:
    """The bank takes the message and hangs up."""
    _leaves_it_open(trial, lambda peer: None)


@scenario(WIRES)
def noise_leaves_the_outcome_unknown(trial: Trial) -> None:
    """Bytes that are no protocol at all."""
    _leaves_it_open(trial, lambda peer: peer.sendall(b"\x00\xff\x13\x37" * 500))


@scenario(WIRES)
def an_error_page_leaves_the_outcome_unknown(trial: Trial) -> None:
    """HTTP 502 of a proxy in between."""
    page = b"<html>502</html>"
    head = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: %d\r\n\r\n" % len(page)
    _leaves_it_open(trial, lambda peer: peer.sendall(head + page))


@scenario(WIRES)
def an_endless_answer_ends(trial: Trial) -> None:
    """An answer that drips without end is given up within its time."""

    def drip(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(60):
            peer.sendall(b"<")
            time.sleep(0.05)

    _leaves_it_open(trial, drip)


@scenario(WIRES)
def an_answer_out_of_all_size_is_refused(trial: Trial) -> None:
    """More bytes than any answer has are not read."""

    def flood(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        for _ in range(400):
            peer.sendall(b"<a>" * 20000)

    _leaves_it_open(trial, flood)


@scenario(WIRES)
def a_hostile_document_leaves_the_outcome_unknown(trial: Trial) -> None:
    """An answer that asks for a file of this machine is refused and nothing is fetched."""
    body = (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'
    )
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    _leaves_it_open(trial, lambda peer: peer.sendall(head + body))
