"""Yesterday's backup comes back: nothing leaves, the bank is asked, and two people open the gate again."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from audit import anchoring
from bankbridge.services import dispatch, inquiry, pull
from desk.models import ExceptionCase
from kernel import clock
from kernel.errors import Conflict, NotAllowed
from masterdata.models import Membership, OutboundGate, StagedChange, User
from masterdata.services.changes import decide_change
from payments.models import PaymentInstruction
from payments.services import instructions, restoring
from tests.insider.runs import a_copy
from tests.signing import PASSPHRASE, give_key
from yqlink.workspace.watch import watch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def treasurer(world) -> User:
    user = User.objects.create(username="treasurer", display_name="资金主管", person_key="p-tr")
    Membership.objects.create(user=user, company=world.company, role="treasurer")
    give_key(user)
    return user


@pytest.fixture
def restored(world, bank, treasurer, settings, tmp_path):
    """Two payments were queued when the backup was made; then both were paid, and the backup came back."""
    settings.ANCHORS_FILE = str(tmp_path / "outside" / "anchors.jsonl")
    simulator = bank("--no-delays")
    world.reach(simulator.url)
    world.queue("100.00", "200.00")
    anchoring.anchor()
    anchoring.file()
    own = connection.settings_dict
    url = f"postgresql://postgres@/{own['NAME']}?host={own['HOST']}"
    with a_copy(url, own["NAME"], "restore_lost"):  # what happened after the backup
        dispatch.tick()
        anchoring.anchor()
        anchoring.file()
    assert sorted(simulator.debits().values()) == ["100.00", "200.00"]
    return simulator


def settle(username: str = "treasurer", passphrase: str = "") -> str:
    out = io.StringIO()
    typed = io.StringIO((passphrase or PASSPHRASE.reveal()) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", typed)
        call_command("settle_restore", username, why="磁盘损坏，恢复昨日备份", stdout=out)
    return out.getvalue()


def states() -> set[str]:
    return set(PaymentInstruction.objects.values_list("state", flat=True))


class TestBehindItsAnchor:
    def test_nothing_is_sent_again_and_somebody_is_called(self, restored):
        sent = dispatch.tick()

        assert (sent, states()) == (0, {"queued"})
        assert "旧于锚文件" in instructions.unable_to_verify()
        assert sorted(restored.debits().values()) == ["100.00", "200.00"]
        assert watch()
        assert ExceptionCase.objects.filter(kind="audit.broken", closed_at=None).count() == 1

    def test_no_anchor_is_written_over_what_is_known(self, restored):
        before = list(anchoring.lines())

        assert anchoring.anchor() is None
        assert anchoring.file() == 0
        assert list(anchoring.lines()) == before

    def test_work_that_went_on_regardless_is_noticed_too(self, restored, world):
        for _ in range(30):  # the restored chain grows past the number the file knows
            world.fund("1000000.00")

        assert "与锚文件不符" in anchoring.behind()
        assert dispatch.tick() == 0


class TestSettleRestore:
    def test_makes_unknown_what_may_be_sent_under_a_new_epoch(self, restored):
        told = settle()

        gate = OutboundGate.objects.get()
        assert "2 笔" in told
        assert (states(), gate.is_open, gate.epoch) == ({"unknown"}, False, 2)
        assert (anchoring.behind(), anchoring.verify_anchors()) == ("", [])
        assert dispatch.tick() == 0

    def test_a_second_restore_of_the_same_backup_gets_another_epoch(self, restored, world):
        own = connection.settings_dict
        url = f"postgresql://postgres@/{own['NAME']}?host={own['HOST']}"
        with a_copy(url, own["NAME"], "restore_lost"):
            settle()

        settle()

        assert OutboundGate.objects.get().epoch == 3

    def test_wants_the_treasurers_own_passphrase(self, restored):
        with pytest.raises(CommandError):
            settle(passphrase="somebody guesses it")
        with pytest.raises(CommandError):
            settle(username="maker")

        assert states() == {"queued"}

    def test_the_bank_is_asked_and_two_people_open_the_gate(self, restored, world, treasurer):
        settle()
        with pytest.raises(Conflict, match="2 笔付款未向银行查询"):
            restoring.propose_opening(actor=treasurer, why="已查清")
        clock.set_offset(world.clock_file, clock.now() + timedelta(minutes=20))
        inquiry.tick()
        pull.statements(now=True)
        change = restoring.propose_opening(actor=treasurer, why="已查清")
        with pytest.raises(NotAllowed):
            decide_change(change_id=change.pk, accept=True, actor=treasurer)

        decide_change(change_id=change.pk, accept=True, actor=world.people["admin"])
        (fresh,) = world.queue("300.00")
        dispatch.tick()

        fresh.refresh_from_db()
        assert fresh.instr_no.startswith("Y02")
        assert states() <= {"succeeded", "accepted"}
        assert sorted(restored.debits().values()) == ["100.00", "200.00", "300.00"]


class TestPage:
    def test_tells_what_is_left_to_settle_and_takes_the_proposal(self, restored, world, treasurer):
        settle()
        client = Client()
        client.force_login(treasurer, backend="django.contrib.auth.backends.ModelBackend")

        early = client.get("/payments/gate/").content.decode()
        refused = client.post("/payments/gate/", {"why": "已查清"})
        clock.set_offset(world.clock_file, clock.now() + timedelta(minutes=20))
        inquiry.tick()
        pull.statements(now=True)
        client.force_login(treasurer, backend="django.contrib.auth.backends.ModelBackend")
        asked = client.post("/payments/gate/", {"why": "已查清"})

        assert "出口已关闭" in early
        assert refused.status_code == 409
        assert asked.status_code == 302
        assert StagedChange.objects.get().kind == "gate.open"
