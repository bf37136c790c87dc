"""The China Merchants Bank adapter against its simulator, in each of the front-end's modes."""

from __future__ import annotations

from tests.bankadapters.simulated import SimulatedContract

USER = {"LGNNAM": "OPER01"}


class TestCmbAgainstItsSimulator(SimulatedContract):
    slug = "cmb"
    parameters = USER
