"""AdapterContract: the suite every bank's adapter passes. A bank's test class inherits it and supplies its answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from bankadapters import registry
from bankadapters.contract import Ability, BankAdapter, Batch, Fate, Inquiry, WireExchange
from bankadapters.errors import BankError, NotSent, OutcomeUnknown, Unsupported
from bankadapters.transport import Answer, Broken, MemoryTransport
from kernel.errors import require


class MemoryRecorder:
    """Keeps what it was told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, WireExchange]] = []

    def before(self, exchange: WireExchange) -> object:
        """Note a request about to leave."""
        self.told.append(("before", exchange))
        return len(self.told)

    def after(self, ticket: object, exchange: WireExchange) -> None:
        """Note what became of it."""
        self.told.append(("after", exchange))


class AdapterContract(ABC):
    """Promises that hold for every bank; `adapter` answers from a script in memory."""

    slug: ClassVar[str]
    references: ClassVar[Sequence[str]]
    secrets: ClassVar[Sequence[bytes]]

    @abstractmethod
    def adapter(self, transport: MemoryTransport, recorder: MemoryRecorder) -> BankAdapter:
        """An adapter over this transport."""

    @abstractmethod
    def batch(self) -> Batch:
        """A batch of payments with `references`."""

    @abstractmethod
    def before_payment(self) -> Sequence[Answer]:
        """Answers the bank gives before it sees the payment message: sign-on and the like."""

    @abstractmethod
    def paid(self) -> Answer:
        """The answer that takes every payment of the batch."""

    @abstractmethod
    def executed(self) -> Answer:
        """The answer to an inquiry that calls every payment of the batch executed."""

    def _pay(
        self, *answers: Answer
    ) -> tuple[BaseException | None, Sequence[object], MemoryRecorder, MemoryTransport]:
        transport = MemoryTransport([*self.before_payment(), *answers])
        recorder = MemoryRecorder()
        try:
            return None, self.adapter(transport, recorder).pay(self.batch()), recorder, transport
        except BankError as error:
            return error, (), recorder, transport

    def test_is_registered_under_its_slug(self) -> None:
        """The registry knows it, and the profile agrees."""
        made = registry.adapter_class(self.slug)
        require(made.profile.slug == self.slug, "profile and registry disagree")
        require(made.abilities <= frozenset(Ability), "unknown ability")

    def test_acceptance_is_not_success(self) -> None:
        """A payment the bank took is accepted or under way, never succeeded."""
        transport = MemoryTransport([*self.before_payment(), self.paid()])
        said = self.adapter(transport, MemoryRecorder()).pay(self.batch())
        require(
            [o.reference for o in said] == list(self.references), "every payment is answered for"
        )
        require(
            all(o.fate in (Fate.ACCEPTED, Fate.PROCESSING) for o in said),
            "acceptance is not success",
        )

    def test_a_payment_leaves_once(self) -> None:
        """However it ends, the payment message is not repeated by itself."""
        for failure in (Broken("reset"), b"", b"garbage", b"<x/>"):
            error, _, _, transport = self._pay(failure, self.paid())
            require(
                isinstance(error, OutcomeUnknown), f"{failure!r} must leave the outcome unknown"
            )
            require(len(transport.requests) == len(self.before_payment()) + 1, "sent again")

    def test_not_sent_stays_not_sent(self) -> None:
        """A transport that sent nothing is reported so."""
        error, _, _, _ = self._pay(NotSent("refused"))
        require(isinstance(error, NotSent), "nothing left")

    def test_evidence_is_kept_before_and_after_without_secrets(self) -> None:
        """Each exchange is recorded twice, in order, and holds no secret."""
        for answer in (self.paid(), Broken("cut", partial=b"<half")):
            _, _, recorder, transport = self._pay(answer)
            require(
                [step for step, _ in recorder.told]
                == ["before", "after"] * len(transport.requests),
                "order",
            )
            for _, exchange in recorder.told:
                kept = exchange.request + (exchange.answer or b"")
                require(
                    not any(secret in kept for secret in self.secrets), "a secret in the evidence"
                )

    def test_every_cut_answer_decides_nothing(self) -> None:
        """An inquiry's answer cut anywhere never makes a payment final by its own."""
        whole = self.executed()
        require(isinstance(whole, bytes), "bytes are wanted here")
        for end in range(0, len(whole) - 1 if isinstance(whole, bytes) else 0, 7):
            transport = MemoryTransport(
                [*self.before_payment(), whole[:end] if isinstance(whole, bytes) else whole]
            )
            adapter = self.adapter(transport, MemoryRecorder())
            try:
                said = adapter.inquire([Inquiry(reference) for reference in self.references])
            except BankError:
                continue
            require(
                not any(o.fate in (Fate.SUCCEEDED, Fate.FAILED, Fate.RETURNED) for o in said),
                f"cut at {end}",
            )

    def test_only_what_was_asked_is_reported(self) -> None:
        """Answers about other payments are dropped."""
        transport = MemoryTransport([*self.before_payment(), self.executed()])
        said = self.adapter(transport, MemoryRecorder()).inquire([Inquiry("SOMETHINGELSE")])
        require(not said, "answered for a payment nobody asked about")

    def test_absent_abilities_say_so(self) -> None:
        """What the bank cannot do raises Unsupported."""
        adapter = self.adapter(MemoryTransport(), MemoryRecorder())
        for ability in set(Ability) - adapter.abilities:
            try:
                adapter.read(ability, b"<x/>")
            except Unsupported:
                continue
            require(False, f"{ability} is not in abilities but was read")
