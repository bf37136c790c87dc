"""A voucher undone in the books undoes its receipts, confirmed ones too."""

from __future__ import annotations

import pytest
from django.db import transaction

from ledger.models import Voucher
from ledger.services import vouchers
from receipts.services import confirming
from receipts.states import NoticeState as S
from tests.receipts.build import fresh
from tests.receipts.test_booking import undone_in_the_books

pytestmark = pytest.mark.django_db(transaction=True)


class TestFollow:
    def test_a_voucher_undone_after_its_confirmation_undoes_its_receipt(self, world):
        notice = world.approved(world.arrive())
        world.booked(notice)
        with transaction.atomic():
            vouchers.acknowledge({Voucher.objects.get().pk: "收-0107"})
        assert confirming.follow() == 1
        assert fresh(notice).state == S.CONFIRMED

        undone_in_the_books(world, Voucher.objects.get())

        assert confirming.follow() == 1
        assert fresh(notice).state == S.REVERSED
        assert confirming.follow() == 0
