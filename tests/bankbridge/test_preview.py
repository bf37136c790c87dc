"""What a bank will see: every word of ours is told to stand in its message, or not to; nothing is lost in silence."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from bankbridge import preview
from bankbridge.models import Exchange
from bankbridge.recorder import aad, unpacked
from bankbridge.services import dispatch
from kernel import vault
from kernel.references import bank_reference, make_instr_no
from masterdata.models import Connection
from payments.models import PaymentOrder
from payments.outcomes import SealedInstruction
from payments.previewing import Unsent, unsent
from tests.bankbridge.test_banks import BANKS
from tests.bankbridge.world import BOC, AtBank

# What the payment message of a bank has no field for, so that nobody is surprised on the other side.
LOST: dict[str, set[str]] = {
    "boc": {"remark"},
    "abc": set(),
    "bocom": {"remark"},
    "ccb": {"payer_name", "payee_bank", "cnaps"},
    "icbc": set(),
    "cgb": {"cnaps"},
    "cib": {"payer_name", "remark"},
    "cmb": {"payer_name"},
    "pingan": {"remark"},
    "citic": {"payer_name", "payee_bank"},
    "cmbc": {"remark"},
    "spdb": {"remark"},
    "iso20022": {"remark"},
    "swift_mt": {"remark"},
    "psbc": {
        "payer_account",
        "payer_name",
        "payee_name",
        "payee_bank",
        "cnaps",
        "purpose",
        "remark",
    },
}
PAYMENT = SealedInstruction(
    instruction_id=1, order_id=1, instr_no=make_instr_no(epoch=1, sequence=7), bank_ref="", payer_account="",
    payer_name="", payer_branch="", payer_cnaps="104100000004", payee_account="6217000010001234567",
    payee_name="江阴恒源化工有限公司", payee_bank="", cnaps="", amount=Decimal("1234.50"), currency="CNY",
    purpose="货款二零二六", remark="合同甲之附言", is_urgent=False, is_personal=False, route="", day=date(2026, 11, 24),
)  # fmt: skip


def at_bank(at: AtBank, **changes: object) -> Unsent:
    """A payment from an account at this bank."""
    profile = preview.registry.profile(at.slug)
    connection = Connection(
        bank_slug=at.slug,
        endpoints={"main": "http://127.0.0.1:9/"},
        parameters=at.parameters,
    )
    payment = replace(
        PAYMENT, payer_account=at.account, payer_name=at.name, payer_branch=at.branch,
        payee_bank=at.payee_bank[0], cnaps=at.payee_bank[1],
        bank_ref=bank_reference(PAYMENT.instr_no, profile.reference),
    )  # fmt: skip
    return Unsent(PaymentOrder(), replace(payment, **changes), connection, at.product, True)  # type: ignore[arg-type]


class TestOfPayment:
    @pytest.mark.parametrize("at", [BOC, *BANKS], ids=lambda at: at.slug)
    def test_every_field_is_word_for_word_or_named_as_lost(self, at):
        seen = preview.of_payment(at_bank(at))

        assert seen is not None
        assert seen.problem == ""
        assert {one.fate for one in seen.fields} <= {
            preview.CARRIED,
            preview.RESHAPED,
            preview.ABSENT,
        }
        assert {one.name for one in seen.lost} == LOST[at.slug]

    @pytest.mark.parametrize("slug", sorted(LOST))
    def test_a_character_the_wire_cannot_carry_is_named_and_never_replaced(self, slug):
        at = next(one for one in (BOC, *BANKS) if one.slug == slug)
        seen = preview.of_payment(at_bank(at, payee_name="江阴𠮷祥有限公司"))

        assert seen is not None
        if seen.problem:
            assert (str(seen.problem_field), "U+20BB7" in seen.problem) == ("收款户名", True)
            assert seen.text == ""
        elif "payee_name" not in LOST[slug]:
            assert "𠮷" in html.unescape(seen.text)

    def test_a_text_too_long_is_told_with_both_lengths_as_the_bank_counts(self):
        profile = preview.registry.profile("cib")
        most, unit = profile.field_limits["purpose"]
        at = next(one for one in BANKS if one.slug == "cib")

        seen = preview.of_payment(at_bank(at, purpose="货" * (most + 1)))

        assert seen is not None
        (field,) = [one for one in seen.fields if one.name == "purpose"]
        assert (field.fate, field.most, field.unit) == (preview.BROKEN, most, unit)
        assert field.length > most
        assert str(seen.problem_field) == "用途"

    def test_settings_of_the_connection_are_not_shown(self):
        seen = preview.of_payment(at_bank(BOC))

        assert seen is not None
        assert seen.text
        assert not any(value in seen.text for value in BOC.parameters.values())


@pytest.mark.django_db(transaction=True)
class TestPreview:
    def test_what_was_shown_before_the_release_is_what_was_sent(self, world, bank):
        world.reach(bank("--no-delays").url)
        (item,) = world.queue("1234.50")
        browser = Client()
        browser.force_login(world.people["checker"])

        page = html.unescape(browser.get(f"/bank/preview/{item.order.order_no}/").content.decode())
        shown = preview.of_payment(unsent(item.order.order_no, scope=world.scope("checker")))
        dispatch.tick()

        talk = Exchange.objects.filter(subject_kind="payments.batch").latest("began_at")
        sent = unpacked(vault.ring().decrypt(bytes(talk.request), aad=aad(talk.key, "request")))
        text = html.unescape(sent.decode(preview.registry.profile("boc").charset))
        assert shown is not None
        for field in (one for one in shown.fields if one.ours):
            assert (field.ours in text) == (field.fate == preview.CARRIED), field.name
        assert item.bank_ref in shown.text
        assert shown.text.partition("<trn-b2e0009-rq>")[2] in page
        assert "样例供应商有限公司" in page

    def test_nobody_sees_a_payment_out_of_scope(self, world):
        (item,) = world.queue("10.00")
        browser = Client()
        browser.force_login(world.people["admin"])

        assert browser.get(f"/bank/preview/{item.order.order_no}/").status_code == 403
