"""`python -m bankadapters.simulator --bank boc|--all --port N --seed S --faults NAME --clock-file PATH`: banks on sockets."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import importlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bankadapters.simulator.bank import BankSimulator, Options, World
from bankadapters.simulator.books import Books, Party
from bankadapters.simulator.control import Control, ControlError, fen, open_account
from bankadapters.simulator.faults import PROFILES, Faults, Seeded
from bankadapters.simulator.homes import HOMES
from bankadapters.simulator.ledger import Ledger
from bankadapters.simulator.server import Server
from kernel import clock

BANKS = {
    "abc": "bankadapters.banks.abc.simulator:AbcSimulator",
    "boc": "bankadapters.banks.boc.simulator:BocSimulator",
    "bocom": "bankadapters.banks.bocom.simulator:BocomSimulator",
    "ccb": "bankadapters.banks.ccb.simulator:CcbSimulator",
    "ceb": "bankadapters.banks.ceb.simulator:CebSimulator",
    "cgb": "bankadapters.banks.cgb.simulator:CgbSimulator",
    "cib": "bankadapters.banks.cib.simulator:CibSimulator",
    "citic": "bankadapters.banks.citic.simulator:CiticSimulator",
    "cmb": "bankadapters.banks.cmb.simulator:CmbSimulator",
    "cmbc": "bankadapters.banks.cmbc.simulator:CmbcSimulator",
    "icbc": "bankadapters.banks.icbc.simulator:IcbcSimulator",
    "pingan": "bankadapters.banks.pingan.simulator:PinganSimulator",
    "psbc": "bankadapters.banks.psbc.simulator:PsbcSimulator",
    "spdb": "bankadapters.banks.spdb.simulator:SpdbSimulator",
}
IN_FILES = {
    "iso20022": "bankadapters.banks.iso20022.simulator:Iso20022Simulator",
    "swift_mt": "bankadapters.banks.swift_mt.simulator:SwiftMtSimulator",
}
EVERY = BANKS | IN_FILES
DEMO_OPERATOR = "30011223:OPR01"
_PAYERS = ("华东商贸有限公司", "长江机电设备有限公司", "南方纺织股份有限公司", "北辰科技有限公司")


def parser() -> argparse.ArgumentParser:
    """The program's arguments."""
    p = argparse.ArgumentParser(
        prog="python -m bankadapters.simulator", description="Banks on sockets."
    )
    p.add_argument("--bank", choices=sorted(EVERY), default="boc")
    p.add_argument(
        "--all", action="store_true", help="every bank, each on a port of its own, in one world"
    )
    p.add_argument(
        "--with-files", action="store_true", help="with --all, the banks that exchange files too"
    )
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument(
        "--port",
        type=int,
        default=0,
        help="0 takes a free one; with --all the first of a row; the address is printed",
    )
    p.add_argument(
        "--port-of",
        action="append",
        default=[],
        metavar="BANK:N",
        help="with --all, the port of one bank; may be repeated",
    )
    p.add_argument(
        "--ports-file", type=Path, help="JSON of the ports by bank, written once all are open"
    )
    p.add_argument(
        "--print-port",
        action="store_true",
        help="after the address, print the bare port number as well",
    )
    _add_world(p)
    p.add_argument("--list-faults", action="store_true")
    p.add_argument("--list-codes", action="store_true")
    return p


def _add_world(p: argparse.ArgumentParser) -> None:
    """What the world is like: its seed, faults, clock, books and people."""
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--faults", default="none", choices=sorted(PROFILES), metavar="NAME")
    p.add_argument(
        "--slow-s",
        type=float,
        default=150.0,
        help="wait of the slowest answers of profile slow, seconds",
    )
    p.add_argument("--clock-file", type=Path, help="file with seconds to add to the real time")
    p.add_argument("--data", type=Path, help="directory of the books; a temporary one without it")
    p.add_argument(
        "--accounts",
        type=Path,
        help="JSON list of {number, name, bank, ibknum, currency, balance, custid, role}",
    )
    p.add_argument(
        "--operator", action="append", metavar="CUSTID:CUSOPR[:PASSWORD]", help="may be repeated"
    )
    p.add_argument("--termid", default="", help="the only terminal admitted; any without it")
    p.add_argument(
        "--parallel-sessions",
        action="store_true",
        help="a second sign-on leaves the first one valid",
    )
    p.add_argument("--no-delays", action="store_true", help="everything settles at once")
    p.add_argument(
        "--background-credits",
        type=int,
        default=0,
        metavar="N",
        help="customers pay in over two hours",
    )
    p.add_argument("--credits", type=Path, help="JSON list of payments customers will make")


def operators(wanted: Sequence[str], *, environ: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """(customer, operator) → password; without one BOC_SIM_PASSWORD counts, and without that any is accepted."""
    found: dict[tuple[str, str], str] = {}
    for text in wanted:
        custid, _, rest = text.partition(":")
        cusopr, _, password = rest.partition(":")
        if not custid.isdigit() or not cusopr:
            raise SystemExit(f"--operator wants CUSTID:CUSOPR[:PASSWORD], not {text!r}")
        found[custid, cusopr] = password or environ.get("BOC_SIM_PASSWORD", "")
    return found


def bank_class(slug: str) -> type[BankSimulator]:
    """The simulator class of a bank."""
    module, _, name = EVERY[slug].partition(":")
    found = getattr(importlib.import_module(module), name)
    if not (isinstance(found, type) and issubclass(found, BankSimulator)):
        raise TypeError(f"{EVERY[slug]} is not a bank simulator")
    return found


@dataclass
class Opened:
    """The world on its books and the servers of its banks, not yet listening."""

    books: Books
    control: Control
    servers: dict[str, Server]

    async def listen(
        self, *, host: str, port: int, of: Mapping[str, int] | None = None
    ) -> dict[str, int]:
        """Open every bank, on a row of ports from `port` on or on free ones, or where `of` says; the ports by bank."""
        ports: dict[str, int] = {}
        for offset, (slug, server) in enumerate(self.servers.items()):
            wanted = (of or {}).get(slug, port + offset if port else 0)
            try:
                ports[slug] = await server.start(host=host, port=wanted)
            except (OSError, OverflowError) as error:
                raise SystemExit(f"cannot listen on {host}:{wanted}: {error}") from error
            address = self.control.addresses[slug] = server.bank.address(host, ports[slug])
            self.control.connections[slug] = server.bank.connection(address)
        return ports


def build(options: argparse.Namespace, *, data: Path) -> Opened:
    """The world on its books, with its accounts opened, and a server for each bank."""
    every = EVERY if options.with_files else BANKS
    slugs = sorted(every) if options.all else [options.bank]
    books = Books(path=data / f"{'world' if options.all else options.bank}.sqlite3")
    seeded = Seeded(options.seed)
    draws = {"db": books.db, "profile": options.faults, "seeded": seeded, "slow_s": options.slow_s}
    ledger = Ledger(
        books=books, faults=Faults(**draws), seeded=seeded, delays=not options.no_delays
    )
    known = operators(options.operator or [DEMO_OPERATOR], environ=os.environ)
    rules = Options(known, termid=options.termid, parallel_sessions=options.parallel_sessions)
    banks = {}
    for slug in slugs:
        kind = bank_class(slug)
        faults = Faults(**draws, scope=f"@{slug}" if options.all else "")
        world = World(books, ledger, faults, seeded, rules, HOMES[slug], kind.serial)
        banks[slug] = kind(world)
    first = banks[slugs[0]].world
    open_accounts(first, slugs, file=options.accounts)
    invite_credits(first, count=options.background_credits)
    promise_credits(first, file=options.credits)
    control = Control(world=first)
    return Opened(books, control, {s: Server(bank=b, control=control) for s, b in banks.items()})


def open_accounts(world: World, slugs: Sequence[str], *, file: Path | None) -> None:
    """Open the accounts of the file, or the demo's of these banks; those the books have already stay as they are."""
    try:
        wanted = (
            json.loads(file.read_text("utf-8"))
            if file
            else [row for slug in slugs for row in demo_accounts(slug)]
        )
    except (OSError, ValueError) as error:
        raise SystemExit(f"--accounts {file}: {error}") from error
    with world.ledger.transaction():
        try:
            for row in wanted:
                open_account(world, row)
        except ControlError as error:
            raise SystemExit(f"--accounts {file}: {error}") from error


def demo_accounts(slug: str) -> list[dict[str, str]]:
    """The two companies that bank with every bank of the world, where no file says otherwise."""
    accounts = bank_class(slug).demo_accounts
    names = ("示例贸易有限公司", "示例制造有限公司")
    balances = ("1250000.00", "1000000000.00")
    return [
        {"number": number, "bank": slug, "ibknum": branch, "name": name, "balance": balance}
        for (number, branch), name, balance in zip(accounts, names, balances, strict=True)
    ]


def invite_credits(world: World, *, count: int) -> None:
    """Once in the life of the books, let `count` strangers' payments come in over the next two hours."""
    own = sorted(a.number for a in world.books.accounts.values() if a.kind == "customer")
    with world.ledger.transaction():
        if not count or not own or world.faults.count("background credits"):
            return
        start = clock.now()
        for number in range(count):
            draw = world.seeded.unit
            at = start + timedelta(seconds=7200 * draw("credit at", number))
            name = world.seeded.pick(_PAYERS, "credit from", number)
            payer = Party(f"622202{number:010d}", name, "中国工商银行", "102100099996")
            world.ledger.schedule_credit(
                due_at=at.timestamp(),
                account=own[int(draw("credit to", number) * len(own))],
                amount=int(draw("credit amount", number) * 50_000_000) + 10_000,
                payer=payer,
                purpose="货款",
            )


def promise_credits(world: World, *, file: Path | None) -> None:
    """Once in the life of the books, let the payments of the file come in: {after_s, account, amount, name, number, bank,
    purpose} each, `after_s` counted from now. Raises SystemExit for what is none."""
    if file is None:
        return
    try:
        rows = json.loads(file.read_text("utf-8"))
        with world.ledger.transaction():
            if world.faults.count("promised credits"):
                return
            start = clock.now()
            for row in rows:
                payer = Party(row["number"], row["name"], row["bank"], row.get("ibknum", ""))
                world.ledger.schedule_credit(
                    due_at=(start + timedelta(seconds=row["after_s"])).timestamp(),
                    account=world.books.accounts[row["account"]].number,
                    amount=fen(row["amount"]),
                    payer=payer,
                    purpose=row["purpose"],
                )
    except (OSError, ValueError, KeyError, TypeError, ControlError) as error:
        raise SystemExit(f"--credits {file}: {error!r}") from error


@contextlib.contextmanager
def sole_owner(data: Path) -> Iterator[None]:
    """Keep a second simulator off these books. Raises SystemExit; a killed owner leaves no trace of itself."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"another simulator keeps its books in {data}") from None
        yield


def _ports(wanted: Sequence[str], opened: Opened) -> dict[str, int]:
    """Ports by bank, as --port-of says. Raises SystemExit."""
    found = {}
    for text in wanted:
        slug, _, number = text.partition(":")
        if slug not in opened.servers or not number.isdecimal():
            raise SystemExit(f"--port-of wants BANK:N of a bank that runs, not {text!r}")
        found[slug] = int(number)
    return found


async def serve(options: argparse.Namespace, *, data: Path) -> None:
    """Listen until SIGTERM or SIGINT; every address is printed, and written to --ports-file once all are open."""
    opened = build(options, data=data)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    ports = await opened.listen(
        host=options.host, port=options.port, of=_ports(options.port_of, opened)
    )
    for slug, address in opened.control.addresses.items():
        print(f"{f'{slug} ' if options.all else ''}listening on {address}", flush=True)
    if options.print_port:
        print(*ports.values(), flush=True)
    if options.ports_file:
        scratch = options.ports_file.with_suffix(".tmp")
        scratch.write_text(json.dumps(ports), "ascii")
        scratch.replace(options.ports_file)
    await stop.wait()
    for server in opened.servers.values():
        await server.stop()
    opened.books.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; the exit status."""
    options = parser().parse_args(argv)
    if options.list_faults:
        print("\n".join(PROFILES))
        return 0
    if options.list_codes:
        print("\n".join(f"{code} {text}" for code, text in bank_class(options.bank).codes.items()))
        return 0
    if options.clock_file:
        os.environ["CLOCK_FILE"] = str(options.clock_file)
    with contextlib.ExitStack() as stack:
        data = options.data or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="bank-simulator-"))
        )
        stack.enter_context(sole_owner(data))
        asyncio.run(serve(options, data=data))
    return 0


if __name__ == "__main__":
    sys.exit(main())
