"""The corpus: every answer the simulators give on a good and on a bad day, with the question it answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from bankadapters import registry
from bankadapters.contract import (
    Ability,
    AccountRef,
    BankAdapter,
    Batch,
    Connection,
    Fate,
    Inquiry,
    Instruction,
    Reading,
    WireExchange,
    WireRequest,
)
from bankadapters.dialect import PAYMENTS
from bankadapters.errors import BankError
from kernel import clock
from kernel.money import Money
from kernel.references import bank_reference, make_instr_no, make_reference
from kernel.secrets import Secret
from tests.bankadapters.simulated import RunningWorld

START = datetime(2026, 3, 10, 9, 30, tzinfo=clock.SHANGHAI)
SOON = 0  # no answer of a simulator may take longer in a corpus


@dataclass(frozen=True)
class Sample:
    """One answer: of which operation, to which question, and what it says of which payment."""

    bank: str
    operation: Ability
    answer: bytes
    asked: WireRequest | None
    fates: tuple[tuple[str, Fate], ...]


class _Round:
    """Lets a bank that exchanges files make its round before it is asked."""

    def __init__(self, world: RunningWorld) -> None:
        self.world = world

    def before(self, exchange: WireExchange) -> object:
        self.world.tell("health")
        return None

    def after(self, ticket: object, exchange: WireExchange) -> None:
        """Nothing to keep."""

    def understood(self, asked: WireRequest, answer: bytes, reading: Reading | None) -> None:
        """Nothing to keep."""


def listening(
    bank: str, connection: Connection, world: RunningWorld, kept: list[Sample]
) -> BankAdapter:
    """The bank's adapter; every answer it understands is kept."""
    base: Any = registry.adapter_class(bank)

    class Listening(base):
        def _understood(self, operation: Ability, answer: bytes, asked: WireRequest | None) -> Any:
            reading = super()._understood(operation, answer, asked)
            fates = tuple((one.reference, one.fate) for one in reading.outcomes)
            kept.append(Sample(bank, operation, answer, asked, fates))
            return reading

    recorder = _Round(world) if connection.endpoints["main"].startswith("file:") else None
    return Listening(connection, recorder=recorder)


def collected(home: Path, *, faults: str = "none") -> list[Sample]:
    """What all banks of one world answer to one of everything."""
    kept: list[Sample] = []
    with clock.fixed(START) as hand:
        world = RunningWorld(
            home, "--all", "--with-files", "--faults", faults, "--slow-s", str(SOON)
        )
        try:
            told = world.opened.control.connections
            stages = {
                slug: _Stage(slug, told[slug], world, kept, n)
                for n, slug in enumerate(sorted(told))
            }
            for stage in stages.values():
                stage.pays()
            for step in (1, 1200):
                hand.advance(seconds=step)
                for stage in stages.values():
                    stage.asks()
            hand.advance(days=1)
            for stage in stages.values():
                stage.reads()
        finally:
            world.close()
    return kept


class _Stage:
    """One bank: two payments (one that fails), a payroll where there is one, every question."""

    def __init__(
        self, slug: str, told: Any, world: RunningWorld, kept: list[Sample], place: int
    ) -> None:
        secrets = {name: Secret(value) for name, value in told["secrets"].items()}
        connection = Connection(
            slug, told["endpoints"], told["parameters"], secrets, connect_timeout_s=2, read_timeout_s=4
        )  # fmt: skip
        self.profile = registry.profile(slug)
        self.adapter = listening(slug, connection, world, kept)
        from bankadapters.simulator.__main__ import bank_class

        self.own = [
            AccountRef(number, branch=branch) for number, branch in bank_class(slug).demo_accounts
        ]
        self.place = place
        self.sent: list[tuple[Instruction, str, Ability]] = []

    def _payment(self, number: int, **changes: Any) -> Instruction:
        reference = make_instr_no(epoch=1, sequence=self.place * 1000 + number)
        own_only = self.profile.pays_own_bank_only
        values: dict[str, Any] = {
            "reference": bank_reference(reference, self.profile.reference), "payer_account": self.own[0].number,
            "payer_name": "示例贸易有限公司", "payer_branch": self.own[0].branch, "payee_account": "6222020200112233445",
            "payee_name": "样例供应商有限公司", "payee_bank": self.profile.name_zh if own_only else "中国农业银行上海分行",
            "cnaps": "403100000004" if own_only else "103290000007", "money": Money(Decimal(f"{number}.01")),
            "purpose": "货款", "day": clock.today(),
        }  # fmt: skip
        return Instruction(**(values | changes))

    def _pay(self, operation: Ability, *items: Instruction) -> None:
        rest = list(items)
        for number in range(len(items)):
            if not rest:
                return
            made = make_reference(
                "B", epoch=1, sequence=self.place * 1000 + len(self.sent) + number
            )
            batch = Batch(bank_reference(made, self.profile.reference), rest, operation)
            with suppress(BankError):
                chosen = list(self.adapter.together(batch))
                self.sent += [(one, batch.batch_no, operation) for one in chosen]
                rest = [one for one in rest if one not in chosen]
                self.adapter.pay(replace(batch, instructions=chosen))

    def pays(self) -> None:
        """Everything the bank takes, and what it refuses."""
        for operation in PAYMENTS:
            if operation in self.adapter.abilities:
                start = len(self.sent) + 1
                home = {
                    "payee_bank": self.profile.name_zh,
                    "cnaps": f"{self.profile.cnaps_prefix or '000'}100000000",
                }
                people = home | {"payee_name": "员工甲"} if operation is Ability.PAYROLL else {}
                wrong = {"payee_name": "错名公司"} if self.profile.names_payees else {}
                self._pay(
                    operation,
                    self._payment(start, **people | {"payee_account": "622500000000000001"}),
                    self._payment(
                        start + 1, **people | wrong | {"payee_account": "622500000000000002"}
                    ),
                )

    def asks(self) -> None:
        """What became of them, and of one that nobody sent."""
        asked = [
            Inquiry(
                batch_no if operation is Ability.PAYROLL else item.reference, "", item.day, operation, batch_no,
                item.payer_account, None if operation is Ability.PAYROLL else item.money,
            )
            for item, batch_no, operation in self.sent
        ]  # fmt: skip
        for one in [*asked, replace(asked[0], reference=self._payment(999).reference)]:
            with suppress(BankError):
                self.adapter.inquire([one])

    def reads(self) -> None:
        """Accounts, balances, entries, receipts."""
        account, day = self.own[0], START.date()
        calls = (
            lambda: self.adapter.balances([account]), lambda: self.adapter.history_balances(account, day, day),
            lambda: self.adapter.transactions(account, day, day), lambda: self.adapter.account_list(),
            lambda: [self.adapter.receipt_file(one) for one in self.adapter.receipts(account, day, day)[:1]],
            lambda: self.adapter.sign_on(), lambda: self.adapter.sign_off(),
        )  # fmt: skip
        for call in calls:
            with suppress(BankError):
                call()


def distinct(samples: list[Sample]) -> Iterator[Sample]:
    """One of each answer."""
    seen: set[tuple[str, Ability, bytes]] = set()
    for one in samples:
        key = (one.bank, one.operation, one.answer)
        if key not in seen:
            seen.add(key)
            yield one
