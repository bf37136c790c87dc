"""CITIC (`stream` through DLServer): translation between the contract and the wire.  Source: CITIC sheet."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import ClassVar

from bankadapters.banks.citic import answers, codes, requests
from bankadapters.banks.citic import messages as m
from bankadapters.banks.citic.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
    AccountRef,
    Batch,
    Fate,
    Inquiry,
    Instruction,
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
from bankadapters.errors import QueryFailed
from bankadapters.matching import echoed
from bankadapters.paging import Spans
from bankadapters.transport import Carrier
from kernel import clock

_NOBODY = "?"  # an answer that names no payment, read without a question
_RECEIPT_PAGES_MAX = 100


class CiticAdapter(Dialect):
    """China CITIC Bank through its front-end: no session and no signature of ours, XML in GBK."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    carriers: ClassVar[Mapping[str, Carrier]] = {
        "main": Carrier(content_type="text/xml; charset=GBK")
    }
    spans = Spans(days_max=1)  # a row's number has four digits only
    history_spans = Spans(days_max=30)
    receipt_spans = Spans(days_max=30, today_apart=True)
    one_by_one = frozenset({Ability.PAY, Ability.SWEEP})

    def together(self, batch: Batch) -> Sequence[Instruction]:
        """As ever, but rows whose four digits would be the same go in different batches."""
        chosen = super().together(batch)
        if batch.operation is not Ability.PAY_BATCH:
            return chosen
        seen: dict[str, Instruction] = {}
        return [i for i in chosen if seen.setdefault(requests.row_id(i.reference), i) is i]

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Payments of one batch; those sent alone are asked about alone."""
        operation = ASKED_BY[inquiry.operation]
        own = inquiry.reference if operation is Ability.INQUIRE else inquiry.batch_no
        return operation, inquiry.operation is Ability.SWEEP, own or inquiry.reference

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """The stream of a request."""
        action, body = self._body(request)
        return Message(action, body)

    def _body(self, request: WireRequest) -> tuple[str, bytes]:
        operation, setting = request.operation, self.setting
        if request.batch is not None:
            if operation is Ability.PAYROLL:
                return "DLSALIMP", requests.payroll(request.batch, setting=setting)
            if operation is Ability.PAY_BATCH:
                return "DLPAYBAT", requests.batch(request.batch, setting=setting)
            item = request.batch.instructions[0]
            if operation is Ability.SWEEP:
                return requests.inward(item, setting=setting)
            return "DLOUTTRN", requests.outward(item, setting=setting)
        if operation in INQUIRIES:
            return self._question(request.inquiries[0])
        if operation is Ability.RECEIPT_FILE:
            return "DLEDCDTD", requests.receipt(request.receipts[0], setting=setting)
        if operation is Ability.BALANCE:
            return "DLBALQRY", requests.balances(request.accounts, setting=setting)
        return self._days(request)

    def _question(self, one: Inquiry) -> tuple[str, bytes]:
        user, operation = self.setting("userName"), ASKED_BY[one.operation]
        if operation is Ability.INQUIRE_PAYROLL:
            month = requests.month_of(one.day or clock.today())
            query: m.Request = m.MonthAsked(action="DLSALCOL", user=user, month=month)
        elif operation is Ability.INQUIRE_BATCH:
            reference = one.batch_no or one.reference
            query = m.StatusAsked(action="DLBATDET", user=user, reference=reference)
        else:
            was: str | None = "DLOUTTRN"
            if one.operation is Ability.SWEEP:  # up or down cannot be told from the question
                was = "DLINETRN" if self.setting("sweep") == "DLINETRN" else None
            query = m.StatusAsked(action="DLCIDSTT", user=user, reference=one.reference, action_was=was)  # fmt: skip
        return query.action, requests.document(query)

    def _days(self, request: WireRequest) -> tuple[str, bytes]:
        account, place, setting = request.the_account(), request.cursor, self.setting
        first, last = request.the_days()
        if request.operation is Ability.HISTORY_BALANCE:
            return "DLHBLQRY", requests.history(account, first, last, setting=setting)
        if request.operation is Ability.RECEIPT_LIST:
            return "DLEDDRSQ", requests.receipts(account, first, last, place, setting=setting)
        return "DLTRNALL", requests.entries(account, first, last, place, setting=setting)

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer of this operation says. Raises Unreadable."""
        said = answers.read_answer(answer)
        reading = Reading(said.status, said.words, self._verdict(operation, said.status))
        if reading.verdict is not Verdict.READ:
            return reading
        if operation in PAYMENTS:
            return replace(reading, outcomes=_submitted(operation, said, asked))
        if operation in INQUIRIES:
            return self._stands(operation, reading, said, asked)
        account = asked.accounts[0].number if asked is not None and asked.accounts else ""
        if operation is Ability.BALANCE:
            good, code, words = answers.balances(said)
            if code:
                reading = replace(reading, code=code, text=words, verdict=Verdict.UNDECIDED)
            return replace(reading, balances=good)
        if operation is Ability.HISTORY_BALANCE:
            return replace(reading, balances=answers.day_balances(said))
        if operation is Ability.RECEIPT_LIST:
            found, total = answers.receipts(said, account)
            return replace(reading, receipts=found, page=StatementPage((), total=total))
        if operation is Ability.RECEIPT_FILE:
            return replace(reading, file=answers.receipt_file(said))
        begin = int((asked.cursor if asked is not None else "") or 1)
        lines, following, total_rows = answers.entries(said, begin)
        return replace(reading, page=StatementPage(lines, next=following, total=total_rows))

    def _verdict(self, operation: Ability, status: str) -> Verdict:
        if operation in PAYMENTS:
            final = frozenset() if codes.is_open(status) else self.connection.final_failures
            said = codes.FATES.fate("submit", "status", status, final_failures=final)
            if said is Fate.FAILED:
                return Verdict.REFUSED
            is_partly = operation is Ability.PAY_BATCH and status == codes.PARTLY
            return Verdict.READ if is_partly or said is not Fate.UNKNOWN else Verdict.UNDECIDED
        if status == codes.OK:
            return Verdict.READ
        if operation in INQUIRIES and status in self.not_found_codes:
            return Verdict.NOTHING
        if operation is Ability.INQUIRE_BATCH:
            if status == codes.BATCH_UNKNOWN:
                return Verdict.NOTHING
            if status == codes.PARTLY or ("DLBATDET", "status", status) in codes.FATES.rows:
                return Verdict.READ
        return Verdict.UNDECIDED

    def _stands(
        self, operation: Ability, reading: Reading, said: answers.Answer, asked: WireRequest | None
    ) -> Reading:
        part = asked.inquiries if asked is not None else ()
        if operation is Ability.INQUIRE:
            reference = part[0].reference if part else _NOBODY
            return replace(reading, outcomes=answers.standing(said, reference))
        final = self.connection.final_failures
        if operation is Ability.INQUIRE_BATCH:
            return replace(reading, outcomes=_batch(said, part, final))
        found = answers.payrolls(said, final)
        wanted = {one.batch_no or one.reference for one in part}
        ours = [one for one in found if one.reference in wanted] if part else found
        return replace(reading, outcomes=ours, verdict=Verdict.READ if ours else Verdict.NOTHING)

    def receipts(self, account: AccountRef, first: date, last: date) -> list[ReceiptFound]:
        """The receipts of these days, page by page."""
        found: dict[str, ReceiptFound] = {}
        for start, end in self.receipt_spans.stretches(first, last):
            begin = 1
            for _ in range(_RECEIPT_PAGES_MAX):
                reading = self.ask(
                    WireRequest(
                        Ability.RECEIPT_LIST, accounts=[account], first=start, last=end, cursor=str(begin)
                    )
                )  # fmt: skip
                require_read(reading)
                found |= {one.receipt_no: one for one in reading.receipts}
                begin += len(reading.receipts)
                if not reading.receipts or begin > (reading.page.total or 0):
                    break
            else:
                raise QueryFailed(f"more than {_RECEIPT_PAGES_MAX} pages of receipts")
        return list(found.values())


def _submitted(
    operation: Ability, said: answers.Answer, asked: WireRequest | None
) -> list[Outcome]:
    """Taken in, never paid: the message's word for one payment and for a payroll, the rows' for a batch that has rows."""
    batch = asked.batch if asked is not None else None
    fate = codes.FATES.fate("submit", "status", said.status)
    if operation is Ability.PAYROLL:
        return [Outcome(batch.batch_no if batch else _NOBODY, fate, code=said.status)]
    items = batch.instructions if batch is not None else ()
    rows = answers.status_rows(said) if operation is Ability.PAY_BATCH else []
    if not rows:
        references = [item.reference for item in items] or [_NOBODY]
        return [Outcome(reference, fate, code=said.status) for reference in references]
    known = {requests.row_id(item.reference): item.reference for item in items}
    return [
        Outcome(
            known.get(row.number, row.number), codes.FATES.fate("submit", "status", row.status),
            code=row.status, text=row.words,
        )
        for row in rows
    ]  # fmt: skip


def _batch(said: answers.Answer, part: Sequence[Inquiry], final: frozenset[str]) -> list[Outcome]:
    """The rows of a batch by the digits made of our numbers; without rows the word on the batch is that on each."""
    rows = answers.status_rows(said)
    known = {requests.row_id(one.reference): one.reference for one in part}
    if not rows and said.status not in (codes.OK, codes.PARTLY):
        fate = codes.of_row("DLBATDET", said.status)
        return [Outcome(reference, fate, code=said.status, text=said.words) for reference in known.values()]  # fmt: skip
    return [
        Outcome(
            known.get(row.number, row.number if not part else ""), codes.of_row("DLBATDET", row.status, final),
            code=row.status, text=row.words, money=echoed(row.amount), payer_account=row.payer_account,
        )
        for row in rows
        if not part or row.number in known
    ]  # fmt: skip
