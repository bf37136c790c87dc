"""The ISO 20022 adapter against its simulator, in two folders."""

from __future__ import annotations

from bankadapters.contract import Fate
from tests.bankadapters.filed import FiledContract


class TestIso20022AgainstItsSimulator(FiledContract):
    slug = "iso20022"
    parameters = {"answer_wait_s": "3"}

    def test_the_older_version_goes_through_as_well(self, world, hand):
        adapter, item = self.opened(world, version="03"), self.payment(1)
        self.pay(adapter, item)
        hand.advance(minutes=20)

        assert self.ask(adapter, item)[item.reference].fate is Fate.SUCCEEDED
