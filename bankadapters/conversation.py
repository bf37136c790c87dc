"""Conversation: how an adapter talks - settings, transports, evidence, sessions, and one question with its answer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, cast

from bankadapters.contract import (
    PAYMENTS,
    Ability,
    BankAdapter,
    Connection,
    Pacer,
    Reading,
    Session,
    SessionStore,
    Verdict,
    WireRecorder,
    WireRequest,
)
from bankadapters.errors import (
    BankError,
    NotReady,
    NotSent,
    OutcomeUnknown,
    QueryFailed,
    Unreadable,
    Unsupported,
)
from bankadapters.matching import named_once
from bankadapters.redaction import mask_elements, mask_parameters
from bankadapters.sessions import MemorySessions, SessionKeeper
from bankadapters.transport import Carrier, RecordedTransport, Transport
from kernel import clock
from kernel.errors import DomainError
from kernel.secrets import Secret

_SESSION = (Ability.SIGN_ON, Ability.SIGN_OFF)


@dataclass(frozen=True)
class Message:
    """One message ready to leave. `operation` is the bank's own name of it, `number` our serial that the bank echoes."""

    operation: str
    body: bytes
    carrier: str = "main"
    target: str = ""
    number: str = ""


class Conversation(BankAdapter):
    """The talking half of an adapter: `compose` words a request, `understand` says what an answer says."""

    carriers: ClassVar[Mapping[str, Carrier]] = {"main": Carrier()}
    masked: ClassVar[Sequence[str]] = ()  # elements, and parameters of requests, that hold secrets
    keeps_session: ClassVar[bool] = False
    session_is_daily: ClassVar[bool] = False
    serials_identify: ClassVar[bool] = True  # one bank serial is one payment, and stays its own

    def __init__(
        self,
        connection: Connection,
        *,
        transport: Callable[..., object] | object | None = None,
        sessions: SessionStore | None = None,
        recorder: WireRecorder | None = None,
        pacer: Pacer | None = None,
    ) -> None:
        store = sessions if sessions is not None else MemorySessions()
        super().__init__(
            connection, transport=transport, sessions=store, recorder=recorder, pacer=pacer
        )
        self.keeper = SessionKeeper(store, self._open_session, daily=self.session_is_daily)
        self._open_carriers: dict[str, Transport] = {}

    # -- what a bank writes ---------------------------------------------------------------------------------------

    @abstractmethod
    def compose(self, request: WireRequest, token: str) -> Message:
        """The message of a request. Raises Unencodable, NotReady, Unsupported."""

    @abstractmethod
    def understand(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        """What an answer says, with or without knowing what was asked. Raises Unreadable."""

    def redact(self, message: bytes) -> bytes:
        """The message as it may be kept as evidence: secrets masked, nothing else touched."""
        return mask_parameters(mask_elements(message, self.masked), self.masked)

    # -- settings -------------------------------------------------------------------------------------------------

    def setting(self, name: str) -> str:
        """A declared setting of the connection, or its safe default. Raises NotReady for a required one left empty."""
        declared = self.profile.setting(name)
        value = self.connection.parameters.get(name, "") or declared.default
        if not value and declared.is_required:
            raise NotReady(name)
        return value

    def secret(self, name: str) -> str:
        """A declared credential. Raises NotReady."""
        held = self.connection.secrets.get(self.profile.setting(name).name)
        if held is None or not held:
            raise NotReady(name)
        return held.reveal()

    def listed(self, name: str) -> frozenset[str]:
        """The words of a setting that holds several, with commas between them."""
        words = (word.strip() for word in self.setting(name).split(","))
        return frozenset(word for word in words if word)

    @property
    def not_found_codes(self) -> frozenset[str]:
        """Inquiry codes that the operator's table reads as: the bank knows no such payment (yet)."""
        listed = self.connection.parameters.get("not_found_codes", "").split(",")
        return frozenset(code.strip() for code in listed if code.strip())

    # -- conversation ---------------------------------------------------------------------------------------------

    def carrier(self, role: str) -> Transport:
        """The transport of a role: the one we were given, else the connection's. Raises NotSent."""
        if self.transport is not None:
            given = self.transport
            return cast(Transport, given[role] if isinstance(given, Mapping) else given)
        if role not in self._open_carriers:
            self._open_carriers[role] = self.carriers[role].open(self.connection)
        return self._open_carriers[role]

    def line(self, role: str) -> RecordedTransport:
        """The transport of a role with its evidence. Raises NotSent."""
        return RecordedTransport(self.carrier(role), self.recorder, redact=self.redact)

    def exchange(self, message: Message) -> bytes:
        """Carry one message, with evidence. Banks of several hops put them here. Raises NotSent, OutcomeUnknown."""
        line = self.line(message.carrier)
        return line.exchange(message.operation, message.body, target=message.target)

    def ask(self, request: WireRequest) -> Reading:
        """One request and its answer, within a session where the bank wants one; a refused session is renewed once.

        Repeating is safe: the first message was turned away before any of it was looked at, and every payment keeps
        its number. Raises NotSent, OutcomeUnknown, Unreadable, Unencodable.
        """
        message = self.compose(
            request, self.keeper.known()
        )  # what cannot be worded needs no session
        if not self.keeps_session:
            return self._said(request, message)
        token = self.keeper.token()
        reading = self._said(request, self.compose(request, token))
        if reading.verdict is Verdict.NO_SESSION and not reading.outcomes:
            token = self.keeper.token(rejected=token)
            reading = self._said(request, self.compose(request, token))
        return reading

    def interval_s(self, kind: str) -> float:
        """Seconds between two messages of a kind (pay, query): the connection's own, else what the bank's sheet says."""
        given = self.connection.parameters.get(f"interval_{kind}_s", "").strip()
        if given.replace(".", "", 1).isdecimal():
            return float(given)
        return float(self.profile.intervals_s.get(kind, 0))

    def _take_turn(self, operation: Ability) -> None:
        kind = "pay" if operation in PAYMENTS else "query"
        interval_s = self.interval_s(kind)
        if self.pacer is not None and interval_s > 0 and operation not in _SESSION:
            self.pacer.turn(kind, interval_s)

    def _said(self, request: WireRequest, message: Message) -> Reading:
        self._take_turn(request.operation)
        answer = self.exchange(message)
        try:
            reading = self._understood(request.operation, answer, request)
        except Unreadable:
            self._tell(request, answer, None)
            raise
        self._tell(request, answer, reading)
        if reading.number and message.number and reading.number != message.number:
            raise Unreadable(
                f"answer belongs to message {reading.number[:30]}, asked was {message.number}"
            )
        return reading

    def _tell(self, request: WireRequest, answer: bytes, reading: Reading | None) -> None:
        if self.recorder is not None and request.operation not in _SESSION:
            self.recorder.understood(request, answer, reading)

    def _understood(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Reading:
        try:
            reading = self.understand(operation, answer, asked)
        except (ValueError, ArithmeticError, LookupError, DomainError) as error:
            if isinstance(error, BankError):
                raise
            raise Unreadable(f"{operation}: {error}") from error
        said = named_once(reading.outcomes, serials_identify=self.serials_identify)
        return replace(reading, outcomes=said)

    # -- sessions -------------------------------------------------------------------------------------------------

    def sign_on(self) -> None:
        """Open a session, or tell the bank that we are there. Raises NotSent, Unsupported."""
        if Ability.SIGN_ON not in self.abilities:
            raise Unsupported("sign_on")
        with self.keeper.locked():
            if self.keeps_session:
                self.keeper.renew()
            else:
                self._open_session()

    def sign_off(self) -> None:
        """Close the session; without one nothing is sent. Raises QueryFailed and the like, Unsupported."""
        if Ability.SIGN_OFF not in self.abilities:
            raise Unsupported("sign_off")
        with self.keeper.locked():
            token = self.keeper.known()
            if not token:
                return
            request = WireRequest(Ability.SIGN_OFF)
            reading = self._said(request, self.compose(request, token))
            self.keeper.store.save(None)
            if reading.verdict is not Verdict.NO_SESSION:
                require_read(reading)

    def _open_session(self) -> Session:
        request = WireRequest(Ability.SIGN_ON)
        try:
            reading = self._said(request, self.compose(request, ""))
        except (OutcomeUnknown, Unreadable) as error:
            raise NotSent(f"sign-on failed: {error}") from error
        if reading.is_error or not reading.has_session:
            raise NotSent(f"sign-on refused: {reading.text}", code=reading.code)
        return Session(token=reading.token or Secret(""), opened_at=clock.now())


def require_read(reading: Reading) -> None:
    """Raise QueryFailed where an answer reports an error."""
    if reading.is_error:
        raise QueryFailed(reading.text or "the bank answers an error", code=reading.code)
