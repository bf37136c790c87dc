"""Banks that exchange files, against their simulators: before each look into the folder the bank makes its round."""

from __future__ import annotations

import pytest

from bankadapters import registry
from bankadapters.contract import BankAdapter, Connection, Reading, WireExchange, WireRequest
from kernel import clock
from tests.bankadapters.simulated import RunningWorld, SimulatedContract, SimulatedStage


class Round:
    """A recorder that lets the bank catch up with the clock before anything is asked."""

    def __init__(self, world: RunningWorld) -> None:
        self.world = world

    def before(self, exchange: WireExchange) -> object:
        self.world.tell("health")
        return None

    def after(self, ticket: object, exchange: WireExchange) -> None:
        """Nothing to keep."""

    def understood(self, asked: WireRequest, answer: bytes, reading: Reading | None) -> None:
        """Nothing to keep."""


class FiledStage(SimulatedStage):
    """A stage of two folders instead of a wire."""

    def connection(self, address: str, **parameters: str) -> Connection:
        endpoints = {"main": address, "answers": address.replace("to-bank", "from-bank")}
        told = self.parameters | parameters
        return Connection(self.slug, endpoints, told, self.secrets, read_timeout_s=3)

    def opened(self, world: RunningWorld, **parameters: str) -> BankAdapter:
        """An adapter before whose every look the bank makes its round."""
        connection = self.connection(world.addresses[self.slug], **parameters)
        return registry.open(connection, recorder=Round(world))

    @pytest.fixture
    def adapter(self, world: RunningWorld) -> BankAdapter:
        return self.opened(world)


class FiledContract(FiledStage, SimulatedContract):
    """The promises of SimulatedContract over two folders; the conformance kit plays every profile."""

    fault_profiles = (
        "truncated", "garbage", "drop_after_booking", "wrong_echo", "missing_items", "duplicate_answers", "mixed",
    )  # fmt: skip

    def suffer(
        self, adapter: BankAdapter, world: RunningWorld, hand: clock.fixed, profile: str
    ) -> None:
        super().suffer(self.opened(world, answer_wait_s="0.1"), world, hand, profile)
