"""The voucher a bank line lacks, drafted from the desk: by its template, by one person, never for money booked already."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse

from kernel import clock
from kernel.errors import InvalidInput
from ledger.models import JournalEntry, Period, Voucher
from ledger.rules import BookFact, Template, TemplateLine
from ledger.services import posting, vouchers
from masterdata.roles import Role
from reconciliation import selectors
from reconciliation.models import MatchLine, Proposal
from reconciliation.services import missing, running
from tests.build import a_company, a_user, an_account
from tests.ledger.build import a_template
from tests.reconciliation.build import DAY, Told, bank_lines, book_lines
from tests.reconciliation.test_desk import at, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
FEE = Template(
    event="fee",
    voucher_type="付",
    description="{narrative|手续费}",
    lines=(
        TemplateLine(side="debit", subject="6603.02"),
        TemplateLine(side="credit", subject="{account_subject}", is_bank=True),
    ),
)


@pytest.fixture
def account(frozen_clock):
    return an_account(company=a_company())


@pytest.fixture
def people(account):
    return [a_user(Role.RECONCILER, company=account.company) for _ in range(2)]


@pytest.fixture
def desk(people):
    return signed_in(people[0])


class TestVoucher:
    def test_is_drafted_by_its_template_posted_by_another_and_matched_by_the_next_run(
        self, account, desk, people
    ):
        a_template(FEE)
        (entry,) = bank_lines(account, Told("7.00", text="账户管理费", doc="S20261102000077"))
        shown = desk.get(at("voucher", account), {"entry": entry, "event": "fee"}).content.decode()

        told = desk.post(at("voucher", account), {"entry": entry, "event": "fee"}).json()

        assert "6603.02" in shown
        assert "账户管理费" in shown
        draft = Voucher.objects.get()
        assert told["url"] == reverse("ledger:voucher", args=[draft.pk])
        vouchers.post_draft(voucher_id=draft.pk, version=draft.version, actor=people[1])
        running.run(account_id=account.pk)
        assert MatchLine.objects.get(account_id=account.pk).bank_id == entry

    def test_of_the_difference_lets_reference_and_fee_explain_the_line(self, account, people, desk):
        a_template(FEE)
        (entry,) = bank_lines(account, Told("100050.00", ref="YQ000001", doc="S20261102000078"))
        (booked,) = book_lines(account, Told("100000.00", ref="YQ000001"))
        running.run(account_id=account.pk)

        desk.post(at("voucher", account), {"entry": entry, "event": "fee", "amount": "50.00"})
        draft = Voucher.objects.get()
        vouchers.post_draft(voucher_id=draft.pk, version=draft.version, actor=people[1])
        running.run(account_id=account.pk)

        (match,) = selectors.live_matches(account.pk, [1])
        assert (match.rung, match.bank_ids) == ("M5", (entry,))
        assert set(match.book_ids) == {booked, JournalEntry.objects.latest("pk").pk}

    def test_says_what_is_missing_or_wrong(self, account, people, desk):
        out, money_in = bank_lines(account, Told("7.00"), Told("8.00", outgo=False))

        def refusal(**form):
            return desk.post(at("voucher", account), form).json()["code"]

        assert refusal(entry=out, event="fee") == "no_template"
        a_template(FEE)
        assert refusal(entry=out, event="payment") == "invalid_input"
        assert refusal(entry=money_in, event="fee") == "invalid_input"
        assert refusal(entry=0, event="fee") == "not_found"
        assert refusal(entry=out, event="fee", amount="7.001") == "amount_digits"
        assert refusal(entry=out, event="fee", amount="1e30") == "amount_invalid"
        shown = desk.get(at("voucher", account), {"entry": money_in, "event": "fee"})
        assert "付出的流水可记手续费" in shown.content.decode()
        assert "生成凭证草稿" not in shown.content.decode()
        desk.post(at("voucher", account), {"entry": out, "event": "fee"})
        assert refusal(entry=out, event="fee") == "voucher_exists"
        assert (
            "已有凭证"
            in desk.get(at("voucher", account), {"entry": out, "event": "fee"}).content.decode()
        )

    def test_of_a_closed_month_is_dated_today_and_says_so(self, account, desk):
        a_template(FEE)
        (entry,) = bank_lines(account, Told("7.00"))
        Period.objects.create(company=account.company, code="2026-11", state="locked")
        asked = {"entry": entry, "event": "fee"}
        assert desk.get(at("voucher", account), asked).status_code == 409

        with clock.fixed(datetime(2026, 12, 2, 9, tzinfo=clock.SHANGHAI)):
            shown = desk.get(at("voucher", account), asked).content.decode()
            desk.post(at("voucher", account), asked)

        assert "2026-12-02" in shown
        assert "银行日期所在月份已结账" in shown
        assert str(Voucher.objects.get().day) == "2026-12-02"

    def test_is_not_drafted_while_lines_of_the_book_may_be_it(self, account, desk, people):
        a_template(FEE)
        party = {"name": "苏州电力有限公司", "acct": "62220000123"}
        (entry,) = bank_lines(account, Told("100.00", **party))
        book_lines(account, Told("70.00", **party), Told("30.00", **party, day=1))
        running.run(account_id=account.pk)
        form = {"entry": entry, "event": "fee"}

        assert "可能已记账" in desk.get(at("voucher", account), form).content.decode()
        assert desk.post(at("voucher", account), form).json()["code"] == "maybe_booked"
        asked = Proposal.objects.get(account=account)
        desk.post(at("refuse", account), {"proposal": asked.pk})
        assert desk.post(at("voucher", account), form).json()["url"]

    def test_of_what_the_bank_kept_back_from_a_receipt_is_a_fee_out_and_the_three_lines_match(
        self, account, people, desk
    ):
        a_template(FEE)
        (entry,) = bank_lines(account, Told("72485.00", outgo=False, doc="X1", text="境外汇款"))
        (booked,) = book_lines(account, Told("72500.00", outgo=False))
        told = {"entry": entry, "event": "fee", "amount": "15.00"}

        assert desk.post(at("voucher", account), told | {"event": "interest"}).status_code == 422
        assert desk.post(at("voucher", account), told).json()["url"]
        draft = Voucher.objects.get()
        vouchers.post_draft(voucher_id=draft.pk, version=draft.version, actor=people[1])
        running.run(account_id=account.pk)
        fee = JournalEntry.objects.get(voucher_line__voucher=draft)
        lines = {"bank": entry, "book": f"{booked},{fee.pk}"}

        assert (fee.direction, fee.amount, fee.bill_no) == ("credit", Decimal("15.00"), "X1")
        assert desk.post(at("match", account), lines).json()["act"]

    def test_never_books_more_than_the_bank_moved(self, account, people):
        a_template(FEE)
        lines = bank_lines(account, Told("70.00"), Told("90.00"))

        def draft(line, amount=None):
            return missing.draft_voucher(
                account_id=account.pk, entry_id=line, event="fee", actor=people[0], amount=amount
            )

        draft(lines[0])
        draft(lines[1], Decimal("20.00"))

        for line, amount in ((lines[0], Decimal("20.00")), (lines[1], None)):
            with pytest.raises(missing.VoucherExists):
                draft(line, amount)
        assert Voucher.objects.count() == 2

    def test_a_line_booked_by_another_part_of_the_house_is_not_booked_again(self, account, people):
        a_template(FEE)
        (entry,) = bank_lines(account, Told("70.00"))
        fact = BookFact(
            event="fee", posting_key="payment:1", company_id=account.company_id, day=DAY,
            figures={"amount": Decimal("70.00")}, words={}, account_id=account.pk, account_subject=account.gl_subject,
            currency="CNY", source_kind="payments.paymentinstruction", source_id="1",
            evidence=(("statements.statemententry", str(entry)),),
        )  # fmt: skip
        with transaction.atomic():
            first = posting.post_one(fact)

        with pytest.raises(missing.VoucherExists, match=first.number):
            missing.draft_voucher(
                account_id=account.pk, entry_id=entry, event="fee", actor=people[0]
            )

    def test_a_reversed_one_does_not_bar_the_next(self, account, people):
        a_template(FEE)
        (entry,) = bank_lines(account, Told("70.00"))
        told = {"account_id": account.pk, "entry_id": entry, "event": "fee", "actor": people[0]}
        first = missing.draft_voucher(**told)
        first = vouchers.post_draft(voucher_id=first.pk, version=first.version, actor=people[1])
        with transaction.atomic():
            posting.reverse([posting.Undoing(first, DAY, "科目记错")], actor=people[1])

        second = missing.draft_voucher(**told)

        assert second.pk != first.pk
        assert second.posting_key == f"{first.posting_key}:2"
        with pytest.raises(missing.VoucherExists):
            missing.draft_voucher(**told)

    def test_refuses_a_template_of_the_other_direction(self, account, people):
        a_template(
            Template(event="bank_entry", voucher_type="收", description="收款", lines=(
                TemplateLine(side="debit", subject="{account_subject}", is_bank=True),
                TemplateLine(side="credit", subject="2241"),
            ))
        )  # fmt: skip
        (out,) = bank_lines(account, Told("7.00"))

        with pytest.raises(InvalidInput, match="方向"):
            missing.draft_voucher(
                account_id=account.pk, entry_id=out, event="bank_entry", actor=people[0]
            )
