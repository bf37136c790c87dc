"""Named fault profiles: what goes wrong, how often, drawn from the seed so that a run can be repeated.

A message fault hits a whole request (a cut connection, half an answer); an item fault hits one instruction wherever it
appears. Message faults never strike three times running and never stay away for long, so a run of a few messages meets
them and still ends; an item fault strikes one instruction a bounded number of times. What was injected is written to
the books' file, with the instructions it touched, so that each uncertain payment can be explained afterwards.
"""

from __future__ import annotations

import hashlib
import math
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kernel import clock

SCHEMA = """
CREATE TABLE IF NOT EXISTS faults(
  id INTEGER PRIMARY KEY, at REAL NOT NULL, fault TEXT NOT NULL, operation TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fault_items(fault INTEGER NOT NULL, insid TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS fault_items_by_insid ON fault_items(insid);
CREATE TABLE IF NOT EXISTS counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
KINDS = ("session", "pay", "inquire", "query")


@dataclass(frozen=True)
class Profile:
    """Chances per kind of message, chances per instruction, and switches without chance."""

    about: str
    messages: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    items: Mapping[str, float] = field(default_factory=dict)
    switches: frozenset[str] = frozenset()


def _rates(session: float, pay: float, inquire: float, query: float) -> dict[str, float]:
    return dict(zip(KINDS, (session, pay, inquire, query), strict=True))


_MESSAGE = {
    "drop_before_booking": (
        _rates(0.1, 0.5, 0.15, 0.1),
        "connection cut before anything is booked",
    ),
    "drop_after_booking": (_rates(0.1, 0.5, 0.15, 0.1), "booked, then cut without an answer"),
    "slow": (_rates(0.1, 0.45, 0.1, 0.1), "answers after 2-8 s, a few after --slow-s"),
    "truncated": (_rates(0.1, 0.45, 0.2, 0.15), "half an answer"),
    "garbage": (_rates(0.1, 0.45, 0.2, 0.15), "an answer that is not the protocol's"),
    "wrong_encoding": (_rates(0.1, 0.5, 0.2, 0.15), "declares one encoding, sends another"),
    "token_expiry": (_rates(0.0, 0.45, 0.2, 0.15), "session refused before any item is processed"),
    "http_500": (_rates(0.1, 0.45, 0.15, 0.15), "HTTP 500, with or without booking"),
}
_ITEM = {
    "unknown_codes": (0.12, "item codes no document lists; settled normally later"),
    "not_found_first": (0.15, "the status query does not know a booked payment at first"),
    "duplicate_answers": (0.12, "an item answered twice"),
    "missing_items": (0.12, "an item absent from the answer"),
    "wrong_echo": (0.12, "an instruction id altered in the answer"),
    "regress": (0.2, "processing reported after success, also in the same answer"),
    "late_returns": (0.2, "payees whose bank sends the money back hours later"),
}
PROFILES: dict[str, Profile] = {"none": Profile("a bank on a good day")}
PROFILES |= {
    name: Profile(about, messages={name: rates}) for name, (rates, about) in _MESSAGE.items()
}
PROFILES |= {name: Profile(about, items={name: rate}) for name, (rate, about) in _ITEM.items()}
PROFILES["mixed"] = Profile(
    "a bit of all",
    messages={name: {k: r / 6 for k, r in rates.items()} for name, (rates, _) in _MESSAGE.items()},
    items={name: rate / 4 for name, (rate, _) in _ITEM.items()},
)
PROFILES["quirks"] = Profile(
    "every oddity seen in real answers: all readable, none a fault", switches=frozenset({"quirks"})
)
PROFILES["fees"] = Profile(
    "interbank payments cost 5.00, a row of its own", switches=frozenset({"fees"})
)


class Seeded:
    """Numbers that depend on the seed and a key only, whatever order they are asked in."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def unit(self, *key: object) -> float:
        """A number in [0, 1)."""
        text = "\x1f".join(map(str, (self.seed, *key)))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big") / 2**56

    def between(self, low: float, high: float, *key: object) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self.unit(*key)

    def pick(self, options: tuple[str, ...], *key: object) -> str:
        """One of the options."""
        return options[int(self.unit(*key) * len(options))]


class Faults:
    """Draws faults of one profile and writes down what was injected; call inside the books' transaction."""

    def __init__(
        self,
        *,
        db: sqlite3.Connection,
        profile: str,
        seeded: Seeded,
        slow_s: float,
        scope: str = "",
    ) -> None:
        db.executescript(SCHEMA)
        self.db = db
        self.scope = scope  # whose messages are counted: a bank's among several
        self.name = profile
        self.profile = PROFILES[profile]
        self.seeded = seeded
        self.slow_s = slow_s

    def switch(self, name: str) -> bool:
        """Whether the profile turns `name` on."""
        return name in self.profile.switches

    def count(self, name: str) -> int:
        """How often this was asked before, over the life of the books; 0 at first."""
        row = self.db.execute(
            "INSERT INTO counters VALUES(?,1) ON CONFLICT(name) DO UPDATE SET value=value+1 RETURNING value",
            (name,),
        ).fetchone()
        return int(row[0]) - 1

    def _value(self, name: str) -> int:
        row = self.db.execute("SELECT value FROM counters WHERE name=?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def _store(self, name: str, value: int) -> None:
        self.db.execute("INSERT OR REPLACE INTO counters VALUES(?,?)", (name, value))

    def message(self, kind: str) -> str:
        """The fault that hits this message of that kind, or ''."""
        rates = {n: r[kind] for n, r in self.profile.messages.items() if r[kind] > 0}
        if not rates:
            return ""
        kind = f"{kind}{self.scope}"
        number, total = self.count(f"message:{kind}"), sum(rates.values())
        run, dry = self._value(f"run:{kind}"), self._value(f"dry:{kind}")
        draw = self.seeded.unit("message", self.name, kind, number)
        if dry + 1 >= math.ceil(1.5 / total):
            draw *= total
        hit = draw < total and run < 2
        self._store(f"run:{kind}", run + 1 if hit else 0)
        self._store(f"dry:{kind}", 0 if hit else dry + 1)
        if not hit:
            return ""
        for name, rate in rates.items():
            draw -= rate
            if draw < 0:
                return name
        return next(reversed(rates))

    def item(self, name: str, insid: str) -> bool:
        """Whether the item fault `name` is this instruction's lot."""
        rate = self.profile.items.get(name, 0.0)
        return rate > 0 and self.seeded.unit("item", name, insid) < rate

    def strikes(self, name: str, insid: str, *, place: str, times: int) -> bool:
        """Whether it is this instruction's lot and has struck in this place fewer than `times` times so far."""
        return self.item(name, insid) and self.count(f"{name}:{place}:{insid}") < times

    def record(
        self, fault: str, *, operation: str, insids: Iterable[str] = (), detail: str = ""
    ) -> None:
        """Write down an injected fault and whom it touched."""
        cursor = self.db.execute(
            "INSERT INTO faults(at, fault, operation, detail) VALUES(?,?,?,?)",
            (clock.now().timestamp(), fault, operation, detail),
        )
        rows = [(cursor.lastrowid, insid) for insid in insids]
        self.db.executemany("INSERT INTO fault_items VALUES(?,?)", rows)

    def per_insid(self) -> dict[str, list[str]]:
        """For each touched instruction id, the faults injected, in order, each once."""
        found: dict[str, list[str]] = {}
        rows = self.db.execute(
            "SELECT i.insid, f.fault FROM fault_items i JOIN faults f ON f.id=i.fault ORDER BY f.id"
        )
        for insid, fault in rows:
            names = found.setdefault(insid, [])
            if fault not in names:
                names.append(fault)
        return found
