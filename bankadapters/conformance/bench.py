"""What the scenarios run at: a simulator of our own making in a process of its own, or a bank's test front-end."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from bankadapters.contract import AccountRef, Connection
from kernel import clock
from kernel.secrets import Secret

START = datetime(2026, 3, 10, 9, 30, tzinfo=clock.SHANGHAI)  # a Tuesday, all windows open
BANK_STEP_S = 15.0
NUMBERS_EACH = 10_000  # one world's books know a payment by our number, whatever the bank


@dataclass(frozen=True)
class Own:
    """An account of ours at the bank."""

    number: str
    name: str
    branch: str = ""

    @property
    def ref(self) -> AccountRef:
        """It, as adapters want it named."""
        return AccountRef(self.number, branch=self.branch)


@dataclass
class Bench:
    """Where one bank answers. `own`: two accounts of ours, the first one pays."""

    slug: str
    connection: Connection
    own: Sequence[Own]
    steered: bool = False
    sequence: int = 1

    def wait(self, **step: float) -> None:
        """Let the bank work: at a bank's own front-end there is nothing but real time."""
        time.sleep(min(timedelta(**step).total_seconds(), BANK_STEP_S))

    @property
    def travels_in_files(self) -> bool:
        """Whether the bank exchanges files instead of answering on a wire."""
        return self.connection.endpoints.get("main", "").startswith("file:")

    def nudge(self) -> None:
        """Before something is asked; a bank's own front-end needs none."""

    def next_sequence(self) -> int:
        """A number never used at this bank before."""
        self.sequence += 1
        return self.sequence


@dataclass
class SimulatedBench(Bench):
    """A simulator: its clock and its books are ours to move."""

    control: str = ""
    clock_file: Path = field(default_factory=Path)

    def wait(self, **step: float) -> None:
        """Move the clock both sides go by."""
        clock.set_offset(self.clock_file, clock.now() + timedelta(**step))

    def nudge(self) -> None:
        """Let a bank that exchanges files make its round: what the clock made due lies there then."""
        if self.travels_in_files:
            self.tell("health")

    def tell(self, name: str, body: object | None = None) -> Any:
        """Read from (or, with a body, write to) the simulator's control interface."""
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.control + name, data=data), timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())

    def debits(self) -> dict[str, list[str]]:
        """Amounts the bank's own ledger debited, by our number."""
        found: dict[str, list[str]] = {}
        for row in self.tell("ledger")["debits"]:
            found.setdefault(row["insid"], []).append(row["amount"])
        return found


def bank_bench(slug: str, described: Mapping[str, Any], url: str = "") -> Bench:
    """A bank's test front-end: {"endpoints", "parameters", "secrets", "accounts": [{number, name, branch}, …]}.

    Numbers go by the second, so that a second run meets none of the first. Raises ValueError.
    """
    endpoints = dict(described.get("endpoints") or {})
    if url:
        endpoints["main"] = url
    own = [
        Own(str(a["number"]), str(a["name"]), str(a.get("branch") or ""))
        for a in described.get("accounts") or ()
    ]
    if not endpoints or len(own) < 2:
        raise ValueError(
            "an address and two accounts of ours are wanted: --url and --connection FILE"
        )
    made = Connection(
        slug,
        endpoints,
        dict(described.get("parameters") or {}),
        {name: Secret(str(value)) for name, value in (described.get("secrets") or {}).items()},
    )
    return Bench(slug, made, own, sequence=int(time.time()))


@contextlib.contextmanager
def simulated(slugs: Sequence[str], *, faults: str = "none") -> Iterator[dict[str, SimulatedBench]]:
    """The simulators of these banks in one world, each time with fresh books; the clock of this process is theirs."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        home, before = Path(folder), os.environ.get("CLOCK_FILE")
        os.environ["CLOCK_FILE"] = str(home / "clock")
        clock.set_offset(home / "clock", START)
        which = ["--all", "--with-files"] if len(slugs) > 1 else ["--bank", slugs[0]]
        program = subprocess.Popen(
            [sys.executable, "-m", "bankadapters.simulator", *which, "--faults", faults, "--slow-s", "0.2",
             "--seed", "7", "--data", str(home / "books"), "--clock-file", str(home / "clock"),
             "--ports-file", str(home / "ports")],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            # Nothing is ever silent on a good day: a slow machine is waited for.
            yield _benches(slugs, home, program, wait_s=60 if faults == "none" else 8)
        finally:
            program.terminate()
            program.wait(20)
            os.environ.pop("CLOCK_FILE")
            if before is not None:
                os.environ["CLOCK_FILE"] = before


def _benches(
    slugs: Sequence[str], home: Path, program: subprocess.Popen[bytes], *, wait_s: float
) -> dict[str, SimulatedBench]:
    deadline = time.monotonic() + 60
    while not (home / "ports").exists():
        if program.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the simulators did not come up")
        time.sleep(0.05)
    ports = json.loads((home / "ports").read_text("ascii"))
    found = {}
    for place, slug in enumerate(slugs):
        control = f"http://127.0.0.1:{ports[slug]}/_sim/"
        told = _patiently(control + "connections")[slug]
        made = Connection(
            slug, told["endpoints"], told["parameters"],
            {name: Secret(value) for name, value in told["secrets"].items()},
            connect_timeout_s=wait_s / 2, read_timeout_s=wait_s,
        )  # fmt: skip
        own = [Own(a["number"], a["name"], a["branch"]) for a in told["accounts"]]
        found[slug] = SimulatedBench(
            slug,
            made,
            own,
            True,
            sequence=1 + NUMBERS_EACH * place,
            control=control,
            clock_file=home / "clock",
        )
    return found


def _patiently(url: str) -> Any:
    for _ in range(40):
        with contextlib.suppress(URLError, ConnectionError), urlopen(url, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read())
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")
