"""What all benchmarks share: a durable embedded PostgreSQL, databases of their own, stopwatches, and honest lines.

Every benchmark runs in a process of its own, so that its peak memory is its own. It prints Lines as JSON; the parent
prints the table. Absolute figures depend on the disk and drift; ratios of one run do not.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import psycopg2

from kernel import clock

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Line:
    """One figure: what was measured, beside what, their ratio, and how far the goal is (None: no goal is set on it)."""

    what: str
    value: float
    unit: str
    beside: str = ""
    beside_value: float | None = None
    ratio: float | None = None
    goal: float | None = None
    at_most: bool = False  # the ratio (or, without one, the value) should not exceed the goal

    @property
    def measured(self) -> float:
        """What the goal is about."""
        return self.value if self.ratio is None else self.ratio

    @property
    def verdict(self) -> str:
        """Reached, or the distance in words."""
        if self.goal is None:
            return ""
        is_reached = self.measured <= self.goal if self.at_most else self.measured >= self.goal
        sign = "≤" if self.at_most else "≥"
        if is_reached:
            return f"goal {sign} {self.goal:g}: reached"
        factor = self.measured / self.goal if self.at_most else self.goal / max(self.measured, 1e-9)
        return f"goal {sign} {self.goal:g}: missed by a factor of {factor:.2f}"


def peak_mb() -> float:
    """The highest resident memory of this process so far, in MB. (`ru_maxrss` counts what its parent held when it forked.)"""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory(what: str, *, goal: float | None = None) -> Line:
    """A line about this process's peak memory."""
    return Line(f"peak memory, {what}", peak_mb(), "MB", goal=goal, at_most=True)


def timed(run: Callable[[], object]) -> float:
    """Seconds one call takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def median_s(run: Callable[[], object], *, times: int) -> float:
    """The median of several calls, in seconds."""
    import statistics  # not a part of the memory a child is measured by

    return statistics.median(timed(run) for _ in range(times))


@dataclass
class Watch:
    """Wall time of a stretch of work, and the CPU time of this process and (with a `url`) of the server meanwhile."""

    wall_s: float = 0.0
    cpu_s: float = 0.0

    def lines(self, name: str) -> list[Line]:
        """Both as lines: `name`, and its CPU time."""
        return [Line(name, self.wall_s, "s"), Line(f"{name} cpu", self.cpu_s, "s")]


@contextlib.contextmanager
def watched(url: str = "") -> Iterator[Watch]:
    """Time a stretch of work. CPU time says what it costs where wall time says how busy the machine was."""
    watch = Watch()
    own, server_s, began = time.process_time(), server_cpu_s(url), time.perf_counter()
    yield watch
    watch.wall_s = time.perf_counter() - began
    watch.cpu_s = time.process_time() - own + server_cpu_s(url) - server_s


def server_cpu_s(url: str) -> float:
    """Seconds of CPU the server of `url` and its processes have used, ended ones too; it runs on this machine."""
    if not url:
        return 0.0
    folder = Path(str(scalar(url, "SHOW data_directory")))
    head = int((folder / "postmaster.pid").read_text().splitlines()[0])
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # ended meanwhile: its parent has counted it
            told = stat.read_text().rpartition(")")[2].split()
            if int(stat.parent.name) == head:
                ticks += sum(map(int, told[11:15]))
            elif int(told[1]) == head:
                ticks += sum(map(int, told[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def beside(what: str, ours: float, other: Line, *, goal: float) -> Line:
    """A line saying how many times faster ours is than the other."""
    return Line(
        what, ours, other.unit, other.what, other.value, other.value / max(ours, 1e-9), goal
    )


def execute(url: str, *statements: str) -> None:
    """Run statements outside a transaction."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def scalar(url: str, query: str) -> object:
    """The first column of the first row."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]
    finally:
        connection.close()


@contextlib.contextmanager
def server() -> Iterator[str]:
    """An embedded PostgreSQL with fsync on, deleted afterwards; its address."""
    from yqlink.servers import Postgres

    home = Path(tempfile.mkdtemp(prefix="yqlink-bench-"))
    postgres = Postgres(home, durable=True)
    postgres.start()
    try:
        yield postgres.url()
    finally:
        postgres.delete()
        shutil.rmtree(home, ignore_errors=True)


def furnish(
    url: str, *, orders: int, clock_file: Path, accounts: Path | None = None, items_max: int = 100
) -> float:
    """Migrate the database and lay down the demo group with so many released orders; seconds taken."""
    from tests.simulation import house

    clock.set_offset(clock_file, house.START)
    command = [sys.executable, "-m", "tests.simulation.house", "--orders", str(orders)]
    command += ["--items-max", str(items_max)] + (["--accounts", str(accounts)] if accounts else [])
    began = time.perf_counter()
    subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=environment(url, clock_file)
    )
    return time.perf_counter() - began


def environment(url: str, clock_file: Path | None = None) -> dict[str, str]:
    """What a child of the benchmarks gets: the settings and keys of tests, its database, its clock."""
    import yqlink.settings.test  # noqa: F401 - makes the keys every process of this run shares

    told = {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "yqlink.settings.test",
        "LOG_LEVEL": "ERROR",
        "MALLOC_ARENA_MAX": "1",  # as in the image
    }
    if clock_file is not None:
        told["CLOCK_FILE"] = str(clock_file)
    found = os.environ | told
    if found.pop("PYTHONDONTWRITEBYTECODE", ""):  # an installation compiles its modules once
        found["PYTHONPYCACHEPREFIX"] = _bytecode()
    return found


@lru_cache(maxsize=1)
def _bytecode() -> str:
    folder = tempfile.mkdtemp(prefix="yqlink-bytecode-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def database(url: str, name: str, *, template: str = "") -> str:
    """A fresh database on the server of `url`; its address."""
    execute(url, f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
    return url.replace("/yqlink?", f"/{name}?")


def child(module: str, url: str, *arguments: str, clock_file: Path | None = None) -> list[Line]:
    """Run a benchmark in a process of its own; its lines. Raises CalledProcessError."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(url, clock_file),
    )
    return [Line(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def tell(lines: Sequence[Line]) -> None:
    """A child's last act: its lines as one line of JSON."""
    print(json.dumps([asdict(line) for line in lines]))


# Tools of developers which libraries of ours load where they find them (structlog: 6 MB); no installation has them.
_DEVELOPERS_ONLY = ("rich", "colorama", "greenlet")


def setup_django() -> None:
    """Make models importable, in as much memory as an installation takes for it."""
    import django

    for name in _DEVELOPERS_ONLY:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # documented: the import then fails

    django.setup()


def size_arguments() -> argparse.ArgumentParser:
    """The argument every child takes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, required=True)
    return parser


def show(title: str, lines: Sequence[Line]) -> None:
    """Print one benchmark's lines as a table."""
    print(f"\n{title}")
    for line in lines:
        figure = f"{line.value:>12,.2f} {line.unit}"
        beside = (
            f"{line.beside} {line.beside_value:,.2f}"
            if line.beside_value is not None
            else line.beside
        )
        ratio = f"{line.ratio:.2f}x" if line.ratio is not None else ""
        print(f"  {line.what:<58} {figure:<22} {ratio:>9}  {beside:<52} {line.verdict}", flush=True)
