"""Companion files: what a bank front-end reads from or leaves in a folder while the message carries only the name.

The folder is whatever is mounted there (local, SMB, SFTP). A file is taken only once it is whole, and put in place by
renaming, so that neither side sees half of one.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from bankadapters.errors import NotSent, Unreadable

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,127}")
FILE_BYTES_MAX = 64 * 1024 * 1024


class Folder:
    """A folder shared with the front-end."""

    def __init__(self, path: Path, *, wait_s: float = 60.0) -> None:
        self.path, self.wait_s = path, wait_s

    def put(self, name: str, data: bytes) -> None:
        """Write the file under its name, whole or not at all. Raises NotSent: the message about it has not left yet."""
        target = self._at(name, NotSent)
        scratch = target.with_name(f".{target.name}.tmp")
        try:
            with scratch.open("wb") as file:
                file.write(data)
                file.flush()
            scratch.replace(target)
        except OSError as error:
            raise NotSent(f"companion file {name} could not be written: {error}") from error

    def take(self, name: str, *, lines: int | None = None) -> bytes:
        """The file, once it is there and has at least `lines` whole lines. Raises Unreadable when time runs out."""
        source = self._at(name, Unreadable)
        until = time.monotonic() + self.wait_s
        while True:
            data = self._read(source, name)
            if data is not None and (lines is None or _whole_lines(data) >= lines):
                return data
            if time.monotonic() >= until:
                state = "is not there" if data is None else "is not whole"
                raise Unreadable(f"companion file {name} {state}")
            time.sleep(0.2)

    @staticmethod
    def _read(source: Path, name: str) -> bytes | None:
        try:
            if source.stat().st_size > FILE_BYTES_MAX:
                raise Unreadable(f"companion file {name} is longer than {FILE_BYTES_MAX} bytes")
            return source.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreadable(f"companion file {name} could not be read: {error}") from error

    def _at(self, name: str, error: type[NotSent] | type[Unreadable]) -> Path:
        if not _NAME.fullmatch(name) or ".." in name:
            raise error(f"{name[:60]!r} is not a plain file name")
        return self.path / name


def _whole_lines(data: bytes) -> int:
    return sum(1 for line in data.splitlines() if line.strip())
