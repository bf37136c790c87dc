"""Claimed by one, said in parts that add up, reviewed by another; every version stays."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from kernel.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound
from kernel.orm import StaleVersion
from masterdata.roles import Role
from payments.models import DebitTie
from receipts.models import ArrivalNotice, PayerKey, SplitLine, Supplement
from receipts.services import arriving, reviewing, supplementing
from receipts.services.supplementing import Line, Said
from receipts.states import NoticeState
from statements.services import record_entries
from tests.build import a_company, a_user
from tests.build_payments import a_world as payments_world
from tests.build_payments import sent
from tests.receipts.build import a_credit, a_receivable, a_world, fresh, lay_down_templates

S = NoticeState


def parts(world, *amounts: str, **values: object) -> Said:
    return Said(
        lines=[
            Line(
                **{"amount": Decimal(one), "subject": "1122", "customer_code": world.customer.code, **values}
            )
            for one in amounts
        ]
    )  # fmt: skip


class TestClaim:
    def test_the_second_person_is_told_who_has_it(self, world):
        notice = world.arrive()
        supplementing.claim(notice_id=notice.pk, actor=world.clerk)

        with pytest.raises(Conflict) as refused:
            supplementing.claim(notice_id=notice.pk, actor=world.other_clerk)

        assert str(world.clerk) in refused.value.message

    def test_claiming_twice_is_the_same_claim(self, world):
        notice = world.arrive()
        first = supplementing.claim(notice_id=notice.pk, actor=world.clerk)

        assert supplementing.claim(notice_id=notice.pk, actor=world.clerk).version == first.version

    def test_another_companys_notice_looks_absent(self, world):
        stranger = a_user(Role.CLERK, company=a_company())

        with pytest.raises(NotFound):
            supplementing.claim(notice_id=world.arrive().pk, actor=stranger)

    def test_whoever_only_reads_may_not(self, world):
        reader = a_user(Role.VIEWER, company=world.company)

        with pytest.raises(NotAllowed):
            supplementing.claim(notice_id=world.arrive().pk, actor=reader)

    def test_given_back_it_waits_for_others(self, world):
        notice = supplementing.claim(notice_id=world.arrive().pk, actor=world.clerk)

        supplementing.hand_back(notice_id=notice.pk, version=notice.version, actor=world.clerk)

        assert supplementing.claim(notice_id=notice.pk, actor=world.other_clerk).claimed_by == world.other_clerk  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_of_several_people_at_once_exactly_one_has_the_claim():
    world = a_world()
    people = [world.clerk, world.other_clerk] + [
        a_user(Role.CLERK, company=world.company) for _ in range(6)
    ]
    notices = [world.arrive(f"{n}00.00") for n in range(1, 6)]
    barrier = threading.Barrier(len(people))
    won: list[tuple[int, int]] = []
    told: list[str] = []

    def grab(person) -> None:
        for notice in notices:
            barrier.wait()
            try:
                supplementing.claim(notice_id=notice.pk, actor=person)
                won.append((notice.pk, person.pk))
            except Conflict as refused:
                told.append(refused.code)
        connection.close()

    threads = [threading.Thread(target=grab, args=[person]) for person in people]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(pk for pk, _ in won) == sorted(one.pk for one in notices)
    assert told == ["claimed"] * (len(notices) * (len(people) - 1))
    assert dict(ArrivalNotice.objects.values_list("pk", "claimed_by_id")) == dict(won)


class TestSubmit:
    def test_parts_that_add_up_wait_for_a_review(self, world):
        notice = world.supplemented(world.arrive(), parts(world, "600.00", "400.00"))

        assert (notice.state, notice.customer) == (S.PENDING_REVIEW, world.customer)
        assert [line.amount for line in SplitLine.objects.all()] == [Decimal("600"), Decimal("400")]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"amounts": ("600.00", "399.99")}, "lines"),
            ({"amounts": ("600.00", "400.01")}, "lines"),
            ({"amounts": ("1000.00",), "subject": "应收"}, "subject"),
            ({"amounts": ("1000.00",), "customer_code": "NOBODY"}, "customer_code"),
            ({"amounts": ("1000.00",), "fee": Decimal("0.01")}, "fee"),
            ({"amounts": ()}, "lines"),
            ({"amounts": ("1000.00", "0.00")}, "amount"),
        ],
    )
    def test_names_the_field_that_is_wrong_and_keeps_nothing(self, world, change, field):
        amounts = change.pop("amounts")

        with pytest.raises(InvalidInput) as refused:
            world.supplemented(world.arrive(), parts(world, *amounts, **change))

        assert refused.value.field == field
        assert not Supplement.objects.exists()

    def test_what_the_strategy_wants_must_be_said(self, world):
        world.decide(needs_contract=True)

        with pytest.raises(InvalidInput) as refused:
            world.supplemented(world.arrive(), parts(world, "1000.00"))

        assert refused.value.field == "contract_no"

    def test_an_invoice_is_not_paid_beyond_what_is_open(self, world):
        a_receivable(world, "INV-0001", "700.00")

        with pytest.raises(InvalidInput) as refused:
            world.supplemented(world.arrive(), parts(world, "1000.00", invoice_no="inv-0001"))

        assert refused.value.field == "invoice_no"

    def test_only_whoever_claimed_it(self, world):
        notice = supplementing.claim(notice_id=world.arrive().pk, actor=world.clerk)

        with pytest.raises(NotAllowed):
            supplementing.submit(
                notice_id=notice.pk, version=notice.version, said=world.said(notice), actor=world.other_clerk
            )  # fmt: skip

    def test_a_stale_page_changes_nothing(self, world):
        notice = supplementing.claim(notice_id=world.arrive().pk, actor=world.clerk)

        with pytest.raises(StaleVersion):
            supplementing.submit(
                notice_id=notice.pk, version=notice.version - 1, said=world.said(notice), actor=world.clerk
            )  # fmt: skip

    def test_a_change_wants_a_reason_and_the_old_version_stays(self, world):
        notice = world.approved(world.arrive())
        opened = supplementing.change(
            notice_id=notice.pk, version=notice.version, why="合同号填错", actor=world.other_clerk
        )
        assert opened.state == S.SUPPLEMENTING
        with pytest.raises(InvalidInput):
            supplementing.submit(
                notice_id=notice.pk, version=opened.version, said=world.said(notice), actor=world.other_clerk
            )  # fmt: skip

        supplementing.submit(
            notice_id=notice.pk,
            version=opened.version,
            said=world.said(notice, why="合同号填错"),
            actor=world.other_clerk,
        )

        assert [one.number for one in notice.supplements.all()] == [1, 2]
        assert fresh(notice).state == S.PENDING_REVIEW
        with pytest.raises(DatabaseError), transaction.atomic():
            Supplement.objects.filter(number=1).update(note="换掉")

    def test_money_that_looks_like_ours_wants_a_word_why_it_is_not(self, world):
        notice = world.arrive()
        ArrivalNotice.objects.filter(pk=notice.pk).update(may_be_return="Y0100000001A")

        with pytest.raises(InvalidInput) as refused:
            world.supplemented(notice)

        assert refused.value.code == "may_be_return"


class TestReview:
    def test_the_supplementer_may_not(self, world):
        notice = world.arrive()
        person = a_user(Role.RECEIPTS, company=world.company, person_key=world.clerk.person_key)
        waiting = world.supplemented(notice)

        with pytest.raises(NotAllowed) as refused:
            reviewing.approve(notice_id=notice.pk, version=waiting.version, actor=person)

        assert refused.value.code == "same_person"

    def test_the_database_refuses_it_too(self, world):
        notice = world.supplemented(world.arrive())

        with pytest.raises(DatabaseError), transaction.atomic():
            ArrivalNotice.objects.filter(pk=notice.pk).update(reviewer=world.clerk)

    def test_the_database_adds_the_parts_up_itself(self, world):
        notice = world.supplemented(world.arrive())

        with pytest.raises(DatabaseError), transaction.atomic():
            ArrivalNotice.objects.filter(pk=notice.pk).update(
                state=S.APPROVED, amount=Decimal("1000.01")
            )

    def test_a_rejection_wants_a_reason_and_goes_back_to_be_taken_up(self, world):
        notice = world.supplemented(world.arrive())
        with pytest.raises(InvalidInput):
            reviewing.reject(
                notice_id=notice.pk, version=notice.version, actor=world.accountant, why=" "
            )

        reviewing.reject(
            notice_id=notice.pk, version=notice.version, actor=world.accountant, why="客户不对"
        )

        assert fresh(notice).state == S.REJECTED
        assert supplementing.claim(notice_id=notice.pk, actor=world.other_clerk).state == S.SUPPLEMENTING  # fmt: skip

    def test_what_two_people_agreed_on_is_known_next_time(self, world):
        world.approved(world.arrive(counterparty_account="99887766"))

        again = world.arrive("7.00", counterparty_account="9988 7766", counterparty_name="")

        assert (again.rule, again.customer) == ("C2", world.customer)

    def test_a_payer_of_another_name_is_only_proposed(self, world):
        world.approved(world.arrive(counterparty_name="个体户 王五", counterparty_account=""))

        again = world.arrive("7.00", counterparty_name="个体户王五", counterparty_account="")

        assert (again.rule, again.customer) == ("C4", None)
        assert PayerKey.objects.get().has_proof is False

    def test_many_are_taken_each_on_its_own(self, world):
        rows = [world.supplemented(world.arrive(f"{n}.00")) for n in range(1, 4)]
        stale = rows[1].pk

        done = reviewing.approve_many(
            items=[(one.pk, one.version - (one.pk == stale)) for one in rows],
            actor=world.accountant,
        )

        assert (done.approved, [pk for pk, _ in done.refused]) == (2, [stale])

    def test_money_of_no_business_is_set_aside_by_two(self, world):
        notice = world.approved(
            world.arrive(),
            Said(kind="non_business", nature="other", note="员工误转，已约定原路退回"),
        )

        assert (notice.state, notice.nature) == (S.NON_BUSINESS, "other")


@pytest.mark.django_db
class TestOwnReturns:
    def world(self):
        lay_down_templates()
        return payments_world()

    def back(self, world, row, **values):
        line = a_credit(
            f"{row.amount:.2f}",
            counterparty_account=world.payee_number,
            counterparty_name="江阴恒源化工有限公司",
            **values,
        )
        record_entries(account_id=world.account.pk, lines=[line])
        arriving.take_arrivals()
        return ArrivalNotice.objects.get(bank_serial=line.bank_serial)

    @pytest.mark.parametrize("fate", ["succeeded", "accepted", ""])
    def test_our_own_reference_coming_back_is_never_income(self, frozen_clock, fate):
        world = self.world()
        row = sent(world, fate)

        notice = self.back(world, row, reference=row.bank_ref)

        assert (notice.state, notice.nature) == (S.NON_BUSINESS, "own_return")
        assert notice.may_be_return == row.instr_no

    def test_a_likeness_is_a_doubt_until_the_payment_is_tied(self, frozen_clock):
        world = self.world()
        row = sent(world, "succeeded")
        notice = self.back(world, row)
        assert (notice.state, notice.may_be_return) == (S.FETCHED, row.instr_no)

        DebitTie.objects.create(instruction=row, entry_id=notice.entry_id, role="return", rule="R8")
        arriving.settle_returns()

        assert fresh(notice).state == S.NON_BUSINESS
        admin = a_user(Role.CLERK, company=world.company)
        with pytest.raises(Conflict):
            supplementing.change(
                notice_id=notice.pk, version=fresh(notice).version, why="作收款", actor=admin
            )

    def test_a_payment_that_never_left_comes_not_back(self, frozen_clock):
        world = self.world()
        row = sent(world, "failed")

        notice = self.back(world, row)

        assert (notice.state, notice.may_be_return) == (S.FETCHED, "")


def test_a_refusal_says_the_row_in_both_languages(world):
    with pytest.raises(DomainError) as refused:
        world.supplemented(world.arrive(), parts(world, "500.00", "500.00", customer_code=""))

    assert "第 1 行" in refused.value.message
    assert "line 1" in refused.value.message_en
