"""The demo group with its bank on a socket: money comes in, a schedule fires, U8 stands beside it. Real services only."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.core.management import call_command
from django.db import connections

from bankbridge.services import collecting as fetching
from bankbridge.services import pull
from erpbridge.services import running, telling
from erpbridge.simulator.u8_tool import Tool
from kernel import clock
from masterdata import selectors as masterdata
from masterdata.models import Connection, OutboundGate, User
from receipts.services import arriving, booking, collecting, confirming
from tests.browser.world import a_session
from yqlink.supervisor import ROOT

BEFORE = datetime(2026, 11, 24, 9, 20, tzinfo=clock.SHANGHAI)
AFTER = datetime(2026, 11, 24, 9, 31, tzinfo=clock.SHANGHAI)
PEOPLE = ("clerk1", "clerk2", "accountant1", "accountant2", "treasurer1", "viewer1")


@dataclass
class World:
    """The demo's folder, the bank's process, and who is signed in."""

    folder: Path
    bank: subprocess.Popen[str]
    cookies: dict[str, str] = field(default_factory=dict)

    def tick(self) -> None:
        """What the timetable does, once, on a connection of its own: what a test's would write, the site does not see."""
        with ThreadPoolExecutor(max_workers=1) as other:
            other.submit(self._tick).result()

    def _tick(self) -> None:
        collecting.plan_runs()
        fetching.collect()
        arriving.take_arrivals()
        arriving.settle_returns()
        booking.book_by_strategy()
        telling.tell()
        running.run("file")
        confirming.follow()
        connections.close_all()

    def u8(self) -> int:
        """The import tool goes over what lies in its folder; files imported."""
        return Tool(self.folder / "u8").run()


def lay_down(folder: Path, clock_file: Path) -> World:
    """Seed at 09:20, open the bank, and be at 09:31: the schedule of 09:30 is due and customers have paid in."""
    clock.set_offset(clock_file, BEFORE)
    call_command("seed_demo", verbosity=0)
    masterdata.forget_calendar()
    OutboundGate.objects.update_or_create(pk=1, defaults={"is_open": True, "epoch": 1})
    bank = a_bank(folder, clock_file)
    address = ""
    while "listening on" not in address:
        assert bank.stdout is not None
        address = bank.stdout.readline()
        assert address, "the simulator did not start"
    Connection.objects.update(endpoints={"main": address.split()[-1]})
    clock.set_offset(clock_file, AFTER)
    people = {user.username: user for user in User.objects.filter(username__in=PEOPLE)}
    pull.balances()
    return World(folder, bank, {name: a_session(user) for name, user in people.items()})


def a_bank(folder: Path, clock_file: Path) -> subprocess.Popen[str]:
    """`python -m bankadapters.simulator` with the demo's accounts and the payments its customers will make."""
    command = [
        sys.executable,
        "-m",
        "bankadapters.simulator",
        "--bank",
        "boc",
        "--port",
        "0",
        "--no-delays",
    ]
    command += ["--clock-file", str(clock_file), "--accounts", str(folder / "boc_accounts.json")]
    command += ["--credits", str(folder / "boc_credits.json"), "--data", str(folder / "books")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)  # fmt: skip
