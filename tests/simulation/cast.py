"""The cast of a simulated life: the bank as the program it is, and the workers, of whom the dead are replaced."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

if TYPE_CHECKING:
    from tests.simulation.world import Life, Stage

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2


class Bank:
    """The simulated bank as the program it is."""

    def __init__(self, home: Path, life: Life, *, accounts: Path, clock_file: Path) -> None:
        command = [sys.executable, "-m", "bankadapters.simulator", "--bank", "boc", "--port", "0"]
        command += ["--seed", str(life.seed), "--faults", life.faults, "--slow-s", str(life.slow_s)]
        command += [
            "--data",
            str(home / "books"),
            "--accounts",
            str(accounts),
            "--clock-file",
            str(clock_file),
        ]
        self.log = (home / "bank.log").open("w")
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=ROOT
        )
        line = self.process.stdout.readline() if self.process.stdout else ""
        if "listening on" not in line:
            raise RuntimeError(f"the bank did not open: {line}")
        self.url = urlsplit(line.split()[-1])
        self.http = httpx.Client(base_url=f"http://{self.url.netloc}", timeout=30, trust_env=False)

    def get(self, name: str) -> Any:
        """One page of its control interface."""
        return self.http.get(f"/_sim/{name}").json()

    def close(self) -> None:
        """Stop it."""
        self.http.close()
        self.process.terminate()
        self.process.wait(10)
        if self.process.stdout:
            self.process.stdout.close()
        self.log.close()


@dataclass
class Crew:
    """The workers of one life; a dead one is replaced."""

    stage: Stage
    arguments: tuple[str, str, str, str]
    members: list[Any] = field(default_factory=list)

    def hire(self) -> None:
        """Bring the crew to its full number."""
        from tests.simulation.worker import run

        self.members = [one for one in self.members if one.is_alive()]
        while len(self.members) < WORKERS:
            worker = self.stage.forks.Process(target=run, args=self.arguments)
            worker.start()
            self.members.append(worker)

    def pids(self) -> list[int]:
        """Process ids of the living."""
        return [one.pid for one in self.members if one.pid is not None and one.is_alive()]

    def dismiss(self) -> None:
        """Let them end their tick; whoever does not is killed."""
        Path(self.arguments[3]).touch()
        limit = time.monotonic() + 8
        for one in self.members:
            one.join(max(limit - time.monotonic(), 0.1))
            if one.is_alive():
                one.kill()
                one.join(5)
