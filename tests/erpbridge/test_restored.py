"""A backup several days old comes back, here or over there: the comparison shows what the other side knows more, nothing is
paid twice, and nothing told since is taken for something known."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from desk.models import ExceptionCase
from erpbridge.models import Comparison, Outbox
from erpbridge.services import comparing
from erpbridge.simulator.books import Books
from erpbridge.simulator.program import Erp
from erpbridge.simulator.sides.file import FileSide
from kernel import clock
from kernel.errors import DomainError
from kernel.orm import skip_ids
from ledger.models import Voucher
from masterdata.models import OutboundGate, User
from masterdata.roles import Role
from payments.models import PaymentInstruction, PaymentOrder, RuleHit
from payments.services import booking, evidence, instructions, restoring
from statements import services as statements
from statements.rules import EntryLine
from tests.build import a_user, tell_balance
from tests.build_payments import World, act, claim, fresh, say
from tests.erpbridge.lanes import KEY, Lane, an_item, open_lane
from tests.erpbridge.test_simulator import books_payments, meet
from tests.insider.runs import a_copy
from tests.statements.rows import a_line

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lane(world: World, tmp_path: Path) -> Iterator[Lane]:
    """Files: what lies in the folder outlives either side's database."""
    with open_lane("file", world, tmp_path) as lane:
        lane.system.settings |= {"kinds": ["payment_result", "voucher"]}
        lane.system.save()
        books_payments(world)
        yield lane


def an_erp(lane: Lane, path: Path) -> Erp:
    """The finance system whose records stand in `path`: its file names, too."""
    books = Books(path)
    side = FileSide(
        lane.side.root, key=KEY, company="1000", day=lambda: f"{clock.today():%Y%m%d}", stems=books.memory("stem:")
    )  # fmt: skip
    return Erp(side, books, pause=lambda seconds: None)


def wanted(lane: Lane, number: str) -> dict[str, Any]:
    """A document to be paid today."""
    return an_item(
        lane.world, doc_no=number, amount=f"{number[2:]}000.50", purpose=f"款{number}",
        wish_date=clock.today().isoformat(),
    )  # fmt: skip


def ask(lane: Lane, erp: Erp, *numbers: str) -> None:
    """Documents are entered over there, and taken here."""
    erp.books.hold(wanted(lane, number) for number in numbers)
    meet(lane, erp)


def pay(lane: Lane, *numbers: str) -> None:
    """People decide, the bank pays, the statement shows it, and it is booked."""
    tell_balance(lane.world.account)
    orders = list(PaymentOrder.objects.filter(erp_doc_no__in=numbers).order_by("pk"))
    for order in orders:
        act("check", order, lane.world["checker"])
        act("release", fresh(order), lane.world["releaser"])
    batch = claim(lane.world)
    rows = [row for order in orders if (row := fresh(order).instruction)]
    outcomes = [say(row, "succeeded", bank_serial=f"B{row.pk}") for row in rows]
    instructions.record_outcomes(claim=batch, outcomes=outcomes)
    show(lane, *(debit(lane, row) for row in rows))
    booking.book_paid()


def debit(lane: Lane, row: PaymentInstruction) -> EntryLine:
    """What the bank's statement says of this payment."""
    return a_line(
        f"B{row.pk}", str(row.order.amount), day=clock.today(), reference=row.bank_ref,
        counterparty_account=lane.world.payee_number, counterparty_name=row.order.payee_name,
    )  # fmt: skip


def show(lane: Lane, *lines: EntryLine) -> None:
    """The statement is fetched."""
    account = lane.world.account.pk
    told = statements.record_entries(account_id=account, lines=lines)
    evidence.tie_entries(account_id=account, entry_ids=told.new_ids)


def compare(lane: Lane, erp: Erp) -> Comparison:
    """The other side draws its list, and it is compared."""
    now = clock.now()
    erp.books.draw_list(day=f"{now:%Y%m%d}", moment=now.isoformat(timespec="seconds"), batch=5_000)
    meet(lane, erp, rounds=2)
    comparing.compare_due()
    return Comparison.objects.latest("pk")


def found(made: Comparison) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for code, document in made.found.order_by("document").values_list("code", "document"):
        told.setdefault(code, []).append(document.split("|")[1] if "|" in document else "")
    return told


@contextmanager
def lost_afterwards(name: str) -> Iterator[None]:
    """What happens meanwhile is not in the backup that comes back."""
    own = connection.settings_dict
    url = f"postgresql://postgres@/{own['NAME']}?host={own['HOST']}"
    with a_copy(url, own["NAME"], name):
        yield


def settle(user: User) -> None:
    """What `manage.py settle_restore` does once the passphrase was right."""
    with transaction.atomic():
        skip_ids()
        restoring.lose_all(epoch=2, by=user, why="恢复三天前的备份")


class TestThePlatformIsOlder:
    @pytest.fixture
    def erp(self, lane: Lane, tmp_path: Path, frozen_clock: clock.fixed) -> Erp:
        """FK1 was paid before the backup, FK2 was asked for and paid after it; then the backup came back."""
        erp = an_erp(lane, tmp_path / "books.sqlite")
        ask(lane, erp, "FK1")
        pay(lane, "FK1")
        meet(lane, erp)
        with lost_afterwards(f"older_{connection.settings_dict['NAME']}"):
            frozen_clock.advance(days=3)
            ask(lane, erp, "FK2")
            pay(lane, "FK2")
            meet(lane, erp)
            self.paid = debit(lane, PaymentInstruction.objects.get(order__erp_doc_no="FK2"))
        settle(a_user(Role.TREASURER, company=lane.world.company))
        return erp

    def test_the_comparison_names_what_is_missing_and_that_the_bank_paid_it(
        self, lane, erp, frozen_clock
    ):
        show(lane, self.paid)
        frozen_clock.advance(days=1)

        made = compare(lane, erp)

        told = found(made)
        assert told["not_here_debited"] == ["FK2"]
        assert "voucher_not_here" in told
        assert ExceptionCase.objects.get(kind="erp.books_differ", closed_at=None).severity == "high"

    def test_asked_for_again_it_is_one_order_held_beside_its_debit(self, lane, erp, frozen_clock):
        show(lane, self.paid)
        lost = (
            "SELECT key, items FROM delivery WHERE kind = 'payment_request' AND items LIKE '%FK2%'"
        )
        ((key, items),) = erp.books.all(lost)

        for again in (key, "R1"):  # the lost delivery, and the document once more in another
            erp.side.send(json.loads(items), key=again)
            lane.pump()
        (order,) = PaymentOrder.objects.filter(erp_doc_no="FK2")
        with pytest.raises(DomainError):
            act("release", order, lane.world["releaser"])

        assert order.shown_state == "held"
        assert RuleHit.objects.filter(order=order, rule="D9").exists()
        assert not PaymentInstruction.objects.filter(order=order).exists()

    def test_no_message_and_no_key_told_since_comes_again_for_something_else(
        self, lane, erp, frozen_clock
    ):
        held = {row[0] for row in erp.books.all("SELECT id FROM message")}
        keys = {row[0] for row in erp.books.all("SELECT key FROM voucher")}
        OutboundGate.objects.update(
            is_open=True
        )  # two people opened it: tests/bankbridge/test_restore.py
        frozen_clock.advance(days=1)

        ask(lane, erp, "FK3")
        pay(lane, "FK3")
        meet(lane, erp)

        fresh_ones = set(Outbox.objects.filter(payload__icontains="FK3").values_list("message_id", flat=True))  # fmt: skip
        booked = Voucher.objects.latest("pk")
        assert fresh_ones.isdisjoint(held)
        assert booked.posting_key not in keys
        assert booked.state == "acked"
        outcomes = {row["doc_no"]: row["outcome"] for row in erp.books.results()}
        assert outcomes == {"FK1": "settled", "FK2": "settled", "FK3": "settled"}


class TestTheFinanceSystemIsOlder:
    def test_it_learns_again_what_it_lost_and_both_sides_agree(self, lane, tmp_path, frozen_clock):
        erp = an_erp(lane, tmp_path / "books.sqlite")
        ask(lane, erp, "FK1", "FK2")
        erp.books.file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(tmp_path / "books.sqlite", tmp_path / "backup.sqlite")
        frozen_clock.advance(days=1)
        pay(lane, "FK1", "FK2")
        meet(lane, erp)
        frozen_clock.advance(days=2)
        older = an_erp(lane, tmp_path / "backup.sqlite")
        mark_read(lane)

        first = compare(lane, older)
        accountant = a_user(Role.RECONCILER, company=lane.world.company)
        comparing.tell_again(
            comparison_id=first.pk, actor=accountant, why="财务系统恢复三天前的备份"
        )
        meet(lane, older)
        frozen_clock.advance(days=1)
        last = compare(lane, older)

        told = found(first)
        assert told["state"] == ["FK1", "FK2"]
        assert len(told["voucher_not_there"]) == 2
        assert found(last) == {}
        assert PaymentInstruction.objects.count() == 2
        assert Voucher.objects.count() == 2
        assert not ExceptionCase.objects.filter(kind="erp.books_differ", closed_at=None).exists()


def mark_read(lane: Lane) -> None:
    """What lay in the folder before the backup came back is gone with the other side's disk."""
    for path in (lane.side.root / "out").iterdir():
        path.unlink()


def test_ids_left_out_after_a_restore_are_never_given_again(lane: Any, world: World):
    before = PaymentOrder.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    with transaction.atomic():
        skip_ids()
    lane.ask([an_item(world)], key="k1")

    assert PaymentOrder.objects.latest("pk").pk > before + 1_000_000 - 1
