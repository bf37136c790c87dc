"""Banks that exchange files, against their simulators: before each look into the folder the bank makes its round."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from bankadapters import registry
from bankadapters.contract import BankAdapter, Connection, Reading, WireExchange, WireRequest
from bankadapters.errors import QueryFailed
from bankadapters.folders import path_of
from kernel import clock
from tests.bankadapters.simulated import START, RunningWorld, SimulatedContract, SimulatedStage


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

    def test_a_days_file_that_is_lost_is_told_and_not_taken_for_an_empty_day(
        self, adapter, world, hand, tmp_path
    ):
        first = START.date()
        world.tell("credit", {"account": self.own[0].number, "amount": "1.00"})
        for amount in ("77.00", "78.00"):
            hand.advance(days=1)
            world.tell("credit", {"account": self.own[0].number, "amount": amount})
        hand.advance(days=1)
        world.tell("health")
        second = first + timedelta(days=1)
        inbox = path_of(adapter.connection, "answers")
        wanted = f"closed:{self.own[0].number}:{second:%Y%m%d}:"
        labels = adapter.carriers["main"].labels
        (lost,) = [
            one
            for one in inbox.iterdir()
            if any(word.startswith(wanted) for word in labels(one.read_bytes()))
        ]
        interim = [
            one for one in inbox.iterdir()
            if one != lost and f"day:{self.own[0].number}:{second:%Y%m%d}" in labels(one.read_bytes())
            and not any(word.startswith("closed:") for word in labels(one.read_bytes()))
        ]  # fmt: skip
        aside = [(one, one.rename(tmp_path / one.name)) for one in (lost, *interim)]

        with pytest.raises(QueryFailed, match=f"no statement of {second} has come"):
            self.lines(adapter, first, first + timedelta(days=2))

        for place, kept in aside:
            kept.rename(place)
        found = self.lines(adapter, first, first + timedelta(days=2))
        assert [line.money.amount for line in found] == [Decimal("1"), Decimal("77"), Decimal("78")]

    def suffer(
        self, adapter: BankAdapter, world: RunningWorld, hand: clock.fixed, profile: str
    ) -> None:
        super().suffer(self.opened(world, answer_wait_s="0.1"), world, hand, profile)
