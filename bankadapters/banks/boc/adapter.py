"""Bank of China (BOCB2E): translation between the contract and the wire.  Source: BOCB2E interface sheet."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import ClassVar

from bankadapters.banks.boc import answers, codes, reading, requests
from bankadapters.banks.boc import messages as m
from bankadapters.banks.boc.profile import ABILITIES, PROFILE
from bankadapters.contract import (
    Ability,
    Batch,
    Inquiry,
    Instruction,
    Outcome,
    Profile,
    Reading,
    WireRequest,
)
from bankadapters.dialect import INQUIRIES, PAYMENTS, Dialect, Message
from bankadapters.errors import NotReady
from bankadapters.messages import Record
from bankadapters.paging import Spans, row_of
from kernel import clock

_SUBMITS = ("b2e0009", "b2e0061")


class BocAdapter(Dialect):
    """Bank of China through its front-end: token session, transfers, status, balances, transactions, payroll."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES
    keeps_session = True
    masked = ("oprpwd", "token")
    spans = Spans(days_max=None, today_apart=True, kept_days=365)
    history_spans = Spans(days_max=366)

    def kind_of(self, item: Instruction, operation: Ability) -> Hashable:
        """Companies and persons go by different operations."""
        return item.personal

    def asked_together(self, inquiry: Inquiry) -> Hashable:
        """b2e0007 knows every payment, however it was sent."""
        return None

    def pay(self, batch: Batch) -> list[Outcome]:
        """Send the batch once; a payroll has one outcome, under its batch number.

        A day that is past goes out as today: the bank takes none. Raises as the contract says.
        """
        today = clock.today()
        due = [i if i.day >= today else replace(i, day=today) for i in batch.instructions]
        return super().pay(replace(batch, instructions=due))

    # -- asking -------------------------------------------------------------------------------------------------

    def compose(self, request: WireRequest, token: str) -> Message:
        """The bocb2e document of a request."""
        operation, body, wrapper = self._body(request)
        message, trnid = requests.envelope(
            operation,
            body,
            parameters=self.connection.parameters,
            token="" if operation == "b2e0001" else token,
            wrapper=wrapper,
        )
        return Message(operation, message, number=trnid)

    def _body(self, request: WireRequest) -> tuple[str, Sequence[Record], Sequence[str]]:
        parameters, operation = self.connection.parameters, request.operation
        if operation in PAYMENTS and request.batch is not None:
            batch = request.batch
            if operation is Ability.PAYROLL:
                return "b2e0078", [requests.payroll(batch, parameters=parameters)], ("transtype",)
            items = [requests.payment(i, parameters=parameters) for i in batch.instructions]
            return requests.payment_operation(batch.instructions), items, ("transtype",)
        if operation in INQUIRIES:
            return "b2e0007", [requests.status_query(i) for i in request.inquiries], ()
        if operation is Ability.SIGN_ON:
            return "b2e0001", [self._sign_on_item()], ()
        if operation is Ability.SIGN_OFF:
            return "b2e0002", [m.SignOff(custdt=requests.client_time())], ()
        if operation is Ability.BALANCE:
            return (
                "b2e0005",
                [requests.balance_query(a, parameters=parameters) for a in request.accounts],
                (),
            )
        return self._days(request)

    def _days(self, request: WireRequest) -> tuple[str, Sequence[Record], Sequence[str]]:
        account, (first, last) = request.the_account(), request.the_days()
        parameters = self.connection.parameters
        if request.operation is Ability.HISTORY_BALANCE:
            query = requests.history_balance_query(account, first, last, parameters=parameters)
            return "b2e0012", [query], ()
        query = requests.detail_query(
            account,
            kind="2001" if first >= clock.today() else "2002",
            first=first,
            last=last,
            begin=row_of(request.cursor, digits=8),
            parameters=parameters,
        )
        return "b2e0035", [query], ()

    def _sign_on_item(self) -> Record:
        password = self.connection.secrets.get("oprpwd")
        if password is None or not password:
            raise NotReady("oprpwd")
        return m.SignOn(custdt=requests.client_time(), oprpwd=password.reveal())

    # -- answers ------------------------------------------------------------------------------------------------

    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer of this operation says. Raises Unreadable."""
        if operation in PAYMENTS:
            said = answers.read_answer(answer, _expected(operation, asked))
            outcomes = answers.outcomes(said) if said.code == codes.OK else ()
            return reading.as_reading(said, outcomes=outcomes)
        if operation in INQUIRIES:
            said = answers.read_answer(answer, ("b2e0007",))
            return reading.as_reading(
                said, outcomes=self._outcomes(said) if said.code == codes.OK else ()
            )
        if operation in (Ability.SIGN_ON, Ability.SIGN_OFF):
            name = "b2e0001" if operation is Ability.SIGN_ON else "b2e0002"
            return reading.read_session(answers.read_answer(answer, (name,)))
        if operation in (Ability.BALANCE, Ability.HISTORY_BALANCE):
            name = "b2e0005" if operation is Ability.BALANCE else "b2e0012"
            said = answers.read_answer(answer, (name,))
            found, said = answers.balances(said) if said.code == codes.OK else ([], said)
            return reading.as_reading(said, balances=found, good=(codes.OK, codes.NOTHING_FOUND))
        said = answers.read_answer(answer, ("b2e0035",))
        if asked is None:
            return reading.read_page(said)
        return reading.read_page(
            said, account=asked.accounts[0].number, begin=row_of(asked.cursor, digits=8)
        )

    def _outcomes(self, answer: answers.Answer) -> list[Outcome]:
        return answers.outcomes(
            answer,
            final_failures=self.connection.final_failures,
            not_found=self.not_found_codes,
        )


def _expected(operation: Ability, asked: WireRequest | None) -> Sequence[str]:
    if operation is Ability.PAYROLL:
        return ("b2e0078",)
    if asked is None or asked.batch is None:
        return _SUBMITS
    return (requests.payment_operation(asked.batch.instructions),)
