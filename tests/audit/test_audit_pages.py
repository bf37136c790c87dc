"""The examiner's pages and the command that checks the chain."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client

from audit.models import Entry
from masterdata.models import Membership
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
