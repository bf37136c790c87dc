"""The operations room and the pages over what banks told us."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from bankbridge import channels, scorecard
from bankbridge.models import Exchange, PullCursor
from bankbridge.services import certificates, dispatch, inquiry, pull
from desk.models import ExceptionCase
from kernel import clock
from masterdata.models import Connection, OwnAccount
from masterdata.services import changes, connections
from payments.models import PaymentInstruction
from statements.models import StatementEntry
from tests.bankbridge.conftest import MORNING
from tests.build_payments import a_person
from yqlink.beat import schedule

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(world, bank):
    """A world whose bank was talked to: a payment sent, balance and statement pulled."""
    simulator = bank("--no-delays")
    world.reach(simulator.url)
    world.queue("88.00")
    dispatch.tick()
    simulator.tell(
        "credit", {"account": world.account.number, "amount": "12345.60", "name": "来款客户甲"}
    )
    pull.balances(now=True)
    pull.statements(now=True)
    return world


def page(world, role, name, *args, **query):
    client = Client()
    client.force_login(world.people[role])
    return client.get(reverse(name, args=args), query)


class TestReading:
    def test_balances_and_entries(self, told):
        twin = OwnAccount.objects.get(pk=told.account.pk)
        twin.pk, twin.number, twin.is_direct_link = None, "440012345999", False
        twin.save()

        body = page(told, "recon_accountant", "statements:balances").content.decode()
        assert all(word in body for word in ("1,012,257.60", "刚刚", "未开通直联", "—", "立即刷新"))
        assert page(told, "admin", "statements:balances").status_code == 403

        body = page(told, "recon_accountant", "statements:entries").content.decode()
        assert all(word in body for word in ("来款客户甲", "12,345.60", "支出合计"))
        body = page(
            told, "recon_accountant", "statements:entries", direction="debit"
        ).content.decode()
        assert "来款客户甲" not in body
        assert "样例供应商有限公司" in body

        entry = StatementEntry.objects.get(direction="credit")
        body = page(told, "recon_accountant", "statements:entry", entry.pk).content.decode()
        assert "壹万贰仟叁佰肆拾伍元陆角整" in body
        assert entry.bank_serial in body

        assert "暂定" in page(told, "recon_accountant", "statements:days").content.decode()

    def test_wire_evidence_is_read_by_the_auditor_only_and_leaves_a_trace(self, told):
        row = Exchange.objects.filter(operation="b2e0009").get()

        body = page(told, "auditor", "bankbridge:exchange", row.key).content.decode()
        assert "&lt;bocb2e" in body
        assert "secret" not in body
        trace = Entry.objects.get(event="bankbridge.exchange.read")
        assert trace.actor_id == told.people["auditor"].pk

        body = page(told, "admin", "bankbridge:exchange", row.key).content.decode()
        assert "bocb2e" not in body
        assert row.request_sha256 in body

        body = page(told, "auditor", "bankbridge:exchanges").content.decode()
        assert "交易明细" in body
        assert "已应答" in body
        batch_no = PaymentInstruction.objects.values_list("batch__batch_no", flat=True).get()
        assert f"付款批次 {batch_no}" in body
        assert page(told, "maker", "bankbridge:exchanges").status_code == 403

        body = page(told, "admin", "bankbridge:channels").content.decode()
        assert "正常" in body
        assert told.connection.name in body


class TestChannels:
    def test_the_certificate_counts_its_days(self, told):
        for days, tone in ((90, "ok"), (40, "you"), (3, "bad"), (None, "closed")):
            until = "soon" if days is None else str(clock.today() + timedelta(days=days))
            Connection.objects.update(parameters={"certificate_until": until})

            (one,) = channels.channels(told.scope("admin"), now=clock.now())

            assert (one.certificate_days, one.certificate_tone) == (days, tone)

    def test_a_certificate_that_ends_is_told_until_it_is_renewed(self, told):
        def until(days: int) -> ExceptionCase:
            day = clock.today() + timedelta(days=days)
            Connection.objects.update(parameters={"certificate_until": str(day)})
            certificates.check()
            return ExceptionCase.objects.filter(kind=certificates.ENDS).first()

        assert until(61) is None
        assert until(60).severity == "normal"
        assert until(30).severity == "high"
        case = until(-1)
        assert (case.severity, case.closed_at) == ("critical", None)
        assert "已于" in case.title
        assert until(400).closed_at is not None

    def test_a_scorecard_is_what_the_log_says(self, told):
        exchanges = Exchange.objects.filter(result="answered").values_list("latency_ms", flat=True)
        latencies = sorted(exchanges)
        start = scorecard.start_of("week")(clock.today())

        day = scorecard.scores(
            [told.connection.pk], first=clock.today(), last=clock.today(), unit="day"
        )
        week = scorecard.scores(
            [told.connection.pk], first=clock.today(), last=clock.today(), unit="week"
        )

        one, other = day[told.connection.pk, clock.today()], week[told.connection.pk, start]
        assert (one.exchanges, one.answered, one.answered_share) == (len(latencies),) * 2 + (
            "100.0%",
        )
        assert one.p50 == latencies[(len(latencies) + 1) // 2 - 1]
        assert one.p99 == latencies[-1]
        assert (one.sent, one.unknown, one.unknown_share) == (1, 0, "0.0%")
        assert (other.exchanges, other.sent) == (one.exchanges, one.sent)
        body = page(told, "admin", "bankbridge:channel", told.connection.pk).content.decode()
        assert f"?connection={told.connection.pk}&amp;began_from={clock.today()}" in body

    def test_a_payment_its_answer_left_out_counts_as_unknown(self, world, bank):
        world.reach(bank("--no-delays", "--faults", "missing_items").url)
        for _ in range(10):
            for _ in range(10):
                world.queue("5.00")
            dispatch.tick()
            if PaymentInstruction.objects.filter(state="unknown").exists():
                break
        doubted = PaymentInstruction.objects.filter(state="unknown").count()

        found = scorecard.scores(
            [world.connection.pk], first=MORNING.date(), last=MORNING.date(), unit="day"
        )

        assert doubted > 0
        assert found[world.connection.pk, MORNING.date()].unknown == doubted

    def test_a_payment_that_was_unknown_stays_counted_when_it_ended_well(self, world, bank):
        world.reach(bank("--no-delays", "--faults", "drop_after_booking").url)
        for _ in range(6):
            world.queue("5.00")
            dispatch.tick()
        doubted = PaymentInstruction.objects.filter(state="unknown").count()
        for _ in range(4):
            clock.set_offset(world.clock_file, clock.now() + timedelta(hours=1))
            inquiry.tick()

        found = scorecard.scores(
            [world.connection.pk], first=MORNING.date(), last=MORNING.date(), unit="day"
        )

        score = found[world.connection.pk, MORNING.date()]
        assert doubted > 0
        assert not PaymentInstruction.objects.filter(state="unknown").exists()
        assert (score.sent, score.unknown) == (6, doubted)
        assert score.lost >= 1


class TestSwitchingTheRoute:
    def test_two_people_lead_a_dead_line_elsewhere_and_the_running_worker_goes_there(
        self, world, bank, moving_clock
    ):
        (row,) = world.queue("88.00")
        dispatch.tick()  # nobody listens on the line as it is
        (broken,) = channels.channels(world.scope("admin"), now=clock.now())
        simulator = bank("--no-delays")
        line = world.connection
        second = a_person("admin2", person="p-admin2", role="admin", company=world.company)
        line.refresh_from_db()
        paths = {
            role: simulator.url.rstrip("/") + path for role, path in world.at.endpoints.items()
        }

        change = connections.propose_connection(
            connection_id=line.pk, version=line.version, actor=world.people["admin"],
            values={"endpoints": {"main": simulator.url} | paths},
        )  # fmt: skip
        changes.decide_change(change_id=change.pk, accept=True, actor=second)
        clock.set_offset(moving_clock, MORNING + timedelta(minutes=10))
        dispatch.tick()

        row.refresh_from_db()
        (whole,) = channels.channels(world.scope("admin"), now=clock.now())
        assert row.state in ("accepted", "succeeded")
        assert (broken.state.lamp, whole.state.lamp) == ("bad", "ok")
        assert "正常" in page(world, "admin", "bankbridge:channels").content.decode()


class TestPull:
    def test_a_wish_brings_the_banks_new_figure_at_the_next_tick_and_the_page_tells_its_age(
        self, world, bank, moving_clock
    ):
        simulator = bank("--no-delays")
        world.reach(simulator.url)
        pull.balances(now=True)
        clock.set_offset(moving_clock, MORNING + timedelta(minutes=40))
        stale = page(world, "recon_accountant", "statements:balances").content.decode()
        simulator.tell(
            "credit", {"account": world.account.number, "amount": "12345.60", "name": "来款客户甲"}
        )
        client = Client()
        client.force_login(world.people["recon_accountant"])

        client.post(reverse("bankbridge:pull"), {"account": world.account.pk})
        pull.balances()

        body = page(world, "recon_accountant", "statements:balances").content.decode()
        assert "超过 30 分钟未更新" in stale
        assert [word in body for word in ("1,012,345.60", "刚刚")] == [True, True]
        assert (
            schedule()["bankbridge.tasks.tick_balances"]["schedule"] <= 5
        )  # a wish waits no longer

    def test_makes_the_accounts_due_and_refuses_a_second_wish_at_once(self, told):
        PullCursor.objects.update(last_ok_at=None, last_error_at=None)
        client = Client()
        client.force_login(told.people["recon_accountant"])
        before = PullCursor.objects.get(kind="balance").next_due_at

        answer = client.post(reverse("bankbridge:pull"), {"account": told.account.pk})

        assert answer.status_code == 302
        assert PullCursor.objects.get(kind="balance").next_due_at < before
        pull.balances()
        again = client.post(reverse("bankbridge:pull"), {"account": told.account.pk})
        assert again.status_code == 409
        client.force_login(told.people["maker"])
        assert client.post(reverse("bankbridge:pull")).status_code == 403
