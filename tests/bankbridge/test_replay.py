"""Replay: the banks' stored answers, read again by the present code and tables, say what they said, or are listed."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from bankadapters.contract import Fate, Outcome, Reading, Verdict
from bankbridge import readings
from bankbridge.models import ExchangeReading
from bankbridge.services import dispatch, inquiry
from kernel import clock
from masterdata.models import Connection
from payments.models import PaymentInstruction

pytestmark = pytest.mark.django_db(transaction=True)


def replay(*arguments: str) -> tuple[int, str]:
    """(exit code, what was printed)."""
    out, code = io.StringIO(), 0
    try:
        call_command("replay", "--since", "2026-11-24", *arguments, stdout=out)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, out.getvalue()


@pytest.fixture
def talked(world, bank):
    """A payment the bank accepts, refuses at the inquiry with a code of its own, and is asked about."""
    simulator = bank("--no-delays", balance="0.01")
    world.reach(simulator.url)
    Connection.objects.filter(pk=world.connection.pk).update(final_failures=[])
    world.queue("100.00")
    while dispatch.tick():
        pass
    clock.set_offset(world.clock_file, clock.now() + timedelta(hours=1))
    inquiry.tick()
    return world


class TestReplay:
    def test_reads_everything_as_it_was(self, talked):
        code, told = replay()

        assert code == 0
        assert f"{ExchangeReading.objects.count()} answers read again, 0 differently" in told
        assert ExchangeReading.objects.filter(ability__startswith="inquire").exists()

    def test_lists_what_a_changed_code_table_reads_otherwise(self, talked):
        payment = PaymentInstruction.objects.get()
        (outcome,) = (
            ExchangeReading.objects.filter(ability__startswith="inquire").last().said["outcomes"]
        )
        reference, fate, code, *_ = outcome
        assert (reference, fate) == (payment.bank_ref, "unknown")
        Connection.objects.filter(pk=talked.connection.pk).update(final_failures=[code])

        status, told = replay("--bank", "boc")

        assert status == 1
        assert f"{payment.bank_ref}: unknown {code}" in told
        assert f"→  failed {code}" in told
        assert "(stands: unknown)" in told or "(stands: accepted)" in told
        assert PaymentInstruction.objects.get().state == payment.state
        assert replay("--bank", "icbc")[0] == 0
        assert replay("--until", "2026-11-24", "--bank", "boc")[0] == 1
        assert "; 0 exchanges" not in replay("--bank", "boc")[1]
        assert "; 0 exchanges" in replay("--bank", "icbc")[1]

    def test_nonsense_and_missing_keys_are_told(self, db, monkeypatch):
        with pytest.raises(CommandError, match="no day"):
            call_command("replay", "--since", "yesterday")
        monkeypatch.delenv("SEAL_PRIVATE_KEYS")
        with pytest.raises(CommandError, match="SEAL_PRIVATE_KEYS"):
            call_command("replay", "--since", "2026-11-24")

    def test_notes_that_cannot_be_kept_lose_no_outcome(self, world, bank, nothing_kept):
        world.reach(bank("--no-delays").url)
        world.queue("100.00")
        while dispatch.tick():
            pass

        assert PaymentInstruction.objects.get().state == "accepted"
        assert not ExchangeReading.objects.exists()


@pytest.fixture
def nothing_kept(db):
    """The table of readings takes no row."""
    table = "ALTER TABLE bankbridge_exchangereading"
    with connection.cursor() as cursor:
        cursor.execute(f"{table} ADD CONSTRAINT nothing CHECK (false) NOT VALID")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"{table} DROP CONSTRAINT nothing")


class TestDifferences:
    def test_name_the_payment_and_the_part(self):
        then = readings.said(Reading("0", "", outcomes=[Outcome("A", Fate.SUCCEEDED, code="1")]))
        now = readings.said(
            Reading("0", "", Verdict.UNDECIDED, outcomes=[Outcome("A", Fate.FAILED, code="1")])
        )

        found = readings.differences(then, now)

        assert [(one.of, one.then, one.now) for one in found] == [
            ("A", "succeeded 1", "failed 1"),
            ("verdict", "read", "undecided"),
        ]
        assert readings.differences(then, then) == []

    def test_an_answer_no_longer_readable_is_one(self):
        then = readings.said(Reading("0", ""))

        assert [one.of for one in readings.differences(then, readings.said(None))] == [
            "code",
            "verdict",
        ]
