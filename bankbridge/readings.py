"""What was made of an answer, as plain values that two builds can be compared by; and what was asked, to read it again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from bankadapters.contract import Outcome, Reading, WireRequest

UNREADABLE = {"verdict": "unreadable"}
_REQUEST: TypeAdapter[WireRequest] = TypeAdapter(WireRequest)
Said = dict[str, Any]


def written(asked: WireRequest) -> bytes:
    """A request as bytes."""
    return _REQUEST.dump_json(asked)


def request_of(data: bytes) -> WireRequest:
    """The request of these bytes."""
    return _REQUEST.validate_json(data)


def said(reading: Reading | None) -> Said:
    """Everything of a reading that decides something: verdict, each payment's fate, digests of balances, entries, lists.

    The bank's words are for people and decide nothing; they are left out.
    """
    if reading is None:
        return dict(UNREADABLE)
    rest = {
        "balances": reading.balances,
        "entries": reading.page.lines,
        "accounts": reading.accounts,
        "receipts": reading.receipts,
    }
    told: Said = {"verdict": str(reading.verdict), "code": reading.code}
    if reading.outcomes:
        told["outcomes"] = [_outcome(one) for one in reading.outcomes]
    told |= {name: _digest(rows) for name, rows in rest.items() if rows}
    if reading.page.next:
        told["next"] = reading.page.next
    if reading.file:
        told["file"] = hashlib.sha256(reading.file).hexdigest()
    return told


def _outcome(one: Outcome) -> list[object]:
    money = None if one.money is None else f"{one.money.amount} {one.money.currency}"
    return [one.reference, str(one.fate), one.code, one.bank_serial, money, one.not_found]


def _digest(rows: Iterable[object]) -> str:
    """How many, and a digest of all they say."""
    told = [repr(row) for row in rows]
    return f"{len(told)} {hashlib.sha256(chr(10).join(told).encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class Difference:
    """One thing two builds read differently: a payment by its number, or a part of the answer by its name."""

    of: str
    then: str
    now: str
    is_payment: bool = False


def differences(then: Said, now: Said) -> list[Difference]:
    """What is read differently, payments first."""
    before, after = _by_reference(then), _by_reference(now)
    found = [
        Difference(reference, before.get(reference, "—"), after.get(reference, "—"), True)
        for reference in dict.fromkeys([*before, *after])
        if before.get(reference) != after.get(reference)
    ]
    parts = sorted((set(then) | set(now)) - {"outcomes"})
    found += [
        Difference(name, str(then.get(name, "—")), str(now.get(name, "—")))
        for name in parts
        if then.get(name) != now.get(name)
    ]
    return found


def _by_reference(told: Said) -> dict[str, str]:
    """Each payment's fate, code and the rest in one line; one told of twice has both."""
    found: dict[str, str] = {}
    for reference, *values in told.get("outcomes", ()):
        words = " ".join(str(value) for value in values if value not in (None, "", False))
        known = found.get(reference)
        found[reference] = words if known is None else f"{known} | {words}"
    return found
