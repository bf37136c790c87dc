"""CEB (银企通 proxy): translation between the contract and the wire.  Source: the banks' overview, section 2.1."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from datetime import date
from typing import ClassVar

from bankadapters.banks.ceb import answers, codes, requests
from bankadapters.banks.ceb.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
    AccountRef,
    Fate,
    Inquiry,
    Outcome,
    Profile,
    Reading,
    ReceiptFound,
    Verdict,
    WireRequest,
)
from bankadapters.conversation import require_read
from bankadapters.dialect import Dialect, Message
from bankadapters.errors import QueryFailed, Unreadable, Unsupported
from bankadapters.numbers import lasting_number
from bankadapters.paging import Spans
from bankadapters.transport import Carrier

_NOBODY = "?"  # an answer that names no payment, read without a question
_PDF = b"%PDF-"
_PAGES_MAX = 100


class CebAdapter(Dialect):
    """China Everbright Bank through its proxy: a password in the address, one payment a message."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    carriers: ClassVar[Mapping[str, Carrier]] = {
        "main": Carrier(content_type="text/xml; charset=GB2312")
    }
    masked = ("userPassword", "checkPassword", "PinSeed", "MAC")
    receipt_spans = Spans(days_max=31)

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Each payment alone."""
        return inquiry.reference

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """The Transaction document of a request, and the address it goes to."""
        setting, password = self.setting, self.secret("userPassword")
        if request.operation is Ability.RECEIPT_FILE and request.cursor:
            return Message(
                "downloadFile", b"", target=requests.download(request.cursor, password=password)
            )
        pays = request.batch is not None
        if request.batch is not None:
            item = request.batch.instructions[0]
            trade, number = "b2e004001", item.reference
            data = requests.document(trade, number, requests.transfer(item, setting=setting), setting=setting)  # fmt: skip
        else:
            trade, data, number = self._query(request)
        target = requests.target(trade, pays=pays, setting=setting, password=password)
        return Message(trade, data, target=target, number=number)

    def _query(self, request: WireRequest) -> tuple[str, bytes, str]:
        number, setting = lasting_number(20, prefix="Q"), self.setting
        if request.operation is Ability.INQUIRE:
            asked = requests.status(request.inquiries[0], number)
            return "b2e004003", requests.document("b2e004003", number, asked, setting=setting), number  # fmt: skip
        if request.operation is Ability.RECEIPT_FILE:
            wanted = requests.receipt(request.receipts[0])
        elif request.operation is not Ability.RECEIPT_LIST:
            raise Unsupported(request.operation)
        else:
            account, days = request.the_account(), request.the_days()
            wanted = requests.receipts(account, *days, request.cursor)
        return "b2e005023", requests.document("b2e005023", number, wanted, setting=setting), number

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer of this operation says. Raises Unreadable."""
        if operation is Ability.RECEIPT_FILE and answer.startswith(_PDF):
            return Reading(codes.OK, "", file=answer)
        said = answers.read_answer(answer)
        reading = Reading(said.code, said.words, self._verdict(operation, said.code), said.number)
        if reading.verdict is not Verdict.READ:
            return reading
        if operation is Ability.PAY:
            batch = asked.batch if asked is not None else None
            reference = batch.instructions[0].reference if batch is not None else said.number
            return replace(reading, outcomes=[Outcome(reference or _NOBODY, Fate.ACCEPTED, code=said.code)])  # fmt: skip
        if operation is Ability.INQUIRE:
            reference = asked.inquiries[0].reference if asked is not None else _NOBODY
            final = self.connection.final_failures
            told = answers.standing(said, "" if asked is None else reference, final)
            if told is None:
                raise Unreadable("an answer without RespData")
            if told.fate is Fate.UNKNOWN and told.code in self.not_found_codes:
                return replace(reading, code=told.code, verdict=Verdict.NOTHING)
            return replace(reading, outcomes=[replace(told, reference=told.reference or _NOBODY)])
        if operation is Ability.RECEIPT_LIST:
            account = asked.accounts[0].number if asked is not None and asked.accounts else ""
            return replace(reading, receipts=answers.receipts(said, account))
        name = answers.file_name(said, self.setting("receipt_file_field"))
        return replace(reading, receipts=[ReceiptFound("", "", None, file=name)])

    def _verdict(self, operation: Ability, code: str) -> Verdict:
        if code == codes.OK:
            return Verdict.READ
        if operation is Ability.PAY:
            is_final = code in self.connection.final_failures and code not in codes.NEVER_FINAL
            return Verdict.REFUSED if is_final else Verdict.UNDECIDED
        is_absent = operation is Ability.INQUIRE and code in self.not_found_codes
        return Verdict.NOTHING if is_absent else Verdict.UNDECIDED

    # -- receipts in several steps ------------------------------------------------------------------------------

    def receipts(self, account: AccountRef, first: date, last: date) -> list[ReceiptFound]:
        """The receipts of these days, fifty at a time until a page is not full."""
        found: dict[str, ReceiptFound] = {}
        for start, end in self.receipt_spans.stretches(first, last):
            for page in range(_PAGES_MAX):
                begin = 1 + page * requests.RECEIPT_ROWS
                reading = self.ask(
                    WireRequest(
                        Ability.RECEIPT_LIST, accounts=[account], first=start, last=end, cursor=str(begin)
                    )
                )  # fmt: skip
                require_read(reading)
                found |= {one.receipt_no: one for one in reading.receipts}
                if len(reading.receipts) < requests.RECEIPT_ROWS:
                    break
            else:
                raise QueryFailed(f"more than {_PAGES_MAX} pages of receipts")
        return list(found.values())

    def receipt_file(self, receipt: ReceiptFound) -> bytes:
        """Have the file made, then fetch it by its name. Raises QueryFailed, Unreadable."""
        made = self.ask(WireRequest(Ability.RECEIPT_FILE, receipts=[receipt]))
        require_read(made)
        if made.file:
            return made.file
        fetched = self.ask(
            WireRequest(Ability.RECEIPT_FILE, receipts=[receipt], cursor=made.receipts[0].file)
        )
        require_read(fetched)
        if not fetched.file:
            raise Unreadable("what came is no PDF file")
        return fetched.file
