"""SPDB (signature server and business port): translation between the contract and the wire.  Source: SPDB sheet."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from bankadapters.banks.spdb import answers, codes, requests
from bankadapters.banks.spdb.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
    Fate,
    Inquiry,
    Outcome,
    Profile,
    Reading,
    StatementPage,
    Verdict,
    WireRequest,
)
from bankadapters.conversation import require_read
from bankadapters.dialect import ASKED_BY, INQUIRIES, PAYMENTS, Dialect, Message
from bankadapters.errors import QueryFailed, Unreadable
from bankadapters.matching import matched
from bankadapters.numbers import lasting_number
from bankadapters.paging import Spans
from bankadapters.signing import SignServer
from bankadapters.transport import Carrier

INSTANT, WEB_BANK, PACKAGE = "EG30", "EY03", "DO48"  # questions other than 8804


class SpdbAdapter(Dialect):
    """Shanghai Pudong Development Bank: sign, send, verify, on every message."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    carriers: ClassVar[Mapping[str, Carrier]] = {
        "main": Carrier(content_type="text/xml; charset=GB2312"),
        "sign": Carrier("sign", content_type="INFOSEC_SIGN/1.0"),
        "verify": Carrier("sign", content_type="INFOSEC_VERIFY_SIGN/1.0"),
    }
    spans = Spans(days_max=31)
    serials_identify = False  # a batch has one acceptance number

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Payments of one batch where its number is known to the bank; others alone."""
        operation = ASKED_BY[inquiry.operation]
        if operation is not Ability.INQUIRE_BATCH:
            return operation, inquiry.reference
        if self.setting("authMasterID"):
            return operation, inquiry.batch_no
        return operation, inquiry.bank_serial or inquiry.reference

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """The plain body of a request; signature and packet are put around it when it leaves."""
        trade, body = self._body(request)
        self.setting("masterID")  # what has no customer number cannot leave
        return Message(trade, body, number=lasting_number(16))

    def _body(self, request: WireRequest) -> tuple[str, bytes]:
        operation, setting = request.operation, self.setting
        if request.batch is not None:
            if operation is Ability.PAY_BATCH:
                return "8800", requests.batch(request.batch, setting=setting)
            return requests.single(request.batch.instructions[0], setting=setting)
        if operation in INQUIRIES:
            return self._question(request)
        if operation is Ability.BALANCE:
            return "4402", requests.balances(request.accounts)
        setting("debitFlag")  # not known: nothing is asked, lest in and out be swapped
        account, days = request.the_account(), request.the_days()
        return "8924", requests.details(account, *days, request.cursor)

    def _question(self, request: WireRequest) -> tuple[str, bytes]:
        """8804, or the question the cursor names."""
        one, place = request.inquiries[0], request.cursor
        if place == INSTANT:
            return place, requests.instant_status(one, setting=self.setting)
        if place == WEB_BANK:
            return place, requests.web_bank(one, setting=self.setting)
        if place == PACKAGE:
            return place, requests.package_status(one, setting=self.setting)
        is_batch = request.operation is Ability.INQUIRE_BATCH
        return "8804", requests.status(one, accept=place, is_batch=is_batch)

    def exchange(self, message: Message) -> bytes:
        """Sign, send, verify. A body that cannot be signed was not sent; one that is not vouched for says nothing."""
        server = SignServer(self._posting("sign"), self._posting("verify"))
        packet = requests.packet(
            message.operation, server.sign(message.body), number=message.number, setting=self.setting
        )  # fmt: skip
        answer = self.line("main").exchange(message.operation, packet)
        inside = answers.unframed(answer)
        said = answers.read_packet(inside)
        if said.trade and said.trade != message.operation:
            raise Unreadable(f"answer to {said.trade[:10]}, asked was {message.operation}")
        if said.code != codes.OK:
            return inside
        if not said.signature:
            raise Unreadable("a processed answer that is not signed")
        return answers.with_body(inside, server.open(said.signature))

    def _posting(self, role: str) -> Callable[[bytes], bytes]:
        return lambda body: self.line(role).exchange(role, body)

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer of this operation says. Raises Unreadable."""
        said = answers.read_answer(answer, live=asked is not None)
        reading = Reading(said.code, said.words, self._verdict(operation, said.code), said.number)
        if reading.verdict is not Verdict.READ:
            return reading
        if operation in PAYMENTS:
            return replace(reading, outcomes=_submitted(operation, said, asked))
        if operation in INQUIRIES:
            found = answers.packages(said) if said.trade == PACKAGE else _standing(said, asked)
            empty = Verdict.READ if found else Verdict.NOTHING
            return replace(reading, outcomes=found, verdict=empty)
        if operation is Ability.BALANCE:
            return replace(reading, balances=answers.balances(said))
        account = asked.accounts[0].number if asked is not None and asked.accounts else ""
        sides = codes.SIDES[self.setting("debitFlag")]
        lines, total = answers.entries(said, account, sides)
        begin = int((asked.cursor if asked is not None else "") or 1)
        following = _following(begin, len(lines), total)
        return replace(reading, page=StatementPage(lines, next=following, total=total))

    def _verdict(self, operation: Ability, code: str) -> Verdict:
        if code == codes.OK:
            return Verdict.READ
        if operation in PAYMENTS:
            by_table = code in self.connection.final_failures and code not in codes.NEVER_FINAL
            is_final = code in codes.REFUSALS or by_table
            return Verdict.REFUSED if is_final else Verdict.UNDECIDED
        is_empty = code == codes.NO_ROWS and operation is not Ability.BALANCE
        return Verdict.NOTHING if is_empty else Verdict.UNDECIDED

    # -- questions in several steps -----------------------------------------------------------------------------

    def inquire_together(self, part: Sequence[Inquiry]) -> list[Outcome]:
        """A payment by its number, a batch by its acceptance number, and before that in the web bank where one is used."""
        if ASKED_BY[part[0].operation] is not Ability.INQUIRE_BATCH:
            return self._one(part)
        accept = part[0].bank_serial
        if self.setting("authMasterID"):
            told = self._ask(part, PACKAGE)
            batches = [o for o in told.outcomes if o.reference == part[0].batch_no]
            if told.verdict is Verdict.NOTHING or len(batches) != 1:
                return self.not_found(part, told)
            if batches[0].code != codes.AUTHORISED:
                return [replace(batches[0], reference=one.reference) for one in part]
            found = self._stand(part, self._ask(part, batches[0].bank_serial))
            # The web bank knows the batch by its own number only: that is the one to keep, not the host's.
            return [replace(one, bank_serial="") for one in found]
        return self._stand(part, self._ask(part, accept))

    def _one(self, part: Sequence[Inquiry]) -> list[Outcome]:
        """8804; before it EG30 where payments to other banks are instant, after it EY03 where the web bank is used."""
        doubt = ""
        if self.setting("single") == "EG01":
            instant = self._put(part, INSTANT)
            if instant.outcomes:
                return self._stand(part, instant)
            doubt = instant.code if instant.is_error else ""
        told = self._ask(part, "")
        if told.verdict is Verdict.NOTHING and doubt:
            raise QueryFailed("EG30 does not say whether it knows the payment", code=doubt)
        if told.verdict is Verdict.NOTHING and self.setting("authMasterID"):
            told = self._ask(part, WEB_BANK)
        return self._stand(part, told)

    def _put(self, part: Sequence[Inquiry], place: str) -> Reading:
        operation = ASKED_BY[part[0].operation]
        return self.ask(WireRequest(operation, inquiries=part, cursor=place))

    def _ask(self, part: Sequence[Inquiry], place: str) -> Reading:
        reading = self._put(part, place)
        require_read(reading)
        return reading

    def _stand(self, part: Sequence[Inquiry], told: Reading) -> list[Outcome]:
        if told.verdict is Verdict.NOTHING:
            return self.not_found(part, told)
        return list(matched(told.outcomes, part, serials_identify=False))


def _submitted(
    operation: Ability, said: answers.Answer, asked: WireRequest | None
) -> list[Outcome]:
    sent = asked.batch.instructions if asked is not None and asked.batch else ()
    references = [item.reference for item in sent] or [""]
    if operation is Ability.PAY_BATCH:
        serial = answers.accepted(said)
        return [Outcome(reference, Fate.ACCEPTED, serial) for reference in references]
    return [answers.submitted(said, references[0])]


def _standing(said: answers.Answer, asked: WireRequest | None) -> list[Outcome]:
    """Where payments stand; EG30 and EY03 need not name the one payment they are asked about."""
    found = answers.standing(said, said.trade or "8804")
    if asked is not None and len(found) == 1 and asked.cursor in (INSTANT, WEB_BANK):
        reference = found[0].reference or asked.inquiries[0].reference
        return [replace(found[0], reference=reference)]
    return found


def _following(begin: int, rows: int, total: int | None) -> str:
    """Where the next page begins: a full page goes on unless a total above one page says that it was the last."""
    is_more = rows == requests.PAGE_ROWS
    if total is not None and total > requests.PAGE_ROWS:
        is_more = begin + rows <= total and rows > 0
    return str(begin + rows) if is_more else ""
