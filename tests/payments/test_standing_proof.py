"""What a release under a standing mandate is worth: to an examiner, after a rotation of keys, and to whoever alters a row of it."""

from __future__ import annotations

import json
import os
from datetime import date

import pytest
from django.db import transaction

from approvals.models import (
    Case,
    SigningKey,
    StandingRelease,
    StandingSignature,
)
from approvals.signing import keys, platform
from approvals.signing.verifying import Proven
from approvals.standing import services as standing
from approvals.standing.verifying import MESSAGE, verify_cases
from kernel import envelope, seal, signatures
from kernel.vault import platform_points, sign_as_platform
from masterdata.selectors import outbound_gate, system_scope
from payments.models import PaymentInstruction, PaymentOrder
from payments.services.standing import release_by_standing
from tests.bankbridge.test_evidence_bundle import verify
from tests.build_payments import fresh
from tests.payments.mandates import (
    a_sweep,
    behind,
    held,
    signed,
)
from yqlink.evidence.gather import Wish, bundle
from yqlink.evidence.standalone.verify_keys import packed, unpacked

pytestmark = pytest.mark.django_db(transaction=True)


class TestEvidence:
    def test_the_stand_alone_script_holds_it_and_names_an_altered_word(
        self, world, target, tmp_path
    ):
        signed(world, target)
        order = a_sweep(world, target)
        release_by_standing(order_id=order.pk)
        data = bundle(fresh(order), scope=system_scope(), wish=Wish(), by="测试")
        (tmp_path / "out.zip").write_bytes(data)

        code, told = verify(tmp_path / "out.zip", folder=tmp_path)

        assert code == 0, told
        assert "standing mandate" in told
        files = unpacked(tmp_path / "out.zip")
        book = files["decisions.json"].replace(b"50000.00", b"90000.00")
        assert book != files["decisions.json"]
        manifest = json.loads(files["manifest.json"])
        manifest["files"]["decisions.json"] = seal.digest(book)
        files |= {"decisions.json": book, "manifest.json": seal.canonical(manifest)}
        point, mark = sign_as_platform(b"yqlink.evidence.v1\x00" + files["manifest.json"])
        files["manifest.sig"] = seal.canonical({"key": point.hex(), "signature": mark.hex()})
        (tmp_path / "wrong.zip").write_bytes(packed(files))
        code, told = verify(tmp_path / "wrong.zip", folder=tmp_path)
        assert (code, "outside the mandate" in told) == (1, True), told


class TestRotation:
    def test_what_was_released_before_is_sent_and_proven_after_the_old_key_went(
        self, world, target, monkeypatch, tmp_path
    ):
        signed(world, target)
        order = a_sweep(world, target)
        release_by_standing(order_id=order.pk)
        case_id, newer = StandingRelease.objects.get().case_id, a_newer_key()
        monkeypatch.setenv("SEAL_PRIVATE_KEYS", f"{os.environ['SEAL_PRIVATE_KEYS']},{newer}")
        assert isinstance(verify_cases([case_id])[case_id], Proven)
        with transaction.atomic():
            assert [platform.vouch(actor=None, subject=outbound_gate()) for _ in "12"] == [1, 0]
        data = bundle(fresh(order), scope=system_scope(), wish=Wish(), by="测试")
        (tmp_path / "out.zip").write_bytes(data)

        monkeypatch.setenv("SEAL_PRIVATE_KEYS", newer)

        assert isinstance(verify_cases([case_id])[case_id], Proven)
        code, told = verify(tmp_path / "out.zip", folder=tmp_path)
        assert (code, "standing mandate" in told) == (0, True), told

    def test_a_key_that_vouched_for_itself_is_none(self, world, monkeypatch):
        mine = os.environ["SEAL_PRIVATE_KEYS"]
        monkeypatch.setenv("SEAL_PRIVATE_KEYS", f"{mine},{a_newer_key()}")
        with transaction.atomic():
            platform.vouch(actor=None, subject=outbound_gate())

        monkeypatch.setenv("SEAL_PRIVATE_KEYS", mine)

        assert platform.known() == set(platform_points())


def a_newer_key() -> str:
    return envelope.written(2, envelope.generate(envelope.X25519)[1])


class TestInsiders:
    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE approvals_standingauthority SET item = 90000000, day = 90000000, month = 90000000",
            "UPDATE approvals_standingauthority SET valid_to = NULL, valid_from = '2020-01-01'",
            "UPDATE approvals_standingauthority SET payer_id = target_id, target_id = payer_id",
            "UPDATE approvals_standingsignature SET statement = replace(statement, 'mandate', 'mandat3')",
            "DELETE FROM approvals_standingsignature",
            "INSERT INTO approvals_standingstop (authority_id, user_id, why, at) SELECT authority_id, user_id, 'x', at FROM approvals_standingsignature",
            "UPDATE approvals_standingrelease SET statement = replace(statement, '22000.00', '21000.00')",
            "UPDATE approvals_standingrelease SET signature = point",
            "UPDATE approvals_standingrelease SET at = at - interval '1 day'",
            "UPDATE approvals_standingrelease SET amount = 1",
            "DELETE FROM approvals_standingrelease",
        ],
    )  # fmt: skip
    def test_nothing_is_sent_after_any_row_of_it_was_altered(self, world, target, sql):
        mandate = signed(world, target, valid_to=date(2026, 12, 31))
        release_by_standing(order_id=a_sweep(world, target).pk)

        behind(sql)

        assert held(world).startswith("SIGN")
        assert mandate.pk

    def test_a_stop_that_was_deleted_still_stops(self, world, target):
        mandate, order = signed(world, target), a_sweep(world, target)
        release_by_standing(order_id=order.pk)
        standing.stop(authority_id=mandate.pk, actor=world["releaser2"], why="账户异常")

        behind("DELETE FROM approvals_standingstop")

        assert "在平台之外被改动" in release_by_standing(order_id=a_sweep(world, target).pk)
        assert "outside the platform" in held(world)

    def test_deleted_releases_leave_the_limit_used(self, world, target):
        signed(world, target)
        release_by_standing(order_id=a_sweep(world, target, "50000.00").pk)

        behind("DELETE FROM approvals_standingrelease")

        why = release_by_standing(order_id=a_sweep(world, target, "45000.00").pk)
        assert "与操作轨迹不符" in why

    def test_a_release_copied_to_another_payment_counts_for_nothing(self, world, target):
        signed(world, target)
        first, second = a_sweep(world, target), a_sweep(world, target, "22000.00")
        release_by_standing(order_id=first.pk)
        from masterdata.selectors import scope_of
        from payments.services.deciding import submit_drafts

        with transaction.atomic():
            row = PaymentOrder.objects.select_for_update(of=("self",)).get(pk=second.pk)
            submit_drafts([row], actor=world["maker"], scope=scope_of(world["maker"]))
        case = Case.objects.get(pk=fresh(second).approval_id)
        done = StandingRelease.objects.get()
        StandingRelease.objects.create(
            case=case, authority=done.authority, amount=done.amount, currency=done.currency,
            statement=done.statement, point=done.point, signature=done.signature, at=done.at,
        )  # fmt: skip

        assert "differs" in verify_cases([case.pk])[case.pk].why

    def test_somebody_with_the_web_hosts_keys_cannot_make_one(self, world, target):
        signed(world, target)
        release_by_standing(order_id=a_sweep(world, target).pk)
        done = StandingRelease.objects.get()
        private, point = signatures.generate(signatures.Algorithm.ECDSA)
        forged = signatures.sign(
            signatures.Algorithm.ECDSA, private, point, MESSAGE + done.statement.encode()
        )

        behind("UPDATE approvals_standingrelease SET point = %s, signature = %s", point, forged)

        assert "the platform did not sign" in held(world)

    @pytest.mark.parametrize(
        "change", ["number = '6222000666'", "name = '别家有限公司'", "cnaps = '102100099996'"]
    )
    def test_the_accounts_are_those_that_were_signed(self, world, target, change):
        signed(world, target)
        behind(f"UPDATE masterdata_ownaccount SET {change} WHERE id = {target.pk}")
        target.refresh_from_db()

        why = release_by_standing(order_id=a_sweep(world, target).pk)

        assert "与签署时不同" in why
        assert not PaymentInstruction.objects.exists()

    def test_a_key_taken_away_without_a_word_leaves_what_it_signed_behind(
        self, world, target, monkeypatch
    ):
        signed(world, target)
        release_by_standing(order_id=a_sweep(world, target).pk)
        case_id = StandingRelease.objects.get().case_id

        monkeypatch.setenv("SEAL_PRIVATE_KEYS", a_newer_key())

        assert "key of then was taken away" in verify_cases([case_id])[case_id].why

    def test_a_lost_key_of_its_signer_ends_it(self, world, target):
        signed(world, target)
        release_by_standing(order_id=a_sweep(world, target).pk)
        key = SigningKey.objects.get(user=world["releaser"], state="active")
        keys.revoke(
            key_id=key.pk,
            version=key.version,
            why="丢失",
            actor=world["releaser"],
            since=StandingSignature.objects.get().at,
        )

        assert "distrusted" in held(world)

    def test_without_the_banks_workers_keys_nothing_is_released(self, world, target, monkeypatch):
        signed(world, target)
        order = a_sweep(world, target)
        monkeypatch.delenv("SEAL_PRIVATE_KEYS")

        assert "SEAL_PRIVATE_KEYS" in release_by_standing(order_id=order.pk)
        assert fresh(order).state == "draft"
