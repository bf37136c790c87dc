"""GOAL 2 from ready lines on: statement lines into durable, deduplicated rows — our COPY path beside bulk_create(ignore_conflicts) and a bare COPY."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
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
    first = rig.timed(
        lambda: results.append(services.record_entries(account_id=own.pk, lines=lines(count)))
    )
    peak = rig.peak_mb()
    again = rig.timed(
        lambda: results.append(services.record_entries(account_id=own.pk, lines=lines(count)))
    )
    new = [len(done.new_ids) for done in results]
    if new != [count, 0]:
        raise AssertionError(f"{new} new rows, {[count, 0]} were expected")
    bare = bare_copy()
    return [
        rig.Line("bare COPY of ready rows, same indexes", bare, "s"),
        rig.Line(
            f"record_entries, {count:,} lines, all new", first, "s", "bare COPY", bare, first / bare
        ),
        rig.Line(
            "the same file again (0 new rows)",
            again,
            "s",
            "first ingest",
            first,
            again / first,
            0.6,
            True,
        ),
        rig.Line(f"peak memory, {count:,} lines", peak, "MB", goal=64, at_most=True),
    ]


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
            took = rig.timed(lambda: with_bulk_create(options.size))
            found = [
                rig.Line("bulk_create(ignore_conflicts), 1000 a time", took, "s"),
                rig.memory("bulk_create"),
            ]
    rig.tell(found)
    return 0


def run(url: str, *, sizes: tuple[int, ...]) -> list[rig.Line]:
    """All sizes, the largest beside the ORM."""
    found: list[rig.Line] = []
    peaks, seconds = [], 0.0
    for size in sizes:
        told = rig.child("benchmarks.ingestion", url, "--size", str(size))
        peaks.append(told[-1].value)
        seconds = told[1].value
        found = [*found, told[-1]] if size != sizes[-1] else [*found, *told]
    orm, orm_peak = rig.child("benchmarks.ingestion", url, "--size", str(sizes[-1]), "--way", "orm")
    found.append(rig.Line(f"record_entries, {sizes[-1] / seconds:,.0f} lines/s", seconds, "s", "bulk_create", orm.value,
                          orm.value / seconds, 5.0))  # fmt: skip
    found.append(orm_peak)
    growth = peaks[-1] - peaks[0]
    found.append(
        rig.Line(f"growth of memory from {sizes[0]:,} to {sizes[-1]:,} lines", growth, "MB")
    )
    return found


if __name__ == "__main__":
    sys.exit(main())
