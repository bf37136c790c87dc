"""A claim that outlived its lease says nothing to the bank any more, and evidence belongs to the payer's company."""

from __future__ import annotations

import pytest

from bankadapters.errors import NotSent
from bankadapters.transport import MemoryTransport, RecordedTransport
from bankbridge.models import Exchange
from bankbridge.recorder import About, ExchangeRecorder
from bankbridge.services import dispatch
from kernel import clock
from payments.models import Batch
from payments.services import instructions
from tests.bankbridge.scripted import ScriptedAdapter, a_line_to

pytestmark = pytest.mark.django_db(transaction=True)


def test_after_the_lease_no_byte_leaves(world):
    recorder = ExchangeRecorder(world.connection.pk)
    recorder.about = About("payments.batch", 1, None, clock.now())
    carrier = MemoryTransport([b"<ok/>"])

    with pytest.raises(NotSent):
        RecordedTransport(carrier, recorder, redact=bytes).exchange("b2e0009", b"<pay/>")

    assert carrier.requests == []
    assert not Exchange.objects.exists()


def test_evidence_of_a_batch_belongs_to_its_company(world):
    world.queue("10.00")
    (claim,) = instructions.claim_batches(connection_id=world.connection.pk, limit=1, lease_s=60)
    line = a_line_to(ScriptedAdapter("accepted"), claim.connection_id)

    dispatch.send(claim, line)

    assert line.recorder.about.company_id == Batch.objects.get().company_id
