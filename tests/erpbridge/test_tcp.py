"""Style 4 under abuse and on a bad line: bounded waits, honest peers served, nothing lost and nothing twice."""

from __future__ import annotations

import random
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from erpbridge.models import Outbox
from erpbridge.services import publish, running
from erpbridge.simulator.sides import tcp as other
from erpbridge.styles import frames
from erpbridge.tcp_server import Server, server_context
from kernel import clock
from payments.models import PaymentOrder
from tests.erpbridge.lanes import KEY, Lane, a_client, a_system, an_item, iso_now, open_lane

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lane(world: Any, tmp_path: Path) -> Iterator[Lane]:
    with open_lane("tcp", world, tmp_path) as found:
        yield found


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits of a test: the same rules, in tenths of seconds."""
    monkeypatch.setattr(frames, "HEADER_S", 0.3)
    monkeypatch.setattr(frames, "BODY_S", 0.5)


def dialled(lane: Lane) -> socket.socket:
    return socket.create_connection(lane.side.address, timeout=5)


def _memory() -> int:
    """Bytes this process holds now."""
    return int(psutil.Process().memory_info().rss)


def is_closed(peer: socket.socket, within_s: float = 5.0) -> bool:
    peer.settimeout(within_s)
    try:
        return peer.recv(1) == b""
    except ConnectionError:
        return True


class TestAbuse:
    @pytest.mark.parametrize(
        "data",
        [
            b"ABCDEFGH<YQ/>",
            b"-0000005<YQ/>",
            b"99999999",
            b"00000000",
            "０００００００５".encode()[:8],
            b"00000005<YQ/>",
            b"00000003\xff\xfe\xfd",
            other.frame(b'<!DOCTYPE YQ [<!ENTITY x SYSTEM "file:///etc/passwd">]><YQ>&x;</YQ>'),
            other.frame(b"<YQ>" + b"<a>" * 90 + b"</a>" * 90 + b"</YQ>"),
            other.frame(b"<YQ><Head><MsgId>1</MsgId></Head><Body/></YQ>"),
        ],
    )
    def test_what_is_no_request_closes_the_connection_unanswered(self, lane, data):
        with dialled(lane) as peer:
            peer.sendall(data)

            assert is_closed(peer)

    def test_a_slow_header_and_a_slow_body_are_dropped(self, lane, impatient):
        with dialled(lane) as slow_header, dialled(lane) as slow_body:
            slow_header.sendall(b"0000")
            slow_body.sendall(b"00001000<YQ>")

            assert is_closed(slow_header)
            assert is_closed(slow_body)

    def test_five_hundred_broken_frames_leave_honest_peers_served(self, lane):
        draw = random.Random(7)
        for _ in range(500):
            with suppress(OSError), dialled(lane) as peer:
                peer.sendall(draw.randbytes(draw.randint(1, 40)))

        lane.side.send([an_item(lane.world)], key="k1")

        assert lane.side.answer("k1")["results"][0]["status"] == "OK"

    def test_peers_that_hang_take_neither_the_places_nor_the_memory_of_others(
        self, lane, monkeypatch
    ):
        monkeypatch.setattr(frames, "HEADER_S", 0.5)
        before = _memory()
        with ExitStack() as hangers:
            for number in range(60):  # three addresses announce ten megabytes each and dawdle
                here = (f"127.0.0.{2 + number % 3}", 0)
                with suppress(OSError):
                    peer = socket.create_connection(lane.side.address, 5, source_address=here)
                    hangers.enter_context(peer)
                    peer.sendall(b"10000000" + b"x" * 200_000)

            lane.side.send([an_item(lane.world)], key="k1")
            grown = _memory() - before

        assert lane.side.answer("k1")["results"][0]["status"] == "OK"
        assert grown < 96 * 1024 * 1024

    def test_a_forged_signature_is_not_answered(self, lane):
        body = other.write(
            "x" * 44,
            msg_id="m1",
            system="U8",
            tx="PAY",
            moment=iso_now(),
            items=[an_item(lane.world)],
        )
        with dialled(lane) as peer:
            peer.sendall(other.frame(body))

            assert is_closed(peer)
        assert not PaymentOrder.objects.exists()

    def test_an_altered_amount_breaks_the_signature(self, lane):
        body = other.write(
            KEY, msg_id="m1", system="U8", tx="PAY", moment=iso_now(), items=[an_item(lane.world)]
        ).replace(b"1234.50", b"9234.50")
        with dialled(lane) as peer:
            peer.sendall(other.frame(body))

            assert is_closed(peer)
        assert not PaymentOrder.objects.exists()


class TestRules:
    @pytest.mark.parametrize(
        ("moment", "code"),
        [
            (lambda: (clock.now() - timedelta(seconds=301)).isoformat(), "clock_skew"),
            (lambda: (clock.now() + timedelta(seconds=301)).isoformat(), "clock_skew"),
            (lambda: clock.now().replace(tzinfo=None).isoformat(), "clock_skew"),
            (lambda: "昨天", "time"),
        ],
    )
    def test_a_clock_that_is_off_is_told_so(self, lane, moment, code):
        lane.side.now = moment

        lane.side.send([an_item(lane.world)], key="k1")

        assert lane.side.answer("k1") == {"refused": code}
        assert not PaymentOrder.objects.exists()

    def test_an_unknown_transaction_is_told_so(self, lane):
        assert lane.side.call("DANCE", [], msg_id="m1")[0]["code"] == "tx"

    def test_many_requests_on_one_connection_are_answered_in_turn(self, lane):
        with dialled(lane) as peer:
            for number in range(3):
                body = other.write(
                    KEY,
                    msg_id=f"m{number}",
                    system="U8",
                    tx="PAY",
                    moment=iso_now(),
                    items=[an_item(lane.world, doc_no=f"FK{number}", purpose=f"款{number}")],
                )
                peer.sendall(other.frame(body)[:5])
                time.sleep(0.02)
                peer.sendall(other.frame(body)[5:])
                told, rows = other.read(KEY, other.read_frame(peer))
                assert (told, rows[0]["status"]) == (f"m{number}", "OK")


class Line(threading.Thread):
    """A bad line between the two: breaks connections at a seeded moment, in both directions."""

    def __init__(self, target: tuple[str, int], *, seed: int, loss: float) -> None:
        super().__init__(daemon=True)
        self.target, self.draw, self.loss = target, random.Random(seed), loss
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.broken = 0

    def run(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        breaks = self.draw.random() < self.loss
        after = self.draw.choice(["before", "request", "answer"]) if breaks else ""
        with near, suppress(OSError):
            if after == "before":
                self.broken += 1
                return
            with socket.create_connection(self.target, timeout=5) as far:
                far.sendall(other.frame(other.read_frame(near)))
                if after == "request":
                    self.broken += 1
                    return
                answer = other.frame(other.read_frame(far))
                if after == "answer":
                    self.broken += 1
                    near.sendall(answer[: len(answer) // 2])
                    return
                near.sendall(answer)


class TestBadLine:
    def test_a_line_that_breaks_loses_and_doubles_nothing(self, lane):
        line = Line(lane.side.address, seed=11, loss=0.4)
        line.start()
        lane.side.address = line.address

        for number in range(40):
            lane.side.send(
                [
                    an_item(
                        lane.world,
                        doc_no=f"FK{number}",
                        amount=f"{number + 1}.00",
                        purpose=f"款{number}",
                    )
                ],
                key=f"k{number}",
            )
        line.listener.close()

        assert line.broken > 5
        assert PaymentOrder.objects.count() == 40
        assert {lane.side.answer(f"k{n}")["results"][0]["status"] for n in range(40)} == {"OK"}


class TestPush:
    def test_messages_are_pushed_and_acknowledged_by_their_answer(self, lane):
        listener = other.Listener(system="U8", key=KEY, now=iso_now)
        lane.system.settings |= {"push_host": "127.0.0.1", "push_port": listener.server_address[1]}
        lane.system.save()
        lane.ask([an_item(lane.world)], key="k1")

        lane.pump()
        lane.pump()
        listener.shutdown()

        assert set(listener.stored) == set(Outbox.objects.values_list("message_id", flat=True))
        assert not Outbox.objects.filter(acked_at=None).exists()

    def test_a_peer_that_is_away_gets_them_later(self, lane, frozen_clock):
        with socket.create_server(("127.0.0.1", 0)) as reserved:
            port = reserved.getsockname()[1]
        lane.system.settings |= {"push_host": "127.0.0.1", "push_port": port}
        lane.system.save()
        lane.ask([an_item(lane.world)], key="k1")
        publish.publish()
        running.run("tcp")
        (waiting,) = Outbox.objects.all()
        listener = other.Listener(system="U8", key=KEY, now=iso_now)
        lane.system.settings |= {"push_port": listener.server_address[1]}
        lane.system.save()
        frozen_clock.advance(seconds=11)

        running.run("tcp")
        listener.shutdown()

        assert waiting.delivered_at is None
        assert waiting.attempts == 1
        assert len(listener.stored) == 1


def a_certificate(folder: Path, name: str, *, issuer: Any = None) -> tuple[Path, Path, Any]:
    """A certificate for localhost, self-signed or by `issuer` (certificate, key); its files, and itself with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    certificate = builder.sign(issuer[1] if issuer else key, hashes.SHA256())
    cert_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file, (certificate, key)


def test_with_tls_only_peers_of_the_agreed_authority_are_heard(world, tmp_path):
    authority, _, issuer = a_certificate(tmp_path, "authority")
    cert, key, _ = a_certificate(tmp_path, "platform", issuer=issuer)
    peer_cert, peer_key, _ = a_certificate(tmp_path, "erp", issuer=issuer)
    stranger_cert, stranger_key, _ = a_certificate(tmp_path, "stranger")
    a_system(a_client(world).client, "tcp")
    context = server_context(certificate=cert, private=key, authority=authority)
    server = Server(("127.0.0.1", 0), context=context)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def side(certificate: Path, private: Path) -> other.TcpSide:
        own = ssl.create_default_context(cafile=str(authority))
        own.load_cert_chain(certificate, private)
        return other.TcpSide(
            server.server_address, system="U8", key=KEY, now=iso_now, context=own, tries=1
        )

    honest, stranger = side(peer_cert, peer_key), side(stranger_cert, stranger_key)
    honest.send([an_item(world)], key="k1")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        stranger.send([an_item(world, doc_no="FK2")], key="k2")
    server.shutdown()
    server.server_close()

    assert honest.answer("k1")["results"][0]["status"] == "OK"
    assert PaymentOrder.objects.count() == 1
