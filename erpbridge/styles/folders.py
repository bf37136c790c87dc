"""Folders both sides write to: claims by rename, nothing followed that is a link, nothing read beyond its bound."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

NAMES = ("in", "work", "ack", "err", "archive", "out", "out_ack")


class NotAFile(OSError):
    """A link, a folder, a device, or a file beyond its bound stands where a file should be."""


def prepare(root: Path) -> None:
    """Make the folders of one system."""
    for name in NAMES:
        (root / name).mkdir(parents=True, exist_ok=True)


def read(path: Path, *, bytes_max: int) -> bytes:
    """The bytes of an ordinary file of at most `bytes_max`; links are not followed. Raises NotAFile, FileNotFoundError."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise NotAFile(f"{path.name}: {error.strerror}") from None
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise NotAFile(f"{path.name} 不是普通文件")
    with os.fdopen(handle, "rb") as file:
        if found.st_size > bytes_max:
            raise NotAFile(f"{path.name} 有 {found.st_size} 字节，上限 {bytes_max}")
        return file.read(bytes_max + 1)


def move(path: Path, folder: Path) -> bool:
    """Claim or put away a file by rename; False when somebody else was first."""
    try:
        path.rename(folder / path.name)
    except FileNotFoundError:
        return False
    return True


def listed(folder: Path, suffix: str) -> Iterator[Path]:
    """Files of the folder with this suffix, by name; what is still being written (a leading dot) is left out."""
    names = sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.name.endswith(suffix) and not entry.name.startswith(".")
    )
    for name in names:
        yield folder / name
