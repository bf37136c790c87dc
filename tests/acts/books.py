"""Booking and matching: what is booked by itself and in which words, and how far the matching reaches."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kernel.errors import Conflict
from ledger.models import JournalEntry
from ledger.topics import Booking
from masterdata.roles import Role
from payments.services import booking
from reconciliation.services import matching
from reconciliation.services.matching import Part
from reconciliation.topics import ORDER, Matching
from tests.acts import Act, ruling
from tests.build import a_user
from tests.build_payments import World, a_world
from tests.ledger.build import a_template
from tests.payments.test_booking import _decide, _paid, _status
from tests.reconciliation.build import Told, both
from tests.reconciliation.matching import _lay_down, matched, read, run
from tests.reconciliation.test_rules import HENG, bank, book

Said = Mapping[str, Any]
Lines = list[dict[str, object]]
BOOKING, MATCHING = f"strategy.{Booking.key}", f"strategy.{Matching.key}"
REF, BIG = {"ref": "YQ000001"}, {"amount": "100000.00"}


def booked(said: Said, world: World) -> tuple[str, list[str]]:
    """What becomes of a payment that stands on the statement, and the settlement method in the book."""
    a_template()
    _decide(world.company, **said)
    row = _paid(world)
    booking.book_paid()
    return _status(row), list(JournalEntry.objects.values_list("settlement_method", flat=True))


def alone(said: Said, world: World) -> str:
    """Whether one person matches lines of 100.00 by hand."""
    from tests.payments.test_inforce import decide

    decide(world, Matching, **said)
    bank_ids, book_ids = both(world.account, [Told(ref="YQ000001")])
    accountant = a_user(Role.RECONCILER, company=world.company)
    part = Part((bank_ids[0],), (book_ids[0],))
    try:
        matching.confirm(account_id=world.account.pk, part=part, actor=accountant)
    except Conflict:
        return "second person"
    return "matched"


def _rungs(bank_lines: Lines, book_lines: Lines) -> Callable[[Said], list[str]]:
    def see(said: Said) -> list[str]:
        """The rules that match the lines."""
        found = matched(bank_lines, book_lines, ruling(Matching, said).strategy())
        return sorted(rung for rung, *_ in found)

    return see


def _asked(bank_lines: Lines, book_lines: Lines) -> Callable[[Said], list[str]]:
    def see(said: Said) -> list[str]:
        """The rules that propose a match."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _lay_down(folder, bank_lines, book_lines)
            run(folder, ruling(Matching, said).strategy(), with_proposals=True)
            return sorted(row["rule"] for row in read(folder / "proposals.csv"))

    return see


def _matches(field: str, one: tuple[Any, Any], other: tuple[Any, Any], *lines: Lines) -> Act:
    return Act(MATCHING, field, one, other, _rungs(*lines))


def _fee(field: str, enough: Any, less: Any, short: str) -> Act:
    see = _asked(bank(REF | BIG), book(REF | {"amount": short}))
    return Act(MATCHING, field, (enough, ["M8"]), (less, ["M1"]), see)


ACCOUNT_ONLY = {"acct": "6222000011"}
NAME_ONLY = {"name": HENG["name"]}
ACTS = [
    Act(BOOKING, "books_payments", (True, ("posted", ["网银"])), (False, ("off", [])), booked, world=a_world),
    Act(BOOKING, "settlement_method", ("301", ("posted", ["301"])), ("网银", ("posted", ["网银"])), booked,
        {"books_payments": True}, world=a_world),
    _matches("rungs", (list(ORDER), ["M1"]), ([one for one in ORDER if one != "M1"], []), bank(REF), book(REF)),
    _matches("reversal_days", (6, ["M0"]), (5, []), bank(REF, REF | {"direction": "credit", "day": "2026-10-18"}), []),
    _matches("account_workdays", (2, ["M2"]), (1, ["M4"]), bank(ACCOUNT_ONLY), book(ACCOUNT_ONLY | {"day": "2026-10-14"})),
    _matches("name_days", (4, ["M3"]), (3, ["M4"]), bank(NAME_ONLY), book(NAME_ONLY | {"day": "2026-10-16"})),
    _matches("amount_days", (6, ["M4"]), (5, []), bank(HENG), book(HENG | {"day": "2026-10-18"})),
    _matches("lookalike_days", (8, ["M4"]), (15, []), bank(HENG), book(HENG | {"day": "2026-10-17"}, HENG | {"day": "2026-10-26"})),
    _matches("mention_days", (45, ["M1"]), (25, []), bank({"narrative": "货款FP123456"}), book({"bill_no": "FP123456", "day": "2026-09-01"})),
    _fee("fee_max", "60.00", "50.00", "99940.00"),
    _fee("fee_permille", 1, 0, "99950.00"),
    Act(MATCHING, "manual_limit", ("99.99", "second person"), ("100.00", "matched"), alone, world=a_world),
]  # fmt: skip
