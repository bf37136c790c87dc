"""The finance system at work: sends its documents, takes results, posts vouchers and says so, a tick at a time."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from erpbridge.simulator.books import Books, canonical
from erpbridge.simulator.sides.base import Side

# Refusals that say nothing of the delivery: it is sent again under its own number.
_TRY_AGAIN = frozenset({"clock_skew", "time"})


@dataclass(frozen=True)
class Habits:
    """How the finance system behaves: seconds before each answer, shares (0 to 1) of what it ignores at first or does twice."""

    seed: int = 1
    batch: int = 100
    slow_s: float = 0.0
    silent: float = 0.0
    twice: float = 0.0

    def draws(self, what: str, share: float) -> bool:
        """Whether this happens to that: the same every time for the same seed."""
        digest = hashlib.sha256(f"{self.seed}:{what}".encode()).digest()
        return int.from_bytes(digest[:4], "big") < share * 2**32


class Erp:
    """One finance system over one style. `pause` is called before an answer, where the habits say it is slow."""

    def __init__(
        self,
        side: Side,
        books: Books,
        habits: Habits | None = None,
        *,
        pause: Callable[[float], None] = time.sleep,
        moment: Callable[[], datetime] | None = None,
    ) -> None:
        self.side, self.books, self.habits, self._pause = side, books, habits or Habits(), pause
        self._moment = moment  # where given, a list of what is held is told once a day
        self._ignored: set[str] = set()

    def tick(self) -> int:
        """Everything that can be done now; how many steps were done. What fails on the line raises, and is done again."""
        done = self.books.gather(batch=self.habits.batch)
        done += self._send()
        done += self._take()
        done += self.side.import_vouchers(self.books)
        done += self.books.acknowledge_vouchers(batch=self.habits.batch)
        if self._moment is not None and not done:
            now = self._moment()
            stamp = now.isoformat(timespec="seconds")
            done += self.books.draw_list(day=f"{now:%Y%m%d}", moment=stamp, batch=5_000)
        return done

    def _send(self) -> int:
        """Send what was never sent, or may have got lost; read answers."""
        done = 0
        for key, kind, items, tries in self.books.unanswered():
            if tries == 0 and kind == "voucher_ack":
                self._pause(self.habits.slow_s)
            if not self.side.holds(key, kind):
                self.side.send(items, key=key, kind=kind)
                done += 1
            self.books.run("UPDATE delivery SET tries = tries + 1 WHERE key = ?", key)
            answer = self.side.answer(key)
            if answer is None or answer.get("refused") in _TRY_AGAIN:
                continue
            if self.habits.draws(key, self.habits.twice):
                self.side.send(
                    items, key=key, kind=kind
                )  # as a nervous system would: the same again
            self.books.answered(key, items, answer)
            done += 1
        return done

    def _take(self) -> int:
        """Store what waits, each message once, and say so."""
        stored = 0
        for rows in _chunks(self.side.fetch_all()):
            fresh = [one for one in rows if self._hears(one[0])]
            stored += sum(
                self.books.store(name, kind, [dict(item) for item in items])
                for name, kind, items in fresh
            )
            names = [one[0] for one in fresh if one[0]]
            if names and self.side.wants_receipts:
                self._pause(self.habits.slow_s)
                self.side.acknowledge(names)
                if self.habits.draws(names[0], self.habits.twice):
                    self.side.acknowledge(names)
        return stored

    def _hears(self, message_id: str) -> bool:
        """Whether it listens to this message; one it ignored comes again and is heard then."""
        if message_id in self._ignored or not self.habits.draws(message_id, self.habits.silent):
            return True
        self._ignored.add(message_id)
        return False

    def write_results(self, path: Path) -> None:
        """The result set as a file, whole or as it was before."""
        results = self.books.results()
        told = {
            "results": results,
            "sha256": hashlib.sha256(canonical(results)).hexdigest(),
            "unanswered": len(self.books.unanswered()),
        }
        scratch = path.with_suffix(".part")
        scratch.write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
        scratch.replace(path)


Told = tuple[str, str, list[Mapping[str, Any]]]


def kind_of(row: Mapping[str, Any]) -> str:
    """What a row of a message is about, by what it carries."""
    if row.get("posting_key"):
        return "voucher"
    if row.get("notice_no"):
        return "arrival_notice"
    return "payment_result" if row.get("order_no") else "statement"


def _chunks(rows: Iterable[Mapping[str, Any]], size: int = 200) -> Iterable[list[Told]]:
    """Rows gathered to messages, `size` messages at a time."""
    found: dict[str, Told] = {}
    for row in rows:
        name = str(row["message_id"])
        found.setdefault(name, (name, kind_of(row), []))[2].append(row)
    told = list(found.values())
    for start in range(0, len(told), size):
        yield told[start : start + size]
