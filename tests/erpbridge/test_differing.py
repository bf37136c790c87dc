"""Both sides beside each other, as pure functions: every way to differ, and what is no difference."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from erpbridge import differing
from erpbridge.differing import Bank, Drawn, Ours, Theirs
from kernel.clock import SHANGHAI

AT = datetime(2026, 11, 24, 18, tzinfo=SHANGHAI)
DRAWN = Drawn(AT, date(2026, 11, 1))
EARLIER = AT - timedelta(days=1)


def ours(
    state="released",
    *,
    made=EARLIER,
    changed=EARLIER,
    bank=Bank.NOTHING,
    amount="10.00",
    number="P1",
):
    return Ours(7, Decimal(amount), "CNY", state, number, made, changed, bank)


def theirs(state="open", *, amount="10.00", number="P1", currency="CNY"):
    return Theirs(Decimal(amount), currency, state, number)


def codes(found):
    return [one.code for one in found]


class TestPayments:
    @pytest.mark.parametrize(
        ("mine", "other", "wanted"),
        [
            (ours(), theirs(), []),
            (ours("succeeded"), theirs("paid"), []),
            (ours("succeeded"), theirs("open"), ["state"]),
            (ours("succeeded"), theirs("unpaid"), ["unpaid_there"]),
            (ours("succeeded"), theirs("returned"), ["state"]),
            (ours("failed"), theirs("unpaid"), []),
            (ours("failed"), theirs("open"), []),
            (ours("failed"), theirs("paid"), ["paid_there"]),
            (ours("unknown"), theirs("open"), []),
            (ours("unknown"), theirs("paid"), ["paid_there"]),
            (ours("unknown"), theirs("unpaid"), ["unpaid_there"]),
            (ours("returned"), theirs("returned"), []),
            (ours("returned"), theirs("paid"), ["state"]),
            (ours("void"), theirs("open"), ["state"]),
            (ours("rejected"), theirs("open"), []),
            (ours("rejected"), theirs("unpaid"), []),
            (ours(), theirs("refused"), ["refused_there"]),
            (ours(), theirs(amount="10.01"), ["amount"]),
            (ours(), theirs(currency="USD"), ["amount"]),
            (ours(), theirs(number="P2"), ["number"]),
            (ours(), theirs(number=""), []),
            (ours("succeeded", bank=Bank.MISSING), theirs("paid"), ["no_debit"]),
            (ours("succeeded", bank=Bank.DUE), theirs("paid"), []),
            (ours("failed", bank=Bank.DEBITED), theirs("unpaid"), ["debited"]),
            (ours(), None, ["not_there"]),
            (ours(made=AT), None, []),
            (ours(made=AT - timedelta(days=23, hours=10)), None, []),
            (None, theirs(), ["not_here"]),
            (None, theirs("refused"), []),
        ],
    )
    def test_tells_each_way_to_differ(self, mine, other, wanted):
        both = [{"k": one} if one else {} for one in (mine, other)]

        found, _moving = differing.payments(*both, drawn=DRAWN)

        assert codes(found) == wanted

    def test_what_changed_within_the_hour_is_under_way(self):
        mine = ours("succeeded", changed=AT - timedelta(minutes=59))

        assert differing.payments({"k": mine}, {"k": theirs()}, drawn=DRAWN) == ([], 1)


class TestVouchers:
    @pytest.mark.parametrize(
        ("mine", "other", "wanted"),
        [
            (ours("acked"), theirs(), []),
            (ours("posted", number=""), theirs(), ["voucher_unconfirmed"]),
            (ours("acked"), theirs(amount="-10.00"), ["voucher_amount"]),
            (ours("acked"), theirs(number="P2"), ["voucher_number"]),
            (ours("reversed"), theirs(), []),
            (ours("acked"), None, ["voucher_not_there"]),
            (ours("posted", made=AT), None, []),
            (None, theirs(), ["voucher_not_here"]),
        ],
    )
    def test_tells_each_way_to_differ(self, mine, other, wanted):
        both = [{"k": one} if one else {} for one in (mine, other)]

        found, _moving = differing.vouchers(*both, drawn=DRAWN)

        assert codes(found) == wanted


class TestWords:
    def test_every_difference_says_why_and_what_to_do(self):
        for meaning in differing.WORDS.values():
            assert str(meaning.title)
            assert str(meaning.why).endswith("。")
            assert str(meaning.what_next).endswith("。")
