"""What is sealed is what is sent: no flipped bit, no borrowed signature and no process without the keys gets past it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from approvals.models import Decision, Signature, SigningKey
from approvals.signing.trust import TrustAbsent
from audit.models import Entry
from bankbridge.services import dispatch
from desk.models import ExceptionCase
from kernel import clock, seal, vault
from kernel.ciphers import Undecipherable
from masterdata.models import OwnAccount
from payments.models import PaymentInstruction, PaymentOrder
from payments.services import instructions
from payments.services.sealing import instruction_bytes, seal_instruction, unsealed
from tests.build_payments import World, claim, released
from yqlink.supervisor import ROOT, demo_keys


def sealed_without_a_database(number: int, sealer) -> PaymentInstruction:
    """An instruction as release makes it."""
    account = OwnAccount(
        pk=1, number=f"3207{number:08d}", name="样例集团有限公司", cnaps="104100000004"
    )
    order = PaymentOrder(
        pk=number, order_no=f"P{number}", company_id=1, payer_account=account, payee_code="V00001",
        payee_name="江阴恒源化工有限公司", payee_number=f"6222{number:012d}", payee_bank="中国工商银行",
        payee_cnaps="102100099996", amount=Decimal(number) + Decimal("0.37"), purpose="货款",
        wish_date=date(2026, 11, 24), invoice_no=f"INV{number:06d}",
    )  # fmt: skip
    row = PaymentInstruction(
        order=order, instr_no=f"Y01{number:08d}K", bank_ref=f"Y01{number:08d}K", connection_id=1, content_hash="c" * 64
    )  # fmt: skip
    seal_instruction(row, instruction_bytes(order, row), sealer)
    return row


def opens(row: PaymentInstruction) -> bool:
    try:
        unsealed(row)
    except (Undecipherable, seal.SealBroken):
        return False
    return True


class TestEveryBit:
    def test_of_two_hundred_sealed_instructions_flipped_and_none_opens(self):
        sealer = vault.sealer()
        rows = [sealed_without_a_database(number, sealer) for number in range(1, 201)]
        assert all(opens(row) for row in rows)

        accepted, flips = [], 0
        for row in rows:
            whole = bytes(row.sealed)
            for bit in range(len(whole) * 8):
                wrong = bytearray(whole)
                wrong[bit >> 3] ^= 1 << (bit & 7)
                row.sealed = bytes(wrong)
                flips += 1
                if opens(row):
                    accepted.append((row.instr_no, bit))

        assert accepted == []
        assert flips > 500_000

    def test_of_their_macs_flipped_and_none_opens(self):
        row = sealed_without_a_database(1, vault.sealer())
        good = row.seal

        for place, digit in enumerate(good):
            for bit in range(4):
                row.seal = good[:place] + f"{int(digit, 16) ^ 1 << bit:x}" + good[place + 1 :]
                assert not opens(row)

    def test_blobs_of_two_instructions_swapped_and_neither_opens(self):
        sealer = vault.sealer()
        one, other = (sealed_without_a_database(number, sealer) for number in (1, 2))
        one.sealed, other.sealed = other.sealed, one.sealed
        one.seal, other.seal = other.seal, one.seal

        assert not opens(one)
        assert not opens(other)


def _tampered(model, **values) -> None:
    """An edit of somebody who holds the database: no trigger stops it."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        model.objects.all().update(**values)
        cursor.execute("SET session_replication_role = origin")


@pytest.mark.django_db(transaction=True)
class TestDispatch:
    def refuses(self, world: World, rule: str) -> str:
        """Nothing is sent, the reason is kept, somebody is called."""
        assert (
            instructions.claim_batches(connection_id=world.connection.pk, limit=1, lease_s=60) == []
        )
        row = PaymentInstruction.objects.get()
        assert row.state == "held"
        assert row.hold_reason.startswith(rule), row.hold_reason
        assert Entry.objects.filter(event="payments.instruction.seal_broken").count() == 1
        assert ExceptionCase.objects.filter(kind="payments.seal_broken", closed_at=None).exists()
        return row.hold_reason

    def test_sends_what_its_people_signed(self, world):
        row = released(world)

        (sent,) = claim(world).instructions

        assert sent.instr_no == row.instr_no
        assert Decision.objects.filter(signature__isnull=False).count() == 2

    def test_refuses_a_decision_whose_signature_was_taken_away(self, world):
        released(world)
        _tampered(Decision, signature=None)

        assert "not signed" in self.refuses(world, "SIGN")

    def test_refuses_a_signature_of_another_act(self, world):
        released(world)
        first = Signature.objects.order_by("pk")[0]
        _tampered(Decision, signature=first)

        self.refuses(world, "SIGN")

    def test_refuses_a_decision_said_to_be_another_persons(self, world):
        released(world)
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            Decision.objects.filter(act="release").update(person_key="p-somebody")
            cursor.execute("SET session_replication_role = origin")

        assert "somebody else" in self.refuses(world, "SIGN")

    def test_refuses_a_key_put_in_the_place_of_a_persons_own(self, world):
        from kernel import signatures

        released(world)
        _, point = signatures.generate("ecdsa-p256")
        name = signatures.fingerprint("ecdsa-p256", point)
        key = SigningKey.objects.get(user=world["releaser"])
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            SigningKey.objects.filter(pk=key.pk).update(point=point, fingerprint=name)
            cursor.execute("SET session_replication_role = origin")

        assert "certificate" in self.refuses(world, "SIGN")

    def test_refuses_what_a_distrusted_key_signed(self, world):
        from approvals.signing import keys

        released(world)
        key = SigningKey.objects.get(user=world["releaser"])
        keys.revoke(
            key_id=key.pk, version=key.version, why="密钥疑似泄露", actor=world["releaser"],
            since=clock.now().replace(hour=0, minute=0),
        )  # fmt: skip

        assert "distrusted" in self.refuses(world, "SIGN")

    def test_refuses_an_instruction_sealed_anew_without_its_people(self, world):
        """Somebody on the web host holds every key of that process: to seal is not to have it signed."""
        row = released(world)
        order = row.order
        order.payee_number = "6222000666"
        order.content_hash = row.content_hash
        data = instruction_bytes(order, row)
        seal_instruction(row, data, vault.sealer())
        _tampered(PaymentInstruction, sealed=row.sealed, seal=row.seal)
        _tampered(PaymentOrder, payee_number="6222000666")

        self.refuses(world, "SEAL")

    def test_claims_nothing_where_no_registrar_is_pinned(self, world, settings, tmp_path):
        released(world)
        settings.REGISTRARS_FILE = str(tmp_path / "none")

        with pytest.raises(TrustAbsent):
            instructions.claim_batches(connection_id=world.connection.pk, limit=1, lease_s=60)

        assert dispatch.tick() == 0
        assert PaymentInstruction.objects.get().state == "queued"

    def test_claims_nothing_without_the_private_keys(self, world, monkeypatch):
        released(world)
        monkeypatch.delenv("SEAL_PRIVATE_KEYS")

        assert dispatch.tick() == 0
        assert PaymentInstruction.objects.get().state == "queued"


_TRY_TO_OPEN = """
import os
from kernel import envelope, vault
text = vault.sealer().seal(b"6222020000001234567", aad="instruction:Y1")
print("sealed", len(text))
for name, value in os.environ.items():
    try:
        keys = envelope.parsed(value)
    except ValueError:
        continue
    if not keys:
        continue
    try:
        print("OPENED", envelope.Opener(keys).open(text, aad="instruction:Y1"))
    except Exception as error:
        print(name, type(error).__name__)
vault.opener()
"""


class TestTheWebProcess:
    def test_seals_and_cannot_open(self, tmp_path):
        common, workers = demo_keys(tmp_path)
        bare = {name: value for name, value in os.environ.items() if not name.endswith("_KEYS")}

        done = subprocess.run(
            [sys.executable, "-c", _TRY_TO_OPEN], env={**bare, **common, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=False, cwd=ROOT,
        )  # fmt: skip

        assert "sealed" in done.stdout
        assert "OPENED" not in done.stdout
        assert "KeysAbsent" in done.stderr
        assert workers["SEAL_PRIVATE_KEYS"] not in done.stdout

    def test_refuses_to_start_with_the_workers_keys(self, tmp_path):
        common, workers = demo_keys(tmp_path)
        env = {**os.environ, **common, **workers, "DJANGO_SETTINGS_MODULE": "yqlink.settings.dev"}

        done = subprocess.run(
            [sys.executable, "-c", "import yqlink.wsgi"], env=env, capture_output=True, text=True,
            check=False, cwd=ROOT,
        )  # fmt: skip

        assert done.returncode == 1
        assert "never to the web process" in done.stderr
