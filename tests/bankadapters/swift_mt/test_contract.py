"""The SWIFT MT adapter against its simulator, in two folders."""

from __future__ import annotations

from bankadapters.contract import Fate
from tests.bankadapters.filed import FiledContract


class TestSwiftMtAgainstItsSimulator(FiledContract):
    slug = "swift_mt"
    parameters = {"answer_wait_s": "3", "charset": "utf-8"}

    def test_with_both_terminals_the_message_has_its_blocks_and_goes_through(self, world, hand):
        terminals = {"sender": "BKCHCNBJAXXX", "receiver": "SIMUCNSHXXXX"}
        adapter, item = self.opened(world, **terminals), self.payment(1)
        self.pay(adapter, item)
        hand.advance(minutes=20)

        assert self.ask(adapter, item)[item.reference].fate is Fate.SUCCEEDED
