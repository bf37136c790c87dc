"""Rotation: everything is closed anew, everything can still be read, and the old keys may go."""

from __future__ import annotations

import base64
import os
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import BinaryField

from bankadapters.contract import WireExchange
from bankbridge.models import Exchange
from bankbridge.recorder import ExchangeRecorder, aad, unpacked
from kernel import clock, envelope, vault
from kernel.secrets import Secret
from masterdata.services import connections
from payments.services import confirming
from tests.bankbridge.bank import PAYER
from tests.bankbridge.world import World
from tests.signing import signer_of
from yqlink import rekeying

pytestmark = pytest.mark.django_db(transaction=True)
# Columns of bytes that are no secrets: public keys, signatures; credentials are closed one by one and have a renewer.
OPEN = {
    "approvals.SigningKey.point",
    "approvals.SigningKey.credential",
    "masterdata.SecurityKey.point",
    "masterdata.SecurityKey.credential",
    "approvals.SigningKey.certificate_signature",
    "approvals.Signature.signature",
    "approvals.StandingRelease.point",
    "approvals.StandingRelease.signature",
    "masterdata.ApiKey.point",
    "masterdata.Connection.credentials",
}


def fresh_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def world():
    with clock.fixed(clock.now().replace(hour=10)):
        yield World()


def rotate() -> str:
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


class TestRotateKeys:
    def test_closes_everything_with_the_new_keys_and_the_old_ones_may_go(self, world, monkeypatch):
        world.queue("100.00", "200.00")
        recorder = ExchangeRecorder(world.connection.pk, secrets=[Secret("secret")])
        ticket = recorder.before(WireExchange("pay", b"<token>abcdef</token>"))
        recorder.after(ticket, WireExchange("pay", b"<token>abcdef</token>", answer=b"<ok/>"))
        connections.save_session(world.connection.pk, token=Secret("T-1"), opened_at=clock.now())
        token = confirming.issue(
            act="check", items=[], actor=world.people["checker"], shown={"page": "one"}
        )
        public, private = envelope.generate(envelope.X25519)
        new_data, old_data = fresh_key(), os.environ["DATA_KEYS"]
        both = {
            "DATA_KEYS": f"{old_data},2:{new_data}",
            "SEAL_PUBLIC_KEYS": f"{os.environ['SEAL_PUBLIC_KEYS']},{envelope.written(2, public)}",
            "SEAL_PRIVATE_KEYS": f"{os.environ['SEAL_PRIVATE_KEYS']},{envelope.written(2, private)}",
        }
        for name, value in both.items():
            monkeypatch.setenv(name, value)

        told = rotate()
        again = rotate()
        for name, value in {
            "DATA_KEYS": f"2:{new_data}",
            "SEAL_PUBLIC_KEYS": envelope.written(2, public),
            "SEAL_PRIVATE_KEYS": envelope.written(2, private),
        }.items():
            monkeypatch.setenv(name, value)

        from desk.services import shown_with
        from payments.services import instructions

        (batch,) = instructions.claim_batches(
            connection_id=world.connection.pk, limit=1, lease_s=60
        )
        row = Exchange.objects.get()
        raw = vault.opener().open(bytes(row.request_raw), aad=aad(row.key, "request:raw"))
        assert "payments.PaymentInstruction.sealed" in told
        assert not any(line.split()[1] != "0" for line in again.splitlines())
        assert {one.payer_account for one in batch.instructions} == {PAYER}
        assert unpacked(raw) == b"<token>abcdef</token>"
        assert (
            connections.connection_credentials(world.connection_now())["oprpwd"].reveal()
            == "secret"
        )
        assert connections.load_session(world.connection.pk)[0].reveal() == "T-1"
        assert b"one" in shown_with(token=token, user_id=world.people["checker"].pk)
        assert signer_of(world.people["checker"]).person_key == "p-checker"

    def test_leaves_what_is_closed_for_the_banks_workers_to_them(self, world, monkeypatch):
        monkeypatch.delenv("SEAL_PRIVATE_KEYS")

        told = rotate()

        skipped = [line for line in told.splitlines() if "private keys" in line]
        assert len(skipped) == 6

    def test_says_so_when_a_text_cannot_be_opened_and_leaves_it(self, world, monkeypatch):
        connections.save_session(world.connection.pk, token=Secret("T-1"), opened_at=clock.now())
        public, private = envelope.generate(envelope.X25519)
        monkeypatch.setenv("SEAL_PUBLIC_KEYS", envelope.written(2, public))
        monkeypatch.setenv("SEAL_PRIVATE_KEYS", envelope.written(2, private))
        before = bytes(world.connection_now().session)

        with pytest.raises(CommandError, match="无法解开"):
            rotate()

        assert bytes(world.connection_now().session) == before


def test_every_column_of_bytes_is_rotated_or_open_by_design():
    named = {f"{one.model}.{one.column}" for one in rekeying.columns()}
    found = {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, BinaryField) and model.__module__.split(".")[0] in rekeying_apps()
    }

    assert found - named - OPEN == set()


def rekeying_apps() -> set[str]:
    """Our own apps."""
    from tests.house.test_house import OWN_APPS

    return OWN_APPS
