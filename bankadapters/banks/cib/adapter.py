"""Industrial Bank (FOX, by the bank's agent): translation between the contract and the wire.  Source: CIB sheet."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import ClassVar

from bankadapters.banks.cib import answers, codes, payments, requests
from bankadapters.banks.cib.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
    AccountRef,
    Batch,
    Fate,
    Inquiry,
    Outcome,
    Profile,
    Reading,
    ReceiptFound,
    Session,
    StatementPage,
    Verdict,
    WireRequest,
)
from bankadapters.conversation import require_read
from bankadapters.dialect import ASKED_BY, INQUIRIES, PAYMENTS, Dialect, Message
from bankadapters.errors import BankError, NotReady, QueryFailed, Unreadable
from bankadapters.matching import matched
from bankadapters.numbers import lasting_number
from bankadapters.paging import Spans
from bankadapters.transport import Carrier
from kernel import clock
from kernel.secrets import Secret

PAGES_MAX = 50
JOB_FAILED = "3"
OTHER, CORE = "other query", "core"  # further questions about one payment
PAID, PENDING = "paid", "pending"  # what was said before the core is asked
_FUNCTIONS: Mapping[Ability, frozenset[str]] = {
    Ability.PAY: frozenset(codes.SINGLES),
    Ability.SWEEP: frozenset(codes.SINGLES),
    Ability.PAY_BATCH: frozenset(codes.BATCHES),
    Ability.PAYROLL: frozenset({codes.PAYROLL}),
    Ability.INQUIRE: frozenset({*codes.QUERIES.values(), codes.CORE}),
    Ability.INQUIRE_BATCH: frozenset(codes.BATCHES),
    Ability.INQUIRE_PAYROLL: frozenset({"RPAYOFFINQTRN"}),
    Ability.BALANCE: frozenset({"CURRACCTQUERYTRN"}),
    Ability.HISTORY_BALANCE: frozenset({"HISBALQUERYTRN"}),
    Ability.TRANSACTIONS: frozenset({"SCUSTSTMTTRN"}),
    Ability.RECEIPT_LIST: frozenset({"ELECTRONICRECEIPTTRN", "ASYNRECEIPTINFOTRN"}),
}


class CibAdapter(Dialect):
    """Industrial Bank through its agent on our network: one function a message, who asks in each of them."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    carriers: ClassVar[Mapping[str, Carrier]] = {"main": Carrier(content_type="application/x-fox")}
    masked = ("USERPASS", "USERKEY")
    one_by_one = frozenset({Ability.PAY, Ability.SWEEP})
    spans = Spans(days_max=1)
    history_spans = Spans(days_max=365)
    receipt_spans = Spans(days_max=1)

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Items of one batch; everything else is asked about alone."""
        operation = ASKED_BY[inquiry.operation]
        if operation is Ability.INQUIRE_BATCH:
            return operation, inquiry.batch_no
        return operation, inquiry.reference

    # -- asking -------------------------------------------------------------------------------------------------

    def _mark(self) -> str:
        """What is kept once the bank has refused this operator and password, so that they are not sent again."""
        words = f"{self.setting('USERID')}\n{self.secret('USERPASS')}".encode()
        return f"refused:{hashlib.sha256(words).hexdigest()[:24]}"

    def ask(self, request: WireRequest) -> Reading:
        """One request and its answer. A refused sign-on is remembered: repeating it locks the operator."""
        reading = super().ask(request)
        is_refused = reading.verdict is Verdict.NOT_EXECUTED and reading.code in codes.LOGIN_REFUSED
        if is_refused and self.sessions is not None:
            self.sessions.save(Session(token=Secret(self._mark()), opened_at=clock.now()))
        return reading

    def compose(self, request: WireRequest, token: str) -> Message:
        """The FOX document of a request. Raises NotReady while the sign-on is one the bank has refused."""
        if token and token == self._mark():
            raise NotReady("USERPASS that the bank accepts: it refused the present one")
        if request.batch is not None:
            return self._payment(request.batch, request.operation)
        if request.operation in INQUIRIES:
            return self._inquiry(request)
        return self._query(request, request.the_account())

    @property
    def _who(self) -> str:
        return self.secret("USERPASS")

    def _payment(self, batch: Batch, operation: Ability) -> Message:
        if operation in (Ability.PAY, Ability.SWEEP):
            item, function = batch.instructions[0], self.setting("transfer")
            body = requests.transfer(item, function, setting=self.setting)
            number = item.reference
        elif operation is Ability.PAYROLL:
            function, number = codes.PAYROLL, batch.batch_no
            body = requests.payroll(batch, setting=self.setting)
        else:
            function, number = self.setting("batch"), batch.batch_no
            body = requests.batch(batch, function, setting=self.setting)
        data = requests.submission(function, number, body, setting=self.setting, password=self._who)
        return Message(function, data, number=number)

    def _inquiry(self, request: WireRequest) -> Message:
        one = request.inquiries[0]
        if request.operation is Ability.INQUIRE_BATCH:
            function, number = self.setting("batch"), one.batch_no
            if request.cursor == OTHER:
                function = next(name for name in codes.BATCHES if name != function)
            data = requests.omission(function, number, setting=self.setting, password=self._who)
            return Message(function, data, number=number)
        number, kind = lasting_number(20, prefix="Q"), self.setting("transfer")
        asked = one.reference
        if request.operation is Ability.INQUIRE_PAYROLL:
            function, asked = "RPAYOFFINQTRN", one.batch_no or one.reference
        elif request.cursor.startswith(CORE):
            function = codes.CORE
        else:
            other = next(name for name in codes.SINGLES if name != kind)
            function = codes.QUERIES[other if request.cursor == OTHER else kind]
        body = requests.status(asked, of_core=function == codes.CORE)
        data = requests.question(function, number, body, setting=self.setting, password=self._who)
        return Message(function, data, number=number)

    def _query(self, request: WireRequest, account: AccountRef) -> Message:
        operation, number = request.operation, lasting_number(20, prefix="Q")
        if operation is Ability.BALANCE:
            function, body = "CURRACCTQUERYTRN", requests.balance(account)
        elif operation is Ability.HISTORY_BALANCE:
            function, body = "HISBALQUERYTRN", requests.history(account, *request.the_days())
        elif operation is Ability.TRANSACTIONS:
            function = "SCUSTSTMTTRN"
            body = requests.entries(account, *request.the_days(), request.cursor)
        else:
            job, _, page = request.cursor.partition(":")
            if not page:
                return self._job(account, request.the_days()[0], job or "A")
            function, body = "ASYNRECEIPTINFOTRN", requests.receipt_files(job, page)
        data = requests.question(function, number, body, setting=self.setting, password=self._who)
        return Message(function, data, number=number)

    def _job(self, account: AccountRef, day: date, attempt: str) -> Message:
        """A job for receipts under a number of the account and the day: sent again, it tells how the first one stands."""
        number = f"R{account.number[-18:]}{day:%Y%m%d}{attempt}"
        body = requests.receipt_job(account, day)
        function = "ELECTRONICRECEIPTTRN"
        data = requests.submission(function, number, body, setting=self.setting, password=self._who)
        return Message(function, data, number=number)

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer of this operation says. Raises Unreadable."""
        said = answers.read_answer(answer)
        if said.sign_on.code != codes.OK:
            verdict = Verdict.NOT_EXECUTED if said.node is None else Verdict.UNDECIDED
            return Reading(said.sign_on.code, said.sign_on.words, verdict)
        if said.function not in _FUNCTIONS[operation]:
            raise Unreadable(f"answer of {said.function[:30]!r}, which is not {operation}")
        code, words = said.status.code, said.status.words
        reading = Reading(code, words, self._verdict(operation, said), said.number)
        if reading.verdict is Verdict.REFUSED:
            return replace(reading, text=payments.complaints(said) or words)
        if reading.verdict is not Verdict.READ:
            return reading
        if operation in PAYMENTS:
            return replace(reading, outcomes=self._submitted(operation, said, asked))
        if operation is Ability.INQUIRE:
            return self._single(reading, said, asked)
        if operation in INQUIRIES:
            return replace(reading, outcomes=self._stands(operation, said, asked))
        return self._told(operation, said, asked, reading)

    @staticmethod
    def _told(
        operation: Ability, said: answers.Answer, asked: WireRequest | None, reading: Reading
    ) -> Reading:
        account = asked.accounts[0].number if asked is not None and asked.accounts else ""
        place = asked.cursor if asked is not None else ""
        if operation is Ability.BALANCE:
            return replace(reading, balances=answers.balance(said))
        if operation is Ability.HISTORY_BALANCE:
            return replace(reading, balances=answers.day_balances(said, account))
        if operation is Ability.TRANSACTIONS:
            lines, following = answers.entries(said, place)
            return replace(reading, page=StatementPage(lines, next=following))
        if said.function == "ELECTRONICRECEIPTTRN":
            state = answers.receipt_job(said)
            done = f"{said.number}:1" if state == "2" else ""
            return replace(reading, text=state, page=StatementPage((), next=done))
        day = asked.first if asked is not None else None
        found, has_more = answers.receipt_files(said, account, day)
        job, _, page = place.partition(":")
        following = f"{job}:{int(page) + 1}" if has_more and page.isdigit() else ""
        return replace(reading, receipts=found, page=StatementPage((), next=following))

    def _verdict(self, operation: Ability, said: answers.Answer) -> Verdict:
        code = said.status.code
        if code == codes.OK:
            return Verdict.READ
        if operation in PAYMENTS:
            is_list = said.function == "ASYNBATCHTRSFRTRN" and said.body("RSBODY") is not None
            has_body = said.body("XFERRS", "XPMTRS", "RPAYOFFRS") is not None
            is_listed = code in self.connection.final_failures and not has_body
            is_refused = is_listed or (is_list and code == codes.REJECTED_LIST)
            return Verdict.REFUSED if is_refused else Verdict.UNDECIDED
        if operation in INQUIRIES:
            has_body = said.node is not None and len(said.node) > 2  # beside TRNUID and STATUS
            is_absent = code in codes.NOT_FOUND or code in self.not_found_codes
            return Verdict.NOTHING if is_absent and not has_body else Verdict.UNDECIDED
        is_empty = operation is Ability.TRANSACTIONS and code in codes.EMPTY
        return Verdict.NOTHING if is_empty else Verdict.UNDECIDED

    def _submitted(
        self, operation: Ability, said: answers.Answer, asked: WireRequest | None
    ) -> list[Outcome]:
        batch = asked.batch if asked is not None else None
        if operation is Ability.PAYROLL:
            return payments.payroll(said, "submit", batch.batch_no if batch else said.number)
        if operation is Ability.PAY_BATCH:
            references = [item.reference for item in batch.instructions] if batch else []
            return payments.batch(said, "submit", references)
        item = batch.instructions[0] if batch is not None else None
        told = payments.taken(said, item.reference if item is not None else "").outcome
        if item is not None:
            is_other = told.payer_account and told.payer_account != item.payer_account
            if is_other or (told.money is not None and told.money != item.money):
                raise Unreadable("the answer echoes another payer account or another amount")
        return [told]

    @staticmethod
    def _stands(
        operation: Ability, said: answers.Answer, asked: WireRequest | None
    ) -> list[Outcome]:
        inquiries = asked.inquiries if asked is not None else ()
        if operation is Ability.INQUIRE_BATCH:
            return payments.batch(said, "query", [one.reference for one in inquiries])
        return payments.payroll(said, "query", inquiries[0].reference if inquiries else "")

    def _single(self, reading: Reading, said: answers.Answer, asked: WireRequest | None) -> Reading:
        """One payment. What the core has to confirm is under way until it has: the reading says how to go on."""
        reference = asked.inquiries[0].reference if asked is not None else ""
        if said.function == codes.CORE:
            words = asked.cursor.split() if asked is not None else []
            is_inside, was_paid = codes.IN_BANK in words, PAID in words
            found = payments.core(said, reference, is_inside=is_inside, was_paid=was_paid)
            return replace(reading, outcomes=found)
        kind = next(one for one, query in codes.QUERIES.items() if query == said.function)
        stand = payments.standing(said, kind, reference)
        outcome, side = stand.outcome, codes.IN_BANK if stand.is_inside else codes.OTHER_BANK
        confirms = self.setting("confirm_interbank") == "Y"
        if outcome.code == "PENDING":
            return replace(
                reading, outcomes=[outcome], page=StatementPage((), f"{CORE} {side} {PENDING}")
            )
        if outcome.fate is Fate.SUCCEEDED and not stand.is_inside and confirms:
            doubt = replace(outcome, fate=Fate.PROCESSING)
            page = StatementPage((), f"{CORE} {side} {PAID}")
            return replace(reading, outcomes=[doubt], page=page)
        return replace(reading, outcomes=[outcome])

    def inquire_together(self, part: Sequence[Inquiry]) -> list[Outcome]:
        """By the query of the connection, by the other one where that does not know it, and by the core where it must."""
        operation = ASKED_BY[part[0].operation]
        if operation is Ability.INQUIRE_PAYROLL:
            return super().inquire_together(part)
        reading = self.ask(WireRequest(operation, inquiries=part))
        if reading.verdict is Verdict.NOTHING:
            other = self.ask(WireRequest(operation, inquiries=part, cursor=OTHER))
            if other.verdict is Verdict.NOTHING:
                return self.not_found(part, reading)
            reading = other
        require_read(reading)
        first = list(matched(reading.outcomes, part))
        is_contradicted = reading.page.next.endswith(PAID) and any(
            one.fate is Fate.UNKNOWN for one in first
        )
        if not reading.page.next or is_contradicted:
            return first
        try:
            told = self.ask(WireRequest(Ability.INQUIRE, inquiries=part, cursor=reading.page.next))
        except BankError:
            return first
        confirmed = list(matched(told.outcomes, part)) if told.verdict is Verdict.READ else []
        return [one for one in confirmed if one.fate is not Fate.UNKNOWN] or first

    # -- receipts -----------------------------------------------------------------------------------------------

    def receipts(self, account: AccountRef, first: date, last: date) -> list[ReceiptFound]:
        """The receipts of days before today, a job for each. Raises QueryFailed while the bank is still making them."""
        found: list[ReceiptFound] = []
        until = min(last, clock.today() - timedelta(days=1))
        for start, _ in self.receipt_spans.stretches(first, until):
            found.extend(self._of_day(account, start))
        return found

    def _of_day(self, account: AccountRef, day: date) -> list[ReceiptFound]:
        def request(cursor: str) -> WireRequest:
            return WireRequest(
                Ability.RECEIPT_LIST, accounts=[account], first=day, last=day, cursor=cursor
            )

        for attempt in "ABC":
            reading = self.ask(request(attempt))
            require_read(reading)
            if reading.text != JOB_FAILED:
                break
        found: list[ReceiptFound] = []
        place = reading.page.next
        if not place:
            raise QueryFailed(f"the bank is still making the receipts of {day}", code=reading.text)
        for _ in range(PAGES_MAX):
            reading = self.ask(request(place))
            require_read(reading)
            found.extend(reading.receipts)
            place = reading.page.next
            if not place:
                return found
        raise QueryFailed(f"the receipts of {day} have no end")
