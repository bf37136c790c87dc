"""Bank of China (BOCB2E): translation between the contract and the wire.  Source: BOCB2E interface sheet."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import ClassVar, cast

from bankadapters.banks.boc import answers, codes, paging, reading, requests
from bankadapters.banks.boc import messages as m
from bankadapters.banks.boc.profile import ABILITIES, INQUIRY_ITEMS_MAX, PROFILE
from bankadapters.contract import (
    Ability,
    AccountRef,
    Balance,
    BankAdapter,
    Batch,
    Connection,
    Fate,
    Inquiry,
    Outcome,
    Profile,
    Reading,
    Session,
    SessionStore,
    StatementPage,
    WireRecorder,
    WireRequest,
)
from bankadapters.errors import (
    NotSent,
    OutcomeUnknown,
    QueryFailed,
    Unencodable,
    Unreadable,
    Unsupported,
)
from bankadapters.messages import Record
from bankadapters.sessions import MemorySessions
from bankadapters.transport import HttpTransport, RecordedTransport, Transport
from kernel import clock
from kernel.secrets import Secret

_SUBMITS = {
    Ability.PAY: ("b2e0009", "b2e0061"),
    Ability.PAY_BATCH: ("b2e0009", "b2e0061"),
    Ability.SWEEP: ("b2e0009", "b2e0061"),
    Ability.PAYROLL: ("b2e0078",),
}
_INQUIRIES = (Ability.INQUIRE, Ability.INQUIRE_BATCH, Ability.INQUIRE_PAYROLL)


class BocAdapter(BankAdapter):
    """Bank of China through its front-end: token session, transfers, status, balances, transactions, payroll."""

    profile: ClassVar[Profile] = PROFILE
    abilities = ABILITIES

    def __init__(
        self,
        connection: Connection,
        *,
        transport: Callable[..., object] | object | None = None,
        sessions: SessionStore | None = None,
        recorder: WireRecorder | None = None,
    ) -> None:
        store = sessions if sessions is not None else MemorySessions()
        super().__init__(connection, transport=transport, sessions=store, recorder=recorder)
        self._sessions: SessionStore = store

    @staticmethod
    def redact(message: bytes) -> bytes:
        """The message as it may be kept as evidence: password and token masked, nothing else touched."""
        return answers.redact(message)

    # -- session ------------------------------------------------------------------------------------------------

    def sign_on(self) -> None:
        """Open a session. Raises NotSent when the bank cannot be reached, refuses, or answers unreadably."""
        with self._locked():
            self._open_session()

    def sign_off(self) -> None:
        """Close the session; without one nothing is sent. B002 is a success here. Raises QueryFailed and the like."""
        with self._locked():
            session = self._sessions.load()
            if session is None:
                return
            body = [m.SignOff(custdt=requests.client_time())]
            answer = self._talk("b2e0002", ("b2e0002",), body, token=session.token.reveal())
            self._sessions.save(None)
            if answer.code not in codes.NOT_SIGNED_ON:
                answers.require_ok(answer, codes.OK, codes.MORE)

    def _open_session(self) -> Session:
        """Sign on; the caller holds the lock."""
        try:
            answer = self._talk("b2e0001", ("b2e0001",), [self._sign_on_item()], token="")
            token = answers.session_token(answer)
        except (OutcomeUnknown, Unreadable) as error:
            raise NotSent(f"sign-on failed: {error}") from error
        if answer.is_error_envelope or answer.code != codes.OK:
            raise NotSent(f"sign-on refused: {answer.words}", code=answer.code)
        if not token:
            raise NotSent("sign-on was answered without a token")
        session = Session(token=Secret(token), opened_at=clock.now())
        self._sessions.save(session)
        return session

    def _sign_on_item(self) -> Record:
        password = self.connection.secrets.get("oprpwd")
        if password is None or not password:
            raise NotSent("connection has no oprpwd")
        return m.SignOn(custdt=requests.client_time(), oprpwd=password.reveal())

    def _session(self, *, rejected: str = "") -> str:
        """A token other than `rejected`; signs on when there is none. One sign-on at a time."""
        session = self._sessions.load()
        if session is None or session.token.reveal() == rejected:
            with self._locked():
                session = self._sessions.load()
                if session is None or session.token.reveal() == rejected:
                    session = self._open_session()
        return session.token.reveal()

    def _locked(self) -> contextlib.AbstractContextManager[object]:
        return cast(contextlib.AbstractContextManager[object], self._sessions.locked())

    # -- conversation -------------------------------------------------------------------------------------------

    def _talk(
        self,
        operation: str,
        expected: Sequence[str],
        body: Sequence[Record],
        *,
        token: str,
        wrapper: Sequence[str] = (),
    ) -> answers.Answer:
        """One request, one answer. Raises NotSent, OutcomeUnknown, Unreadable."""
        parameters = self.connection.parameters
        message, trnid = requests.envelope(
            operation, body, parameters=parameters, token=token, wrapper=wrapper
        )
        carrier = RecordedTransport(self._carrier(), self.recorder, redact=self.redact)
        answer = answers.read_answer(carrier.exchange(operation, message), expected)
        if answer.trnid and answer.trnid != trnid:
            raise Unreadable(f"answer belongs to message {answer.trnid[:20]}, asked was {trnid}")
        return answer

    def _carrier(self) -> Transport:
        if self.transport is None:
            self.transport = HttpTransport(
                self.connection.endpoints["main"],
                connect_timeout_s=self.connection.connect_timeout_s,
                read_timeout_s=self.connection.read_timeout_s,
            )
        return cast(Transport, self.transport)

    def _ask(
        self, operation: str, body: Sequence[Record], *, wrapper: Sequence[str] = ()
    ) -> answers.Answer:
        """Talk within a session; a refused token is renewed once and the same body repeated.

        Repeating is safe: the first message was turned away before any item, and every payment keeps its insid.
        """
        token = self._session()
        answer = self._talk(operation, (operation,), body, token=token, wrapper=wrapper)
        if answer.refuses_session:
            token = self._session(rejected=token)
            answer = self._talk(operation, (operation,), body, token=token, wrapper=wrapper)
        return answer

    # -- payments -----------------------------------------------------------------------------------------------

    def pay(self, batch: Batch) -> list[Outcome]:
        """Send the batch once; a payroll has one outcome, under its batch number.

        A day that is past goes out as today: the bank takes none. Raises Unencodable, NotSent, OutcomeUnknown.
        """
        operation, body = self._payment_body(batch)
        try:
            answer = self._ask(operation, body, wrapper=("transtype",))
            if answer.refuses_session:
                raise NotSent(f"session refused twice: {answer.words}", code=answer.code)
            if answer.is_error_envelope or answer.code != codes.OK:
                raise OutcomeUnknown(answer.words, code=answer.code)
            said = answers.outcomes(answer)
        except Unreadable as error:
            raise OutcomeUnknown(f"answer unreadable: {error}") from error
        asked = (
            {batch.batch_no}
            if operation == "b2e0078"
            else {i.reference for i in batch.instructions}
        )
        return [outcome for outcome in said if outcome.reference in asked]

    def _payment_body(
        self, batch: Batch, *, earliest: date | None = None
    ) -> tuple[str, list[Record]]:
        parameters = self.connection.parameters
        first = clock.today() if earliest is None else earliest
        due = [i if i.day >= first else replace(i, day=first) for i in batch.instructions]
        if batch.operation is Ability.PAYROLL:
            return "b2e0078", [
                requests.payroll(replace(batch, instructions=due), parameters=parameters)
            ]
        operation = requests.payment_operation(due)
        return operation, [requests.payment(i, parameters=parameters) for i in due]

    def inquire(self, inquiries: Sequence[Inquiry]) -> list[Outcome]:
        """Ask b2e0007, at most 50 payments per message; only what was asked about is reported."""
        found: list[Outcome] = []
        for start in range(0, len(inquiries), INQUIRY_ITEMS_MAX):
            part = inquiries[start : start + INQUIRY_ITEMS_MAX]
            answer = self._ask("b2e0007", [requests.status_query(i) for i in part])
            answers.require_ok(answer)
            found.extend(_matched(self._outcomes(answer), part))
        return found

    def _outcomes(self, answer: answers.Answer) -> list[Outcome]:
        listed = self.connection.parameters.get("not_found_codes", "").split(",")
        return answers.outcomes(
            answer,
            final_failures=self.connection.final_failures,
            not_found=frozenset(code.strip() for code in listed if code.strip()),
        )

    # -- accounts -----------------------------------------------------------------------------------------------

    def balances(self, accounts: Sequence[AccountRef]) -> list[Balance]:
        """Present balances, one message per account. Raises QueryFailed when the bank refuses one."""
        return [self._balance(account) for account in accounts]

    def _balance(self, account: AccountRef) -> Balance:
        query = requests.balance_query(account, parameters=self.connection.parameters)
        answer = self._ask("b2e0005", [query])
        answers.require_ok(answer)
        found, answer = answers.balances(answer)
        for balance in found:
            if balance.account == account.number:
                return balance
        raise QueryFailed(
            answer.words if answer.code != codes.OK else "no balance of the account",
            code=answer.code,
        )

    def history_balances(self, account: AccountRef, first: date, last: date) -> list[Balance]:
        """Day balances by b2e0012, one per day the bank knows."""
        query = requests.history_balance_query(
            account, first, last, parameters=self.connection.parameters
        )
        answer = self._ask("b2e0012", [query])
        answers.require_ok(answer, codes.OK, codes.NOTHING_FOUND)
        found, worst = answers.balances(answer)
        if not found and worst.code not in (codes.OK, codes.NOTHING_FOUND):
            raise QueryFailed(worst.words, code=worst.code)
        return [balance for balance in found if balance.account == account.number]

    def transactions(
        self, account: AccountRef, first: date, last: date, *, cursor: str = ""
    ) -> StatementPage:
        """One page of b2e0035: history by months, then today. The cursor is kind:from:to:begnum."""
        today = clock.today()
        step = paging.step(first, min(last, today), cursor, today)
        if step is None:
            return StatementPage(())
        kind, start, end, begin = step
        query = requests.detail_query(
            account,
            kind=kind,
            first=start,
            last=end,
            begin=begin,
            parameters=self.connection.parameters,
        )
        answer = self._ask("b2e0035", [query])
        answers.require_ok(answer, codes.OK, codes.MORE, codes.NOTHING_FOUND)
        lines = answers.statement_lines(answer, account=account.number)
        following = ""
        if answer.code == codes.MORE and lines:
            following = f"{kind}:{start:%Y%m%d}:{end:%Y%m%d}:{begin + len(lines)}"
        elif end < min(last, today):
            following = paging.cursor_at(
                paging.segment(end + timedelta(days=1), min(last, today), today)
            )
        return StatementPage(lines, next=following, total=answers.total_rows(answer))

    # -- bank tools ---------------------------------------------------------------------------------------------

    def write(self, request: WireRequest) -> bytes:
        """The message of a request, with the token the session store holds. Raises Unencodable, Unsupported."""
        session = self._sessions.load()
        token = session.token.reveal() if session is not None else ""
        operation, body, wrapper = self._body(request)
        if operation == "b2e0001":
            token = ""
        return requests.envelope(
            operation, body, parameters=self.connection.parameters, token=token, wrapper=wrapper
        )[0]

    def _body(self, request: WireRequest) -> tuple[str, Sequence[Record], Sequence[str]]:
        parameters, operation = self.connection.parameters, request.operation
        if operation in _SUBMITS and request.batch is not None:
            return *self._payment_body(request.batch, earliest=date.min), ("transtype",)
        if operation in _INQUIRIES:
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
        if operation not in self.abilities:
            raise Unsupported(f"the bank has no {operation}")
        if request.first is None or request.last is None or not request.accounts:
            raise Unencodable("the query names no account or no days", field="account")
        account = request.accounts[0]
        if operation is Ability.HISTORY_BALANCE:
            query = requests.history_balance_query(
                account, request.first, request.last, parameters=parameters
            )
            return "b2e0012", [query], ()
        step = paging.step(request.first, request.last, request.cursor, clock.today())
        if step is None:
            raise Unencodable("the first day is after the last", field="from")
        kind, start, end, begin = step
        query = requests.detail_query(
            account, kind=kind, first=start, last=end, begin=begin, parameters=parameters
        )
        return "b2e0035", [query], ()

    def read(self, operation: Ability, answer: bytes) -> Reading:
        """What an answer of this operation says. Raises Unreadable, Unsupported."""
        if operation in _SUBMITS:
            said = answers.read_answer(answer, _SUBMITS[operation])
            return reading.as_reading(
                said, outcomes=answers.outcomes(said) if said.code == codes.OK else ()
            )
        if operation in _INQUIRIES:
            said = answers.read_answer(answer, ("b2e0007",))
            return reading.as_reading(
                said, outcomes=self._outcomes(said) if said.code == codes.OK else ()
            )
        if operation in (Ability.SIGN_ON, Ability.SIGN_OFF):
            said = answers.read_answer(
                answer, ("b2e0001" if operation is Ability.SIGN_ON else "b2e0002",)
            )
            has_session = (
                said.code == codes.OK
                and operation is Ability.SIGN_ON
                and bool(answers.session_token(said))
            )
            return reading.as_reading(said, has_session=has_session, good=(codes.OK, codes.MORE))
        if operation in (Ability.BALANCE, Ability.HISTORY_BALANCE):
            said = answers.read_answer(
                answer, ("b2e0005" if operation is Ability.BALANCE else "b2e0012",)
            )
            found, said = answers.balances(said) if said.code == codes.OK else ([], said)
            return reading.as_reading(said, balances=found, good=(codes.OK, codes.NOTHING_FOUND))
        if operation is Ability.TRANSACTIONS:
            return reading.read_page(answers.read_answer(answer, ("b2e0035",)))
        raise Unsupported(f"the bank has no {operation}")


def _matched(said: Sequence[Outcome], asked: Sequence[Inquiry]) -> Iterator[Outcome]:
    """What was said about what was asked: by reference, or by bank serial where the bank left the reference out.

    A reference under another serial than the one we hold decides nothing.
    """
    by_reference = {i.reference: i for i in asked if i.reference}
    by_serial = {i.bank_serial: i for i in asked if i.bank_serial}
    for outcome in said:
        inquiry = (
            by_reference.get(outcome.reference)
            if outcome.reference
            else by_serial.get(outcome.bank_serial)
        )
        if inquiry is None:
            continue
        is_contradiction = bool(
            inquiry.bank_serial
            and outcome.bank_serial
            and inquiry.bank_serial != outcome.bank_serial
        )
        fate = Fate.UNKNOWN if is_contradiction else outcome.fate
        yield replace(outcome, reference=inquiry.reference, fate=fate)
