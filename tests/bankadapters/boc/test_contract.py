"""The Bank of China adapter against its simulator."""

from __future__ import annotations

from kernel.secrets import Secret
from tests.bankadapters.simulated import SimulatedContract


class TestBocAgainstItsSimulator(SimulatedContract):
    slug = "boc"
    parameters = {"front_end_ip": "127.0.0.1", "custid": "30011223", "cusopr": "OPR01"}
    secrets = {"oprpwd": Secret("any")}
