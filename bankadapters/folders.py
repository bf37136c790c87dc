"""Banks that exchange files: a folder we put messages into and a folder the bank puts its own into, however they are mounted.

A message appears under its final name whole or not at all, once: what stands there already is never written over, and when
it is not certain whether the file appeared, that is an unknown outcome. What the bank left is read, never moved or removed;
each file is labelled once (whose account, which days, which payments it speaks of), so that a question opens only the files
that answer it. Several files travel to the adapter, to the evidence and to the bank tools as one bundle.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bankadapters.contract import Connection
from bankadapters.errors import NotSent, Unreadable
from bankadapters.transport import ANSWER_BYTES_MAX, Broken, Carrier, Transport
from kernel.durable import settle

Labels = Callable[[bytes], frozenset[str]]
FILE_BYTES_MAX = 16 * 1024 * 1024
ANSWER_WAIT_S = 20.0
LOOK_EVERY_S = 0.05  # at the earliest; looking takes at most a fifth of the time
FILES_MAX = 20_000  # of a folder, the newest ones
LABELS_KEPT = 50_000  # files whose labels one process remembers
LISTED = "listed:"  # a question that begins so wants the labels themselves, not the files
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,127}")
_UNFINISHED = (".tmp", ".part", ".filepart", ".writing", ".processing")
_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK)  # no hard link was made
_BUNDLE = b"YQFILES/1\n"
_HEAD = re.compile(rb"([^\n ]{1,200}) (\d{1,9})\n")


@dataclass(frozen=True)
class Left:
    """A file the bank left."""

    name: str
    data: bytes


def bundle(files: Iterable[Left]) -> bytes:
    """Files as one message: name and size of each, then its bytes."""
    parts = [_BUNDLE]
    for one in files:
        parts += [f"{one.name} {len(one.data)}\n".encode(), one.data, b"\n"]
    return b"".join(parts)


def opened(data: bytes) -> list[Left]:
    """The files of a bundle; bytes that are none are one file without a name. Raises Unreadable for half a bundle."""
    if not data.startswith(_BUNDLE):
        return [Left("", data)]
    found: list[Left] = []
    at = len(_BUNDLE)
    while at < len(data):
        head = _HEAD.match(data, at)
        if head is None:
            raise Unreadable(f"no file head at byte {at} of the bundle")
        end = head.end() + int(head[2])
        if data[end : end + 1] != b"\n":
            raise Unreadable(f"file {head[1].decode('utf-8', 'replace')} of the bundle is cut")
        found.append(Left(head[1].decode("utf-8", "replace"), data[head.end() : end]))
        at = end + 1
    return found


def path_of(connection: Connection, role: str) -> Path:
    """The folder of an endpoint such as file:///mnt/bank. Raises NotSent."""
    address = connection.endpoints.get(role, "")
    parts = urlsplit(address)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or len(parts.path) < 2:
        raise NotSent(f"endpoint {role!r} is not a folder such as file:///mnt/bank: {address!r}")
    return Path(unquote(parts.path))


@dataclass(frozen=True)
class FolderCarrier(Carrier):
    """Messages as files: `endpoint` is the folder we write to, `answers` the bank's; `labels` says what a file speaks of."""

    answers: str = "answers"
    labels: Labels = lambda data: frozenset()

    def open(self, connection: Connection) -> Transport:
        """The two folders of the connection. Raises NotSent where it names none."""
        return FolderTransport(
            path_of(connection, self.endpoint),
            path_of(connection, self.answers),
            labels=self.labels,
            wait_s=min(connection.read_timeout_s, _wait_s(connection)),
        )


def _wait_s(connection: Connection) -> float:
    told = connection.parameters.get("answer_wait_s", "")
    return float(told) if re.fullmatch(r"\d{1,4}(\.\d{1,3})?", told) else ANSWER_WAIT_S


class FolderTransport:
    """Puts one file and waits a while for what the bank says to it, or gathers what the bank left about something."""

    def __init__(self, outbox: Path, inbox: Path, *, labels: Labels, wait_s: float) -> None:
        self.outbox, self.inbox, self.labels, self.wait_s = outbox, inbox, labels, wait_s

    def exchange(self, request: bytes, *, target: str = "") -> bytes:
        """`put NAME LABEL`: the request becomes a file; `find LABEL…`: no file. The answer is a bundle of labelled files.

        Raises NotSent, OutcomeUnknown (also when nothing has come to a file that was put).
        """
        verb, *words = target.split(" ")
        if verb == "put" and len(words) == 2:
            name, label = words
            require_folder(self.inbox)
            put(self.outbox / _plain(name), request)
            return self._answer(name, label)
        if verb == "find" and words:
            return self._gathered(words)
        raise NotSent(f"no folder understands {target[:40]!r}")

    def close(self) -> None:
        """Holds nothing."""

    def _answer(self, name: str, label: str) -> bytes:
        until = time.monotonic() + self.wait_s
        while True:
            why, began = "the bank has not answered yet", time.monotonic()
            try:
                files = [one for one, labels in self._labelled() if label in labels]
            except NotSent as error:  # of the look for an answer: the message itself is out
                files, why = [], str(error)
            if files:
                return bundle(_read(files))
            if time.monotonic() >= until:
                raise Broken(f"{name} was handed over, {why}")
            took = time.monotonic() - began  # of a large folder on a slow share, a while
            time.sleep(
                min(max(LOOK_EVERY_S, 4 * took), max(until - time.monotonic(), LOOK_EVERY_S))
            )

    def _gathered(self, words: Sequence[str]) -> bytes:
        wanted = frozenset(words)
        prefixes = tuple(word.removeprefix(LISTED) for word in words if word.startswith(LISTED))
        chosen: list[Path] = []
        told: set[str] = set()
        for path, labels in self._labelled():
            if wanted & labels:
                chosen.append(path)
            if prefixes:
                told |= {one for one in labels if one.startswith(prefixes)}
        files = list(_read(chosen))
        if prefixes:
            files.append(Left(LISTED, "\n".join(sorted(told)).encode()))
        return bundle(files)

    def _labelled(self) -> Iterator[tuple[Path, frozenset[str]]]:
        require_folder(self.inbox)
        for path, size, changed in _listed(self.inbox):
            yield path, _LABELS.of(path, size, changed, self.labels)


def require_folder(path: Path) -> None:
    """Raise NotSent where there is no such folder: an unmounted share is one."""
    try:
        is_there = path.is_dir()
    except OSError as error:
        raise NotSent(f"folder {path} cannot be reached: {error}") from error
    if not is_there:
        raise NotSent(f"folder {path} is not there")


def put(target: Path, data: bytes) -> None:
    """Let the file appear whole, and only where there is none of its name.

    Raises NotSent where it provably did not appear, Broken where one is there already or where that is not certain.
    """
    require_folder(target.parent)
    scratch = target.with_name(f".{target.name}.tmp")
    try:
        scratch.unlink(missing_ok=True)  # a death may have left it, as one file with its target
        with scratch.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with contextlib.suppress(OSError):
            scratch.unlink()
        raise NotSent(f"{target.name} could not be written: {error}") from error
    try:
        _appear(scratch, target)
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink()


def _appear(scratch: Path, target: Path) -> None:
    try:
        os.link(scratch, target)  # refuses to replace, in one step
    except FileExistsError:
        raise Broken(f"{target.name} is there already: it is not handed over twice") from None
    except OSError as refusal:
        if refusal.errno not in _NO_LINKS:
            raise Broken(f"whether {target.name} appeared is not certain: {refusal}") from refusal
        if target.exists():
            raise Broken(f"{target.name} is there already: it is not handed over twice") from None
        try:
            scratch.rename(target)
        except OSError as error:
            raise Broken(f"whether {target.name} appeared is not certain: {error}") from error
    with contextlib.suppress(OSError):  # the file is there; only a power cut could still lose it
        settle(target.parent)


def _plain(name: str) -> str:
    if not _NAME.fullmatch(name) or ".." in name:
        raise NotSent(f"{name[:60]!r} is not a plain file name")
    return name


def _listed(folder: Path) -> list[tuple[Path, int, int]]:
    """The finished files of the folder with size and last change, oldest first, the newest FILES_MAX of them."""
    found: list[tuple[int, str, int]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
                    continue
                with contextlib.suppress(OSError):
                    told = entry.stat(follow_symlinks=False)
                    if entry.is_file(follow_symlinks=False) and told.st_size <= FILE_BYTES_MAX:
                        found.append((told.st_mtime_ns, entry.name, told.st_size))
    except OSError as error:
        raise NotSent(f"folder {folder} cannot be read: {error}") from error
    return [(folder / name, size, changed) for changed, name, size in sorted(found)[-FILES_MAX:]]


def _read(paths: Iterable[Path]) -> Iterator[Left]:
    total = 0
    for path in paths:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Broken(f"file {path.name} cannot be read: {error}") from error
        total += len(data)
        if total > ANSWER_BYTES_MAX:
            raise Broken(f"files of more than {ANSWER_BYTES_MAX} bytes answer one question")
        yield Left(path.name.replace(" ", "_"), data)


class _Remembered:
    """Labels of files that were looked into, by path, size and change; a file that changes is looked into again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[Labels, str, int, int], frozenset[str]] = {}

    def of(self, path: Path, size: int, changed: int, labels: Labels) -> frozenset[str]:
        """What the file speaks of; nothing where it cannot be read."""
        key = (labels, str(path), size, changed)  # two banks may share a folder
        with self._lock:
            if key in self._kept:
                return self._kept[key]
        try:
            found = labels(path.read_bytes())
        except OSError:
            return frozenset()
        with self._lock:
            if len(self._kept) >= LABELS_KEPT:
                self._kept.clear()
            self._kept[key] = found
        return found


_LABELS = _Remembered()
