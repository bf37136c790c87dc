"""The evidence of one payment: gathered whole, checked by a script that knows nothing of us, broken by any byte."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import anchoring
from audit.models import Entry
from bankbridge.services import dispatch
from bankbridge.services.dossier import Mode, redacted
from desk.models import Job
from kernel import clock, seal
from kernel.vault import sign_as_platform
from ledger.topics import Booking
from masterdata import selectors as masterdata
from masterdata.models import Membership
from masterdata.services.strategy import decide_once
from payments.services import booking, evidence
from statements.rules import EntryLine
from statements.services import record_entries
from tests.bankbridge.bank import PAYEE
from tests.ledger.build import a_template
from yqlink.evidence.gather import Wish, bundle
from yqlink.evidence.standalone.verify_keys import packed, unpacked
from yqlink.workspace.evidence import make_waiting

pytestmark = pytest.mark.django_db(transaction=True)
AMOUNT = "7654.32"


def verify(place: Path, *options: str, folder: Path) -> tuple[int, str]:
    """The stand-alone script in a folder of its own, with nothing of ours in reach."""
    script = folder / "verify.py"
    if not script.exists():
        source = Path(__file__).resolve().parents[2] / "yqlink/evidence/standalone"
        for path in source.glob("*.py"):
            (folder / path.name).write_bytes(path.read_bytes())
    done = subprocess.run(
        [sys.executable, "-B", str(script), str(place), *options],
        capture_output=True, text=True, check=False, cwd=folder, env={"PYTHONPATH": ""},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def paid(world, bank, settings, tmp_path):
    """A payment on its whole way: released, sent, paid, on the statement, in the books, anchored."""
    settings.ANCHORS_FILE = str(tmp_path / "anchors.jsonl")
    simulator = bank("--no-delays")
    world.reach(simulator.url)
    a_template()
    with transaction.atomic():
        decide_once(
            Booking, {"books_payments": True}, company=world.company, source_note="财务制度"
        )
    row, _ = world.queue(AMOUNT, "99.50")
    dispatch.tick()
    row.refresh_from_db()
    line = EntryLine(
        bank_date=clock.today(), booked_at=clock.now(), bank_serial="S0001", direction="debit",
        amount=Decimal(AMOUNT), currency="CNY", reference=row.bank_ref, counterparty_account=PAYEE,
        counterparty_name="样例供应商有限公司",
    )  # fmt: skip
    record_entries(account_id=world.account.pk, lines=[line])
    from statements.models import StatementEntry

    ids = list(StatementEntry.objects.values_list("pk", flat=True))
    evidence.tie_entries(account_id=world.account.pk, entry_ids=ids)
    booking.keep_books()
    anchoring.anchor()
    anchoring.file()
    row.refresh_from_db()
    return row


def made(row, mode: Mode = Mode.REDACTED, passphrase: str = "") -> bytes:
    scope = masterdata.system_scope()
    return bundle(row.order, scope=scope, wish=Wish(mode, passphrase), by="测试")


class TestBundle:
    def test_holds_on_another_machine_with_public_keys_only(self, paid, settings, tmp_path):
        path = tmp_path / "out.zip"
        path.write_bytes(made(paid))
        files = unpacked(path)

        code, told = verify(
            path, "--registrars", settings.REGISTRARS_FILE, "--anchors", settings.ANCHORS_FILE,
            folder=tmp_path,
        )  # fmt: skip

        assert code == 0, told
        assert paid.state == "succeeded"
        assert f"instructions/{paid.instr_no}.json" in files
        assert json.loads(files["statement.json"])[0]["entry"]["amount"] == AMOUNT
        assert {one["operation"] for one in json.loads(files["wire.json"])} == {
            "b2e0001",
            "b2e0009",
        }
        assert len([name for name in files if name.startswith("wire/")]) == 2  # the sign-on stays
        assert json.loads(files["vouchers.json"])[0]["amount"] == AMOUNT
        assert json.loads(files["audit.json"])["links"][0]["anchor"]

    def test_holds_unzipped_in_a_folder_with_the_script_it_brings(self, paid, tmp_path):
        folder = tmp_path / "case"
        for name, data in _files(made(paid), tmp_path).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)

        done = subprocess.run(
            [sys.executable, "-B", "verify.py"], cwd=folder, capture_output=True, text=True, check=False
        )  # fmt: skip

        assert done.returncode == 0, done.stdout

    def test_any_byte_of_any_file_altered_is_named(self, paid, tmp_path):
        files = _files(made(paid), tmp_path)
        rng, unnoticed = random.Random(7), []

        for name, data in files.items():
            at = rng.randrange(len(data))
            wrong = data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
            (tmp_path / "wrong.zip").write_bytes(packed({**files, name: wrong}))
            code, told = verify(tmp_path / "wrong.zip", folder=tmp_path)
            if code != 1 or (name not in told and "manifest" not in name):
                unnoticed.append((name, told))

        assert unnoticed == []

    def test_any_byte_of_the_zip_altered_breaks_it(self, paid, tmp_path):
        """In one process, for it is the very function the script calls."""
        from yqlink.evidence.standalone import verify_keys

        whole, rng, unnoticed = made(paid), random.Random(11), []
        good = _files(whole, tmp_path)
        path = tmp_path / "wrong.zip"
        for at in {
            *range(40),
            *range(len(whole) - 60, len(whole)),
            *rng.sample(range(len(whole)), 400),
        }:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
            try:
                files = verify_keys.unpacked(path)
            except verify_keys.Wrong:
                continue
            unnoticed += [at] if files == good else []

        assert unnoticed == []

    def test_a_bundle_made_anew_by_somebody_else_is_not_the_platforms(
        self, paid, tmp_path, monkeypatch
    ):
        from kernel import signatures

        point, _ = sign_as_platform(b"x")
        name = signatures.fingerprint("ecdsa-p256", point)
        data = made(paid)
        files = _files(data, tmp_path)
        private, theirs = signatures.generate("ecdsa-p256")
        mark = {
            "key": theirs.hex(),
            "signature": signatures.sign(
                "ecdsa-p256", private, theirs, b"yqlink.evidence.v1\x00" + files["manifest.json"]
            ).hex(),
        }
        forged = {**files, "manifest.sig": json.dumps(mark).encode()}
        (tmp_path / "forged.zip").write_bytes(packed(forged))
        (tmp_path / "true.zip").write_bytes(data)

        assert verify(tmp_path / "true.zip", "--platform", name, folder=tmp_path)[0] == 0
        code, told = verify(tmp_path / "forged.zip", "--platform", name, folder=tmp_path)
        assert (code, "manifest.sig" in told) == (1, True)

    def test_a_registrar_the_examiner_does_not_know_is_not_believed(self, paid, tmp_path):
        (tmp_path / "out.zip").write_bytes(made(paid))
        (tmp_path / "known").write_text("0" * 64 + " nobody\n")

        code, told = verify(
            tmp_path / "out.zip", "--registrars", str(tmp_path / "known"), folder=tmp_path
        )

        assert (code, "keys.json" in told) == (1, True)


class TestRows:
    """A platform's own key signs the list anew: what is forged then still contradicts the chain."""

    def forged(self, files: dict[str, bytes], name: str, data: bytes, tmp_path: Path) -> str:
        fresh = {**files, name: data}
        manifest = json.loads(files["manifest.json"])
        manifest["files"][name] = seal.digest(data)
        fresh["manifest.json"] = seal.canonical(manifest)
        point, signature = sign_as_platform(b"yqlink.evidence.v1\x00" + fresh["manifest.json"])
        mark = {"key": point.hex(), "signature": signature.hex()}
        fresh["manifest.sig"] = seal.canonical(mark)
        (tmp_path / "forged.zip").write_bytes(packed(fresh))
        code, told = verify(tmp_path / "forged.zip", folder=tmp_path)
        assert code == 1
        return told

    def test_a_voucher_of_other_words_is_not_the_row_in_the_chain(self, paid, tmp_path):
        files = _files(made(paid), tmp_path)
        vouchers = json.loads(files["vouchers.json"])
        for line in vouchers[0]["lines"]:
            line["subject"] = "6602"

        told = self.forged(files, "vouchers.json", json.dumps(vouchers).encode(), tmp_path)

        assert "ledger.voucherline" in told
        assert "subject" in told

    def test_a_statement_entry_of_another_day_is_not_either(self, paid, tmp_path):
        files = _files(made(paid), tmp_path)
        ties = json.loads(files["statement.json"])
        ties[0]["entry"]["bank_serial"] = "S0002"

        told = self.forged(files, "statement.json", json.dumps(ties).encode(), tmp_path)

        assert "statements.statemententry" in told

    def test_a_voucher_row_rewritten_along_is_not_what_its_change_left(self, paid, tmp_path):
        files = _files(made(paid), tmp_path)
        rows = json.loads(files["rows.json"])
        for row in rows["rows"]:
            row["text"] = row["text"].replace("7654.32", "7654.33")

        told = self.forged(files, "rows.json", json.dumps(rows).encode(), tmp_path)

        assert "rows.json#" in told

    @given(
        st.lists(
            st.one_of(
                st.none(),
                st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1),
            ),
            min_size=1,
        )
    )
    @settings(
        max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
    )
    def test_a_row_is_read_as_postgresql_prints_it(self, db, values):
        from yqlink.evidence.standalone import verify_keys

        with connection.cursor() as cursor:
            marks = ", ".join(["%s::text"] * len(values))
            cursor.execute(f"SELECT ROW({marks})::text", values)
            (text,) = cursor.fetchone()

        assert verify_keys.fields(text) == values


def _files(data: bytes, tmp_path: Path) -> dict[str, bytes]:
    path = tmp_path / "whole.zip"
    path.write_bytes(data)
    return unpacked(path)


class TestWire:
    def test_redacted_shows_the_payment_and_nothing_of_its_neighbours(self, paid, tmp_path):
        files = _files(made(paid), tmp_path)

        text = next(data.decode() for name, data in files.items() if name.endswith("request.txt"))

        assert PAYEE in text
        assert AMOUNT in text
        assert "99.50" not in text
        assert "secret" not in text

    def test_encrypted_holds_the_very_bytes_under_the_passphrase(self, paid, tmp_path):
        (tmp_path / "out.zip").write_bytes(made(paid, Mode.ENCRYPTED, "a good long passphrase"))

        right = verify(
            tmp_path / "out.zip", "--passphrase", "a good long passphrase", folder=tmp_path
        )
        wrong = verify(tmp_path / "out.zip", "--passphrase", "another passphrase", folder=tmp_path)

        assert right[0] == 0, right[1]
        assert (wrong[0], ".enc" in wrong[1]) == (1, True)

    def test_digests_bring_no_bytes(self, paid, tmp_path):
        files = _files(made(paid, Mode.DIGESTS), tmp_path)

        assert not [name for name in files if name.startswith("wire/")]
        assert len(json.loads(files["wire.json"])[0]["answer_sha256"]) == 64

    def test_redaction_keeps_own_values_only(self):
        shown = redacted(
            "<a>样例供应商有限公司</a><b>别家有限公司</b><c>1234567</c><d>88.00</d>",
            ["样例供应商有限公司", "1234567"],
        )

        assert shown == "<a>样例供应商有限公司</a><b>******</b><c>1234567</c><d>*****</d>"


class TestVerifyPayment:
    def test_makes_the_bundle_and_says_that_it_holds(self, paid, tmp_path, capsys):
        path = tmp_path / "out.zip"

        call_command("verify_payment", paid.instr_no, bundle=path)

        assert path.exists()
        assert "✓" in capsys.readouterr().out
        assert Entry.objects.filter(event="payments.order.evidence_exported").count() == 1

    def test_refuses_where_the_keys_are_not(self, paid, monkeypatch):
        monkeypatch.delenv("SEAL_PRIVATE_KEYS")

        with pytest.raises(CommandError):
            call_command("verify_payment", paid.order.order_no)

    def test_an_unknown_number_is_said_to_be_unknown(self, paid):
        with pytest.raises(CommandError):
            call_command("verify_payment", "P-NOT-THERE")


class TestPage:
    def browser(self, world, role: str) -> Client:
        client = Client()
        client.force_login(world.people[role], backend="django.contrib.auth.backends.ModelBackend")
        return client

    def test_a_bundle_is_asked_for_made_by_a_worker_and_fetched(self, paid, world, tmp_path):
        client = self.browser(world, "auditor")
        order_no = paid.order.order_no
        shown = client.get(f"/payments/orders/{order_no}/").content.decode()

        asked = client.post(f"/evidence/{order_no}/")
        make_waiting()
        job = Job.objects.get()
        got = client.get(f"/jobs/{job.pk}/result/")

        assert f"/evidence/{order_no}/" in shown
        assert asked.status_code == 302
        (tmp_path / "got.zip").write_bytes(got.getvalue())
        assert verify(tmp_path / "got.zip", folder=tmp_path)[0] == 0
        assert Entry.objects.filter(event="payments.order.evidence_asked").count() == 1

    def test_is_for_those_with_the_right_and_their_companies(self, paid, world):
        order_no = paid.order.order_no
        maker = self.browser(world, "maker")

        assert (
            f"/evidence/{order_no}/"
            not in maker.get(f"/payments/orders/{order_no}/").content.decode()
        )
        assert maker.post(f"/evidence/{order_no}/").status_code == 403
        Membership.objects.filter(user=world.people["auditor"]).delete()
        assert self.browser(world, "auditor").post(f"/evidence/{order_no}/").status_code in (
            403,
            404,
        )
