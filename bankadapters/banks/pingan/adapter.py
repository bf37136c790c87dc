"""Ping An Bank (B2Bi client, 222-byte header): translation between the contract and the wire.  Source: PingAn sheet."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from bankadapters.banks.pingan import answers, codes, requests
from bankadapters.banks.pingan import messages as m
from bankadapters.banks.pingan.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
    Fate,
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
from bankadapters.dialect import ASKED_BY, PAYMENTS, Dialect, Message
from bankadapters.errors import Unreadable
from bankadapters.matching import matched
from bankadapters.messages import Record
from bankadapters.numbers import lasting_number
from bankadapters.paging import Spans
from bankadapters.transport import Carrier

PAGES_MAX = 20


class PinganAdapter(Dialect):
    """Ping An Bank through its client on our network, over TCP or HTTP with the same bytes."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    carriers: ClassVar[Mapping[str, Carrier]] = {
        "main": Carrier(content_type="text/xml; charset=GBK", framer=m.FRAME)
    }
    masked = ("RandomPwd",)
    one_by_one = frozenset({Ability.PAY, Ability.SWEEP})
    spans = Spans(days_max=31, today_apart=True)
    history_spans = Spans(days_max=1, kept_days=100)
    receipt_spans = Spans(days_max=1)

    def kind_of(self, item: Instruction, operation: Ability) -> Hashable:
        """A batch has one speed."""
        return item.urgent

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Payments of one batch; those sent alone are asked about alone."""
        operation = ASKED_BY[inquiry.operation]
        if operation is Ability.INQUIRE_BATCH:
            return operation, inquiry.batch_no
        return operation, inquiry.reference, inquiry.bank_serial

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """Header and body of a request."""
        code, body = self._body(request)
        serial = lasting_number(20)
        over_http = self.connection.endpoints.get("main", "").startswith("http")
        data = requests.message(
            code, body, setting=self.setting, serial=serial, over_http=over_http
        )
        return Message(code, data, number=serial)

    def _body(self, request: WireRequest) -> tuple[str, Record]:
        operation, setting = request.operation, self.setting
        if request.batch is not None:
            if operation is Ability.PAY_BATCH:
                return "4018", requests.batch(request.batch, setting=setting)
            return "4004", requests.payment(request.batch.instructions[0], setting=setting)
        if operation is Ability.SIGN_ON:
            return "S001", m.HeartBeat()
        if operation is Ability.INQUIRE_BATCH:
            return "4015", requests.batch_status(request.inquiries, request.cursor, setting=setting)
        if operation is Ability.INQUIRE:
            return "4005", requests.status(request.inquiries[0])
        account = request.the_account()
        if operation is Ability.BALANCE:
            return "4001", requests.balance(account)
        first, last = request.the_days()
        if operation is Ability.HISTORY_BALANCE:
            return "4012", requests.history(account, first)
        if operation is Ability.RECEIPT_LIST:
            return "F001", requests.receipts(account, first, setting=setting)
        return "4013", requests.entries(account, first, last, request.cursor)

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer of this operation says. Raises Unreadable."""
        said = answers.read_answer(answer)
        if asked is not None and not said.has_header:
            raise Unreadable("an answer without its header of 222 bytes")
        verdict = self._verdict(operation, said)
        reading = Reading(said.code, said.words, verdict, number=said.serial)
        if operation in PAYMENTS:
            if verdict is not Verdict.READ:
                return reading
            return replace(reading, outcomes=_submitted(operation, said, asked))
        if verdict is not Verdict.READ:
            return reading
        if operation is Ability.SIGN_ON:
            return replace(reading, has_session=True)
        if operation is Ability.INQUIRE:
            return replace(reading, outcomes=answers.standing(said))
        if operation is Ability.INQUIRE_BATCH:
            return self._batch(reading, said, asked)
        account = asked.accounts[0].number if asked is not None and asked.accounts else ""
        day = asked.first if asked is not None else None
        if operation is Ability.BALANCE:
            return replace(reading, balances=answers.balance(said))
        if operation is Ability.HISTORY_BALANCE:
            return replace(reading, balances=answers.day_balance(said, account, day))
        if operation is Ability.RECEIPT_LIST:
            return replace(reading, receipts=answers.receipt_file(said, account, day))
        lines, following = answers.entries(said)
        return replace(reading, page=StatementPage(lines, next=following))

    def _verdict(self, operation: Ability, said: answers.Answer) -> Verdict:
        code = said.code
        if code == codes.OK or not said.has_header:
            return Verdict.READ
        if operation in PAYMENTS:
            if code == codes.UNDER_WAY:
                return Verdict.READ
            is_final = code in self.connection.final_failures and code not in codes.NEVER_FINAL
            return Verdict.REFUSED if is_final else Verdict.UNDECIDED
        is_empty = code == codes.NO_ROWS and operation is Ability.TRANSACTIONS
        if is_empty or code in self.not_found_codes:
            return Verdict.NOTHING
        return Verdict.UNDECIDED

    @staticmethod
    def _batch(reading: Reading, said: answers.Answer, asked: WireRequest | None) -> Reading:
        found, batch_no, is_last = answers.batch_standing(said)
        if asked is not None and batch_no and batch_no != asked.inquiries[0].batch_no:
            raise Unreadable(f"answer about batch {batch_no[:30]}, another one was asked about")
        page = StatementPage((), next="" if is_last else "more")
        return replace(reading, outcomes=found, page=page)

    def inquire_together(self, part: Sequence[Inquiry]) -> list[Outcome]:
        """4005 for one; 4015 for a batch, page by page until the bank says that was the end."""
        if ASKED_BY[part[0].operation] is not Ability.INQUIRE_BATCH:
            return super().inquire_together(part)
        found: list[Outcome] = []
        for page in range(1, PAGES_MAX + 1):
            reading = self.ask(WireRequest(Ability.INQUIRE_BATCH, inquiries=part, cursor=str(page)))
            if reading.verdict is Verdict.NOTHING:
                return self.not_found(part, reading)
            require_read(reading)
            found.extend(matched(reading.outcomes, part))
            if not reading.page.next or not reading.outcomes:
                break
        return found


def _submitted(
    operation: Ability, said: answers.Answer, asked: WireRequest | None
) -> list[Outcome]:
    """Accepted or under way, never paid: the bank's echo must name what was sent."""
    fate = Fate.PROCESSING if said.code == codes.UNDER_WAY else Fate.ACCEPTED
    echo = answers.taken(said) if said.body is not None else m.Taken()
    batch = asked.batch if asked is not None else None
    if batch is None:
        return (
            answers.all_taken([echo.reference], fate, said, echo.serial) if echo.reference else []
        )
    sent = batch.batch_no if operation is Ability.PAY_BATCH else batch.instructions[0].reference
    if echo.reference != sent and not (fate is Fate.PROCESSING and not echo.reference):
        raise Unreadable(f"answer names {echo.reference[:30]!r}, sent was {sent}")
    is_other = echo.payer_account and echo.payer_account != batch.instructions[0].payer_account
    amount = echo.amount is not None and operation is not Ability.PAY_BATCH
    if is_other or (amount and echo.amount != batch.instructions[0].money.amount):
        raise Unreadable("answer echoes another payer account or another amount")
    references = [item.reference for item in batch.instructions]
    serial = echo.serial if operation is not Ability.PAY_BATCH else ""
    return answers.all_taken(references, fate, said, serial)
