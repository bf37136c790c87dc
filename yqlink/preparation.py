"""Whether a home was prepared by this very code: then migrations, seed and static files are skipped, which is most of a start."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_NOT_CODE = {"var", "tests", "docs", "benchmarks", "node_modules", "__pycache__"}
_STAMP = "prepared"


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    """Every file of the code: names only, nothing is opened."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name in _NOT_CODE:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            else:
                yield entry


def _mark(home: Path, facts: str) -> str:
    told = [facts]
    for path in (home / "pg" / "PG_VERSION", home / "keys.env", home / "static", home / "demo"):
        try:
            told.append(f"{path.name} {path.stat().st_ino}")  # another one when it was made anew
        except FileNotFoundError:
            told.append(f"{path.name} absent")
    files = (
        f"{one.path} {one.stat().st_size} {one.stat().st_mtime_ns}" for one in _files(str(ROOT))
    )
    return hashlib.sha256("\n".join([*told, *sorted(files)]).encode()).hexdigest()


def is_done(home: Path, facts: str) -> bool:
    """Whether `note` was called for this home, with the same facts, code and database folder, and nothing changed since."""
    try:
        return (home / _STAMP).read_text("ascii") == _mark(home, facts)
    except FileNotFoundError:
        return False


def note(home: Path, facts: str) -> None:
    """Everything is prepared."""
    (home / _STAMP).write_text(_mark(home, facts), "ascii")


def forget(home: Path) -> None:
    """Something is about to be prepared: until it is done nothing is."""
    (home / _STAMP).unlink(missing_ok=True)
