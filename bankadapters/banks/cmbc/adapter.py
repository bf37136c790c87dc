"""CMBC (b2e connect): translation between the contract and the wire.  Source: CMBC sheet."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import ClassVar

from bankadapters.banks.cmbc import answers, codes, requests
from bankadapters.banks.cmbc import messages as m
from bankadapters.banks.cmbc.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
    Direction,
    Fate,
    Inquiry,
    Profile,
    Reading,
    StatementPage,
    Verdict,
    WireRequest,
)
from bankadapters.dialect import Dialect, Message
from bankadapters.errors import Unreadable
from bankadapters.numbers import lasting_number
from bankadapters.paging import Spans
from bankadapters.transport import FORM, Carrier

_NOBODY = "?"  # an answer that names no payment, read without a question


class CmbcAdapter(Dialect):
    """China Minsheng Bank through its proxy: no session, a password in every message."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    carriers: ClassVar[Mapping[str, Carrier]] = {
        "main": Carrier(content_type=FORM),
        "bdes": Carrier(content_type="application/x-NS-BDES"),
    }
    masked = ("userPswd", "userKey")
    spans = Spans(days_max=31)

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Each payment alone."""
        return inquiry.reference

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """The CMBC document of a request."""
        number = lasting_number(16)
        trade, body = self._body(request, number)
        password = self.secret("userPswd")
        data = requests.document(trade, body, setting=self.setting, password=password)
        carrier = "bdes" if self.setting("content_type") == "bdes" else "main"
        return Message(trade, data, carrier=carrier, number=number)

    def _body(self, request: WireRequest, number: str) -> tuple[str, m.Body]:
        setting = self.setting
        if request.batch is not None:
            item = request.batch.instructions[0]
            return "Xfer", requests.transfer(item, number, setting=setting)
        if request.operation is Ability.INQUIRE:
            return "qryXfer", requests.status(request.inquiries[0], number)
        account = request.the_account()
        if request.operation is Ability.BALANCE:
            setting("balance_book")  # not known: nothing is asked
            return "qryBal", requests.balance(account, number)
        self._sides()  # not known: nothing is asked, lest in and out be swapped
        days = request.the_days()
        return "qryDtl", requests.entries(account, *days, request.cursor, number, setting=setting)

    def _sides(self) -> dict[str, Direction]:
        return {
            self.setting("debit_type"): Direction.DEBIT,
            self.setting("credit_type"): Direction.CREDIT,
        }

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer of this operation says. Raises Unreadable."""
        said = answers.read_answer(answer)
        reading = Reading(said.code, said.words, self._verdict(operation, said), said.number)
        if reading.verdict is not Verdict.READ:
            return reading
        if operation is Ability.PAY:
            batch = asked.batch if asked is not None else None
            reference = batch.instructions[0].reference if batch is not None else ""
            outcome = answers.submitted(said, reference)
            return replace(reading, outcomes=[replace(outcome, reference=outcome.reference or _NOBODY)])  # fmt: skip
        if operation is Ability.INQUIRE:
            reference = asked.inquiries[0].reference if asked is not None else ""
            told = answers.standing(said, reference)
            if told is None:
                raise Unreadable("an answer without statusId")
            return replace(reading, outcomes=[replace(told, reference=told.reference or _NOBODY)])
        if operation is Ability.BALANCE:
            names = {name: self.setting(f"balance_{name}") for name in ("account", "book", "available")}  # fmt: skip
            return replace(reading, balances=answers.balances(said, names))
        account = asked.accounts[0].number if asked is not None and asked.accounts else ""
        begin = int((asked.cursor if asked is not None else "") or 1)
        lines, total = answers.entries(said, account, self._sides())
        is_more = begin + len(lines) <= total if total is not None else bool(lines)
        following = str(begin + len(lines)) if is_more and lines else ""
        return replace(reading, page=StatementPage(lines, next=following, total=total))

    def _verdict(self, operation: Ability, said: answers.Answer) -> Verdict:
        """The head's code first; a code of success beside a severity of error decides nothing."""
        code = said.code
        if code == codes.OK:
            return Verdict.UNDECIDED if said.severity.lower() == "error" else Verdict.READ
        if operation is Ability.PAY:
            final = self.connection.final_failures - codes.NEVER_FINAL
            fate = codes.FATES.fate("Xfer", "code", code, final_failures=final)
            if fate is Fate.FAILED:
                return Verdict.REFUSED
            return Verdict.UNDECIDED if fate is Fate.UNKNOWN else Verdict.READ
        if operation is Ability.INQUIRE:
            if code == codes.UNKNOWN_NUMBER or code in self.not_found_codes:
                return Verdict.NOTHING
            known = codes.FATES.fate("qryXfer", "code", code)
            return Verdict.UNDECIDED if known is Fate.UNKNOWN else Verdict.READ
        is_end = operation is Ability.TRANSACTIONS and code == codes.END_OF_ROWS
        return Verdict.NOTHING if is_end else Verdict.UNDECIDED
