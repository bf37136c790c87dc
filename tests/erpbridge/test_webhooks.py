"""Signed webhooks over real sockets: at least once under one id, retried with pauses, dead letters a person sends again."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from desk.models import ExceptionCase
from erpbridge.models import Outbox
from erpbridge.services import running
from erpbridge.services.payloads import send_again
from erpbridge.styles import webhooks
from kernel import clock
from masterdata.roles import Role
from tests.build import a_user
from tests.build_payments import World
from tests.erpbridge.lanes import a_client, a_system

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "w" * 40


class Receiver:
    """A finance system's webhook: keeps what it got, and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                status = receiver.answers.pop(0) if receiver.answers else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def system(world: World, receiver: Receiver):
    secrets = {"webhook_key": KEY}
    return a_system(a_client(world).client, "api", secrets=secrets, webhook_url=receiver.url)


def tell(world: World, number: int = 1, kind: str = "voucher") -> Outbox:
    return Outbox.objects.create(
        message_id=f"V1-{number}-1", system="u8", company_code=world.company.code, kind=kind, subject_id=number,
        state_version=1, payload={"items": [{"description": "货款"}]},
    )  # fmt: skip


class TestDeliver:
    def test_posts_a_signed_event_and_takes_2xx_for_stored(self, world, system, receiver):
        row = tell(world)

        assert running.run("api") == 1

        ((headers, body),) = receiver.got
        moment, event_id = headers["YQ-Timestamp"], headers["YQ-Event-Id"]
        content = f"{moment}.{event_id}.".encode() + body
        wanted = hmac.new(KEY.encode(), content, hashlib.sha256).hexdigest()
        assert headers["YQ-Signature"] == f"v1={wanted}"
        told = json.loads(body)
        assert (told["id"], told["event"], told["version"]) == ("V1-1-1", "voucher", 1)
        assert told["items"] == [{"description": "货款"}]
        row.refresh_from_db()
        assert row.delivered_at
        assert row.acked_at
        assert running.run("api") == 0

    def test_posts_nothing_that_was_fetched_and_acknowledged_already(self, world, system, receiver):
        tell(world)
        Outbox.objects.update(acked_at=clock.now())

        assert running.run("api") == 0
        assert receiver.got == []

    @pytest.mark.parametrize("status", [302, 400, 500])
    def test_tries_again_later_what_was_not_stored(
        self, world, system, receiver, frozen_clock, status
    ):
        tell(world)
        receiver.answers = [status]
        running.run("api")
        assert running.run("api") == 0  # not before its pause is over

        frozen_clock.advance(seconds=11)

        assert running.run("api") == 1
        ids = {headers["YQ-Event-Id"] for headers, _body in receiver.got}
        assert (len(receiver.got), ids) == (2, {"V1-1-1"})

    def test_one_that_is_never_stored_holds_up_no_other_and_ends_as_a_dead_letter(
        self, world, system, receiver, frozen_clock
    ):
        row, later = tell(world), tell(world, 2)
        receiver.answers = [500, 200]
        running.run("api")
        later.refresh_from_db()
        assert later.acked_at
        receiver.answers = [500] * webhooks.TRIES_MAX
        for _ in range(webhooks.TRIES_MAX - 1):
            frozen_clock.advance(minutes=61)
            running.run("api")
        row.refresh_from_db()
        assert row.dead_at
        assert ExceptionCase.objects.filter(kind="erp.dead_letter", closed_at=None).exists()

        frozen_clock.advance(minutes=61)
        assert running.run("api") == 0
        send_again(
            message_id=row.pk, actor=a_user(Role.ADMIN, company=world.company), why="对方已修复"
        )

        receiver.answers = []
        assert running.run("api") == 1

    def test_a_receiver_that_is_down_turns_the_lane_and_loses_nothing(
        self, world, system, receiver, frozen_clock
    ):
        row = tell(world)
        receiver.server.shutdown()
        receiver.server.server_close()

        running.run("api")

        row.refresh_from_db()
        system.refresh_from_db()
        assert (row.attempts, row.delivered_at) == (1, None)
        assert "ConnectError" in system.last_error

    @pytest.mark.parametrize(
        "url",
        ["http://169.254.169.254/latest", "http://100.100.100.200/", "http://[::ffff:a9fe:a9fe]/"],
    )
    def test_calls_no_forbidden_address_whoever_wrote_it(self, world, system, url):
        row = tell(world)
        system.settings = {"webhook_url": url}
        system.save(update_fields=["settings"])

        running.run("api")

        row.refresh_from_db()
        assert "不允许连接主机" in row.last_error

    def test_calls_this_machine_and_plain_http_in_no_production(self, world, system, settings):
        row = tell(world)
        settings.ERP_LOCAL = False
        mapped = "https://[::ffff:127.0.0.1]:1/hook"
        for url in (system.settings["webhook_url"], "https://127.0.0.1:1/hook", mapped):
            system.settings = {"webhook_url": url}
            system.save(update_fields=["settings"])
            Outbox.objects.update(next_attempt_at=clock.now())

            running.run("api")

            row.refresh_from_db()
            assert row.last_error.startswith(("推送地址应以 https:// 开头", "不允许连接主机 "))


class TestProbe:
    def test_sends_a_signed_ping_and_no_message(self, world, system, receiver):
        tell(world)

        (found,) = webhooks.probe(system)

        assert found.is_ok
        ((headers, body),) = receiver.got
        assert json.loads(body)["event"] == "ping"
        assert headers["YQ-Event-Id"] == "ping"
