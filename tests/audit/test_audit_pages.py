"""The examiner's pages and the command that checks the chain."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from audit.models import Entry
from audit.services import Fact, record_many
from audit.verifying import verify_chain
from masterdata.models import Membership
from payments.models import PaymentOrder
from tests.build_payments import World, a_world, submitted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    world = a_world()
    submitted(world)
    Membership.objects.create(user=world["checker2"], company=world.company, role="auditor")
    return world


def examiner(world: World) -> Client:
    client = Client()
    client.force_login(world["checker2"])
    return client


def test_the_trail_lists_what_happened_in_words(world: World) -> None:
    page = examiner(world).get("/audit/").content.decode()

    assert "提交复核" in page
    assert "payments.order.submitted" in page


def test_the_trail_names_objects_by_their_business_number(world: World) -> None:
    order = PaymentOrder.objects.get()
    client = examiner(world)

    page = client.get("/audit/", {"subject": order.order_no}).content.decode()
    elsewhere = client.get("/audit/", {"subject": "P0"}).content.decode()

    assert f"付款单 {order.order_no}" in page
    assert "masterdata.session" not in page
    assert order.order_no not in elsewhere


def test_the_trail_finds_an_event_by_what_the_list_calls_it(world: World) -> None:
    client = examiner(world)

    assert (
        "payments.order.submitted" in client.get("/audit/", {"event": "提交复核"}).content.decode()
    )
    assert (
        "payments.order.submitted" not in client.get("/audit/", {"event": "授权"}).content.decode()
    )
    named = client.get("/audit/", {"kind": "payments.paymentorder"}).content.decode()
    assert "payments.order.submitted" in named


def test_an_entry_shows_its_link_in_the_chain(world: World) -> None:
    entry = Entry.objects.get(event="payments.order.submitted")

    page = examiner(world).get(f"/audit/{entry.pk}/").content.decode()

    assert entry.content_digest in page
    assert entry.link.digest in page


def test_nobody_reads_the_trail_without_the_right(world: World) -> None:
    client = Client()
    client.force_login(world["maker"])

    assert client.get("/audit/").status_code == 403
    assert client.get("/audit/verify/").status_code == 403


def test_a_whole_chain_is_called_whole(world: World) -> None:
    out = io.StringIO()

    call_command("verify_audit", stdout=out)

    assert "完整" in out.getvalue()
    assert "审计链完整" in examiner(world).post("/audit/verify/").content.decode()


def test_a_row_altered_behind_the_triggers_is_found(world: World) -> None:
    entry = Entry.objects.get(event="payments.order.submitted")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_entry SET actor_name = %s WHERE id = %s", ["别人", entry.pk])
        cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")

    with pytest.raises(CommandError):
        call_command("verify_audit", stdout=io.StringIO())
    assert f"/audit/{entry.pk}/" in examiner(world).post("/audit/verify/").content.decode()


def test_entries_of_one_act_share_a_link_that_names_each_of_them(world: World) -> None:
    with transaction.atomic():
        record_many([Fact("tests.thing.done", world.company) for _ in range(3)], actor=None)

    entries = Entry.objects.filter(event="tests.thing.done").select_related("link")

    assert len({entry.link.seq for entry in entries}) == 1
    assert entries[0].link.told() == {one.pk: one.content_digest for one in entries}
    assert list(verify_chain()) == []


def behind_the_triggers(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET session_replication_role = origin")


def test_the_one_entry_deleted_from_an_act_of_many_is_named(world: World) -> None:
    with transaction.atomic():
        record_many([Fact("tests.thing.done", world.company) for _ in range(3)], actor=None)
    middle = Entry.objects.filter(event="tests.thing.done").order_by("pk")[1]

    behind_the_triggers("DELETE FROM audit_entry WHERE id = %s", middle.pk)

    assert [(one.entry_id, one.what) for one in verify_chain()] == [(middle.pk, "记录被删除")]


def test_an_entry_slipped_into_an_act_is_named(world: World) -> None:
    victim = Entry.objects.get(event="payments.order.submitted")
    columns = "at,event,actor_id,actor_name,subject_kind,subject_id,company_id,before,after,why,origin,content_digest,link_id"

    behind_the_triggers(
        f"INSERT INTO audit_entry ({columns}, leads) SELECT {columns}, 0 FROM audit_entry WHERE id = %s",
        victim.pk,
    )

    last = Entry.objects.latest("pk")
    assert [(one.entry_id, one.what) for one in verify_chain()] == [(last.pk, "记录不在链上")]


def test_a_link_deleted_or_rewritten_is_found(world: World) -> None:
    entry = Entry.objects.select_related("link").get(event="payments.order.submitted")
    with transaction.atomic():
        record_many([Fact("tests.thing.done", world.company)], actor=None)

    behind_the_triggers(
        "UPDATE audit_entry SET content_digest = %s WHERE id = %s", "0" * 64, entry.pk
    )
    assert [one.entry_id for one in verify_chain()] == [entry.pk]

    behind_the_triggers("DELETE FROM audit_link WHERE seq = %s", entry.link.seq)
    told = {one.what for one in verify_chain()}
    assert f"链上缺号：记录被删除（{entry.link.seq}）" in told
    assert "记录不在链上" in told


def test_the_database_refuses_an_act_that_says_it_has_more_entries(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(
            event="tests.thing.done", actor_name="", subject_kind="x", subject_id="1", leads=2
        )
