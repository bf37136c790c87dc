"""财务系统对账: a list of what the other side holds; what differs is told with its reason, and has a case."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from desk.models import ExceptionCase
from erpbridge.contract import Kind
from erpbridge.models import Comparison, HeldList
from erpbridge.services import comparing, publish, telling
from kernel import clock
from ledger.models import Voucher
from ledger.services import posting, vouchers
from payments.models import PaymentOrder
from payments.services.ending import void_order
from statements import services as statements
from tests.build import a_company
from tests.build_payments import World, a_world
from tests.erpbridge.holding import a_list, compared, document, found, order_of, take
from tests.erpbridge.lanes import Lane, an_item, codes, statuses
from tests.ledger.build import a_fact, a_template
from tests.statements.rows import a_line

pytestmark = pytest.mark.django_db
BAD_ROWS: list[tuple[dict[str, str], str]] = [
    ({"list_no": ""}, "list_no"),
    ({"as_of": "2026-11-24 09:30"}, "as_of"),
    ({"as_of": "2026-11-25T09:30:00+08:00"}, "as_of"),
    ({"first_day": "24.11.2026"}, "first_day"),
    ({"list_rows": "0"}, "list_rows"),
    ({"list_rows": "1e3"}, "list_rows"),
    ({"what": "invoice"}, "what"),
    ({"company_code": "9999"}, "company_unknown"),
    ({"doc_no": ""}, "required"),
    ({"amount": "12.345"}, "amount_digits"),
    ({"currency": "RMB?"}, "currency_unknown"),
    ({"state": "done"}, "state"),
    ({"ref_no": "P" * 41}, "too_long"),
    ({"rows": "1"}, "unknown_field"),
]


@pytest.fixture
def world(db: None, frozen_clock: clock.fixed) -> World:
    return a_world()


class TestLists:
    def test_the_same_rows_again_change_nothing_and_other_rows_are_refused(self, own):
        rows = a_list(document())

        first = take(own, Kind.HOLDING, rows, key="h1")
        again = take(own, Kind.HOLDING, rows, key="h2")
        other = take(own, Kind.HOLDING, [rows[0] | {"amount": "1.00"}], key="h3")

        assert [statuses(one) for one in (first, again, other)] == [["OK"], ["DUP"], ["ERR"]]
        assert codes(other) == {"held_differs"}

    def test_waits_until_the_list_is_whole(self, own):
        both = a_list(document(), document("FK2"))

        lists = Comparison.objects.exclude(held_list=None)

        take(own, Kind.HOLDING, both[:1], key="h1")
        comparing.compare_due()
        early = lists.count()
        take(own, Kind.HOLDING, both[1:], key="h2")
        comparing.compare_due()
        comparing.compare_due()

        assert (early, lists.count()) == (0, 1)

    def test_one_compared_is_looked_at_no_more(self, own):
        compared(own, document())
        assert HeldList.objects.get().is_compared

        comparing.compare_due()

        assert Comparison.objects.filter(held_list__isnull=False).count() == 1

    def test_a_bad_row_is_named_and_nothing_of_it_is_kept(self, own):
        (row,) = a_list(document())

        answer = take(own, Kind.HOLDING, [row | changes for changes, _code in BAD_ROWS])

        told = [one["errors"][0]["code"] for one in answer["results"]]
        assert told == [code for _changes, code in BAD_ROWS]
        assert not HeldList.objects.filter(held__isnull=False).exists()

    def test_rows_of_one_list_agree_on_when_it_was_drawn(self, own):
        rows = a_list(document(), document("FK2"))
        rows[1]["first_day"] = "2026-10-01"

        assert codes(take(own, Kind.HOLDING, rows)) == {"list_differs"}

    def test_says_nothing_of_a_company_the_system_does_not_serve(self, own):
        other = a_company("2000")

        answer = take(own, Kind.HOLDING, a_list(document(company_code=other.code)))

        assert codes(answer) == {"company_unknown"}


class TestPayments:
    def test_a_result_that_did_not_arrive_is_told_with_what_the_bank_shows(self, own, frozen_clock):
        order_of(own, "succeeded")
        frozen_clock.advance(hours=2)

        row = compared(own, document(state="open")).found.get()

        assert (row.code, row.state, row.their_state, row.bank) == (
            "state",
            "succeeded",
            "open",
            "due",
        )

    def test_what_only_one_side_holds_is_told(self, own, frozen_clock):
        order_of(own)
        frozen_clock.advance(hours=2)

        made = compared(own, document("FK9", amount="77.00"))

        assert found(made) == ["not_here", "not_there"]

    def test_a_debit_nobody_claims_warns_of_paying_an_unknown_document_again(self, own):
        line = a_line("S1", "77.00")
        statements.record_entries(account_id=own.world.account.pk, lines=[line])

        made = compared(own, document("FK9", amount="77.00"))

        row = made.found.get()
        assert (row.code, row.bank) == ("not_here_debited", "unclaimed")
        assert ExceptionCase.objects.get(kind="erp.books_differ").severity == "high"

    def test_one_they_say_was_refused_and_nobody_here_has_is_no_difference(self, own):
        assert compared(own, document("FK9", state="refused")).differences == 0

    def test_what_changed_within_the_hour_is_under_way(self, own):
        order_of(own, "succeeded")

        made = compared(own, document(state="open"))

        assert (made.differences, made.under_way) == (0, 1)

    def test_a_paid_one_the_statement_does_not_show_two_days_later(self, own, frozen_clock):
        order_of(own, "succeeded")
        frozen_clock.advance(days=2)

        made = compared(own, document(state="paid"))

        assert found(made) == ["no_debit"]

    def test_a_line_given_free_is_compared_by_its_later_order(self, own, frozen_clock):
        first = order_of(own)
        void_order(order_id=first.pk, version=first.version, actor=own.world["maker"], why="重开")
        item = an_item(own.world, amount="10.00", purpose="更正")
        take(own, Kind.PAYMENT_REQUEST, [item], key="K2")
        frozen_clock.advance(hours=2)

        made = compared(own, document(amount="10.00"))

        assert (PaymentOrder.objects.count(), found(made)) == (2, [])


@pytest.fixture
def voucher(own: Lane, frozen_clock: clock.fixed) -> Voucher:
    """A posted voucher, told two hours ago."""
    a_template()
    with transaction.atomic():
        (booked,) = posting.post([a_fact(own.world.account)])
    telling.tell()
    frozen_clock.advance(hours=2)
    return booked.voucher


def held(voucher: Voucher, **changes: str) -> dict[str, str]:
    return {
        "what": "voucher", "posting_key": voucher.posting_key, "amount": "1268400.00", "ref_no": "记-0042",
    } | changes  # fmt: skip


def ack(voucher: Voucher, number: str = "记-0042") -> dict[str, str]:
    return {
        "company_code": "1000", "posting_key": voucher.posting_key, "result": "OK", "erp_voucher_no": number,
    }  # fmt: skip


def confirm(lane: Lane, voucher: Voucher) -> Any:
    return take(lane, Kind.VOUCHER_ACK, [ack(voucher)], key="V1")


class TestVouchers:
    def test_one_confirmed_under_another_number_is_told(self, own, voucher, frozen_clock):
        confirm(own, voucher)
        frozen_clock.advance(hours=2)

        made = compared(own, held(voucher, ref_no="记-0099"))

        assert found(made) == ["voucher_number"]

    def test_a_company_that_holds_nothing_says_so(self, own, voucher):
        made = compared(own, {"what": "nothing"})

        assert found(made) == ["voucher_not_there"]


class TestAcknowledgements:
    def test_another_number_for_the_same_voucher_is_no_acknowledgement_but_a_case(
        self, own, voucher
    ):
        confirm(own, voucher)

        answer = take(own, Kind.VOUCHER_ACK, [ack(voucher, "记-0099")], key="V2")

        voucher.refresh_from_db()
        assert codes(answer) == {"number_differs"}
        assert (voucher.state, voucher.erp_voucher_no) == ("acked", "记-0042")
        assert "记-0099" in ExceptionCase.objects.get(kind="erp.voucher_renumbered").reason

    def test_two_numbers_in_one_delivery_are_one_acknowledgement(self, own, voucher):
        both = [ack(voucher, "记-0001"), ack(voucher, "记-0002")]

        answer = take(own, Kind.VOUCHER_ACK, both, key="V2")

        voucher.refresh_from_db()
        assert statuses(answer) == ["OK", "ERR"]
        assert voucher.erp_voucher_no == "记-0001"

    def test_nobody_can_have_booked_a_draft(self, own, voucher, accountant):
        draft = vouchers.ask_reversal(
            voucher_id=voucher.pk, version=voucher.version, day=clock.today(), actor=accountant, why="错账"
        )  # fmt: skip

        answer = take(own, Kind.VOUCHER_ACK, [ack(draft)], key="V2")

        assert codes(answer) == {"not_found"}


class TestCases:
    def test_one_case_stays_open_through_every_difference_and_closes_when_both_agree(
        self, own, frozen_clock
    ):
        order_of(own)
        frozen_clock.advance(hours=2)
        first = compared(own, document(amount="1.00"))
        frozen_clock.advance(days=1)
        second = compared(own, document(amount="1.00"), list_no="L2")

        still = ExceptionCase.objects.get(kind="erp.books_differ", closed_at=None)
        frozen_clock.advance(days=1)
        compared(own, document(), list_no="L3")

        still.refresh_from_db()
        assert second.found.get().since == first.made_at
        assert "金额不一致 1" in still.reason
        assert (still.subject_id, still.company_id) == (str(first.pk), own.world.company.pk)
        assert "两边一致" in still.outcome


class TestWithoutAList:
    def test_what_was_told_and_never_confirmed_is_listed_the_next_morning(self, own, frozen_clock):
        order_of(own)
        publish.publish()
        frozen_clock.advance(days=2)

        comparing.compare_due()
        comparing.compare_due()

        assert found(Comparison.objects.get()) == ["unconfirmed"]

    def test_before_eight_nothing_is_expected(self, own, frozen_clock):
        order_of(own)
        publish.publish()
        frozen_clock.advance(days=1, hours=22)  # half past seven

        assert comparing.compare_due() == 0

    def test_a_list_that_stays_away_is_missed(self, own, frozen_clock):
        compared(own, {"what": "nothing"})
        frozen_clock.advance(days=2)

        comparing.compare_due()

        assert found(Comparison.objects.latest("pk")) == ["list_missing"]

    def test_a_list_of_yesterday_evening_is_enough_for_the_morning(self, own, frozen_clock):
        frozen_clock.advance(hours=8)
        compared(own, {"what": "nothing"})
        frozen_clock.advance(hours=15)

        assert comparing.compare_due() == 0
