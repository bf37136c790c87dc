"""What the database refuses whatever code asks for it: unbalanced, gapped, altered, deleted vouchers; locked months."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from ledger.models import JournalEntry, Period, Voucher, VoucherLine
from ledger.states import PeriodState, VoucherState

DAY = date(2026, 11, 24)


@contextmanager
def committed():
    """A transaction whose deferred checks run at its end, inside the test's own."""
    with transaction.atomic():
        yield
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def a_period(company, code="2026-11", **values):
    return Period.objects.get_or_create(company=company, code=code, defaults=values)[0]


def a_draft(company, key, *, debit="100.00", credit="100.00", **values):
    """Two lines; they balance unless told otherwise."""
    a_period(company)
    voucher = Voucher.objects.create(
        **{
            "company": company, "day": DAY, "period": "2026-11", "voucher_type": "付", "posting_key": key,
            "payload_digest": "0" * 64, "event": "payment", "description": "支付货款", "amount": Decimal(debit),
        }
        | values
    )  # fmt: skip
    VoucherLine.objects.create(
        voucher=voucher, line_no=1, subject="2202", description="支付货款", debit=Decimal(debit)
    )
    VoucherLine.objects.create(
        voucher=voucher,
        line_no=2,
        subject="1002.01",
        description="支付货款",
        credit=Decimal(credit),
    )
    return voucher


def post(voucher, number):
    voucher.move("post")
    voucher.voucher_no = number
    voucher.save_changes(["state", "voucher_no"])
    return voucher


def a_posted(company, key, number):
    with committed():
        return post(a_draft(company, key), number)


class TestVoucher:
    def test_that_does_not_balance_is_refused(self, account):
        with pytest.raises(DatabaseError, match="does not balance"), committed():
            a_draft(account.company, "a", credit="99.99")

    def test_without_lines_is_refused(self, account):
        voucher = a_draft(account.company, "a")

        with pytest.raises(DatabaseError, match="0 lines"), committed():
            voucher.lines.all().delete()

    def test_whose_amount_is_not_the_sum_of_its_lines_is_refused(self, account):
        with pytest.raises(DatabaseError, match="says 90"), committed():
            a_draft(account.company, "a", amount=Decimal("90.00"))

    def test_with_both_sides_on_one_line_is_refused(self, account):
        voucher = a_draft(account.company, "a")

        with pytest.raises(DatabaseError, match="one_side_per_line"), transaction.atomic():
            voucher.lines.update(debit=1, credit=1)

    def test_is_posted_once_per_key(self, account):
        a_draft(account.company, "a")

        with pytest.raises(DatabaseError, match="posting_key_once"), transaction.atomic():
            a_draft(account.company, "a")

    def test_begins_as_a_draft(self, account):
        with pytest.raises(DatabaseError, match="begins as a draft"), transaction.atomic():
            a_draft(account.company, "a", state=VoucherState.POSTED, voucher_no=1)

    def test_leaves_no_gap_in_the_numbers(self, account):
        a_posted(account.company, "a", 1)

        with pytest.raises(DatabaseError, match="leaves a gap"):
            a_posted(account.company, "b", 3)

    @pytest.mark.parametrize("field", ["description", "day", "amount", "voucher_no", "evidence"])
    def test_never_changes_once_posted(self, account, field):
        voucher = a_posted(account.company, "a", 1)
        other = {"day": date(2026, 11, 1), "amount": 7, "voucher_no": 9, "evidence": [["x", "1"]]}

        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            Voucher.objects.filter(pk=voucher.pk).update(**{field: other.get(field, "改")})

    def test_keeps_its_lines_once_posted(self, account):
        voucher = a_posted(account.company, "a", 1)

        for act in (
            lambda: voucher.lines.update(subject="6602"),
            lambda: voucher.lines.all().delete(),
            lambda: VoucherLine.objects.create(voucher=voucher, line_no=3, subject="1", debit=1),
        ):
            with pytest.raises(DatabaseError, match="its lines stay"), transaction.atomic():
                act()

    def test_is_never_deleted(self, account):
        voucher = a_draft(account.company, "a")

        with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
            Voucher.objects.filter(pk=voucher.pk)._raw_delete("default")

    def test_is_not_reversed_without_a_red_voucher(self, account):
        voucher = a_posted(account.company, "a", 1)

        with pytest.raises(DatabaseError, match="no red voucher"), transaction.atomic():
            Voucher.objects.filter(pk=voucher.pk).update(state=VoucherState.REVERSED)

    def test_is_reversed_beside_a_posted_red_voucher(self, account):
        voucher = a_posted(account.company, "a", 1)
        with committed():
            red = a_draft(
                account.company, "a:red", debit="-100.00", credit="-100.00", reverses=voucher
            )
            post(red, 2)
            voucher.move("reverse")
            voucher.save_changes(["state"])

        assert Voucher.objects.get(pk=voucher.pk).state == VoucherState.REVERSED


class TestLockedMonth:
    def lock(self, company):
        period = a_period(company)
        period.move("lock")
        period.save_changes(["state"])

    def test_takes_no_voucher(self, account):
        self.lock(account.company)

        with pytest.raises(DatabaseError, match="is locked"), transaction.atomic():
            a_draft(account.company, "a")

    def test_posts_no_draft(self, account):
        voucher = a_draft(account.company, "a")
        self.lock(account.company)

        with pytest.raises(DatabaseError, match="is locked"), transaction.atomic():
            post(voucher, 1)

    def test_still_hears_the_acknowledgement_of_the_erp(self, account):
        voucher = a_posted(account.company, "a", 1)
        self.lock(account.company)

        voucher.move("acknowledge")
        voucher.save_changes(["state"])

        assert Voucher.objects.get(pk=voucher.pk).state == VoucherState.ACKED

    def test_takes_no_journal_entry(self, account):
        self.lock(account.company)

        with pytest.raises(DatabaseError, match="is locked"), transaction.atomic():
            an_entry(account)

    def test_that_no_row_stands_for_takes_no_journal_entry(self, account):
        with pytest.raises(DatabaseError, match="has no period"), transaction.atomic():
            an_entry(account)


def an_entry(account, **values):
    return JournalEntry.objects.create(
        **{
            "account": account, "company_id": account.company_id, "day": DAY, "period": "2026-11",
            "direction": "credit", "amount": Decimal("5.00"), "file_id": 1, "file_row": 2, "digest": "d",
        }
        | values
    )  # fmt: skip


class TestJournalEntry:
    def test_is_never_changed_nor_deleted(self, account):
        a_period(account.company)
        entry = an_entry(account)

        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            JournalEntry.objects.filter(pk=entry.pk).update(amount=1)
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            JournalEntry.objects.filter(pk=entry.pk).delete()

    def test_outside_its_month_is_refused(self, account):
        a_period(account.company)

        with pytest.raises(DatabaseError, match="outside its period"), transaction.atomic():
            an_entry(account, day=date(2026, 12, 1))

    def test_is_taken_once_a_row(self, account):
        a_period(account.company)
        an_entry(account)

        with pytest.raises(DatabaseError, match="journal_row_once"), transaction.atomic():
            an_entry(account)


def test_a_period_is_never_deleted(account):
    a_period(account.company)

    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        Period.objects.filter(state=PeriodState.OPEN).delete()
