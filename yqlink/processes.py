"""Child processes that are found again after a crash: a pid file each, a session each, a log file each."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil


class StartFailed(Exception):
    """A child did not come up; the message carries the end of its log."""


class Child:
    """One child process in its own session, so that a terminal's Ctrl-C reaches the parent only."""

    def __init__(
        self, name: str, argv: Sequence[str], *, home: Path, env: Mapping[str, str]
    ) -> None:
        self.name, self.argv, self.env = name, list(argv), dict(env)
        self.log_path = home / "log" / f"{name}.log"
        self.pid_path = home / "pids" / f"{name}.json"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; raises StartFailed when it was never started."""
        if self._process is None:
            raise StartFailed(f"{self.name} was not started")
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; a leftover of the same name is ended first."""
        self.end_leftover()
        for path in (self.log_path, self.pid_path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self.argv,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        with contextlib.suppress(psutil.NoSuchProcess):
            created = psutil.Process(self._process.pid).create_time()
            self.pid_path.write_text(
                json.dumps({"pid": self._process.pid, "created": created}), "ascii"
            )

    def end_leftover(self) -> None:
        """End what an earlier, killed parent left running under this name; pids that were reused are left alone."""
        try:
            known = json.loads(self.pid_path.read_text("ascii"))
            process = psutil.Process(int(known["pid"]))
            if abs(process.create_time() - float(known["created"])) < 1:
                _signal_group(process.pid, signal.SIGKILL)
                process.wait(5)
        except (OSError, ValueError, KeyError, psutil.Error):
            pass  # nothing of ours is left
        self.pid_path.unlink(missing_ok=True)

    def ask_to_stop(self) -> None:
        """SIGTERM to the process alone; it ends its own children."""
        if self._process is not None and self.is_alive():
            self._process.terminate()

    def wait_stopped(self, timeout_s: float) -> None:
        """Wait for the end; past `timeout_s` the whole session is killed."""
        if self._process is None:
            return
        try:
            self._process.wait(max(timeout_s, 0.1))
        except subprocess.TimeoutExpired:
            _signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait(5)
        self.pid_path.unlink(missing_ok=True)

    def finish(self, timeout_s: float = 600) -> int:
        """Wait until the process ends by itself; its exit status."""
        return -1 if self._process is None else self._process.wait(timeout_s)

    def kill(self) -> None:
        """kill -9 of the process and everything it started, at once: what a crash looks like."""
        if self._process is not None and self.is_alive():
            _signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait(5)

    def log_tail(self, lines: int = 15) -> str:
        """The last lines of the log."""
        try:
            return "\n".join(self.log_path.read_text("utf-8", "replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


def is_port_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(preferred: int = 0) -> int:
    """`preferred` if it is free, else a port the system picks."""
    if preferred and is_port_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(child: Child, port: int, timeout_s: float) -> None:
    """Wait until `child` accepts connections on `port`; raises StartFailed with the end of its log."""
    limit = time.monotonic() + timeout_s
    while time.monotonic() < limit:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if not child.is_alive():
            break
        time.sleep(0.05)
    raise StartFailed(f"{child.name} did not start\n{child.log_tail()}")
