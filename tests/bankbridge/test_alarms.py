"""Faults put into a channel, and the case that is there at the next tick; gone when the fault is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from bankbridge.alarm_rules import BACKLOG, DOWN, SLOW, UNKNOWNS
from bankbridge.models import Exchange, PullCursor, TickHealth
from bankbridge.services import alarms, dispatch, health, pull
from desk.models import ExceptionCase
from kernel import clock
from masterdata.models import Connection, OutboundGate
from payments.models import PaymentInstruction
from payments.services import instructions
from tests.bankbridge.scripted import ScriptedAdapter, a_line_to
from yqlink.beat import TIMETABLE

pytestmark = pytest.mark.django_db(transaction=True)


def open_kinds() -> set[str]:
    return set(ExceptionCase.objects.filter(closed_at=None).values_list("kind", flat=True))


def talk(world, result: str, *, ms: int | None = None, **changes) -> None:
    Exchange.objects.create(
        key=f"k{Exchange.objects.count()}", connection=world.connection, operation="b2e0005", request=b"",
        request_sha256="", request_bytes=0, result=result, latency_ms=ms, **changes,
    )  # fmt: skip


class TestWatch:
    def test_the_ticks_that_look_run_within_a_minute(self):
        every = dict(TIMETABLE)

        for name in ("bankbridge.tasks.tick_alarms", "bankbridge.tasks.tick_health", "treasury.tasks.tick_warnings"):  # fmt: skip
            assert every[name] <= 30

    def test_a_bank_that_is_gone_rings_and_one_that_is_back_does_not(self, world, bank):
        pull.balances()  # nobody listens
        alarms.watch()
        assert open_kinds() == set()  # once is no failure of the channel
        assert PullCursor.objects.get(kind="balance").next_due_at <= clock.now()  # asked again now

        pull.balances()
        alarms.watch()
        case = ExceptionCase.objects.get(kind=DOWN)
        assert (case.severity, case.subject_id) == ("critical", str(world.connection.pk))

        world.reach(bank("--no-delays").url)
        PullCursor.objects.update(next_due_at=clock.now())
        pull.balances()
        alarms.watch()
        case.refresh_from_db()
        assert case.outcome == "已恢复正常"
        assert open_kinds() == set()

    def test_slow_answers_ring(self, world):
        for _ in range(3):
            talk(world, "answered", ms=16000)

        alarms.watch()

        assert open_kinds() == {SLOW}

    def test_what_was_slow_an_hour_ago_is_over(self, world):
        for _ in range(3):
            talk(world, "answered", ms=16000, began_at=clock.now() - timedelta(hours=1))

        alarms.watch()

        assert open_kinds() == set()

    def test_payments_that_do_not_leave_ring_with_the_oldest(self, world):
        world.queue("10.00", "20.00")
        OutboundGate.objects.update(is_open=False)
        dispatch.tick()
        alarms.watch()
        assert open_kinds() == set()

        with clock.fixed(clock.now() + timedelta(minutes=6)):
            alarms.watch()

        (case,) = ExceptionCase.objects.filter(kind=BACKLOG)
        assert "2 笔" in case.reason

    def test_payments_waiting_for_their_window_are_no_backlog(self, world):
        world.queue("10.00")
        PaymentInstruction.objects.update(not_before=clock.now() + timedelta(hours=8))

        with clock.fixed(clock.now() + timedelta(hours=1)):
            alarms.watch()

        assert open_kinds() == set()

    def test_many_open_outcomes_ring(self, world):
        world.queue("1.00", "2.00", "3.00")
        (claim,) = instructions.claim_batches(
            connection_id=world.connection.pk, limit=1, lease_s=60
        )
        dispatch.send(claim, a_line_to(ScriptedAdapter(TimeoutError()), claim.connection_id))

        alarms.watch()

        assert UNKNOWNS in open_kinds()

    def test_a_channel_out_of_use_rings_no_more(self, world):
        for _ in range(3):
            talk(world, "lost")
        alarms.watch()
        assert open_kinds() == {DOWN}

        Connection.objects.update(is_frozen=True)
        alarms.watch()

        assert open_kinds() == set()


class TestCheck:
    def test_a_tick_that_stopped_rings_until_it_runs(self, world):
        TickHealth.objects.create(name="inquire", last_run_at=clock.now() - timedelta(minutes=4))
        health.check()
        assert open_kinds() == {alarms.STOPPED}

        health.watched("inquire", lambda: None)
        health.check()

        assert open_kinds() == set()


class TestRunbook:
    def test_an_alarm_leads_to_its_page_of_the_runbook(self, world):
        for _ in range(2):
            talk(world, "lost")
        alarms.watch()
        case = ExceptionCase.objects.get(kind=DOWN)
        browser = Client()
        browser.force_login(world.people["admin"])

        page = browser.get(f"/cases/{case.pk}/").content.decode()

        assert f"/cases/runbook/#{DOWN}" in page
        assert f"/bank/channels/{world.connection.pk}/" in page
        manual = browser.get("/cases/runbook/").content.decode()
        assert f'id="{DOWN}"' in manual
        assert "确认前置机在运行" in page
        assert "确认前置机在运行" in manual
