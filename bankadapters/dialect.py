"""Dialect: everything an adapter does with its answers and errors, so that a bank says two things only.

`compose` words a request for this bank, `understand` says what an answer says. Both are used for live talk and by the
bank tools, so that what `decode` prints is what a payment would be decided by. All else is here and in `conversation`:
sessions, evidence, chunks, pages, matching of answers with what was asked, and the sorting of trouble by whether money
could have moved.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import ClassVar

from bankadapters import batching
from bankadapters.contract import (
    PAYMENTS,
    Ability,
    AccountFound,
    AccountRef,
    Balance,
    Batch,
    Fate,
    Inquiry,
    Instruction,
    Outcome,
    Reading,
    ReceiptFound,
    StatementPage,
    Verdict,
    WireRequest,
)
from bankadapters.conversation import Conversation, Message, require_read
from bankadapters.errors import (
    NotSent,
    OutcomeUnknown,
    QueryFailed,
    Refused,
    Unencodable,
    Unreadable,
    Unsupported,
)
from bankadapters.matching import matched
from bankadapters.paging import Spans
from bankadapters.stored import strip_frame
from kernel import clock

__all__ = ["ASKED_BY", "INQUIRIES", "PAYMENTS", "Dialect", "Message"]


INQUIRIES = (Ability.INQUIRE, Ability.INQUIRE_BATCH, Ability.INQUIRE_PAYROLL)
ASKED_BY = {
    Ability.PAY: Ability.INQUIRE,
    Ability.SWEEP: Ability.INQUIRE,
    Ability.PAY_BATCH: Ability.INQUIRE_BATCH,
    Ability.PAYROLL: Ability.INQUIRE_PAYROLL,
}


class Dialect(Conversation):
    """A bank's language. Subclasses declare how it travels and write `compose` and `understand`, nothing else as a rule."""

    spans: ClassVar[Spans] = Spans()  # of statement queries
    history_spans: ClassVar[Spans] = Spans()  # of history balances
    receipt_spans: ClassVar[Spans] = Spans()
    one_by_one: ClassVar[frozenset[Ability]] = frozenset({Ability.PAY})  # one payment a message

    def kind_of(self, item: Instruction, operation: Ability) -> Hashable:
        """What payments of one message must have in common."""
        return None

    def size_of(self, item: Instruction) -> int:
        """Bytes a payment adds to its message, where the bank limits them."""
        return 0

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """What payments asked about in one message must have in common."""
        return ASKED_BY[inquiry.operation]

    # -- payments -------------------------------------------------------------------------------------------------

    def together(self, batch: Batch) -> Sequence[Instruction]:
        """The items that one message carries: of one kind, within the bank's rows and bytes."""
        return batching.together(
            batch.instructions,
            rows_max=self._rows_max(batch.operation),
            bytes_max=self.profile.batch_bytes_max,
            kind=lambda item: self.kind_of(item, batch.operation),
            size=self.size_of,
        )

    def _rows_max(self, operation: Ability) -> int:
        if operation is Ability.PAYROLL:
            return self.profile.payroll_items_max or self.profile.items_max
        return 1 if operation in self.one_by_one else self.profile.items_max

    def pay(self, batch: Batch) -> list[Outcome]:
        """Send the batch once. Raises Unencodable, NotSent, Refused, OutcomeUnknown; see the contract."""
        if batch.operation not in self.abilities or batch.operation not in PAYMENTS:
            raise Unsupported(batch.operation)
        self._require_together(batch)
        references = [item.reference for item in batch.instructions]
        if len(set(references)) != len(references):
            raise Unencodable("a reference appears twice in the batch", field="reference")
        try:
            reading = self.ask(WireRequest(batch.operation, batch=batch))
        except Unreadable as error:
            raise OutcomeUnknown(f"answer unreadable: {error}", code=error.code) from error
        if reading.outcomes and reading.verdict is not Verdict.READ:
            raise OutcomeUnknown(
                f"refused and answered for at once: {reading.text}", code=reading.code
            )
        if reading.verdict is Verdict.REFUSED:
            raise Refused(reading.text, code=reading.code)
        if reading.verdict in (Verdict.NOT_EXECUTED, Verdict.NO_SESSION):
            raise NotSent(f"turned away unprocessed: {reading.text}", code=reading.code)
        if reading.verdict is not Verdict.READ:
            raise OutcomeUnknown(reading.text, code=reading.code)
        asked = {batch.batch_no} if batch.operation is Ability.PAYROLL else set(references)
        return [outcome for outcome in reading.outcomes if outcome.reference in asked]

    def _require_together(self, batch: Batch) -> None:
        if len(self.together(batch)) != len(batch.instructions):
            raise Unencodable("these payments do not go into one message", field="items")

    def inquire(self, inquiries: Sequence[Inquiry]) -> list[Outcome]:
        """Ask what became of payments, as many a message as the bank takes; only what was asked about is reported."""
        found: list[Outcome] = []
        for part in self._parts(inquiries):
            found.extend(self.inquire_together(part))
        return found

    def inquire_together(self, part: Sequence[Inquiry]) -> list[Outcome]:
        """One question about payments that are asked together. Raises QueryFailed where the bank answers an error."""
        reading = self.ask(WireRequest(ASKED_BY[part[0].operation], inquiries=part))
        if reading.verdict is Verdict.NOTHING:
            return self.not_found(part, reading)
        require_read(reading)
        return list(matched(reading.outcomes, part, serials_identify=self.serials_identify))

    @staticmethod
    def not_found(part: Sequence[Inquiry], reading: Reading) -> list[Outcome]:
        """The bank does not know these payments (yet): said of each, and never a failure by itself."""
        return [
            Outcome(one.reference, Fate.UNKNOWN, "", reading.code, reading.text, not_found=True)
            for one in part
        ]

    def _parts(self, inquiries: Sequence[Inquiry]) -> Iterator[Sequence[Inquiry]]:
        def kind(one: Inquiry) -> str:
            return repr(self.asked_together(one))

        for _, group in groupby(sorted(inquiries, key=kind), key=kind):
            alike = list(group)
            for start in range(0, len(alike), self.profile.inquiry_items_max):
                yield alike[start : start + self.profile.inquiry_items_max]

    # -- accounts -------------------------------------------------------------------------------------------------

    def balances(self, accounts: Sequence[AccountRef]) -> list[Balance]:
        """Present balances of those accounts the bank answers for. Raises QueryFailed when it answers for none."""
        found: list[Balance] = []
        most = self.profile.balance_accounts_max
        for start in range(0, len(accounts), most):
            part = accounts[start : start + most]
            reading = self.ask(self._request(Ability.BALANCE, accounts=part))
            numbers = {account.number for account in part}
            told = [one for one in reading.balances if one.account in numbers]
            if not told:
                require_read(reading)
                raise QueryFailed(reading.text or "no balance of the account", code=reading.code)
            found.extend(told)
        return found

    def history_balances(self, account: AccountRef, first: date, last: date) -> list[Balance]:
        """Day balances, one per day the bank knows."""
        found: list[Balance] = []
        for start, end in self.history_spans.stretches(first, last):
            request = self._request(
                Ability.HISTORY_BALANCE, accounts=[account], first=start, last=end
            )
            reading = self.ask(request)
            if not reading.balances:
                require_read(reading)
            found.extend(one for one in reading.balances if one.account == account.number)
        return found

    def transactions(
        self, account: AccountRef, first: date, last: date, *, cursor: str = ""
    ) -> StatementPage:
        """One page of statement lines. The cursor names the stretch of days and the bank's own place in it."""
        today = clock.today()
        last = min(last, today)
        stretch = self.spans.step(first, last, cursor, today)
        if stretch is None:
            return StatementPage(())
        request = self._request(
            Ability.TRANSACTIONS,
            accounts=[account],
            first=stretch.first,
            last=stretch.last,
            cursor=stretch.place,
        )
        reading = self.ask(request)
        require_read(reading)
        lines = [line for line in reading.page.lines if line.account == account.number]
        place = reading.page.next if reading.page.lines else ""
        following = self.spans.after(stretch, place, last, today)
        return StatementPage(lines, next=following, total=reading.page.total)

    def account_list(self) -> list[AccountFound]:
        """The accounts the bank lists as ours. Raises QueryFailed, Unsupported."""
        reading = self.ask(self._request(Ability.ACCOUNT_LIST))
        require_read(reading)
        return list(reading.accounts)

    def receipts(self, account: AccountRef, first: date, last: date) -> list[ReceiptFound]:
        """The electronic receipts of these days. Raises QueryFailed, Unsupported."""
        found: list[ReceiptFound] = []
        for start, end in self.receipt_spans.stretches(first, last):
            reading = self.ask(
                self._request(Ability.RECEIPT_LIST, accounts=[account], first=start, last=end)
            )
            require_read(reading)
            found.extend(one for one in reading.receipts if one.account in ("", account.number))
        return found

    def receipt_file(self, receipt: ReceiptFound) -> bytes:
        """The file of a receipt. Raises QueryFailed, Unsupported."""
        reading = self.ask(self._request(Ability.RECEIPT_FILE, receipts=[receipt]))
        require_read(reading)
        return reading.file

    def _request(self, operation: Ability, **more: object) -> WireRequest:
        if operation not in self.abilities:
            raise Unsupported(operation)
        return replace(WireRequest(operation), **more)  # type: ignore[arg-type]  # fields of WireRequest

    # -- bank tools -----------------------------------------------------------------------------------------------

    def bare(self, stored: bytes) -> bytes:
        """A stored answer without the HTTP head or the frame in front of it. Raises Unreadable."""
        framers = [one.framer for one in self.carriers.values() if one.framer is not None]
        return strip_frame(stored, framers)

    def write(self, request: WireRequest) -> bytes:
        """The bytes of a request, with the session the store holds. Raises Unencodable, NotReady, Unsupported."""
        if request.operation not in self.abilities:
            raise Unsupported(request.operation)
        if request.batch is not None:
            self._require_together(replace(request.batch, operation=request.operation))
        if request.operation is Ability.TRANSACTIONS and request.first and request.last:
            stretch = self.spans.step(request.first, request.last, request.cursor, clock.today())
            if stretch is None:
                raise Unencodable("the first day is after the last", field="from")
            request = replace(request, first=stretch.first, last=stretch.last, cursor=stretch.place)
        return self.compose(request, self.keeper.known()).body

    def read(
        self, operation: Ability, answer: bytes, *, asked: WireRequest | None = None
    ) -> Reading:
        """What an answer says. Raises Unreadable, Unsupported."""
        if operation not in self.abilities:
            raise Unsupported(operation)
        return self._understood(operation, answer, asked)
