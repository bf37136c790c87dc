"""Pulls: paging to the last row, overlaps, the refetch that closes a day, failures that say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from bankadapters.contract import (
    AccountRef,
    BankAdapter,
    Direction,
    Profile,
    StatementLine,
    StatementPage,
)
from bankadapters.errors import QueryFailed
from bankbridge.models import PullCursor
from bankbridge.rules import next_try, pieces, spans
from bankbridge.services import pull
from kernel import clock
from kernel.money import Money
from statements.models import DayClose, LatestBalance, StatementEntry
from tests.bankbridge.conftest import MORNING
from tests.bankbridge.scripted import a_line_to


class TestSpans:
    def test_an_account_never_pulled_starts_today(self):
        found = spans(now=MORNING, pulled_until=None, first_days=0, close_from_hour=1, span_days=31)

        assert [(one.first, one.last, one.closes) for one in found] == [
            (MORNING.date(), MORNING.date(), False)
        ]

    def test_past_days_are_closed_before_today_is_fetched(self):
        found = spans(
            now=MORNING,
            pulled_until=date(2026, 11, 20),
            first_days=0,
            close_from_hour=1,
            span_days=2,
        )

        assert [(one.first.day, one.last.day, one.closes) for one in found] == [
            (21, 22, True),
            (23, 23, True),
            (24, 24, False),
        ]

    def test_yesterday_stays_open_until_its_night_is_over(self):
        night = MORNING.replace(hour=0)

        found = spans(
            now=night,
            pulled_until=date(2026, 11, 22),
            first_days=0,
            close_from_hour=1,
            span_days=31,
        )

        assert [one.closes for one in found] == [False, False]

    def test_pieces_cover_every_day_once(self):
        found = pieces(date(2026, 1, 1), date(2026, 3, 1), span_days=31, closes=True)

        days = [day for one in found for day in one.days()]
        assert days == sorted(set(days))
        assert len(days) == 60

    def test_failures_wait_longer_and_never_stop(self):
        waits = [
            (next_try(now=MORNING, every_s=300, failures=n) - MORNING).seconds for n in range(9)
        ]

        assert waits == [300, 30, 60, 120, 300, 300, 300, 300, 300]


def a_told_line(serial: str, after: str | None) -> StatementLine:
    return StatementLine(
        account="1",
        bank_serial=serial,
        booked_at=datetime(2026, 11, 24, 10, tzinfo=clock.SHANGHAI),
        direction=Direction.DEBIT,
        money=Money(Decimal("1.00")),
        balance_after=None if after is None else Decimal(after),
    )


class PagedAdapter:
    """Pages of lines, the way a bank gives them."""

    def __init__(self, *pages):
        self.pages = pages

    def transactions(self, account: AccountRef, first, last, *, cursor=""):
        index = int(cursor or 0)
        following = str(index + 1) if index + 1 < len(self.pages) else ""
        return StatementPage(self.pages[index], next=following)


class LostFile(BankAdapter):
    """Tells today's entry, and of the days before that a file of theirs is lost."""

    profile = Profile("scripted", "脚本银行", "Scripted", "104", items_max=1, inquiry_items_max=1)

    def __init__(self, number: str) -> None:
        self.number = number

    def transactions(self, account, first, last, *, cursor=""):
        if first < MORNING.date():
            raise QueryFailed(f"no statement of {first} has come")
        return StatementPage([replace(a_told_line("A", "9"), account=self.number)])


class Wire:
    def __init__(self, adapter):
        self.adapter = adapter
        self.recorder = type("Recorder", (), {"last_id": 7})()


class OwnAccount:
    number, currency, branch_code = "1", "CNY", ""


TODAY = pieces(MORNING.date(), MORNING.date(), span_days=1, closes=False)[0]


class TestPages:
    def serials(self, *pages):
        lines = pull._pages(OwnAccount(), Wire(PagedAdapter(*pages)), TODAY)
        return [line.bank_serial for line in lines]

    def test_goes_on_to_the_last_page(self):
        pages = [[a_told_line(f"{p}{n}", "9") for n in range(3)] for p in range(4)]

        assert len(self.serials(*pages)) == 12

    def test_a_line_pushed_onto_the_next_page_counts_once(self):
        first, second = a_told_line("A", "9"), a_told_line("B", "8")

        assert self.serials([first, second], [second, a_told_line("C", "7")]) == ["A", "B", "C"]

    def test_twins_on_one_page_are_both_kept(self):
        twin = a_told_line("A", "9")

        assert self.serials([twin, twin]) == ["A", "A"]

    def test_a_bank_that_pages_in_place_is_stopped(self):
        class Stuck(PagedAdapter):
            def transactions(self, account, first, last, *, cursor=""):
                return StatementPage([a_told_line("A", "9")], next="0")

        with pytest.raises(pull.PullFailed):
            list(pull._pages(OwnAccount(), Wire(Stuck([])), TODAY))


@pytest.mark.django_db(transaction=True)
class TestAgainstTheBank:
    def test_many_pages_twice_and_the_next_day_closes_the_first(self, world, bank):
        simulator = bank("--no-delays")
        world.reach(simulator.url)
        for n in range(1, 121):
            simulator.tell("credit", {"account": world.account.number, "amount": f"{n}.00"})

        assert pull.statements() == 1
        assert pull.statements(now=True) == 1
        assert StatementEntry.objects.count() == 120
        day = DayClose.objects.get()
        assert (day.credits, day.difference, day.is_closed) == (7260, 0, False)

        clock.set_offset(world.clock_file, MORNING + timedelta(days=1))
        assert pull.statements(now=True) == 1
        closed = DayClose.objects.get(day=MORNING.date())
        assert (closed.is_closed, closed.difference) == (True, 0)
        assert closed.closing == Decimal("1007260.00")
        assert PullCursor.objects.get(kind="statement").pulled_until == MORNING.date()
        assert StatementEntry.objects.count() == 120

    def test_a_past_day_the_bank_cannot_tell_keeps_nothing_of_today_back(self, world):
        today, account = MORNING.date(), world.account
        cursor = PullCursor.objects.create(
            account_id=account.pk, kind="statement", pulled_until=today - timedelta(days=3)
        )

        with pytest.raises(QueryFailed, match="no statement of 2026-11-22"):
            pull._pull_account(a_line_to(LostFile(account.number), 1), cursor, account)

        assert [one.bank_serial for one in StatementEntry.objects.all()] == ["A"]
        cursor.refresh_from_db()
        assert cursor.pulled_until == today - timedelta(days=3)
        assert not DayClose.objects.filter(is_closed=True).exists()

    def test_a_bank_out_of_reach_leaves_the_figure_and_says_so(self, world):
        assert pull.balances() == 0
        assert pull.statements() == 0

        latest = LatestBalance.objects.get()
        assert latest.book == Decimal("1000000.00")
        assert "NotSent" in PullCursor.objects.get(kind="balance").last_error
        assert latest.failed_at is not None
        later = PullCursor.objects.values_list("next_due_at", "claimed_until")
        assert all(due > clock.now() and claimed is None for due, claimed in later)
