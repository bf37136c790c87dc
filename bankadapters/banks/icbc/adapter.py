"""ICBC (CMS through NetSafe Client): translation between the contract and the wire.  Source: ICBC sheet."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import ClassVar

from bankadapters.banks.icbc import answers, codes, requests
from bankadapters.banks.icbc import messages as m
from bankadapters.banks.icbc.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
    Inquiry,
    Profile,
    Reading,
    StatementPage,
    Verdict,
    WireRequest,
)
from bankadapters.dialect import ASKED_BY, INQUIRIES, PAYMENTS, Dialect, Message
from bankadapters.errors import Unreadable
from bankadapters.messages import Record
from bankadapters.numbers import lasting_number
from bankadapters.paging import Spans
from bankadapters.signing import SignServer
from bankadapters.transport import FORM, Carrier
from kernel import clock

SIGN = "INFOSEC_SIGN/1.0"
_ASKING = {Ability.INQUIRE_PAYROLL: "QPAYPER"}


class IcbcAdapter(Dialect):
    """ICBC through its client on our network: a signing port for payments, an encrypting port for everything."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    carriers: ClassVar[Mapping[str, Carrier]] = {
        "main": Carrier(content_type=FORM),
        "sign": Carrier("sign", content_type=SIGN),
    }
    masked = ("Cert",)
    spans = Spans(days_max=31, today_apart=True)
    serials_identify = False  # SerialNo is the package's

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """Payments of one package."""
        return ASKED_BY[inquiry.operation], self._package(inquiry)

    def _package(self, inquiry: Inquiry) -> str:
        return requests.package_of(inquiry, alone=inquiry.operation is Ability.PAY)

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """The document of a request; the form around it is made when it leaves, of what the signing port gives back."""
        operation, number, inside = self._inside(request)
        body = requests.envelope(operation, inside, number=number, setting=self.setting)
        target = requests.target(number, setting=self.setting)
        return Message(operation, body, target=target, number=number)

    def _inside(self, request: WireRequest) -> tuple[str, str, Record]:
        operation, setting = request.operation, self.setting
        if request.batch is not None:
            is_staff = operation is Ability.PAYROLL
            items = request.batch.instructions
            number = items[0].reference if operation is Ability.PAY else request.batch.batch_no
            inside = requests.payments(request.batch, setting=setting, to_staff=is_staff)
            return ("PAYPER" if is_staff else "PAYENT"), number, inside
        asking = lasting_number(20, prefix="Q")
        if operation in INQUIRIES:
            blank = None if operation is Ability.INQUIRE_PAYROLL else ""
            query = m.StatusQuery(
                number=self._package(request.inquiries[0]), reserved1=blank, reserved2=blank
            )
            return _ASKING.get(operation, "QPAYENT"), asking, query
        if operation is Ability.BALANCE:
            return "QACCBAL", asking, requests.balances(request.accounts, setting=setting)
        account, place, (first, last) = request.the_account(), request.cursor, request.the_days()
        if first >= clock.today():
            return "QPD", asking, requests.today(account, place, setting=setting)
        return "QHISD", asking, requests.history(account, first, last, place, setting=setting)

    def exchange(self, message: Message) -> bytes:
        """Payments pass the signing port first, where trouble means that nothing was sent; then one form, one answer."""
        data = message.body
        if message.operation in codes.SIGNED:
            data = SignServer(self._sign).sign(data)
        body = requests.posted(message.operation, data, number=message.number, setting=self.setting)
        return self.line("main").exchange(message.operation, body, target=message.target)

    def _sign(self, document: bytes) -> bytes:
        return self.line("sign").exchange("sign", document)

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer of this operation says. Raises Unreadable."""
        said = answers.read_answer(answer, live=asked is not None)
        reading = Reading(said.code, said.words, self._verdict(operation, said), said.number)
        if reading.verdict is not Verdict.READ:
            return reading
        if operation in PAYMENTS:
            name = "PAYPER" if operation is Ability.PAYROLL else "PAYENT"
            found = answers.submitted(said, name)
            if operation is Ability.PAYROLL and found:
                found = [answers.whole(said.number, found)]
            return replace(reading, outcomes=found)
        if operation in INQUIRIES:
            return self._stands(operation, reading, said, asked)
        if operation is Ability.BALANCE:
            good, code, words = answers.balances(said)
            if code:
                reading = replace(reading, code=code, text=words, verdict=Verdict.UNDECIDED)
            return replace(reading, balances=good)
        lines, place = answers.entries(said)
        return replace(reading, page=StatementPage(lines, next=place))

    @staticmethod
    def _verdict(operation: Ability, said: answers.Answer) -> Verdict:
        if said.code == codes.OK:
            return Verdict.READ
        is_unknown = operation in INQUIRIES and said.code == codes.NO_RECORD
        return Verdict.NOTHING if is_unknown else Verdict.UNDECIDED

    def _stands(
        self, operation: Ability, reading: Reading, said: answers.Answer, asked: WireRequest | None
    ) -> Reading:
        package, found = answers.standing(said, _ASKING.get(operation, "QPAYENT"))
        if asked is not None and package != self._package(asked.inquiries[0]):
            raise Unreadable(f"answer about package {package[:30]!r}, another one was asked about")
        if operation is Ability.INQUIRE_PAYROLL and found:
            found = [answers.whole(package, found)]
        return replace(reading, outcomes=found)
