"""Agricultural Bank of China (银企通 front-end): translation between the contract and the wire.  Source: ABC sheet."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from bankadapters.banks.abc import answers, codes, requests
from bankadapters.banks.abc import messages as m
from bankadapters.banks.abc.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
    AccountRef,
    Batch,
    Fate,
    Inquiry,
    Outcome,
    Profile,
    Reading,
    StatementPage,
    Verdict,
    WireRequest,
)
from bankadapters.dialect import PAYMENTS, Dialect, Message
from bankadapters.errors import BankError, Unreadable
from bankadapters.files import Folder
from bankadapters.matching import matched
from bankadapters.numbers import lasting_number
from bankadapters.paging import Spans
from bankadapters.transport import Carrier, Transport

_TRANSACTIONS: Mapping[Ability, frozenset[str]] = {
    Ability.PAY: frozenset(codes.TRANSFERS),
    Ability.SWEEP: frozenset(codes.TRANSFERS),
    Ability.INQUIRE: frozenset({"CQRT04", "CQRA61"}),
    Ability.BALANCE: frozenset({"CQRA06"}),
    Ability.TRANSACTIONS: frozenset({"CQRA10", "CQRA18"}),
}
BY_HAND = "by hand"  # the second question about a payment


@dataclass(frozen=True)
class WithFile:
    """A transport whose answer is followed by the companion file it names, so that both are kept as one."""

    line: Transport
    folder: Folder

    def exchange(self, request: bytes, *, target: str = "") -> bytes:
        """The answer, and behind it the rows of its file once that is whole; alone where it never is."""
        answer = self.line.exchange(request, target=target)
        try:
            said = answers.read_answer(answer, has_rows=True)
            name, rows = answers.file_name(said), answers.row_count(said)
            return answer + self.folder.take(name, lines=rows) if name else answer
        except BankError:
            return answer

    def close(self) -> None:
        """Let go of the line."""
        self.line.close()


class AbcAdapter(Dialect):
    """Agricultural Bank of China through its front-end on our network, with files beside the messages."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    carriers: ClassVar[Mapping[str, Carrier]] = {"main": Carrier(framer=m.FRAME)}
    one_by_one = frozenset({Ability.PAY, Ability.SWEEP})
    spans = Spans(days_max=1)  # places are journal numbers, which are those of one day
    file_wait_s: ClassVar[float] = 60.0

    def carrier(self, role: str) -> Transport:
        """The line, with the files of the front-end's folder where the connection names one."""
        line = super().carrier(role)
        parts = urlsplit(self.connection.endpoints.get("files", ""))
        if parts.scheme != "file" or not parts.path:
            return line
        return WithFile(line, Folder(Path(unquote(parts.path)), wait_s=self.file_wait_s))

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Every payment is asked about alone."""
        return inquiry.reference

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """The ap document of a request; a payment's own number is the number of its message."""
        if request.batch is not None:
            return self._payment(request.batch, request.operation)
        number = lasting_number(16, prefix="Q")
        if request.operation is Ability.INQUIRE:
            one = request.inquiries[0]
            is_by_hand = request.cursor == BY_HAND
            code = "CQRA61" if is_by_hand else "CQRT04"
            groups = requests.by_hand(one) if is_by_hand else requests.status(one)
        elif request.operation is Ability.BALANCE:
            code, groups = "CQRA06", requests.balance(request.the_account())
        else:
            account, days = request.the_account(), request.the_days()
            code, groups = "CQRA10", requests.entries(account, *days, request.cursor)
        body = requests.message(code, groups, setting=self.setting, number=number)
        return Message(code, body, number=number)

    def _payment(self, batch: Batch, operation: Ability) -> Message:
        item = batch.instructions[0]
        is_sweep = operation is Ability.SWEEP
        code, groups = requests.payment(item, setting=self.setting, is_sweep=is_sweep)
        body = requests.message(
            code, groups, setting=self.setting, number=item.reference, amount=item.money.amount
        )
        return Message(code, body, number=item.reference)

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer of this operation says. Raises Unreadable."""
        said = answers.read_answer(answer, has_rows=operation is Ability.TRANSACTIONS)
        transaction = said.transaction
        if transaction and transaction not in _TRANSACTIONS[operation]:
            raise Unreadable(f"answer of {transaction[:10]}, which is not {operation}")
        cmp_ = said.group(m.AccountGroup, "Cmp") if operation in PAYMENTS else None
        number = said.head.number or (cmp_.again if cmp_ is not None else "")
        reading = Reading(said.head.code, said.words, self._verdict(operation, said), number)
        if reading.verdict is not Verdict.READ:
            return reading
        if not transaction and (operation in PAYMENTS or operation is Ability.INQUIRE):
            raise Unreadable("an answer that does not name its transaction")
        if operation in PAYMENTS:
            batch = asked.batch if asked is not None else None
            reference = number if batch is None else batch.instructions[0].reference
            return replace(reading, outcomes=answers.taken(said, reference))
        if operation is Ability.INQUIRE:
            reference = asked.inquiries[0].reference if asked is not None else ""
            tell = answers.by_hand if transaction == "CQRA61" else answers.standing
            return replace(reading, outcomes=tell(said, reference))
        account = asked.accounts[0] if asked is not None and asked.accounts else None
        if operation is Ability.BALANCE:
            return replace(reading, balances=answers.balance(said, account))
        return replace(reading, page=self._page(said, account, asked))

    def _page(
        self, said: answers.Answer, account: AccountRef | None, asked: WireRequest | None
    ) -> StatementPage:
        sides = answers.Sides(
            self.listed("side_debit"), self.listed("side_credit"), self.setting("details_end")
        )
        place = asked.cursor if asked is not None else ""
        lines, journal = answers.entries(said, account, place, sides)
        return StatementPage(lines, next=journal)

    def _verdict(self, operation: Ability, said: answers.Answer) -> Verdict:
        code = said.head.code
        if code == codes.OK or (operation in PAYMENTS and code == codes.BY_HAND):
            return Verdict.READ
        if code in codes.TROUBLE:
            return Verdict.UNDECIDED
        if operation in PAYMENTS:
            is_definite = len(code) == 4 and code.isascii() and code.isdigit() and said.transaction
            is_listed = code in codes.REFUSALS or code in self.connection.final_failures
            fails = is_listed or self.setting("refusals") == "any"
            return Verdict.REFUSED if is_definite and fails else Verdict.UNDECIDED
        is_absent = operation is Ability.INQUIRE and code in self.not_found_codes
        return Verdict.NOTHING if is_absent else Verdict.UNDECIDED

    def inquire_together(self, part: Sequence[Inquiry]) -> list[Outcome]:
        """CQRT04; what that does not end is asked for among the payments handled by hand, whose errors say nothing."""
        found = super().inquire_together(part)
        if not all(one.fate in (Fate.PROCESSING, Fate.UNKNOWN) for one in found):
            return found
        if any(one.not_found for one in found):
            return found
        try:
            reading = self.ask(WireRequest(Ability.INQUIRE, inquiries=part, cursor=BY_HAND))
        except BankError:
            return found
        if reading.verdict is not Verdict.READ:
            return found
        better = [one for one in reading.outcomes if one.fate is not Fate.UNKNOWN]
        return list(matched(better, part)) or found
