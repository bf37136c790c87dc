"""China Construction Bank (外联客户端): translation between the contract and the wire.  Source: CCB sheet."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from bankadapters.banks.ccb import answers, codes, requests
from bankadapters.banks.ccb import messages as m
from bankadapters.banks.ccb.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
    Batch,
    Inquiry,
    Instruction,
    Outcome,
    Profile,
    Reading,
    StatementPage,
    Verdict,
    WireRequest,
)
from bankadapters.conversation import require_read
from bankadapters.dialect import ASKED_BY, INQUIRIES, PAYMENTS, Dialect, Message
from bankadapters.errors import Unencodable, Unreadable
from bankadapters.framing import ToEnd
from bankadapters.matching import matched
from bankadapters.messages import Record
from bankadapters.numbers import message_number
from bankadapters.paging import Spans
from bankadapters.transport import Carrier

PAGES_MAX = 20
_FRAME = ToEnd(b"</TX>")
# Which transactions may answer an operation: a digit means nothing before one knows which it was.
_TRANSACTIONS: Mapping[Ability, frozenset[str]] = {
    Ability.PAY: frozenset({"6W8010", "6W8020", "6W8060"}),
    Ability.SWEEP: frozenset({"6W8010", "6W8020", "6W8060"}),
    Ability.PAY_BATCH: frozenset({"6W8040"}),
    Ability.PAYROLL: frozenset({"6W1303"}),
    Ability.INQUIRE: frozenset({"6W0600"}),
    Ability.INQUIRE_BATCH: frozenset({"6W0800"}),
    Ability.INQUIRE_PAYROLL: frozenset(codes.PAYROLL_QUERIES),
    Ability.BALANCE: frozenset({"6W0100"}),
    Ability.TRANSACTIONS: frozenset({"6WY101", "6W0300"}),
    Ability.SIGN_ON: frozenset({"6W9101"}),
}


class CcbAdapter(Dialect):
    """China Construction Bank through its client on our network: bare XML over TCP, or a form over HTTP."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    carriers: ClassVar[Mapping[str, Carrier]] = {
        role: Carrier(endpoint=role, form_field="requestXml", framer=_FRAME)
        for role in ("main", "pay")
    }
    masked = ("PASSWORD",)
    one_by_one = frozenset({Ability.PAY, Ability.SWEEP})
    spans = Spans(days_max=31)

    def size_of(self, item: Instruction) -> int:
        """The bytes of its line in FILE_CTX; 0 for one that has none, which is then refused by name."""
        try:
            text = requests.line(item, setting=self.setting) + requests.LINE_END
        except Unencodable:
            return 0
        return len(text.encode(PROFILE.charset))

    def together(self, batch: Batch) -> Sequence[Instruction]:
        """The items of one message; of two that end in the same six digits, the second one waits."""
        chosen = super().together(batch)
        if batch.operation is not Ability.PAY_BATCH:
            return chosen
        by_serial: dict[str, Instruction] = {}
        for item in chosen:
            by_serial.setdefault(item.reference[9:15], item)
        return list(by_serial.values())

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Items of one batch; everything else is asked about alone."""
        operation = ASKED_BY[inquiry.operation]
        if operation is Ability.INQUIRE_BATCH:
            return operation, inquiry.batch_no, inquiry.payer_account, inquiry.day
        return operation, inquiry.reference

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """The TX document of a request; a payment's own number is the number of its message."""
        transaction, body, number = self._body(request)
        has_own_client = bool(self.connection.endpoints.get("pay"))
        pays = request.batch is not None and has_own_client
        head = m.RequestHead(
            number=number or f"9{message_number(15)}",
            customer=self.setting("CUST_ID"),
            operator=(pays and self.setting("pay_USER_ID")) or self.setting("USER_ID"),
            password=self._password(pays=pays),
            code=transaction,
        )
        carrier = "pay" if pays else "main"
        return Message(transaction, requests.message(head, body), carrier, number=head.number)

    def _password(self, *, pays: bool) -> str:
        return self.secret("pay_PASSWORD" if pays and self.setting("pay_USER_ID") else "PASSWORD")

    def _body(self, request: WireRequest) -> tuple[str, Record, str]:
        """Transaction, body, and the number the message must go under, "" where any new one will do."""
        operation, setting = request.operation, self.setting
        if request.batch is not None:
            return self._payment(request.batch, operation)
        if operation is Ability.SIGN_ON:
            return "6W9101", m.Nothing(), ""
        if operation is Ability.INQUIRE_BATCH:
            return "6W0800", requests.batch_status(request.inquiries, request.cursor), ""
        if operation in INQUIRIES:
            is_payroll = operation is Ability.INQUIRE_PAYROLL
            one = request.inquiries[0]
            query = one if is_payroll else replace(one, batch_no="")
            return setting("payroll_query") if is_payroll else "6W0600", requests.status(query), ""
        account = request.the_account()
        if operation is Ability.BALANCE:
            return "6W0100", requests.balance(account), ""
        days = request.the_days()
        return *requests.entries(account, *days, request.cursor, setting=setting), ""

    def _payment(self, batch: Batch, operation: Ability) -> tuple[str, Record, str]:
        if operation is Ability.PAY_BATCH:
            return *requests.batch(batch, setting=self.setting), batch.batch_no
        if operation is Ability.PAYROLL:
            return *requests.payroll(batch, setting=self.setting), batch.batch_no
        item = batch.instructions[0]
        return *requests.payment(item, setting=self.setting), item.reference

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer of this operation says. Raises Unreadable."""
        said = answers.read_answer(answer)
        decides = operation in PAYMENTS or operation in INQUIRIES
        if said.transaction and said.transaction not in _TRANSACTIONS[operation]:
            raise Unreadable(f"answer of {said.transaction[:10]}, which is not {operation}")
        if decides and asked is not None and not said.number:
            raise Unreadable("an answer that does not name its REQUEST_SN")
        reading = Reading(said.code, said.words, self._verdict(operation, said), said.number)
        if reading.verdict is not Verdict.READ:
            return reading
        if operation in PAYMENTS:
            return replace(reading, outcomes=self._submitted(operation, said, asked))
        if operation is Ability.SIGN_ON:
            return replace(reading, has_session=True)
        if operation in INQUIRIES:
            return replace(reading, outcomes=self._stands(operation, said, asked))
        if operation is Ability.BALANCE:
            currency = asked.accounts[0].currency if asked is not None and asked.accounts else "CNY"
            return replace(reading, balances=answers.balance(said, currency))
        is_history = (said.transaction or self.setting("details")) == "6W0300"
        lines, place = answers.history(said) if is_history else answers.entries(said)
        return replace(reading, page=StatementPage(lines, next=place))

    def _verdict(self, operation: Ability, said: answers.Answer) -> Verdict:
        code = said.code
        if code == codes.OK:
            return Verdict.READ
        if operation in PAYMENTS:
            is_final = code in self.connection.final_failures and code not in codes.NEVER_FINAL
            return Verdict.REFUSED if is_final else Verdict.UNDECIDED
        if operation is Ability.TRANSACTIONS and code == codes.NO_ROWS:
            is_trouble = any(word in said.words for word in codes.PREPROCESSING)
            return Verdict.UNDECIDED if is_trouble else Verdict.NOTHING
        is_absent = code == codes.NOT_FOUND and operation is Ability.INQUIRE_PAYROLL
        if is_absent or (operation in INQUIRIES and code in self.not_found_codes):
            return Verdict.NOTHING
        return Verdict.UNDECIDED

    def _submitted(
        self, operation: Ability, said: answers.Answer, asked: WireRequest | None
    ) -> list[Outcome]:
        batch = asked.batch if asked is not None else None
        if operation is Ability.PAY_BATCH:
            items = batch.instructions if batch is not None else ()
            serials = {requests.serial_of(item.reference): item.reference for item in items}
            errors_fail = self.setting("batch_errors") == "failed"
            return answers.batch_taken(said, serials, errors_fail=errors_fail)
        if batch is None:
            return answers.taken(said, "")
        is_payroll = operation is Ability.PAYROLL
        return answers.taken(
            said, batch.batch_no if is_payroll else batch.instructions[0].reference
        )

    def _stands(
        self, operation: Ability, said: answers.Answer, asked: WireRequest | None
    ) -> list[Outcome]:
        inquiries = asked.inquiries if asked is not None else ()
        if operation is not Ability.INQUIRE_BATCH:
            (default, *_) = sorted(_TRANSACTIONS[operation])
            return answers.standing(said, inquiries[0].reference if inquiries else "", default)
        serials = {
            requests.serial_of(one.reference): one.reference for one in inquiries if one.reference
        }
        return answers.batch_standing(said, serials, self._layout())

    def _layout(self) -> answers.BatchLayout:
        return answers.BatchLayout(
            row=self.setting("6W0800_row"),
            serial=self.setting("6W0800_serial"),
            result=self.setting("6W0800_result"),
            success=self.listed("6W0800_success"),
            failure=self.listed("6W0800_failure"),
        )

    def inquire_together(self, part: Sequence[Inquiry]) -> list[Outcome]:
        """6W0600 or 6W1503 for one; 6W0800 for a batch, page by page for as long as pages bring what was not there yet."""
        if ASKED_BY[part[0].operation] is not Ability.INQUIRE_BATCH:
            return super().inquire_together(part)
        found: dict[str, Outcome] = {}
        for page in range(1, PAGES_MAX + 1):
            reading = self.ask(WireRequest(Ability.INQUIRE_BATCH, inquiries=part, cursor=str(page)))
            if reading.verdict is Verdict.NOTHING and page == 1:
                return self.not_found(part, reading)
            require_read(reading)
            fresh = {o.reference: o for o in reading.outcomes if o.reference not in found}
            found |= fresh
            if not fresh or all(one.reference in found for one in part):
                break
        return list(matched(list(found.values()), part))
