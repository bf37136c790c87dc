"""The vouchers of a booking, seen before anybody books."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kernel.errors import NotAllowed
from ledger.models import Voucher
from receipts.models import BookingRun
from receipts.services import booking, previewing
from receipts.states import NoticeState
from tests.receipts.build import fresh

S = NoticeState


class TestPreview:
    def test_shows_the_vouchers_and_the_refused_and_leaves_nothing(self, world):
        good = world.approved(world.arrive("1000.00"))
        waiting = world.arrive("2000.00")

        told = previewing.preview(notice_ids=[good.pk, waiting.pk], actor=world.accountant)

        (voucher,) = told.vouchers
        assert sum(line.debit for line in voucher.lines) == Decimal("1000.00")
        assert voucher.notices == [good.notice_no]
        assert [one.notice.notice_no for one in told.refused] == [waiting.notice_no]
        assert (Voucher.objects.count(), BookingRun.objects.count()) == (0, 0)
        assert fresh(good).state == S.APPROVED

    def test_booked_afterwards_it_is_the_voucher_that_was_shown(self, world):
        notice = world.approved(world.arrive("1000.00"))
        told = previewing.preview(notice_ids=[notice.pk], actor=world.accountant)

        booking.book(notice_ids=[notice.pk], actor=world.accountant)

        shown = [(one.subject, one.debit, one.credit) for one in told.vouchers[0].lines]
        lines = Voucher.objects.get().lines.order_by("line_no")
        assert shown == [(one.subject, one.debit, one.credit) for one in lines]

    def test_is_for_whoever_may_book(self, world):
        notice = world.approved(world.arrive("1000.00"))

        with pytest.raises(NotAllowed):
            previewing.preview(notice_ids=[notice.pk], actor=world.clerk)
