"""A simulated bank that exchanges files: a round takes what lies in one folder and leaves in another what there is to say.

Nothing is read before it is finished, nothing twice; what was taken goes to a folder beside. Rounds come several times a
second, and around every request of the control interface, so that whoever moves the clock finds the files it made due.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import ClassVar

from bankadapters.simulator.bank import BankSimulator, Call, Refusal, Reply, Request, World
from bankadapters.simulator.books import Account
from bankadapters.simulator.statement import Row, Search
from kernel import clock

ROUND_S = 0.05
AGAIN_S = 180.0  # a report that a fault may have spoilt is made again
AGAIN_TIMES = 6
TAKEN_MAX = 200  # files in one round


@dataclass
class Batch:
    """A message that was taken: what was last said of its payments, and when there is more to say."""

    number: str
    said: tuple[object, ...] = ()
    due_at: float = 0.0
    times: int = 0


@dataclass
class Watched:
    """An account whose statements go out: the last row that was told today, and the last day that was closed."""

    account: Account
    row: int = 0
    closed: date | None = None
    page: int = 0
    rows: list[Row] = field(default_factory=list)


class FolderBank(BankSimulator):
    """Files in, files out. A dialect reads a message (`understand`) and words answers, reports and statements."""

    suffix: ClassVar[str] = ".xml"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        home = world.books.path.parent / "files" / self.slug
        self.inbox, self.outbox, self.done = home / "to-bank", home / "from-bank", home / "taken"
        for folder in (self.inbox, self.outbox, self.done):
            folder.mkdir(parents=True, exist_ok=True)
        self.batches: dict[str, Batch] = {}
        self.watched: dict[str, Watched] = {}
        self.files = 0
        self._is_damaged = False
        self._books_seen: tuple[int, date] | None = None

    def address(self, host: str, port: int) -> str:  # type: ignore[override]  # each has folders of its own
        """The folder clients write to."""
        return f"file://{self.inbox}"

    @classmethod
    def connection(cls, address: str) -> Mapping[str, Mapping[str, str]]:
        """As of every bank, with the folder of its answers beside the one clients write to."""
        told = dict(super().connection(address))
        told["endpoints"] = {
            "main": address,
            "answers": address.removesuffix("to-bank") + "from-bank",
        }
        return told

    # what a dialect says -------------------------------------------------------------------------------------

    @abstractmethod
    def reports(self, number: str) -> Sequence[str]:
        """How the payments of a message stand now, in as many documents as the bank makes of it."""

    @abstractmethod
    def interim(self, watched: Watched, rows: Sequence[Row], day: date) -> Sequence[str]:
        """The rows of the day that were not told yet, in one document or several."""

    @abstractmethod
    def closing(self, watched: Watched, rows: Sequence[Row], day: date) -> str:
        """A day's statement: every row of it."""

    # the round -----------------------------------------------------------------------------------------------

    def round(self) -> None:
        """Take what is there, then say what there is to say."""
        for path in sorted(self.inbox.iterdir())[:TAKEN_MAX]:
            if path.is_file() and not path.name.startswith("."):
                self._take(path)
        if self._has_work():
            with self.world.transaction():
                self.world.settle_due()
                self._report_due()
                self._tell_accounts()

    def _has_work(self) -> bool:
        """Whether anything fell due, was booked or is to be said: most rounds find nothing."""
        now, due = clock.now().timestamp(), self.world.ledger.next_due()
        return (
            (due is not None and due <= now)
            or any(one.due_at <= now for one in self.batches.values())
            or self._books_seen != (self.world.books.written, clock.today())
        )

    def _take(self, path: Path) -> None:
        data = path.read_bytes()
        taken = self.done / f"{clock.now():%Y%m%d%H%M%S}-{self._next()}-{path.name}"
        path.rename(taken)
        self._leave("status", self.respond(Call(data)))

    def _next(self) -> int:
        self.files += 1
        return self.files

    def _leave(self, kind: str, reply: Reply) -> None:
        if reply.cut or reply.status != 200 or not reply.body:
            return
        name = f"{kind}-{clock.now():%Y%m%d%H%M%S}-{self._next():06d}{self.suffix}"
        scratch = self.outbox / f".{name}.tmp"
        scratch.write_bytes(reply.body)
        scratch.rename(self.outbox / name)

    def _damage(self, words: str, request: Request, fault: str, number: int) -> Reply:
        self._is_damaged = True
        return super()._damage(words, request, fault, number)

    def say(self, operation: str, kind: str, words: str) -> bool:
        """Leave a document; False where a fault spoilt it."""
        self._is_damaged = False
        request = Request(operation, kind, (), {"words": words})
        self._leave(operation, self._answer(request))
        return not self._is_damaged

    def handle(self, request: Request) -> str:
        """Words that were made beforehand, or those of a message that came."""
        words = request.parts.get("words")
        return words if isinstance(words, str) else self.take(request)

    @abstractmethod
    def take(self, request: Request) -> str:
        """Do what a message asks and word the first report. Raises Refusal."""

    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """A file that is none of this bank's gets no answer."""
        return ""

    # payments ------------------------------------------------------------------------------------------------

    def remember(self, number: str) -> None:
        """A message whose payments were reported about as they are now, and will be again."""
        self.batches[number] = Batch(number, self._states(number))

    def _states(self, number: str) -> tuple[object, ...]:
        items = self.world.of_batch("", number)
        return tuple((one.insid, one.state, one.reason) for one in items)

    def _report_due(self) -> None:
        now = clock.now().timestamp()
        spoils = bool(self.world.faults.profile.items)
        for batch in list(self.batches.values()):
            if now < batch.due_at:
                continue
            items = self.world.of_batch("", batch.number)
            states = self._states(batch.number)
            is_again = spoils and batch.times < AGAIN_TIMES
            if states != batch.said or is_again:
                said = [self.say("status", "inquire", one) for one in self.reports(batch.number)]
                if not all(said):
                    batch.due_at = now + 1
                    continue
                batch.times = batch.times + 1 if states == batch.said else 0
                batch.said = states
            open_at = [one.due_at for one in items if one.state == "accepted"]
            if not open_at and not (spoils and batch.times < AGAIN_TIMES):
                del self.batches[batch.number]
            else:
                batch.due_at = min([*open_at, now + AGAIN_S] if spoils else open_at)

    # statements ----------------------------------------------------------------------------------------------

    def _tell_accounts(self) -> None:
        today = clock.today()
        state = (self.world.books.written, today)
        if state == self._books_seen:
            return
        is_whole = True
        for account in self.world.accounts():
            watched = self.watched.setdefault(account.number, Watched(account))
            watched.account = account
            is_whole &= self._close_days(watched, today) and self._tell_today(watched, today)
        self._books_seen = state if is_whole else None

    def _rows(self, account: Account, day: date, after: int) -> list[Row]:
        text = f"{day:%Y%m%d}"
        return self.world.statement(Search(account, text, text, after=after))[1]

    def _close_days(self, watched: Watched, today: date) -> bool:
        yesterday = today - timedelta(days=1)
        day = (watched.closed or yesterday - timedelta(days=1)) + timedelta(days=1)
        while day <= yesterday:
            rows, page = self._rows(watched.account, day, 0), watched.page
            if not self.say("statement", "query", self.closing(watched, rows, day)):
                watched.page = page
                return False
            watched.closed, watched.row, watched.page = day, 0, 0
            day += timedelta(days=1)
        return True

    def _tell_today(self, watched: Watched, today: date) -> bool:
        rows = self._rows(watched.account, today, watched.row)
        if not rows and watched.page:
            return True
        watched.page += 1
        for words in self.interim(watched, rows, today):
            if not self.say("interim", "query", words):
                watched.page -= 1
                return False
        watched.row = rows[-1].line if rows else watched.row
        return True
