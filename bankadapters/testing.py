"""AdapterContract: the suite every bank's adapter passes. A bank's test class inherits it and supplies its answers.

It talks to scripts in memory; what an adapter does with its bank's simulator stands in `tests/bankadapters/simulated.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from bankadapters import registry
from bankadapters.contract import (
    Ability,
    AccountRef,
    BankAdapter,
    Batch,
    Fate,
    Inquiry,
    Reading,
    WireExchange,
    WireRequest,
)
from bankadapters.errors import BankError, NotSent, OutcomeUnknown, Unencodable, Unsupported
from bankadapters.transport import Answer, Broken, MemoryTransport
from kernel import clock
from kernel.errors import require
from kernel.references import bank_reference, make_instr_no, make_reference

RARE = "𠮷"  # U+20BB7: GB18030 has it, GBK and GB2312 have not
_BOMB = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 9))
HOSTILE = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "x">' + _BOMB + b"]><a>&e8;</a>",
    b'<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="file:///etc/passwd" parse="text"/></a>',
    b"<a>" * 5000 + b"</a>" * 5000,
    b"<a>" + b"\x00" * 40 + b"</a>",
    b"<a>&undefined;</a>",
)


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

    def understood(self, asked: WireRequest, answer: bytes, reading: Reading | None) -> None:
        """Takes no note of it."""


class AdapterContract(ABC):
    """Promises that hold for every bank; `adapter` answers from a script in memory."""

    slug: ClassVar[str]
    references: ClassVar[Sequence[str]]
    secrets: ClassVar[Sequence[bytes]]
    stranger: ClassVar[str] = "SOMETHINGELSE"  # a number the bank's field carries and nobody sent

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

    def dressed(self, document: bytes) -> bytes:
        """A document as this bank would send it: with its frame or header, where it has one."""
        return document

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

    def test_the_profile_is_whole(self) -> None:
        """Settings have one name each and both languages, what is open says so, and our numbers fit the bank's field."""
        profile = registry.profile(self.slug)
        names = [one.name for one in profile.settings]
        require(len(set(names)) == len(names), "a setting is declared twice")
        for one in profile.settings:
            require(bool(one.label_zh and one.label_en), f"setting {one.name} has no label")
            require(
                bool(one.confirm_zh) == bool(one.confirm_en), f"{one.name}: one language is missing"
            )
            require(
                not one.choices or one.default in one.choices, f"{one.name}: default is no choice"
            )
        require(bool(profile.endpoints), "no endpoint is declared")
        most, unit = profile.field_limits.get("reference", (35, "chars"))
        for number in (
            make_instr_no(epoch=1, sequence=1),
            make_reference("B", epoch=1, sequence=1),
        ):
            made = bank_reference(number, profile.reference)
            require(len(made) <= most and unit != "", "our number does not fit the bank's field")

    def test_what_is_sent_can_be_asked_about(self) -> None:
        """A bank that takes payments tells what became of them."""
        abilities = registry.adapter_class(self.slug).abilities
        asked_by = {
            Ability.PAY: Ability.INQUIRE,
            Ability.PAY_BATCH: Ability.INQUIRE_BATCH,
            Ability.PAYROLL: Ability.INQUIRE_PAYROLL,
        }
        for sent, asked in asked_by.items():
            require(sent not in abilities or asked in abilities, f"{sent} without {asked}")

    def test_hostile_documents_are_refused_and_nothing_is_fetched(self) -> None:
        """DTDs, entities, inclusions, depth, control characters: an error of the bank's, in no time, for every operation."""
        adapter = self.adapter(MemoryTransport(), MemoryRecorder())
        for ability in sorted(adapter.abilities):
            for document in HOSTILE:
                try:
                    adapter.read(ability, self.dressed(document))
                except BankError:
                    continue
                require(False, f"{ability} took {document[:60]!r}")

    def test_a_number_is_sent_once_in_a_batch(self) -> None:
        """Two payments under one number are refused before anything leaves."""
        item = self.batch().instructions[0]
        transport = MemoryTransport([*self.before_payment(), self.paid()])
        twice = replace(self.batch(), instructions=[item, item])
        try:
            self.adapter(transport, MemoryRecorder()).pay(twice)
        except Unencodable:
            require(not transport.requests, "something was sent")
            return
        require(False, "one number was sent twice")

    def test_what_the_charset_cannot_carry_is_refused_by_name(self) -> None:
        """A character the wire has no bytes for is named, and nothing leaves."""
        if registry.profile(self.slug).charset not in ("gbk", "gb2312"):
            return
        batch = self.batch()
        rare = replace(batch.instructions[0], payee_name=f"{RARE}公司")
        transport = MemoryTransport([*self.before_payment(), self.paid()])
        try:
            self.adapter(transport, MemoryRecorder()).pay(replace(batch, instructions=[rare]))
        except Unencodable as error:
            require("U+20BB7" in error.message, "the character is not named")
            require(not transport.requests, "something was sent")
            return
        require(False, "a character was sent that the wire cannot carry")

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
        whole, end, size = self.executed(), 0, 1
        require(not isinstance(whole, Exception), "an answer is wanted here")

        def cut(request: bytes) -> bytes:
            nonlocal size
            told = whole(request) if callable(whole) else whole
            said = told if isinstance(told, bytes) else b""
            size = len(said)
            return said[:end]

        while end < size - 1:
            transport = MemoryTransport([*self.before_payment(), cut])
            adapter = self.adapter(transport, MemoryRecorder())
            try:
                said = adapter.inquire([Inquiry(reference) for reference in self.references])
            except BankError:
                said = []
            require(
                not any(o.fate in (Fate.SUCCEEDED, Fate.FAILED, Fate.RETURNED) for o in said),
                f"cut at {end}",
            )
            end += 7

    def test_only_what_was_asked_is_reported(self) -> None:
        """Answers about other payments are dropped, or not believed at all."""
        whole = self.executed()
        require(isinstance(whole, bytes) or callable(whole), "an answer is wanted here")
        transport = MemoryTransport([*self.before_payment(), whole])
        try:
            said = self.adapter(transport, MemoryRecorder()).inquire([Inquiry(self.stranger)])
        except BankError:
            return
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

    def test_nothing_is_sent_for_an_absent_ability(self) -> None:
        """Asking for what the bank cannot tell raises Unsupported before anything leaves."""
        account, day = AccountRef("1"), clock.today()
        calls = {
            Ability.BALANCE: lambda adapter: adapter.balances([account]),
            Ability.HISTORY_BALANCE: lambda adapter: adapter.history_balances(account, day, day),
            Ability.TRANSACTIONS: lambda adapter: adapter.transactions(account, day, day),
            Ability.ACCOUNT_LIST: lambda adapter: adapter.account_list(),
            Ability.RECEIPT_LIST: lambda adapter: adapter.receipts(account, day, day),
            Ability.SIGN_ON: lambda adapter: adapter.sign_on(),
        }
        for ability in calls.keys() - registry.adapter_class(self.slug).abilities:
            transport = MemoryTransport([self.executed()] * 2)
            try:
                calls[ability](self.adapter(transport, MemoryRecorder()))
            except Unsupported:
                require(not transport.requests, f"{ability} is absent and was sent")
                continue
            require(False, f"{ability} is absent and was not refused")
