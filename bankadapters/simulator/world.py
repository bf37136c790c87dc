"""A bank's place in the simulated world: what it does with money, in no protocol's words.

Every simulated bank works on a `World` of its own: the books and the ledger are shared by all, the faults it counts and
the customers it knows are its own. A dialect asks the world and words what it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bankadapters.simulator.books import Account, Books
from bankadapters.simulator.faults import Faults, Seeded
from bankadapters.simulator.homes import HOMES, Home, home_of, home_of_code
from bankadapters.simulator.instructions import Detail, Instruction, Order
from bankadapters.simulator.ledger import Ledger, Serial, long_serial
from bankadapters.simulator.statement import Row, Search, search
from kernel import clock

UNDOCUMENTED = ("X7Q2", "B777", "Z019", "E-42")
NOT_FOUND_TIMES, NOT_FOUND_S = 2, 240.0


@dataclass(frozen=True)
class Options:
    """Who may talk to the bank and how strict it is. `operators` maps (customer, operator) to a password; '' is any."""

    operators: Mapping[tuple[str, str], str]
    termid: str = ""
    parallel_sessions: bool = False


@dataclass(frozen=True)
class Told:
    """How one payment stands in one answer, after the item faults had their way with it.

    `state`: duplicate, refused, absent, waiting, manual, settled, returned or failed. `done` is how far a waiting one
    has come, 0 to 1. `strange`: an undocumented code to answer instead of any other, "" as a rule.
    """

    reference: str
    state: str
    item: Instruction | None = None
    reason: str = ""
    done: float = 0.0
    strange: str = ""

    @property
    def serial(self) -> str:
        """The bank's own number of it, "" where it has none."""
        return (
            "" if self.item is None or self.state in ("duplicate", "absent") else self.item.obssid
        )


@dataclass
class World:
    """Everything a bank's dialect works on."""

    books: Books
    ledger: Ledger
    faults: Faults
    seeded: Seeded
    options: Options
    home: Home = field(default_factory=lambda: HOMES["boc"])
    serial: Serial = long_serial

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, for the books and for the agenda."""
        return self.ledger.transaction()

    def settle_due(self) -> int:
        """Do everything that fell due by now, at any bank."""
        return self.ledger.settle_due()

    # accounts ------------------------------------------------------------------------------------------------

    def account(self, number: str, custid: str = "") -> Account | None:
        """The customer's account here, if they may ask about it; a closed one may still be asked about."""
        found = self.books.account(number)
        if found is None or found.kind != "customer" or found.slug != self.home.slug:
            return None
        return found if found.custid in ("", custid) else None

    def accounts(self, custid: str = "") -> list[Account]:
        """The customer's accounts here, by number."""
        mine = (self.account(number, custid) for number in sorted(self.books.accounts))
        return [account for account in mine if account is not None]

    def is_home(self, cnaps: str, bank_name: str) -> bool:
        """Whether a payee's bank, by clearing code or else by name, is this one."""
        named = home_of_code(cnaps) or (home_of(bank_name) if not cnaps else None)
        return named is not None and named.slug == self.home.slug

    def statement(
        self, wanted: Search, *, skip: int = 0, limit: int = 10**9
    ) -> tuple[int, list[Row]]:
        """(how many rows match, the rows from `skip` on, oldest first)."""
        return search(self.books, wanted, skip=skip, limit=limit)

    # payments ------------------------------------------------------------------------------------------------

    def accept(self, *, custid: str, orders: Sequence[Order]) -> list[Instruction | None]:
        """Take payments in; None stands for a number this customer has used before."""
        return self.ledger.accept(self.home, custid=custid, orders=orders, serial=self.serial)

    def known(self, custid: str, keys: Iterable[str]) -> dict[str, Instruction]:
        """The customer's instructions by the number they may not use twice."""
        return {item.key: item for item in self.ledger.find(self.home.slug, custid, "key", keys)}

    def by_serial(self, custid: str, serials: Iterable[str]) -> dict[str, Instruction]:
        """The customer's instructions by the bank's own serial."""
        found = self.ledger.find(self.home.slug, custid, "obssid", serials)
        return {item.obssid: item for item in found}

    def of_batch(self, custid: str, batch: str) -> list[Instruction]:
        """The customer's instructions of one batch, in the order they were sent."""
        return self.ledger.find(self.home.slug, custid, "batch", [batch])

    def given_on(self, custid: str, first: date, last: date) -> list[Instruction]:
        """The customer's instructions of these days, in the order they came."""
        start = datetime(first.year, first.month, first.day, tzinfo=clock.SHANGHAI)
        end = datetime(last.year, last.month, last.day, tzinfo=clock.SHANGHAI) + timedelta(days=1)
        return self.ledger.between(self.home.slug, custid, start.timestamp(), end.timestamp())

    def details_of(self, item: Instruction) -> list[Detail]:
        """The payees of a payroll."""
        return self.ledger.details_of(item)

    # words about payments ------------------------------------------------------------------------------------

    def taken(self, order: Order, item: Instruction | None, *, operation: str) -> Iterator[Told]:
        """What the answer to a submission says of one payment: once as a rule, never or twice where a fault wants it."""
        if item is None:
            told = Told(order.insid, "duplicate")
        elif item.state == "refused":
            told = Told(order.insid, "refused", item, item.reason)
        else:
            told = Told(order.insid, "manual" if item.manual else "waiting", item)
        return self._spoilt(told, operation, place="pay", times=1)

    def asked(self, reference: str, item: Instruction | None, *, operation: str) -> Iterator[Told]:
        """What the answer to a status query says of one payment."""
        if item is None or self._hidden(item, operation):
            return iter((Told(reference, "absent"),))
        return self._regressing(self._standing(reference or item.insid, item), operation)

    def _standing(self, reference: str, item: Instruction) -> Told:
        if item.reason:
            state = "refused" if item.state == "refused" else "failed"
            return Told(reference, state, item, item.reason)
        if item.state in ("settled", "returned"):
            return Told(reference, item.state, item)
        span = max(item.due_at - item.accepted_at, 0.001)
        done = (clock.now().timestamp() - item.accepted_at) / span
        return Told(reference, "manual" if item.manual else "waiting", item, done=done)

    def _regressing(self, told: Told, operation: str) -> Iterator[Told]:
        """The standing, and where the fault `regress` wants it, doubt after success, also in the same breath."""
        item = told.item
        said = [told]
        if told.state == "settled" and item is not None and self.faults.item("regress", item.insid):
            times = self.faults.count(f"told:{item.custid}:{item.insid}")
            at_once = self.seeded.unit("regress at once", item.insid) < 0.5
            if not (times > 2 or (times == 0 and not at_once)):
                self.faults.record("regress", operation=operation, insids=[item.insid])
                doubt = replace(told, state="waiting", done=0.5)
                said = [doubt] if times else [told, doubt]
        for one in said:
            yield from self._spoilt(one, operation, place="inquire", times=2)

    def _spoilt(self, told: Told, operation: str, *, place: str, times: int) -> Iterator[Told]:
        insid, faults = told.reference, self.faults
        if not faults.profile.items:
            return iter((told,))

        def strikes(name: str) -> bool:
            hit = faults.strikes(name, insid, place=place, times=times)
            if hit:
                faults.record(name, operation=operation, insids=[insid])
            return hit

        if strikes("missing_items"):
            return iter(())
        if strikes("unknown_codes"):
            told = replace(told, strange=self.seeded.pick(UNDOCUMENTED, "code", insid))
        if strikes("wrong_echo"):
            one, other = ("7", "3") if insid.isdigit() else ("X", "Y")
            told = replace(told, reference=insid[:-1] + (one if insid[-1] != one else other))
        return iter((told, told) if strikes("duplicate_answers") else (told,))

    def _hidden(self, item: Instruction, operation: str) -> bool:
        """Whether this is the not-found-at-first fault: for two questions, and four minutes at most."""
        young = clock.now().timestamp() < item.accepted_at + NOT_FOUND_S
        if not young or not self.faults.strikes(
            "not_found_first", item.insid, place="inquire", times=NOT_FOUND_TIMES
        ):
            return False
        self.faults.record("not_found_first", operation=operation, insids=[item.insid])
        return True
