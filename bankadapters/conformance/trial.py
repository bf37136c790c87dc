"""A trial: one scenario at one bank, with an adapter of its own and everything it may do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from bankadapters import registry
from bankadapters.conformance.bench import Bench, SimulatedBench
from bankadapters.conformance.scenario import Seen, Skipped, Verdict, expect
from bankadapters.contract import (
    Ability,
    Batch,
    Fate,
    Inquiry,
    Instruction,
    Outcome,
    Reading,
    StatementLine,
    WireExchange,
    WireRequest,
)
from bankadapters.errors import BankError
from bankadapters.profiles import Profile
from kernel import clock
from kernel.money import Money
from kernel.references import bank_reference, make_instr_no, make_reference

FINAL = frozenset({Fate.SUCCEEDED, Fate.FAILED, Fate.RETURNED})
TAKEN = frozenset({Fate.ACCEPTED, Fate.PROCESSING, Fate.MANUAL_HANDLING})
OTHER_BANK = ("中国农业银行上海分行", "103290000007")
ANOTHER_BANK = (
    "中国工商银行北京分行",
    "102100099996",
)  # for the payer that is itself at the first one
PAGES_MAX = 400


class _Notes:
    """Keeps every exchange, as the adapter masked it."""

    def __init__(self, kept: list[Seen], nudge: Callable[[], None]) -> None:
        self.kept, self.nudge = kept, nudge

    def before(self, exchange: WireExchange) -> object:
        self.nudge()
        self.kept.append(Seen(exchange.operation, exchange.request))
        return len(self.kept) - 1

    def after(self, ticket: object, exchange: WireExchange) -> None:
        if isinstance(ticket, int):
            self.kept[ticket].came = exchange.answer or b""
            self.kept[ticket].error = exchange.error

    def understood(self, asked: WireRequest, answer: bytes, reading: Reading | None) -> None:
        """The scenarios judge by what the adapter returns."""


class Trial:
    """Pays, asks and reads at one bank; every exchange is kept for the report."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.exchanges: list[Seen] = []
        self.recorder = _Notes(self.exchanges, bench.nudge)
        self.adapter = registry.open(bench.connection, recorder=self.recorder)
        batches = Ability.PAY_BATCH in self.adapter.abilities and not self.profile.prefers_single
        self.operation = Ability.PAY_BATCH if batches else Ability.PAY
        self.batches: dict[str, tuple[str, Ability]] = {}  # reference → (batch number, operation)
        self.day = clock.today()

    @property
    def profile(self) -> Profile:
        """What the adapter declares of its bank."""
        return self.adapter.profile

    @property
    def simulator(self) -> SimulatedBench:
        """The other side, where it is ours to steer. Raises Skipped."""
        if not isinstance(self.bench, SimulatedBench):
            raise Skipped("wants a simulator", Verdict.NOT_RUN)
        return self.bench

    def needs_names(self) -> None:
        """Raise Skipped where no payee's name goes out."""
        if not self.profile.names_payees:
            raise Skipped("no payee's name goes out")

    def wait(self, **step: float) -> None:
        """Let the bank work for so long."""
        self.bench.wait(**step)

    # -- payments -------------------------------------------------------------------------------------------------

    def reference(self) -> str:
        """A number nobody used before, as the bank's field carries it."""
        number = make_instr_no(epoch=1, sequence=self.bench.next_sequence())
        return bank_reference(number, self.profile.reference)

    def batch_no(self) -> str:
        """A batch number nobody used before."""
        number = make_reference("B", epoch=1, sequence=self.bench.next_sequence())
        return bank_reference(number, self.profile.reference)

    def payment(self, amount: str = "10.01", **changes: Any) -> Instruction:
        """A payment from our first account to a supplier at another bank."""
        payer = self.bench.own[0]
        bank, cnaps = ANOTHER_BANK if self.profile.cnaps_prefix == "103" else OTHER_BANK
        if self.profile.pays_own_bank_only:
            bank, cnaps = self.profile.name_zh, f"{self.profile.cnaps_prefix}100000000"
        made = Instruction(
            reference=self.reference(), payer_account=payer.number, payer_name=payer.name,
            payer_branch=payer.branch, payee_account="6222020200112233445", payee_name="样例供应商有限公司",
            payee_bank=bank, cnaps=cnaps, money=Money(Decimal(amount)), purpose="货款", day=clock.today(),
        )  # fmt: skip
        return replace(made, **changes)

    def at_home(self, amount: str = "10.01", **changes: Any) -> Instruction:
        """A payment to our second account, at the same bank."""
        payee, prefix = self.bench.own[1], self.profile.cnaps_prefix
        values: dict[str, Any] = {
            "payee_account": payee.number, "payee_name": payee.name, "payee_bank": self.profile.name_zh,
            "cnaps": f"{prefix}100000000"[:12] if prefix else "",
        }  # fmt: skip
        return self.payment(amount, **(values | changes))

    def pay(self, *items: Instruction, operation: Ability | None = None) -> list[Outcome]:
        """Everything, in as many messages as the bank wants."""
        said: list[Outcome] = []
        rest, operation = list(items), operation or self.operation
        while rest:
            batch = Batch(self.batch_no(), rest, operation)
            chosen = list(self.adapter.together(batch))
            self.batches |= {one.reference: (batch.batch_no, operation) for one in chosen}
            said.extend(self.adapter.pay(replace(batch, instructions=chosen)))
            rest = [one for one in rest if one not in chosen]
        return said

    def repeat(self, item: Instruction) -> Sequence[Outcome]:
        """A message that was sent, once more with the same numbers: what must never happen."""
        batch_no, operation = self.batches[item.reference]
        return self.adapter.pay(Batch(batch_no, [item], operation))

    def refuses(self, item: Instruction, field: str = "") -> None:
        """Expect that nothing of this payment leaves; with `field`, that it is the one named."""
        before = len(self.exchanges)
        try:
            self.pay(item)
        except BankError as error:
            sent = [
                one.operation
                for one in self.exchanges[before:]
                if item.reference.encode() in one.sent
            ]
            expect(not sent, f"it was sent all the same, and refused by the bank: {error}")
            named = getattr(error, "field", "")
            expect(
                not field or named == field, f"the field named is {named!r}, not {field!r}: {error}"
            )
            return
        expect(False, "it was sent")

    def ask(self, *items: Instruction) -> dict[str, Outcome]:
        """What the bank says became of them, by our number."""
        asked = []
        for item in items:
            batch_no, operation = self.batches.get(item.reference, ("", self.operation))
            asked.append(
                Inquiry(
                    item.reference,
                    "",
                    item.day,
                    operation,
                    batch_no,
                    item.payer_account,
                    item.money,
                )
            )
        return {one.reference: one for one in self.adapter.inquire(asked)}

    def settled(self, *items: Instruction) -> dict[str, Outcome]:
        """Wait until the bank calls all of them final, as long as is reasonable; what it says then."""
        told: dict[str, Outcome] = {}
        for _ in range(20):
            self.wait(minutes=20)
            told = self.ask(*items)
            if len(told) == len(items) and all(one.fate in FINAL for one in told.values()):
                break
        return told

    def fate(self, item: Instruction) -> Fate:
        """How it ended."""
        told = self.settled(item)
        expect(item.reference in told, "the bank says nothing of it")
        return told[item.reference].fate

    # -- accounts -------------------------------------------------------------------------------------------------

    def book(self, which: int = 0) -> Decimal:
        """The book balance of our first (or second) account."""
        (told,) = self.adapter.balances([self.bench.own[which].ref])
        return told.book

    def lines(
        self, first: date | None = None, last: date | None = None, which: int = 0
    ) -> list[StatementLine]:
        """Every entry of these days, today without them, from all pages."""
        found: list[StatementLine] = []
        cursor, account = "", self.bench.own[which].ref
        for _ in range(PAGES_MAX):
            page = self.adapter.transactions(
                account, first or self.day, last or first or self.day, cursor=cursor
            )
            found += page.lines
            if not page.next:
                return found
            expect(page.next != cursor, "the next page is the same page")
            cursor = page.next
        raise Skipped("pages without end", Verdict.FAILED)

    def credit(self, amount: str, which: int = 0, **more: str) -> None:
        """Let a stranger pay in."""
        account = self.bench.own[which].number
        self.simulator.tell("credit", {"account": account, "amount": amount, **more})

    def paid_once(self, items: Sequence[Instruction]) -> None:
        """Expect each to stand once in the bank's own ledger, with its own amount."""
        debits = self.simulator.debits()
        for item in items:
            seen, wanted = debits.get(item.reference, []), f"{item.money.amount:.2f}"
            expect(seen == [wanted], f"{item.reference}: debited {seen}, ordered {wanted}")
