"""Bank of Communications (直连机): translation between the contract and the wire.  Source: BOCOM sheet."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import ClassVar

from bankadapters.banks.bocom import answers, codes, requests
from bankadapters.banks.bocom import messages as m
from bankadapters.banks.bocom.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
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
from bankadapters.dialect import ASKED_BY, INQUIRIES, PAYMENTS, Dialect, Message
from bankadapters.errors import Unencodable, Unreadable
from bankadapters.messages import Record
from bankadapters.numbers import lasting_number
from bankadapters.paging import Spans
from bankadapters.transport import Carrier

_TRANSACTIONS: Mapping[Ability, frozenset[str]] = {
    Ability.PAY: frozenset({"210201"}),
    Ability.PAYROLL: frozenset({"330002"}),
    Ability.INQUIRE: frozenset({"310204"}),
    Ability.INQUIRE_PAYROLL: frozenset({"310204"}),
    Ability.BALANCE: frozenset({"310101"}),
    Ability.TRANSACTIONS: frozenset({"310201", "310301"}),
}


class BocomAdapter(Dialect):
    """Bank of Communications through its direct-link machine, over TCP or HTTP."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    carriers: ClassVar[Mapping[str, Carrier]] = {
        "main": Carrier(content_type="text/plain; charset=GBK", framer=m.FRAME)
    }
    spans = Spans(days_max=31, today_apart=True, kept_days=730)

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Every payment is asked about alone."""
        return ASKED_BY[inquiry.operation], inquiry.reference, inquiry.bank_serial

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """The ap document of a request."""
        code, bodies = self._bodies(request)
        number = lasting_number(20, prefix="Q")
        body = requests.message(code, bodies, setting=self.setting, number=number)
        return Message(code, body, number=number)

    def _bodies(self, request: WireRequest) -> tuple[str, list[Record]]:
        operation = request.operation
        if request.batch is not None:
            return self._payment(request.batch, operation)
        if operation is Ability.INQUIRE:
            return "310204", [requests.status(request.inquiries[0])]
        if operation is Ability.INQUIRE_PAYROLL:
            return "310204", [requests.payroll_status(request.inquiries[0])]
        account = request.the_account()
        if operation is Ability.BALANCE:
            return "310101", requests.balances(request.accounts)
        if request.cursor:
            raise Unencodable("this bank has no pages", field="next")
        code, body = requests.entries(account, *request.the_days())
        return code, [body]

    def _payment(self, batch: Batch, operation: Ability) -> tuple[str, list[Record]]:
        if operation is Ability.PAYROLL:
            return "330002", [requests.payroll(batch, setting=self.setting)]
        return "210201", [requests.payment(batch.instructions[0], setting=self.setting)]

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer of this operation says. Raises Unreadable."""
        said = answers.read_answer(answer, self.setting("encoding").lower())
        head = said.head
        decides = operation in PAYMENTS or operation in INQUIRIES
        if head.code not in _TRANSACTIONS[operation] and (head.code or decides):
            raise Unreadable(f"answer of {head.code[:10]!r}, which is not {operation}")
        words = " ".join(part for part in (head.trouble, head.words) if part)
        is_ok = head.result == codes.OK and not head.trouble
        verdict = Verdict.READ if is_ok else self._not_ok(operation, head.result)
        reading = Reading(head.result, words, verdict, head.number)
        if verdict is not Verdict.READ:
            return reading
        if operation in PAYMENTS:
            return replace(reading, outcomes=self._submitted(operation, said, asked))
        if operation in INQUIRIES:
            inquiry = asked.inquiries[0] if asked is not None else None
            return replace(reading, outcomes=self._stands(operation, said, inquiry))
        if operation is Ability.BALANCE:
            found, failed = answers.balances(said)
            return replace(reading, balances=found, text=failed or words)
        return replace(reading, page=StatementPage(answers.entries(said, self._words())))

    def _not_ok(self, operation: Ability, code: str) -> Verdict:
        """An error never fails a payment: only 310204 does."""
        if operation in INQUIRIES and code in self.not_found_codes:
            return Verdict.NOTHING
        is_empty = operation is Ability.TRANSACTIONS and code in self.listed("no_rows_codes")
        return Verdict.NOTHING if is_empty else Verdict.UNDECIDED

    def _submitted(
        self, operation: Ability, said: answers.Answer, asked: WireRequest | None
    ) -> list[Outcome]:
        batch = asked.batch if asked is not None else None
        if operation is Ability.PAYROLL:
            cards = [item.payee_account for item in batch.instructions] if batch else []
            return answers.payroll(said, batch.batch_no if batch else "", cards)
        reference = batch.instructions[0].reference if batch is not None else said.head.number
        return [Outcome(reference, Fate.ACCEPTED, said.head.serial, said.head.result)]

    @staticmethod
    def _stands(operation: Ability, said: answers.Answer, inquiry: Inquiry | None) -> list[Outcome]:
        if inquiry is None:
            return answers.standing(said, "")
        if operation is Ability.INQUIRE_PAYROLL:
            number = inquiry.batch_no or inquiry.reference
            told = answers.standing(said, number)
            return [replace(one, reference=inquiry.reference) for one in told]
        if inquiry.reference:
            return answers.standing(said, inquiry.reference)
        return answers.standing(said, "")

    def _words(self) -> answers.Words:
        debit, credit = self.listed("side_debit"), self.listed("side_credit")
        return answers.Words(debit, credit, self.listed("normal_states"))
