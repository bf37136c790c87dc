"""付款方标识: learned from named receipts, written by hand, proven, and revoked for good."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kernel.errors import Conflict, InvalidInput, NotAllowed
from receipts.models import PayerKey
from receipts.proposing import guesses_for
from receipts.services import payers
from tests.receipts.build import a_customer

pytestmark = pytest.mark.django_db(transaction=True)


def browse(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def rules_of(notice):
    return [(one.rule, one.is_certain) for one in guesses_for(notice)]


class TestLearned:
    def test_it_names_the_receipts_it_was_learned_from(self, world):
        first = world.approved(world.arrive())
        second = world.approved(world.arrive("20.00"))

        key = PayerKey.objects.get()

        assert key.sources == [second.notice_no, first.notice_no]
        page = browse(world.accountant).get(f"/receipts/payers/{key.pk}/").content.decode()
        assert first.notice_no in page
        assert "复核时学得" in page


class TestRevoke:
    def test_it_names_nobody_any_more_and_is_not_learned_anew(self, world):
        payer = "南通某某有限公司"
        world.approved(world.arrive(counterparty_name=payer))
        key = PayerKey.objects.get()
        assert rules_of(world.arrive("5.00", counterparty_name=payer)) == [("C4", False)]

        payers.revoke(key_id=key.pk, actor=world.accountant, why="认错了人")

        assert rules_of(world.arrive("6.00", counterparty_name=payer)) == []
        world.approved(world.arrive("7.00", counterparty_name=payer))
        assert rules_of(world.arrive("8.00", counterparty_name=payer)) == []
        with pytest.raises(Conflict):
            payers.revoke(key_id=key.pk, actor=world.accountant, why="再来")

    def test_wants_the_right_and_a_reason(self, world):
        world.approved(world.arrive())
        key = PayerKey.objects.get()

        with pytest.raises(InvalidInput):
            payers.revoke(key_id=key.pk, actor=world.accountant, why=" ")
        with pytest.raises(NotAllowed):
            payers.revoke(key_id=key.pk, actor=world.clerk, why="x")


class TestWrite:
    def test_a_reference_names_its_customer(self, world):
        other = a_customer("杭州甲公司")
        given = {
            "kind": "reference",
            "value": "ht-2026-0088",
            "customer_code": other.code,
            "why": "合同",
        }

        answer = browse(world.accountant).post("/receipts/payers/new/", given)

        assert answer.status_code == 302
        (guess, *_others) = guesses_for(
            world.arrive(narrative="货款 HT-2026-0088", counterparty_name="丙")
        )
        assert (guess.rule, guess.customer_id) == ("C1", other.pk)
        with pytest.raises(Conflict):
            payers.write(**given, actor=world.accountant)

    @pytest.mark.parametrize(
        "changes", [{"kind": "smell"}, {"value": "ab"}, {"customer_code": "none"}, {"why": ""}]
    )
    def test_refuses_what_means_nothing(self, world, changes):
        given = {
            "kind": "name",
            "value": "某某公司",
            "customer_code": world.customer.code,
            "why": "x",
        }

        with pytest.raises(InvalidInput):
            payers.write(**{**given, **changes}, actor=world.accountant)


class TestProve:
    def test_a_proof_on_file_makes_a_payer_certain(self, world):
        payer = "南通某某有限公司"
        world.approved(world.arrive(counterparty_name=payer))
        key = PayerKey.objects.get()

        browser = browse(world.accountant)
        browser.post(
            f"/receipts/payers/{key.pk}/proof/", {"proof": SimpleUploadedFile("代付.pdf", b"%PDF")}
        )

        assert rules_of(world.arrive("5.00", counterparty_name=payer)) == [("C4", True)]
        assert browser.get(f"/receipts/payers/{key.pk}/proof/").content == b"%PDF"
