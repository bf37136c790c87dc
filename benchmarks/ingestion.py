"""GOAL 2 from ready lines on: statement lines into durable, deduplicated rows — our COPY path beside bulk_create(ignore_conflicts) and a bare COPY."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from benchmarks import rig
from kernel import clock

if TYPE_CHECKING:
    from statements.rules import EntryLine

DAY = datetime(2026, 3, 9, 9, tzinfo=clock.SHANGHAI)


def lines(count: int) -> Iterator[EntryLine]:
    """A statement of `count` entries in running balance, made one by one."""
    from statements.rules import EntryLine

    balance = Decimal("1000000000.00")
    for number in range(count):
        amount = Decimal(number % 90_000 + 100) / 100
        is_debit = number % 3 > 0
        balance += -amount if is_debit else amount
        yield EntryLine(
            bank_date=DAY.date(),
            booked_at=DAY + timedelta(seconds=number // 4),
            bank_serial=f"18{number:012d}",
            direction="debit" if is_debit else "credit",
            amount=amount,
            currency="CNY",
            balance_after=balance,
            counterparty_name=f"江阴往来{number % 977:04d}有限公司",
            counterparty_account=f"6217{number % 977:09d}",
            counterparty_bank="中国工商银行江阴支行",
            narrative="货款",
            purpose="货款",
            reference=f"R{number:012d}",
        )


def watched_without_making(count: int, run: Callable[[], object]) -> rig.Watch:
    """What a run over `lines(count)` takes beyond making these lines, which is neither side's work."""
    with rig.watched() as making:
        deque(lines(count), maxlen=0)
    with rig.watched(os.environ["DATABASE_URL"]) as watch:
        run()
    return rig.Watch(watch.wall_s - making.wall_s, watch.cpu_s - making.cpu_s)


def account() -> Any:
    """The account the lines are booked on."""
    from masterdata import selectors

    return selectors.visible_accounts(selectors.system_scope()).order_by("pk")[0]


def with_bulk_create(count: int) -> None:
    """The alternative: the ORM, a thousand rows at a time, conflicts ignored."""
    from django.db import transaction

    from statements.models import StatementEntry

    own = account()
    now, batch = clock.now(), []
    names = [
        "bank_date",
        "booked_at",
        "bank_serial",
        "direction",
        "amount",
        "currency",
        "balance_after",
        "counterparty_name",
    ]
    names += ["counterparty_account", "counterparty_bank", "narrative", "purpose", "reference"]
    with transaction.atomic():
        for line in lines(count):
            values = {name: getattr(line, name) for name in names}
            batch.append(
                StatementEntry(
                    account=own,
                    company_id=own.company_id,
                    fetched_at=now,
                    digest="-",
                    **values,
                )
            )
            if len(batch) == 1000:
                StatementEntry.objects.bulk_create(batch, ignore_conflicts=True)
                batch.clear()
        StatementEntry.objects.bulk_create(batch, ignore_conflicts=True)


class _Discard(io.TextIOBase):
    """Counts characters and keeps none."""

    def write(self, text: str) -> int:
        return len(text)


def bare_copy() -> float:
    """The bound: the same rows, ready made, through COPY into a table with the same columns and indexes; seconds."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_bare (LIKE statements_statemententry INCLUDING DEFAULTS INCLUDING INDEXES)"
        )
        stored = io.BytesIO()
        raw: Any = cursor.cursor
        raw.copy_expert("COPY statements_statemententry TO STDOUT", stored)
        stored.seek(0)
        took = rig.timed(lambda: raw.copy_expert("COPY bench_bare FROM STDIN", stored))
        cursor.execute("DROP TABLE bench_bare")
    return took


def empty() -> None:
    """An empty table again; statements are append-only, so this goes past the guards."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("TRUNCATE statements_statemententry CASCADE")
        cursor.execute("SET session_replication_role = origin")


def ours(count: int) -> list[rig.Line]:
    """First ingest, then the same file again."""
    from statements import services

    own = account()
    results = []

    def record() -> None:  # as a pull does
        told = lines(count)
        results.append(services.record_entries(account_id=own.pk, lines=told, wants_ids=False))

    first = watched_without_making(count, record)
    peak = rig.peak_mb()
    again = watched_without_making(count, record)
    new = [done.new for done in results]
    if new != [count, 0]:
        raise AssertionError(f"{new} new rows, {[count, 0]} were expected")
    bare = bare_copy()
    name, repeated = f"record_entries, {count:,} lines", "the same lines again (0 new rows)"
    return [
        rig.Line("bare COPY of ready rows, same indexes", bare, "s"),
        rig.Line(f"{name}, all new", first.wall_s, "s", "bare COPY", bare, first.wall_s / bare),
        rig.Line(f"{name}, all new, cpu", first.cpu_s, "s"),
        rig.Line(repeated, again.wall_s, "s", "first ingest", first.wall_s, again.wall_s / first.wall_s, 0.6, True),
        rig.Line(f"{repeated}, cpu", again.cpu_s, "s", "first ingest", first.cpu_s, again.cpu_s / max(first.cpu_s, 1e-9), 0.6, True),
        rig.Line(f"peak memory, {count:,} lines", peak, "MB", goal=64, at_most=True),
    ]  # fmt: skip


def main() -> int:
    """`ours` or `orm`, in a process of its own."""
    parser = rig.size_arguments()
    parser.add_argument("--way", choices=("ours", "orm"), default="ours")
    options = parser.parse_args()
    with contextlib.redirect_stdout(_Discard()):
        rig.setup_django()
        empty()
        if options.way == "ours":
            found = ours(options.size)
        else:
            took = watched_without_making(options.size, lambda: with_bulk_create(options.size))
            found = took.lines("bulk_create(ignore_conflicts), 1000 a time")
            found.append(rig.memory("bulk_create"))
    rig.tell(found)
    return 0


def run(url: str, *, sizes: tuple[int, ...]) -> list[rig.Line]:
    """All sizes, the largest beside the ORM."""
    found: list[rig.Line] = []
    peaks, told = [], []
    for size in sizes:
        told = rig.child("benchmarks.ingestion", url, "--size", str(size))
        peaks.append(told[-1].value)
        found += told if size == sizes[-1] else [told[-1]]
    orm, orm_cpu, orm_peak = rig.child(
        "benchmarks.ingestion", url, "--size", str(sizes[-1]), "--way", "orm"
    )
    seconds, cpu_s = told[1].value, told[2].value
    found.append(
        rig.beside(f"record_entries, {sizes[-1] / seconds:,.0f} lines/s", seconds, orm, goal=5.0)
    )
    found.append(rig.beside("record_entries, cpu", cpu_s, orm_cpu, goal=5.0))
    found.append(orm_peak)
    growth = peaks[-1] - peaks[0]
    found.append(
        rig.Line(f"growth of memory from {sizes[0]:,} to {sizes[-1]:,} lines", growth, "MB")
    )
    return found


if __name__ == "__main__":
    sys.exit(main())
