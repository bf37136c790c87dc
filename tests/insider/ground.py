"""What the insiders find: a small platform at work, with payments at every stage, and copies of its database to spoil.

Nothing here is a stand-in: real services released the payments, a real (simulated) bank paid one of them over HTTP, the
database is PostgreSQL and the insider its superuser. Each attack gets a copy of its own.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2

from kernel import clock
from tests.bankbridge.bank import PAYEE, BankProcess
from tests.bankbridge.world import World


@dataclass
class Ground:
    """Rows of the platform, by what became of them."""

    world: World
    paid: Any  # instructions: paid, on the statement, in the books
    unknown: Any
    failed: Any
    first: Any  # released and queued, both
    second: Any
    ready: Any  # an order that waits for its release
    reach: str  # where its bank listens
    folder: Path
    clock_file: Path


def lay(folder: Path, clock_file: Path) -> Ground:
    """Fill the (migrated, empty) database the process is connected to."""
    from django.conf import settings
    from django.db import transaction

    from audit import anchoring
    from bankbridge.services import dispatch
    from ledger.topics import Booking
    from masterdata.services.strategy import decide_once
    from payments.limit_rows import lay_down_limit
    from payments.services import booking, instructions
    from tests.ledger.build import a_template

    settings.ANCHORS_FILE = str(folder / "outside" / "anchors.jsonl")
    bank = BankProcess(_room(folder, "bank"), clock_file, "--no-delays")
    try:
        world = World()
        world.reach(bank.url)
        a_template()
        with transaction.atomic():
            decide_once(
                Booking, {"books_payments": True}, company=world.company, source_note="财务制度"
            )
            lay_down_limit(
                {"company": world.company.pk, "amount": "900000", "period": "day"},
                source_note="财务制度",
            )
        (paid,) = world.queue("7654.32")
        dispatch.tick()
        _on_the_statement(world, paid)
        booking.keep_books()
        unknown = _lost(world, "880.00")
        failed = _refused(world, "990.00")
        first, second = world.queue("1200.00", "3400.00")
        ready = _ready(world, "5600.00")
        _told_to_the_finance_system(paid)
    finally:
        bank.stop()
    anchoring.anchor()
    anchoring.file()
    for row in (paid, unknown, failed, first, second):
        row.refresh_from_db()
    assert [one.state for one in (paid, unknown, failed, first, second)] == [
        *("succeeded", "unknown", "failed", "queued", "queued")
    ]
    assert instructions.unable_to_verify() == ""
    return Ground(world, paid, unknown, failed, first, second, ready, bank.url, folder, clock_file)


def _room(folder: Path, name: str) -> Path:
    room = folder / name
    room.mkdir(parents=True, exist_ok=True)
    return room


def _on_the_statement(world: World, row: Any) -> None:
    from payments.services import evidence
    from statements.models import StatementEntry
    from statements.rules import EntryLine
    from statements.services import record_entries

    line = EntryLine(
        bank_date=clock.today(), booked_at=clock.now(), bank_serial="S0001", direction="debit",
        amount=Decimal("7654.32"), currency="CNY", reference=row.bank_ref, counterparty_account=PAYEE,
        counterparty_name="样例供应商有限公司",
    )  # fmt: skip
    record_entries(account_id=world.account.pk, lines=[line])
    ids = list(StatementEntry.objects.values_list("pk", flat=True))
    evidence.tie_entries(account_id=world.account.pk, entry_ids=ids)


def _claimed(world: World, amount: str) -> tuple[Any, Any]:
    from payments.services import instructions

    (row,) = world.queue(amount)
    (claim,) = instructions.claim_batches(connection_id=world.connection.pk, limit=1, lease_s=60)
    return row, claim


def _lost(world: World, amount: str) -> Any:
    from payments.services import instructions

    row, claim = _claimed(world, amount)
    instructions.lose(claim=claim, why="连接中断")
    return row


def _refused(world: World, amount: str) -> Any:
    from payments.outcomes import ReportedOutcome
    from payments.services import instructions

    row, claim = _claimed(world, amount)
    told = [ReportedOutcome(bank_ref=row.bank_ref, fate="failed", code="S903", text="户名不符")]
    instructions.record_outcomes(claim=claim, outcomes=told)
    return row


def _ready(world: World, amount: str) -> Any:
    from payments.content import OrderRequest
    from payments.models import PaymentOrder
    from payments.services import orders
    from tests.signing import hand_of

    request = OrderRequest(
        company_code=world.company.code, payer_number=world.payer, payee_number=PAYEE,
        payee_code="S001", payee_name="样例供应商有限公司", payee_bank="中国建设银行上海分行",
        payee_cnaps="105100000017", amount=Decimal(amount), wish_date=clock.today(), purpose="待授权",
    )  # fmt: skip
    maker, checker = world.people["maker"], world.people["checker"]
    order = orders.create_order(request=request, maker=maker)
    order = orders.submit_order(order_id=order.pk, version=order.version, actor=maker)
    orders.check_order(
        order_id=order.pk, version=order.version, digest=order.content_hash, actor=checker,
        hand=hand_of(checker),
    )  # fmt: skip
    return PaymentOrder.objects.get(pk=order.pk)


def _told_to_the_finance_system(paid: Any) -> None:
    from erpbridge.models import Outbox

    Outbox.objects.create(
        message_id=f"R1-{paid.pk}-1", system="u8", company_code="1010", kind="payment_result",
        subject_id=paid.pk, state_version=1, payload={"items": [{"amount": "7654.32"}]},
        made_at=clock.now(),
    )  # fmt: skip


class Database:
    """The insider's own way in: psql as the superuser, beside the platform."""

    def __init__(self, url: str) -> None:
        self.url = url

    @contextmanager
    def _cursor(self, *, triggers: bool) -> Iterator[Any]:
        connection = psycopg2.connect(self.url)
        try:
            with connection, connection.cursor() as cursor:
                if not triggers:
                    cursor.execute("SET session_replication_role = replica")
                yield cursor
        finally:
            connection.close()

    def behind(self, statement: str, *values: object) -> Any:
        """Run it with every trigger out of the way; the rows it returns."""
        return self._run(statement, values, triggers=False)

    def plain(self, statement: str, *values: object) -> Any:
        """Run it as anybody with a password would. Raises psycopg2.Error where the database refuses."""
        return self._run(statement, values, triggers=True)

    def _run(self, statement: str, values: tuple[object, ...], *, triggers: bool) -> Any:
        with self._cursor(triggers=triggers) as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def clock_at_morning() -> Iterator[Path]:
    """A clock file that says Tuesday 09:30 and runs on; simulator and platform both read it."""
    from datetime import datetime

    with tempfile.TemporaryDirectory(prefix="yqlink-clock-") as folder:
        path = Path(folder) / "clock"
        clock.set_offset(path, datetime(2026, 11, 24, 9, 30, tzinfo=clock.SHANGHAI))
        before = os.environ.get("CLOCK_FILE")
        os.environ["CLOCK_FILE"] = str(path)
        try:
            yield path
        finally:
            os.environ.pop("CLOCK_FILE")
            if before is not None:
                os.environ["CLOCK_FILE"] = before
