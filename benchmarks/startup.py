"""GOAL 5: the whole platform from an empty folder, and again from a full one; what each part takes, and what memory it keeps.

Beside it stands the bound: an empty PostgreSQL and broker started, one migration-less Django imported, nothing else.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks import rig

IDLE_S = 3.0
_KEYS = (
    "DATABASE_URL",
    "REDIS_URL",
    "CLOCK_FILE",
    "DJANGO_SETTINGS_MODULE",
    "SECRET_KEY",
    "SEAL_KEY",
    "DATA_KEYS",
)


def proportional_mb(pid: int) -> float:
    """Proportional set size: pages shared by processes are split between them."""
    with contextlib.suppress(OSError):
        found = re.search(
            r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text("ascii"), re.MULTILINE
        )
        if found:
            return int(found.group(1)) / 1024
    return 0.0


def family(pid: int) -> list[int]:
    """A process and everything it started."""
    try:
        root = psutil.Process(pid)
        return [pid, *(one.pid for one in root.children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def up(home: Path) -> tuple[float, dict[str, float], dict[str, float]]:
    """Start the platform, look at its memory when it idles, stop it: (seconds, seconds by step, MB by child)."""
    from yqlink.supervisor import Platform

    steps: dict[str, float] = {}

    def hear(line: str) -> None:
        name, *seconds = re.split(r"\s{2,}", line.strip())
        if seconds:  # a line without them says that the step has begun
            steps[name] = float(seconds[0].split()[0])

    platform = Platform(home, ports={"web": 0, "simulator": 0}, say=hear)
    began = time.perf_counter()
    platform.start()
    took = time.perf_counter() - began
    try:
        time.sleep(IDLE_S)
        used = {
            name: sum(map(proportional_mb, family(child.pid)))
            for name, child in platform.children.items()
        }
    finally:
        platform.stop()
    return took, steps, used


def bound(home: Path) -> float:
    """Seconds for empty servers and one bare import of Django: what no arrangement of ours can undercut."""
    from yqlink.servers import Postgres, Valkey

    began = time.perf_counter()
    postgres, valkey = Postgres(home), Valkey(home, os.environ)
    postgres.start()
    valkey.start()
    subprocess.run([sys.executable, "-c", "import django, celery, rest_framework"], check=True)
    took = time.perf_counter() - began
    valkey.stop()
    postgres.stop()
    return took


def main() -> int:
    """In a process of its own, without the servers of the other benchmarks."""
    for name in _KEYS:
        os.environ.pop(name, None)
    home = Path(tempfile.mkdtemp(prefix="yqlink-up-"))
    try:
        (home / "bound").mkdir()
        least = bound(home / "bound")
        least_warm = bound(home / "bound")
        cold, cold_steps, _ = up(home / "platform")
        warm, warm_steps, used = up(home / "platform")
    finally:
        shutil.rmtree(home, ignore_errors=True)
    ours = sum(megabytes for name, megabytes in used.items() if name != "simulator")
    found = [
        rig.Line("cold start, empty folder → first page, workers alive", cold, "s", "bound", least, cold / least),
        rig.Line("cold start", cold, "s", goal=3, at_most=True),
        *(rig.Line(f"  cold: {name}", seconds, "s") for name, seconds in cold_steps.items()),
        rig.Line("warm start", warm, "s", "bound", least_warm, warm / least_warm),
        rig.Line("warm start", warm, "s", goal=1.5, at_most=True),
        *(rig.Line(f"  warm: {name}", seconds, "s") for name, seconds in warm_steps.items()),
        *(rig.Line(f"  memory at rest: {name} (proportional)", mb, "MB") for name, mb in used.items()),
        rig.Line("memory at rest: web 2, worker 2 + parent + beat", ours, "MB", goal=250, at_most=True),
    ]  # fmt: skip
    rig.tell(found)
    return 0


def run(url: str) -> list[rig.Line]:
    """The whole benchmark; `url`'s server is not used."""
    return rig.child("benchmarks.startup", url)


if __name__ == "__main__":
    sys.exit(main())
