"""Files that stand whole or not at all, also after a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` so that a reader sees all of it or nothing: a hidden file, fsync, rename, fsync of the folder. Raises OSError."""
    scratch = path.with_name(f".{path.name}.tmp")
    with scratch.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
    settle(path.parent)


def settle(folder: Path) -> None:
    """Have the folder's names survive a power cut as the bytes of its files do. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
