"""China Merchants Bank (CMBSDKPGK): translation between the contract and the wire.  Source: CMB direct-link sheet."""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import ClassVar

from bankadapters.banks.cmb import answers, codes, requests
from bankadapters.banks.cmb import messages as m
from bankadapters.banks.cmb.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
    AccountRef,
    Fate,
    Inquiry,
    Outcome,
    Profile,
    Reading,
    ReceiptFound,
    StatementPage,
    Verdict,
    WireRequest,
)
from bankadapters.conversation import require_read
from bankadapters.dialect import ASKED_BY, INQUIRIES, PAYMENTS, Dialect, Message
from bankadapters.errors import BankError
from bankadapters.framing import LengthPrefix
from bankadapters.messages import Record
from bankadapters.numbers import message_number
from bankadapters.paging import Spans
from bankadapters.transport import Carrier, form

SOCKET = LengthPrefix(width=8, pad=" ")
FORM_FIELD = "REQDATA"


class CmbAdapter(Dialect):
    """China Merchants Bank through its front-end: no session and no signature of ours, XML in GBK."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    carriers: ClassVar[Mapping[str, Carrier]] = {
        "main": Carrier(content_type="text/xml; charset=GBK", framer=SOCKET),
        "form": Carrier(form_field=FORM_FIELD),
    }
    spans = Spans(days_max=1)
    history_spans = Spans(days_max=31)
    receipt_spans = Spans(days_max=30)

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Payments of one day and kind; a payroll alone."""
        if inquiry.operation is Ability.PAYROLL:
            return inquiry.reference
        return ASKED_BY[inquiry.operation], inquiry.operation is Ability.SWEEP, inquiry.day

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """The CMBSDKPGK document of a request."""
        function, blocks = self._blocks(request)
        correlation = message_number() if self.setting("correlation") == "Y" else ""
        body = requests.envelope(function, blocks, setting=self.setting, correlation=correlation)
        carrier = "form" if self.setting("mode") == "form" else "main"
        return Message(function, body, carrier=carrier, number=correlation)

    def _blocks(self, request: WireRequest) -> tuple[str, Sequence[Record]]:
        operation, setting = request.operation, self.setting
        if request.batch is not None:
            if operation is Ability.PAYROLL:
                return requests.payroll(request.batch, setting=setting)
            work = requests.transfers if operation is Ability.SWEEP else requests.payments
            return work(request.batch.instructions, setting=setting)
        if operation is Ability.INQUIRE_PAYROLL:
            return requests.agent_status(request.inquiries, setting=setting)
        if operation in INQUIRIES:
            return requests.status(request.inquiries, setting=setting)
        if operation is Ability.ACCOUNT_LIST:
            return "ListAccount", [m.AccountsQuery()]
        if operation is Ability.BALANCE:
            return "NTQADINF", requests.balances(request.accounts, setting=setting)
        return self._days(request)

    def _days(self, request: WireRequest) -> tuple[str, Sequence[Record]]:
        account, (first, last) = request.the_account(), request.the_days()
        if request.operation is Ability.HISTORY_BALANCE:
            return "SDKNTQABINF", [requests.history(account, first, last, setting=self.setting)]
        if request.operation is Ability.RECEIPT_LIST:
            return "SDKCSFDFBRT", [requests.receipts(account, first, last, request.cursor or "1")]
        query = requests.entries(account, first, request.cursor, setting=self.setting)
        return "GetTransInfoEX", [query]

    def write(self, request: WireRequest) -> bytes:
        """The request as the front-end's mode wants it: bare, as a form, or with the socket's header."""
        body = super().write(request)
        if self.setting("mode") == "socket":
            return SOCKET.encode(body)
        return form([(FORM_FIELD, body)]) if self.setting("mode") == "form" else body

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer of this operation says. Raises Unreadable."""
        said = answers.read_answer(answer)
        reading = Reading(said.code, said.words, self._verdict(operation, said), said.correlation)
        if operation in PAYMENTS:
            return replace(reading, outcomes=self._submitted(operation, said, asked))
        if reading.is_error:
            return reading
        if operation in INQUIRIES:
            found = self._stands(operation, said)
            empty = Verdict.READ if found else Verdict.NOTHING
            return replace(reading, outcomes=found, verdict=empty)
        account = asked.accounts[0].number if asked is not None and asked.accounts else ""
        if operation is Ability.BALANCE:
            good, code, words = answers.balances(said)
            if code:
                reading = replace(reading, code=code, text=words, verdict=Verdict.UNDECIDED)
            return replace(reading, balances=good)
        if operation is Ability.HISTORY_BALANCE:
            return replace(reading, balances=answers.day_balances(said))
        if operation is Ability.ACCOUNT_LIST:
            return replace(reading, accounts=answers.accounts(said))
        if operation is Ability.RECEIPT_LIST:
            return replace(reading, receipts=answers.receipts(said, account))
        lines, place = answers.entries(said, account)
        return replace(reading, page=StatementPage(lines, next=place))

    @staticmethod
    def _verdict(operation: Ability, said: answers.Answer) -> Verdict:
        if operation in PAYMENTS:
            return codes.PAYMENT_VERDICTS.get(said.code, Verdict.UNDECIDED)
        return Verdict.READ if said.code == "0" else Verdict.UNDECIDED

    @staticmethod
    def _submitted(
        operation: Ability, said: answers.Answer, asked: WireRequest | None
    ) -> list[Outcome]:
        if operation is Ability.PAYROLL:
            reference = asked.batch.batch_no if asked is not None and asked.batch else ""
            return answers.payroll_taken(said, reference)
        return answers.submitted(said)

    @staticmethod
    def _stands(operation: Ability, said: answers.Answer) -> list[Outcome]:
        if operation is Ability.INQUIRE_PAYROLL:
            return answers.payrolls(said) or answers.payroll_items(said)
        return answers.statuses(said)

    # -- questions in two steps ---------------------------------------------------------------------------------

    def inquire_together(self, part: Sequence[Inquiry]) -> list[Outcome]:
        """Status by reference or by days; then, for what failed or came back, the reason by the bank's number.

        A list by days is complete: a payment it leaves out is not known there.
        """
        found = super().inquire_together(part)
        if len(part) > 1:
            named = {outcome.reference for outcome in found}
            found += [
                Outcome(one.reference, Fate.UNKNOWN, not_found=True)
                for one in part
                if one.reference not in named
            ]
        return self._with_reasons(found, part[0].operation)

    def _with_reasons(self, found: list[Outcome], operation: Ability) -> list[Outcome]:
        bad = (Fate.FAILED, Fate.RETURNED)
        serials = [o.bank_serial for o in found if o.fate in bad and o.bank_serial and not o.text]
        if not serials or operation is Ability.PAYROLL:
            return found
        asked = [Inquiry("", serial, operation=operation) for serial in serials]
        reasons: dict[str, str] = {}
        with contextlib.suppress(BankError):  # the fate is known; only its words are wanted
            reading = self.ask(WireRequest(ASKED_BY[operation], inquiries=asked))
            reasons = {o.bank_serial: o.text for o in reading.outcomes}
        return [replace(o, text=o.text or reasons.get(o.bank_serial, "")) for o in found]

    def receipts(self, account: AccountRef, first: date, last: date) -> list[ReceiptFound]:
        """Receipts not printed yet and printed already: reading may move one from the first kind to the second."""
        found: dict[str, ReceiptFound] = {}
        for start, end in self.receipt_spans.stretches(first, last):
            for printed in ("1", "2"):
                reading = self.ask(
                    WireRequest(
                        Ability.RECEIPT_LIST,
                        accounts=[account],
                        first=start,
                        last=end,
                        cursor=printed,
                    )
                )
                require_read(reading)
                found |= {one.receipt_no: one for one in reading.receipts}
        return list(found.values())
