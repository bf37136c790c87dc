"""Electronic receipts of every bank that lists them: over its own wire into the store, tied to entries, counted, never twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bankbridge.models import Exchange, PullCursor
from bankbridge.services import dispatch, inquiry, pull, receipt_pull
from desk.models import ExceptionCase
from kernel import clock
from kernel.vault import Undecipherable
from payments.models import DebitTie
from statements import filing, receipt_selectors
from statements.models import BankReceipt, DayClose, ReceiptDay, ReceiptFile, StatementEntry
from statements.services import completeness
from tests.bankadapters.simulated import RunningWorld
from tests.bankbridge.test_banks import BANKS
from tests.bankbridge.world import AtBank, World

pytestmark = pytest.mark.django_db(transaction=True)
_CEB = AtBank(
    "ceb", "38010188000000001", "", {"usrID": "2000000001", "receipt_file_field": "fileName"},
    ["00/02"], {"userPassword": "demo0000"}, product="pay", tells_entries=False,
)  # fmt: skip
AT = {one.slug: one for one in BANKS if one.slug in ("citic", "cmb", "cib", "pingan")}
AT["pingan"] = replace(
    AT["pingan"], parameters={**AT["pingan"].parameters, "receipt_BsnCode": "R1"}
)
AT["ceb"] = _CEB
AMOUNTS = ("101.00", "102.00", "103.00")


@pytest.fixture(autouse=True)
def files(tmp_path, settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


@pytest.fixture
def at(request) -> AtBank:
    return AT[request.param]


@pytest.fixture
def simulator(tmp_path, moving_clock, at) -> Iterator[RunningWorld]:
    running = RunningWorld(tmp_path / "bank", "--bank", at.slug, "--no-delays")
    yield running
    running.close()


@pytest.fixture
def world(transactional_db, simulator, at) -> World:
    made = World(at)
    made.reach(simulator.addresses[at.slug])
    return made


def credit(world, simulator, *amounts: str) -> None:
    for amount in amounts:
        simulator.tell(
            "credit", {"account": world.account.number, "amount": amount, "purpose": "回款"}
        )


def next_day(moving_clock) -> None:
    clock.set_offset(moving_clock, clock.now() + timedelta(days=1))


def twice_tried(world) -> None:
    """A bank that makes receipts on demand has them ready at the second question."""
    receipt_pull.receipts(now=True)
    receipt_pull.receipts(now=True)


class TestReceipts:
    @pytest.mark.parametrize("at", sorted(AT), indirect=True)
    def test_flow_into_the_store_once_and_the_day_is_counted(
        self, world, simulator, moving_clock, at
    ):
        credit(world, simulator, *AMOUNTS)
        day = clock.today()
        if at.tells_entries:
            pull.statements(now=True)
        receipt_pull.receipts(now=True)
        next_day(moving_clock)
        twice_tried(world)
        before = list(BankReceipt.objects.order_by("pk").values_list("pk", "receipt_no", "entry"))
        twice_tried(world)

        assert before == list(
            BankReceipt.objects.order_by("pk").values_list("pk", "receipt_no", "entry")
        )
        of_day = BankReceipt.objects.filter(day=day)
        counted = ReceiptDay.objects.get(day=day)
        assert (counted.missing, counted.stray, counted.without_file) == (0, 0, 0)
        assert counted.status == "complete"
        assert PullCursor.objects.get(kind="receipt").last_error == ""
        if at.slug == "pingan":
            (pack,) = of_day
            assert (pack.covers_day, pack.file_state) == (True, "at_bank")
            entries = StatementEntry.objects.values_list("pk", flat=True)
            shown = receipt_selectors.receipts_of_entries(entries)
            assert all(found == [pack] for found in shown.values())
        else:
            assert of_day.count() == 3
            state = "stored" if at.slug in ("ceb", "citic") else "at_bank"
            assert set(of_day.values_list("file_state", flat=True)) == {state}
        if at.slug in ("cib", "citic", "cmb"):
            assert {one.entry.amount for one in of_day} == {one.amount for one in _entries()}

    @pytest.mark.parametrize("at", ["citic"], indirect=True)
    def test_bring_their_files_sealed_on_disk(self, world, simulator, files):
        credit(world, simulator, "55.00")

        receipt_pull.receipts(now=True)

        receipt = BankReceipt.objects.select_related("file").get()
        data = filing.read(receipt.file)
        assert data.startswith(b"%PDF-")
        assert receipt.receipt_no.encode() in data
        assert receipt.file.media == "pdf"
        (stored,) = [path for path in files.rglob("*") if path.is_file()]
        assert data not in stored.read_bytes()
        assert Exchange.objects.filter(subject_kind="statements.bankreceipt").count() == 1
        stored.write_bytes(stored.read_bytes()[:-1] + b"x")
        with pytest.raises(Undecipherable):
            filing.read(receipt.file)

    @pytest.mark.parametrize("at", ["citic"], indirect=True)
    def test_stand_beside_the_payment_they_prove(self, world, client):
        world.queue("88.00")
        while dispatch.tick():
            pass
        clock.set_offset(world_clock(), clock.now() + timedelta(hours=1))
        inquiry.tick()
        pull.statements(now=True)
        receipt_pull.receipts(now=True)

        tie = DebitTie.objects.get(role="debit")
        (receipt,) = receipt_selectors.receipts_of_entries([tie.entry_id])[tie.entry_id]
        client.force_login(world.people["maker"])
        page = client.get(f"/payments/orders/{tie.instruction.order.order_no}/")
        assert f"/statements/receipts/{receipt.pk}/" in page.content.decode()

    @pytest.mark.parametrize("at", ["cmb"], indirect=True)
    def test_that_stay_away_are_told_and_settled_when_they_come(
        self, world, simulator, moving_clock
    ):
        credit(world, simulator, "66.00")
        day = clock.today()
        pull.statements(now=True)
        next_day(moving_clock)
        pull.statements(now=True)
        next_day(moving_clock)
        pull.statements(now=True)

        completeness.check_all()
        assert ReceiptDay.objects.get(day=day).status == "missing"
        case = ExceptionCase.objects.get(kind="statements.receipts.missing")
        assert case.closed_at is None
        receipt_pull.receipts(now=True)

        assert ReceiptDay.objects.get(day=day).status == "complete"
        case.refresh_from_db()
        assert case.closed_at is not None

    @pytest.mark.parametrize("at", ["cib"], indirect=True)
    def test_that_the_bank_is_still_making_say_so_until_they_are_told(
        self, world, simulator, moving_clock
    ):
        credit(world, simulator, "66.00")
        pull.statements(now=True)
        next_day(moving_clock)
        receipt_pull.receipts(now=True)
        day = ReceiptDay.objects.get(day=StatementEntry.objects.get().bank_date)
        assert "still making" in day.note
        assert PullCursor.objects.get(kind="receipt").failures == 1

        receipt_pull.receipts(now=True)

        day.refresh_from_db()
        assert (day.note, day.status) == ("", "complete")

    @pytest.mark.parametrize("at", ["cmb"], indirect=True)
    def test_of_an_entry_told_later_are_looked_for_though_the_day_was_complete(
        self, world, simulator
    ):
        credit(world, simulator, "66.00")
        pull.statements(now=True)
        receipt_pull.receipts(now=True)
        assert ReceiptDay.objects.get().status == "complete"
        credit(world, simulator, "67.00")
        pull.statements(now=True)

        completeness.check_all()

        day = ReceiptDay.objects.get()
        assert (day.entry_count, day.missing, day.status) == (2, 1, "waiting")


@pytest.mark.parametrize("at", ["cmb"], indirect=True)
class TestUntoldDays:
    def test_open_a_case_that_closes_when_they_are_told(self, world, simulator, moving_clock):
        pull.statements(now=True)
        for _ in range(4):
            next_day(moving_clock)
        completeness.check_all()
        case = ExceptionCase.objects.get(kind="statements.day.untold")
        assert case.closed_at is None

        pull.statements(now=True)
        completeness.check_all()

        case.refresh_from_db()
        assert case.closed_at is not None
        assert DayClose.objects.filter(is_closed=True).count() == 4


def _entries():
    return StatementEntry.objects.all()


def world_clock() -> Path:
    import os

    return Path(os.environ["CLOCK_FILE"])


def test_a_file_is_kept_once_however_often_it_comes(db, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path

    first, again = filing.store(b"%PDF one"), filing.store(b"%PDF one")

    assert first.pk == again.pk
    assert ReceiptFile.objects.count() == 1
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 1
