"""Standing mandates: what goes out under one without people, what waits for them, and what insiders make of neither."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from approvals.models import (
    Case,
    SigningKey,
    StandingAuthority,
    StandingRelease,
    StandingSignature,
)
from approvals.services import Signing
from approvals.signing import keys
from approvals.standing import services as standing
from approvals.standing.verifying import MESSAGE, verify_cases
from audit.models import Entry
from kernel import seal, signatures
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.vault import sign_as_platform
from masterdata.models import OwnAccount
from masterdata.roles import Role
from masterdata.selectors import system_scope
from masterdata.services import dated
from masterdata.services.dated import Proposal
from payments.content import OrderRequest
from payments.models import PaymentInstruction, PaymentOrder
from payments.services import drafting, instructions
from payments.services.standing import release_by_standing
from tests.bankbridge.test_evidence_bundle import verify
from tests.build import a_company, a_user, step_up, tell_balance
from tests.build_payments import World, claim, fresh
from tests.signing import signer_of
from yqlink.evidence.gather import Wish, bundle
from yqlink.evidence.standalone.verify_keys import packed, unpacked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def target(world: World) -> OwnAccount:
    own = OwnAccount.objects.create(
        company=world.company, bank=world.account.bank, cnaps="104100000004", branch_name="中国银行",
        number="320766250001", name="样例集团有限公司", gl_subject="100201",
    )  # fmt: skip
    tell_balance(world.account, "900000.00")
    return own


def a_mandate(world: World, target: OwnAccount, **said: Any) -> StandingAuthority:
    """From the world's account up to the target: 50,000 an item, 80,000 a day, 100,000 a month."""
    days = {"valid_from": said.pop("valid_from", date(2026, 1, 1)), "valid_to": said.pop("valid_to", None)}  # fmt: skip
    values = {
        "payer": world.account.pk, "target": target.pk, "currency": "CNY",
        "item": "50000.00", "day": "80000.00", "month": "100000.00",
    } | said  # fmt: skip
    with transaction.atomic():
        proposal = Proposal(values=values, source_note="资金管理办法", **days)
        made = dated.lay_down(kind_name="approvals.standing", proposal=proposal)
    assert isinstance(made, StandingAuthority)
    return made


def sign(world: World, mandate: StandingAuthority, who: str = "releaser") -> StandingSignature:
    actor = world[who]
    signing = Signing(signer=signer_of(actor), shown=b"{}", stepup=step_up(actor))
    return standing.sign(authority_id=mandate.pk, actor=actor, signing=signing)


def signed(world: World, target: OwnAccount, **said: Any) -> StandingAuthority:
    mandate = a_mandate(world, target, **said)
    sign(world, mandate)
    return mandate


@transaction.atomic
def a_sweep(
    world: World, target: OwnAccount, amount: str = "22000.00", **said: Any
) -> PaymentOrder:
    """What a collection schedule drafts."""
    number = PaymentOrder.objects.count()
    values: dict[str, Any] = {
        "company_code": world.company.code, "payer_number": world.account.number, "payee_number": target.number,
        "payee_name": target.name, "amount": Decimal(amount), "currency": "CNY", "wish_date": date(2026, 11, 24),
        "purpose": "资金上划", "kind": "internal", "source_system": "collection", "erp_doc_type": "归集",
        "erp_doc_no": f"GJ1-{number}",
    }  # fmt: skip
    from masterdata.selectors import scope_of

    maker = world["maker"]
    return drafting.draft_order(
        request=OrderRequest(**(values | said)), maker=maker, scope=scope_of(maker)
    )


def behind(sql: str, *values: Any) -> None:
    """Somebody at the database, past the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = origin")


def held(world: World) -> str:
    """Why the worker keeps the only instruction."""
    assert not instructions.claim_batches(connection_id=world.connection.pk, limit=1, lease_s=60)
    row = PaymentInstruction.objects.get()
    assert row.state == "held"
    return row.hold_reason


@pytest.fixture(autouse=True)
def standing_still(frozen_clock):
    return frozen_clock


class TestRelease:
    def test_goes_out_with_nobody_and_names_the_mandate_and_its_people(self, world, target):
        mandate, order = signed(world, target), a_sweep(world, target)

        assert release_by_standing(order_id=order.pk) == ""

        assert fresh(order).shown_state == "queued"
        assert fresh(order).releaser == world["releaser"]
        after = Entry.objects.get(event="payments.order.released_by_standing").after
        assert (after["mandate"], after["terms"]) == (str(mandate), mandate.digest)
        assert after["approvers"] == [world["releaser"].person_key]
        (item,) = claim(world).instructions
        assert (item.payee_account, item.amount) == (target.number, Decimal("22000.00"))

    def test_without_a_signature_it_waits_for_people_as_it_was(self, world, target):
        a_mandate(world, target)
        order = a_sweep(world, target)

        why = release_by_standing(order_id=order.pk)

        assert "no releaser signed it" in why
        assert (fresh(order).state, fresh(order).approval_id) == ("draft", None)
        assert not StandingRelease.objects.exists()

    @pytest.mark.parametrize(
        ("amounts", "last"),
        [(["50000.01"], "每笔"), (["45000.00", "40000.00"], "每日")],
    )
    def test_beyond_a_limit_it_waits(self, world, target, amounts, last):
        signed(world, target)
        whys = [release_by_standing(order_id=a_sweep(world, target, one).pk) for one in amounts]

        assert whys[:-1] == [""] * (len(whys) - 1)
        assert last in whys[-1]

    def test_the_month_counts_all_its_days_and_what_failed_does_not(
        self, world, target, frozen_clock
    ):
        signed(world, target)
        first = a_sweep(world, target, "50000.00")
        release_by_standing(order_id=first.pk)
        frozen_clock.advance(days=1)
        tell_balance(world.account, "900000.00")
        assert release_by_standing(order_id=a_sweep(world, target, "49999.00").pk) == ""
        third = a_sweep(world, target, "100.00")
        assert "每月" in release_by_standing(order_id=third.pk)

        PaymentOrder.objects.filter(pk=first.pk).update(shown_state="failed")

        assert release_by_standing(order_id=third.pk) == ""

    @pytest.mark.parametrize(
        "days",
        [{"valid_from": date(2026, 11, 25)}, {"valid_to": date(2026, 11, 23)}],
        ids=["not yet", "over"],
    )
    def test_outside_its_days_it_waits(self, world, target, days):
        signed(world, target, **days)

        assert "没有有效的常设授权" in release_by_standing(order_id=a_sweep(world, target).pk)

    def test_only_what_a_schedule_drafted_to_that_very_account(self, world, target):
        signed(world, target)
        other = OwnAccount.objects.create(
            company=world.company, bank=world.account.bank, cnaps="104100000004", branch_name="x",
            number="320766250009", name="样例集团有限公司", gl_subject="100201",
        )  # fmt: skip

        assert release_by_standing(order_id=a_sweep(world, other).pk)
        assert release_by_standing(order_id=a_sweep(world, target, source_system="u8").pk)
        assert not PaymentInstruction.objects.exists()

    def test_twice_asked_it_is_released_once(self, world, target):
        signed(world, target)
        order = a_sweep(world, target)

        assert release_by_standing(order_id=order.pk) == ""
        assert release_by_standing(order_id=order.pk)
        assert PaymentInstruction.objects.count() == 1

    def test_a_mandate_its_maker_signed_is_none(self, world, target):
        mandate = a_mandate(world, target)
        from masterdata.models import Membership

        Membership.objects.create(user=world["maker"], company=world.company, role="releaser")
        sign(world, mandate, "maker")

        assert "制单人" in release_by_standing(order_id=a_sweep(world, target).pk)


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


class TestStop:
    def test_ends_at_once_and_what_is_queued_stays_behind(self, world, target):
        mandate, order = signed(world, target), a_sweep(world, target)
        release_by_standing(order_id=order.pk)

        standing.stop(authority_id=mandate.pk, actor=world["releaser2"], why="账户异常")

        assert "it was stopped" in held(world)
        assert "it was stopped" in release_by_standing(order_id=a_sweep(world, target).pk)

    def test_wants_a_reason_and_the_right(self, world, target):
        mandate = signed(world, target)

        with pytest.raises(InvalidInput):
            standing.stop(authority_id=mandate.pk, actor=world["releaser"], why="")
        with pytest.raises(NotAllowed):
            standing.stop(authority_id=mandate.pk, actor=world["checker"], why="不需要")
        with pytest.raises(NotFound):
            standing.stop(
                authority_id=mandate.pk,
                actor=a_user(Role.RELEASER, company=a_company()),
                why="不相干",
            )


class TestSign:
    def test_is_signed_once_by_a_releaser_with_the_own_key(self, world, target):
        mandate = a_mandate(world, target)
        with pytest.raises(NotAllowed):
            sign(world, mandate, "checker")
        other = Signing(
            signer=signer_of(world["releaser2"]), shown=b"{}", stepup=step_up(world["releaser"])
        )
        with pytest.raises(NotAllowed):
            standing.sign(authority_id=mandate.pk, actor=world["releaser"], signing=other)
        sign(world, mandate)

        with pytest.raises(Conflict):
            sign(world, mandate, "releaser2")

    def test_an_administrator_behind_the_version_does_not_sign_it(self, world, target, monkeypatch):
        mandate = a_mandate(world, target)
        from masterdata.models import StagedChange

        change = StagedChange.objects.create(
            kind="x", title="x", made_by=world["releaser"], decided_by=world["admin"]
        )
        behind(
            "UPDATE approvals_standingauthority SET change_id = %s WHERE id = %s",
            change.pk,
            mandate.pk,
        )

        with pytest.raises(NotAllowed):
            sign(world, mandate)


class TestInsiders:
    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE approvals_standingauthority SET item = 90000000, day = 90000000, month = 90000000",
            "UPDATE approvals_standingauthority SET valid_to = NULL, valid_from = '2020-01-01'",
            "UPDATE approvals_standingauthority SET payer_id = target_id, target_id = payer_id",
            "UPDATE approvals_standingsignature SET statement = replace(statement, 'mandate', 'mandat3')",
            "DELETE FROM approvals_standingsignature",
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
