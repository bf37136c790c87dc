"""The head of the chain outside the database: a file, a mail, a webhook; and what that finds which nothing inside could."""

from __future__ import annotations

import http.server
import json
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction

from audit import anchoring
from audit.models import Anchor, Link
from audit.services import record
from audit.verifying import verify_chain
from kernel import merkle, seal, signatures
from masterdata.models import Company

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def subject(settings, tmp_path, frozen_clock):
    settings.ANCHORS_FILE = str(tmp_path / "outside" / "anchors.jsonl")
    return Company(
        pk=1, code="1", name="甲", short_name="甲", path="/1/"
    )  # writing it would be a link of its own


def facts(subject, count: int) -> None:
    for _ in range(count):
        with transaction.atomic():
            record("tests.thing.done", actor=None, subject=subject)


def anchored() -> Anchor | None:
    made = anchoring.anchor()
    anchoring.file()
    return made


def behind_the_triggers(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET session_replication_role = origin")


class TestAnchor:
    def test_each_line_covers_what_came_since_and_names_the_line_before(self, subject):
        facts(subject, 3)
        anchored()
        facts(subject, 2)
        anchored()
        nothing_new = anchored()

        first, second = (json.loads(line) for line in anchoring.lines())
        line, _ = tuple(anchoring.lines())
        assert nothing_new is None
        assert (first["first"], first["last"], second["first"], second["last"]) == (1, 3, 4, 5)
        assert second["previous"] == seal.digest(line.encode())
        assert first["head"] == Link.objects.get(seq=3).digest
        assert anchoring.verify_anchors() == []

    def test_a_line_is_signed_with_the_platforms_key(self, subject):
        facts(subject, 1)
        body = json.loads(anchored().line)
        point, signature = (bytes.fromhex(body.pop(name)) for name in ("key", "signature"))

        said = b"yqlink.anchor.v1\x00" + seal.canonical(body)

        assert signatures.verify("ecdsa-p256", point, said, signature)

    def test_a_process_without_the_key_writes_it_unsigned(self, subject, monkeypatch):
        monkeypatch.delenv("SEAL_PRIVATE_KEYS")
        facts(subject, 1)

        assert "signature" not in json.loads(anchored().line)

    def test_a_file_that_was_away_gets_the_lines_it_lacks(self, subject):
        for _ in range(3):
            facts(subject, 1)
            anchoring.anchor()

        assert anchoring.file() == 3
        assert anchoring.file() == 0
        assert anchoring.verify_anchors() == []


class TestVerifyAnchors:
    def test_the_deleted_end_of_the_chain_is_noticed(self, subject):
        """Nothing inside the database could tell: without its last act the chain is whole."""
        facts(subject, 5)
        anchored()
        last = Link.objects.latest("seq")
        behind_the_triggers("DELETE FROM audit_entry WHERE link_id = %s", last.act)
        behind_the_triggers("DELETE FROM audit_link WHERE seq = %s", last.seq)

        assert verify_chain() == []
        assert [(one.seq, one.what) for one in anchoring.verify_anchors()] == [
            (5, "锚文件所载的第 5 链已不在：记录被删除")
        ]

    def test_a_chain_forged_anew_from_the_middle_is_noticed(self, subject):
        facts(subject, 4)
        anchored()
        behind_the_triggers(
            "UPDATE audit_entry SET actor_name = '别人' WHERE id = (SELECT min(id) FROM audit_entry)"
        )
        behind_the_triggers(
            "UPDATE audit_entry e SET content_digest = encode(sha256(convert_to(audit_content(e), 'UTF8')), 'hex')"
        )
        previous = "0" * 64
        for link in Link.objects.order_by("seq"):
            told = " ".join(f"{pk}:{digest}" for pk, digest in _entries(link.act))
            fresh = seal.digest(f"{previous}:{link.seq}:{link.act}:{told}".encode())
            behind_the_triggers(
                "UPDATE audit_link SET entries = %s, previous = %s, digest = %s WHERE seq = %s",
                told, previous, fresh, link.seq,
            )  # fmt: skip
            previous = fresh

        assert verify_chain() == []
        assert [one.what for one in anchoring.verify_anchors()] == ["第 4 链与锚文件不符"]

    def test_an_altered_or_missing_line_of_the_file_is_noticed(self, subject, settings):
        from pathlib import Path

        for _ in range(3):
            facts(subject, 1)
            anchored()
        path = Path(settings.ANCHORS_FILE)
        whole = path.read_text("utf-8").splitlines()

        path.write_text("\n".join([whole[0], whole[2]]) + "\n", "utf-8")

        assert [one.what for one in anchoring.verify_anchors()] == ["锚文件第 2 行缺失或被改动"]

    @pytest.mark.parametrize("edit", ['"root":"z', '"head":"z', '"last":9', '"at":"1', "["])
    def test_any_word_of_the_last_line_altered_is_noticed(self, subject, settings, edit):
        from pathlib import Path

        facts(subject, 1)
        anchored()
        path = Path(settings.ANCHORS_FILE)
        line = path.read_text("utf-8")
        at = line.index(edit[: edit.index(":")]) if ":" in edit else 0

        path.write_text(line[:at] + edit + line[at + len(edit) :], "utf-8")

        assert len(anchoring.verify_anchors()) == 1


def _entries(act):
    from audit.models import Entry

    return Entry.objects.filter(link_id=act).order_by("pk").values_list("pk", "content_digest")


class TestProofOf:
    def test_leads_from_a_link_to_its_line(self, subject):
        facts(subject, 5)
        anchored()

        for link in Link.objects.all():
            line, path = anchoring.proof_of(link.seq)
            assert merkle.root_of(link.digest.encode(), path).hex() == json.loads(line)["root"]

    def test_is_absent_for_what_is_not_anchored_yet(self, subject):
        facts(subject, 1)

        assert anchoring.proof_of(1) is None


class TestTell:
    def test_tells_by_mail_once_a_day(self, subject, settings, frozen_clock):
        settings.ANCHOR_EMAIL = ["audit@example.com"]
        facts(subject, 1)
        row = anchored()

        told = anchoring.tell()
        again = anchoring.tell()
        frozen_clock.advance(hours=25)
        facts(subject, 1)
        anchored()
        anchoring.tell()

        assert told.pk == row.pk
        assert again is None
        assert [row.line in mail.outbox[0].body, len(mail.outbox)] == [True, 2]

    def test_tells_a_webhook_the_very_line_and_tries_again_after_a_refusal(self, subject, settings):
        got: list[bytes] = []
        answers = [503, 204]

        class Receiver(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                got.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(answers.pop(0))
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        settings.ANCHOR_WEBHOOK = f"http://127.0.0.1:{server.server_port}/"
        facts(subject, 1)
        row = anchored()

        first, second = anchoring.tell(), anchoring.tell()
        server.shutdown()
        thread.join()
        server.server_close()

        row.refresh_from_db()
        assert (first, second.pk) == (None, row.pk)
        assert got == [row.line.encode()] * 2
        assert row.told_at - row.at <= timedelta(minutes=1)
