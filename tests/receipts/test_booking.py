"""Reviewed receipts become vouchers, once each; confirmed by the finance system's answer; undone by red vouchers."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.db import connection

from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed
from ledger.models import JournalEntry, Voucher
from ledger.services import vouchers
from masterdata.roles import Role
from receipts.models import ArrivalNotice, BookingLine, BookingRun, Receivable
from receipts.services import (
    booking,
    confirming,
    reversing,
    reviewing,
    supplementing,
)
from receipts.services.supplementing import Line, Said
from receipts.states import NoticeState
from statements.services import record_entries
from tests.build import a_user
from tests.receipts.build import (
    NO_RECEIPT,
    a_credit,
    a_receivable,
    a_world,
    fresh,
    lay_down_templates,
)

S = NoticeState


def approved_many(world, count):
    return [world.approved(world.arrive(f"{n}00.50")) for n in range(1, count + 1)]


def totals() -> tuple[Decimal, Decimal]:
    lines = [line for one in Voucher.objects.all() for line in one.lines.all()]
    return sum(one.debit for one in lines), sum(one.credit for one in lines)


def undone_in_the_books(world, voucher: Voucher) -> None:
    draft = vouchers.ask_reversal(
        voucher_id=voucher.pk, version=voucher.version, day=clock.today(), why="误记", actor=world.accountant,
    )  # fmt: skip
    vouchers.post_draft(voucher_id=draft.pk, version=draft.version, actor=world.other_accountant)


class TestBook:
    def test_one_receipt_is_one_balanced_voucher_and_one_journal_entry(self, world):
        said = Said(
            lines=[
                Line(amount=Decimal("600"), subject="1122", customer_code=world.customer.code),
                Line(
                    amount=Decimal("400"), subject="2203", customer_code=world.other_customer.code
                ),
            ]
        )
        notice = world.approved(world.arrive(), said)

        world.booked(notice)

        voucher = Voucher.objects.get()
        assert [
            (one.subject, one.debit, one.credit) for one in voucher.lines.order_by("line_no")
        ] == [
            ("1002.01", Decimal("1000.00"), 0),
            ("1122", 0, Decimal("600.00")),
            ("2203", 0, Decimal("400.00")),
        ]
        entry = JournalEntry.objects.get()
        assert (entry.amount, entry.bill_no) == (Decimal("1000.00"), notice.bank_serial)
        assert fresh(notice).state == S.BOOKED

    def test_the_same_receipts_are_one_voucher_or_many_with_equal_totals(self, world):
        world.booked(*approved_many(world, 5))
        single = totals()
        assert Voucher.objects.count() == 5

        world.decide(booking="batch")
        world.booked(*approved_many(world, 5))

        assert Voucher.objects.count() == 6
        assert totals() == (single[0] * 2, single[1] * 2)
        assert JournalEntry.objects.count() == 10  # each beside its own bank line

    def test_a_batch_is_of_one_day_and_holds_so_many(self, world, frozen_clock, monkeypatch):
        monkeypatch.setattr(booking, "BATCH_MAX", 2)
        world.decide(booking="batch")
        rows = approved_many(world, 3)
        frozen_clock.advance(days=1)
        rows += approved_many(world, 1)

        world.booked(*rows)

        assert sorted(one.lines.filter(debit__gt=0).count() for one in Voucher.objects.all()) == [
            1,
            1,
            2,
        ]

    def test_a_wrong_row_stops_its_voucher_and_no_other(self, world):
        world.decide(booking="batch")
        a_receivable(world, "INV-0001", "100.00")
        good, bad = approved_many(world, 1)[0], world.arrive("100.00")
        line = Line(
            amount=Decimal("100"), subject="1122", customer_code=world.customer.code, invoice_no="INV-0001"
        )  # fmt: skip
        bad = world.approved(bad, Said(lines=[line]))
        Receivable.objects.update(open_amount=Decimal("30.00"))

        run = booking.book(notice_ids=[good.pk, bad.pk], actor=world.accountant)

        assert (run.booked, run.refused) == (1, 1)
        assert "INV-0001" in BookingLine.objects.get(notice=bad).error
        assert (fresh(good).state, fresh(bad).state) == (S.BOOKED, S.APPROVED)

    def test_without_a_template_nothing_is_booked_and_the_rows_say_why(self, world):
        lay_down_templates(NO_RECEIPT)
        notice = world.approved(world.arrive())

        run = booking.book(notice_ids=[notice.pk], actor=world.accountant)

        assert (run.booked, run.refused) == (0, 1)
        assert "模板" in run.lines.get().error
        assert fresh(notice).state == S.APPROVED

    def test_the_supplementer_does_not_book(self, world):
        notice = world.approved(world.arrive())
        same = a_user(Role.RECEIPTS, company=world.company, person_key=world.clerk.person_key)

        run = booking.book(notice_ids=[notice.pk], actor=same)

        assert run.booked == 0

    def test_whoever_may_not_book_is_refused(self, world):
        notice = world.approved(world.arrive())

        with pytest.raises(NotAllowed):
            booking.book(notice_ids=[notice.pk], actor=world.clerk)

    def test_a_fee_kept_back_goes_to_its_subject_and_the_invoice_is_paid_in_full(self, world):
        world.decide(fee_tolerance="5.00")
        a_receivable(world, "INV-0001", "1005.00")
        line = Line(
            amount=Decimal("1000"), subject="1122", customer_code=world.customer.code, invoice_no="INV-0001",
            fee=Decimal("5.00"),
        )  # fmt: skip

        world.booked(world.approved(world.arrive(), Said(lines=[line])))

        assert Receivable.objects.get().open_amount == 0
        lines = Voucher.objects.get().lines
        assert lines.get(subject="6603").debit == Decimal("5.00")
        assert lines.get(subject="1122").credit == Decimal("1005.00")

    def test_by_strategy_it_books_itself_once(self, world):
        world.decide(books_by_itself=True)
        approved_many(world, 2)

        assert (booking.book_by_strategy(), booking.book_by_strategy()) == (2, 0)

    def test_what_cannot_be_booked_is_tried_again_an_hour_later_not_at_every_tick(
        self, world, frozen_clock
    ):
        world.decide(books_by_itself=True)
        lay_down_templates(NO_RECEIPT)
        approved_many(world, 1)

        booking.book_by_strategy()
        booking.book_by_strategy()
        assert BookingRun.objects.count() == 1
        frozen_clock.advance(minutes=61)
        booking.book_by_strategy()
        assert BookingRun.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_booked_by_several_at_once_a_receipt_is_in_the_books_once():
    world = a_world()
    rows = approved_many(world, 4)
    people = [world.accountant, world.other_accountant, world.accountant, world.other_accountant]
    barrier = threading.Barrier(len(people))

    def press(person) -> None:
        barrier.wait()
        booking.book(notice_ids=[one.pk for one in rows], actor=person)
        connection.close()

    threads = [threading.Thread(target=press, args=[person]) for person in people]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert Voucher.objects.count() == 4
    assert BookingLine.objects.filter(voucher_id__isnull=False).count() == 4


class TestConfirm:
    def test_the_finance_systems_answer_confirms_every_receipt_of_the_voucher(self, world):
        world.decide(booking="batch")
        rows = approved_many(world, 3)
        world.booked(*rows)
        assert confirming.follow() == 0

        vouchers.acknowledge({Voucher.objects.get().pk: "收-0107"})

        assert confirming.follow() == 3
        assert {one.state for one in ArrivalNotice.objects.all()} == {S.CONFIRMED}

    def test_without_an_answer_an_accountant_names_its_number(self, world):
        notice = world.approved(world.arrive())
        world.booked(notice)
        with pytest.raises(InvalidInput):
            confirming.confirm_by_hand(
                notice_id=notice.pk, version=fresh(notice).version, erp_voucher_no="", actor=world.accountant
            )  # fmt: skip

        confirming.confirm_by_hand(
            notice_id=notice.pk,
            version=fresh(notice).version,
            erp_voucher_no="收-88",
            actor=world.accountant,
        )

        assert fresh(notice).state == S.CONFIRMED
        assert Voucher.objects.get().erp_voucher_no == "收-88"


class TestReverse:
    def test_a_red_voucher_undoes_it_and_it_may_be_booked_anew(self, world):
        a_receivable(world, "INV-0001", "1000.00")
        line = Line(
            amount=Decimal("1000"), subject="1122", customer_code=world.customer.code, invoice_no="INV-0001"
        )  # fmt: skip
        notice = world.approved(world.arrive(), Said(lines=[line]))
        world.booked(notice)

        reversing.reverse(
            notice_id=notice.pk, version=fresh(notice).version, why="客户记错", actor=world.other_accountant
        )  # fmt: skip

        assert fresh(notice).state == S.REVERSED
        assert Receivable.objects.get().open_amount == Decimal("1000.00")
        assert sum(one.amount for one in Voucher.objects.all()) == 0
        opened = supplementing.change(
            notice_id=notice.pk, version=fresh(notice).version, why="改客户", actor=world.clerk
        )
        supplementing.submit(
            notice_id=notice.pk, version=opened.version, said=world.said(notice, why="改客户"), actor=world.clerk
        )  # fmt: skip
        reviewing.approve(
            notice_id=notice.pk, version=fresh(notice).version, actor=world.accountant
        )
        world.booked(fresh(notice))
        assert fresh(notice).state == S.BOOKED
        assert sum(one.amount for one in Voucher.objects.all()) == Decimal("1000.00")

    def test_all_receipts_of_one_voucher_go_with_it(self, world):
        world.decide(booking="batch")
        rows = approved_many(world, 3)
        world.booked(*rows)

        done = reversing.reverse(
            notice_id=rows[0].pk, version=fresh(rows[0]).version, why="重复", actor=world.other_accountant
        )  # fmt: skip

        assert len(done) == 3
        assert {fresh(one).state for one in rows} == {S.REVERSED}

    @pytest.mark.parametrize("who", ["accountant", "clerk"])
    def test_neither_supplementer_nor_reviewer(self, world, who):
        notice = world.approved(world.arrive())
        world.booked(notice)
        actor = a_user(
            Role.RECEIPTS, company=world.company, person_key=getattr(world, who).person_key
        )

        with pytest.raises(NotAllowed):
            reversing.reverse(
                notice_id=notice.pk, version=fresh(notice).version, why="误记", actor=actor
            )

    def test_what_is_not_booked_ends_only_with_the_banks_own_debit(self, world):
        notice = world.arrive()
        with pytest.raises(Conflict):
            reversing.reverse(
                notice_id=notice.pk, version=notice.version, why="冲正", actor=world.accountant
            )
        record_entries(
            account_id=world.account.pk,
            lines=[a_credit("1000.00", direction="debit", narrative="冲正")],
        )
        (debit,) = reversing.bank_reversals(notice)

        reversing.reverse(
            notice_id=notice.pk, version=notice.version, why="冲正", debit_id=debit.pk, actor=world.accountant
        )  # fmt: skip

        assert fresh(notice).state == S.REVERSED
        with pytest.raises(Conflict) as refused:
            supplementing.change(
                notice_id=notice.pk, version=fresh(notice).version, why="重做", actor=world.clerk
            )
        assert refused.value.code == "taken_back"

    def test_a_voucher_undone_in_the_books_undoes_its_receipt(self, world):
        notice = world.approved(world.arrive())
        world.booked(notice)
        undone_in_the_books(world, Voucher.objects.get())

        assert confirming.follow() == 1
        assert fresh(notice).state == S.REVERSED


class TestSuspense:
    def suspended(self, world):
        line = Line(amount=Decimal("1000"), subject="2241")
        return world.approved(
            world.arrive(counterparty_name="不明"),
            Said(kind="suspense", lines=[line], note="查无此客户"),
        )

    def test_it_is_booked_to_the_suspense_subject_at_its_review(self, world):
        notice = self.suspended(world)

        assert notice.state == S.SUSPENSE
        assert Voucher.objects.get().lines.get(credit__gt=0).subject == "2241"
        assert JournalEntry.objects.count() == 1

    def test_identified_later_it_leaves_suspense_without_coming_in_again(self, world):
        notice = self.suspended(world)
        self.identified(world, notice)

        cleared = Voucher.objects.latest("pk")
        assert [
            (one.subject, one.debit, one.credit) for one in cleared.lines.order_by("line_no")
        ] == [
            ("2241", Decimal("1000.00"), 0),
            ("1122", 0, Decimal("1000.00")),
        ]
        assert JournalEntry.objects.count() == 1

        reversing.reverse(
            notice_id=notice.pk, version=fresh(notice).version, why="又错", actor=world.other_accountant
        )  # fmt: skip
        assert sum(one.amount for one in Voucher.objects.all()) == 0

    def identified(self, world, notice):
        waiting = world.supplemented(notice, world.said(notice, why="客户来电"))
        reviewing.approve(notice_id=waiting.pk, version=waiting.version, actor=world.accountant)
        world.booked(fresh(notice))

    def test_undone_in_the_books_it_leaves_suspense_again_and_comes_in_once(self, world):
        notice = self.suspended(world)
        self.identified(world, notice)
        undone_in_the_books(world, Voucher.objects.latest("pk"))
        assert confirming.follow() == 1

        opened = supplementing.change(
            notice_id=notice.pk, version=fresh(notice).version, why="重做", actor=world.clerk
        )
        supplementing.submit(
            notice_id=notice.pk, version=opened.version, said=world.said(notice, why="改客户"), actor=world.clerk
        )  # fmt: skip
        reviewing.approve(
            notice_id=notice.pk, version=fresh(notice).version, actor=world.accountant
        )
        world.booked(fresh(notice))

        assert JournalEntry.objects.count() == 1
        assert Voucher.objects.latest("pk").event == "suspense_cleared"

    def test_its_voucher_undone_in_the_books_ends_it(self, world):
        notice = self.suspended(world)
        undone_in_the_books(world, Voucher.objects.get())

        assert (confirming.follow(), confirming.follow()) == (1, 0)
        assert (fresh(notice).state, fresh(notice).suspense_voucher_id) == (S.REVERSED, None)

    def test_claimed_in_vain_it_stays_in_suspense(self, world):
        notice = self.suspended(world)
        claimed = supplementing.claim(notice_id=notice.pk, actor=world.clerk)

        supplementing.hand_back(notice_id=notice.pk, version=claimed.version, actor=world.clerk)

        assert fresh(notice).state == S.SUSPENSE
