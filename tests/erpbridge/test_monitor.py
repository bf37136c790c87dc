"""接口监控: lanes, what was refused and why, payloads by right, and inbound replay that takes only what was refused."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.test import Client

from audit.models import Entry
from erpbridge.contract import Delivery, Kind
from erpbridge.models import Inbox, Outbox, Refusal
from erpbridge.monitor import lanes
from erpbridge.services import replaying, taking
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from masterdata.models import OwnAccount
from masterdata.roles import RIGHTS, Role
from masterdata.selectors import scope_of
from payments.models import PaymentOrder
from tests.build import a_company, a_user, an_api_client, taken_live, tell_balance
from tests.build_payments import World
from tests.erpbridge.lanes import a_client, a_system, an_item, open_lane

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin(world: World):
    return a_user(Role.ADMIN, company=world.company)


@pytest.fixture
def auditor(world: World):
    return a_user(Role.AUDITOR, company=world.company)


def browse(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def take(client, *items, key="K1", kind=Kind.PAYMENT_REQUEST, **more):
    reply, _ = taking.take(
        client=client, delivery=Delivery(kind, key, items, style="table", **more)
    )
    return reply


def lane_of(user, name="U8"):
    return next(one for one in lanes(scope_of(user), now=clock.now()) if one.client == name)


class TestLanes:
    def test_tell_backlog_faults_and_the_slowest_of_each_system(self, world, admin):
        client = a_client(world).client
        a_system(client, "table")
        take(client, an_item(world), an_item(world, doc_no="FK2", amount="x"))
        Inbox.objects.update(latency_ms=870)
        for number, dead in enumerate((None, clock.now())):
            Outbox.objects.create(message_id=f"M{number}", system="u8", company_code=world.company.code, kind="voucher",
                                  subject_id=number, state_version=1, payload={}, dead_at=dead)  # fmt: skip

        lane = lane_of(admin)

        assert (lane.deliveries, lane.faulty, lane.refused, lane.slowest_ms) == (1, 1, 1, 870)
        assert (lane.waiting, lane.dead, lane.unread, lane.lamp) == (1, 1, 2, "bad")

    def test_show_systems_of_ones_companies_alone(self, world, admin):
        take(an_api_client(company=a_company(), rights=RIGHTS[Role.MAKER]).client, an_item(world))

        assert lanes(scope_of(admin), now=clock.now()) == []
        assert "还没有财务系统" in browse(admin).get("/erp/monitor/").content.decode()

    def test_show_a_system_without_registration_once_it_was_heard(self, world, admin):
        take(a_client(world).client, an_item(world))

        assert (lane_of(admin).system_id, lane_of(admin).lamp) == (None, "ok")


class TestRefusals:
    def test_name_row_document_field_and_reason_in_two_languages(self, world):
        take(a_client(world).client, an_item(world), an_item(world, doc_no="FK2", amount="x"))

        one = Refusal.objects.get()

        assert (one.row, one.document, one.field) == (2, "FK2", "amount")
        assert one.message_zh
        assert one.message_en

    def test_keep_deliveries_that_were_not_looked_into(self, world, admin):
        client = a_client(world).client
        take(client, an_item(world))

        with pytest.raises(Conflict):
            take(client, an_item(world, amount="2.00"))

        assert Refusal.objects.get().code == "key_reused"
        page = browse(admin).get("/erp/monitor/refused/", {"code": "key_reused"}).content.decode()
        assert "已用于内容不同的请求" in page

    def test_keep_files_that_were_put_aside(self, world, tmp_path):
        with open_lane("file", world, tmp_path) as lane:
            lane.side.send([an_item(world)], key="1", kind="payment_request")
            (manifest,) = (tmp_path / "exchange" / "in").glob("*.mf")
            told = json.loads(manifest.read_text())
            told["sha256"] = hashlib.sha256(b"").hexdigest()
            manifest.write_text(json.dumps(told))

            lane.pump()

        one = Refusal.objects.get()
        assert (one.style, one.code, one.name) == ("file", "signature", manifest.stem)


class TestPayloads:
    def test_are_for_those_who_may_read_them_and_leave_a_trace(self, world, admin, auditor):
        take(a_client(world).client, an_item(world))
        row = Inbox.objects.get()
        where = f"/erp/monitor/in/{row.pk}/"

        plain = browse(auditor).get(where).content.decode()
        opened = browse(auditor).post(f"{where}open/").content.decode()

        assert world.payee_number not in plain
        assert world.payee_number in opened
        assert (
            Entry.objects.filter(event="erpbridge.inbox.read", subject_id=str(row.pk)).count() == 1
        )
        assert browse(admin).get(where).status_code == 200
        assert browse(admin).post(f"{where}open/").status_code == 403
        stranger = a_user(Role.AUDITOR, company=a_company())
        assert browse(stranger).post(f"{where}open/").status_code == 404


class TestReplay:
    def test_takes_what_was_refused_once_its_cause_is_gone_and_nothing_twice(self, world, admin):
        client = a_client(world).client
        take(client, an_item(world), an_item(world, doc_no="FK2", payer_account="320766259999"))
        assert [one.document for one in Refusal.objects.all()] == ["FK2"]
        account = world.account
        opened = OwnAccount.objects.create(
            is_direct_link=True, company=account.company, bank=account.bank, cnaps=account.cnaps, number="320766259999", name="新户",
            branch_name=account.branch_name, gl_subject=account.gl_subject, connection=account.connection,
        )  # fmt: skip
        taken_live(opened)
        tell_balance(opened)
        first = Inbox.objects.get()

        row, taken = replaying.replay(delivery_id=first.pk, actor=admin, why="已补录")

        assert (row.items, taken, row.replay_of_id) == (1, 1, first.pk)
        assert sorted(PaymentOrder.objects.values_list("erp_doc_no", flat=True)) == ["FK1", "FK2"]
        assert not Refusal.objects.filter(settled_at=None).exists()
        with pytest.raises(Conflict):
            replaying.replay(delivery_id=first.pk, actor=admin, why="再来")

    def test_leaves_alone_what_an_earlier_replay_took_even_if_it_was_cancelled(self, world, admin):
        wrong = an_item(world, doc_no="FK3", payer_account="1")
        second = {**an_item(world, doc_no="FK2"), "amount": "x"}
        take(a_client(world).client, second, wrong)
        first = Inbox.objects.get()
        Refusal.objects.filter(document="FK2").update(
            settled_at=clock.now()
        )  # taken, then cancelled

        row, taken = replaying.replay(delivery_id=first.pk, actor=admin, why="再试")

        assert (row.items, taken) == (1, 0)
        assert replaying.content_of(row)["items"] == [wrong]
        with pytest.raises(Conflict, match="在原报文上"):
            replaying.replay(delivery_id=row.pk, actor=admin, why="再试")

    def test_never_takes_a_row_without_what_its_file_could_not_tell(self, world, admin):
        item = an_item(world)
        fault = {
            "field": "remark",
            "row": 1,
            "code": "cell",
            "message_zh": "无法识别",
            "message_en": "unreadable",
        }
        take(a_client(world).client, item, faults={1: [fault]})

        with pytest.raises(Conflict, match="改正文件"):
            replaying.replay(delivery_id=Inbox.objects.get().pk, actor=admin, why="再试")

        assert not PaymentOrder.objects.exists()

    def test_wants_a_reason_the_right_and_something_refused(self, world, admin, auditor):
        take(a_client(world).client, an_item(world))
        pk = Inbox.objects.get().pk

        with pytest.raises(InvalidInput):
            replaying.replay(delivery_id=pk, actor=admin, why=" ")
        with pytest.raises(NotAllowed):
            replaying.replay(delivery_id=pk, actor=auditor, why="x")
        with pytest.raises(Conflict):
            replaying.replay(delivery_id=pk, actor=admin, why="x")
        stranger = a_user(Role.ADMIN, company=a_company())
        with pytest.raises(NotFound):
            replaying.replay(delivery_id=pk, actor=stranger, why="x")


class TestSendAgain:
    def test_gives_a_dead_letter_another_try_under_its_number(self, world, admin):
        row = Outbox.objects.create(message_id="M1", system="u8", company_code=world.company.code, kind="voucher", subject_id=1,
                                    state_version=1, payload={}, dead_at=clock.now(), attempts=12)  # fmt: skip

        answer = browse(admin).post(f"/erp/monitor/out/{row.pk}/again/", {"why": "已修复"})

        row.refresh_from_db()
        assert answer.status_code == 302
        assert (row.dead_at, row.attempts, row.message_id) == (None, 0, "M1")
