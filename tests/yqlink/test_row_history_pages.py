"""变更历史: who changed which field of an object, before and after, for examiners of the object's company alone."""

from __future__ import annotations

import hashlib
import io

import pytest
from django.db import connection
from django.test import Client
from openpyxl import load_workbook

from approvals.models import Policy
from audit.models import Entry
from masterdata.models import Company, Membership, OwnAccount, User
from tests.build_payments import World, a_world, ready
from tests.payments.test_pages_orders import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    world = a_world()
    Membership.objects.create(user=world["checker2"], company=world.company, role="auditor")
    return world


def history(user: User, kind: str, ref: object, **more: str):
    client = Client()
    client.force_login(user)
    return client.get("/audit/rows/", {"kind": kind, "ref": str(ref), **more})


def test_a_payments_fields_are_told_before_and_after_with_their_people(world: World) -> None:
    order = ready(world)

    page = history(world["checker2"], "payment", order.order_no).content.decode()

    assert "显示状态：待复核 → 待授权" in page
    assert "复核人：— → " in page
    assert "checker" in page


def test_an_examiner_of_one_company_reads_no_history_of_another_they_work_in(world: World) -> None:
    order = ready(world)
    elsewhere = Company.objects.create(code="9900", name="别处", short_name="别处", path="/y/")
    examiner = world["maker2"]
    Membership.objects.create(user=examiner, company=elsewhere, role="auditor")
    client = Client()
    client.force_login(examiner)
    entry = Entry.objects.filter(company_id=world.company.pk).first()
    assert entry is not None

    assert history(examiner, "payment", order.order_no).status_code == 404
    assert history(examiner, "account", world.account.pk).status_code == 404
    assert client.get(f"/audit/{entry.pk}/").status_code == 404
    assert f"/audit/{entry.pk}/" not in client.get("/audit/").content.decode()


def test_an_accounts_change_past_the_platform_is_told_as_such(world: World) -> None:
    with connection.cursor() as cursor:
        wrappers, connection.execute_wrappers = connection.execute_wrappers, []
        cursor.execute(
            "UPDATE masterdata_ownaccount SET branch_name = '别处' WHERE id = %s",
            [world.account.pk],
        )
        connection.execute_wrappers = wrappers

    page = history(world["checker2"], "account", world.account.pk).content.decode()

    assert "开户行：中国银行 → 别处" in page
    assert "不是平台写入" in page


def test_a_duty_taken_away_stays_in_the_story_and_no_secret_is_in_it(world: World) -> None:
    person = world["maker2"]
    person.set_password("a-word-nobody-reads-again")
    person.save(update_fields=["password"])
    person.memberships.all().delete()

    page = history(world["checker2"], "person", person.pk).content.decode()

    assert "职责：maker → —" in page
    assert "argon2" not in page
    assert "md5" not in page


def test_rules_are_found_by_their_line(world: World) -> None:
    line = Policy.objects.order_by("pk")[0].line

    page = history(world["checker2"], "rule", f"approvals.policy:{line}").content.decode()

    assert "审批步骤：— → " in page


def test_another_companys_object_looks_absent(world: World) -> None:
    other = Company.objects.create(code="2000", name="别家", short_name="别家", path="/x/")
    theirs = OwnAccount.objects.create(
        company=other, bank=world.account.bank, cnaps="104100000004", branch_name="x", number="999", name="别家", gl_subject="1002"
    )  # fmt: skip
    examiner = world["checker2"]

    assert history(examiner, "account", theirs.pk).status_code == 404
    assert history(examiner, "account", 10**9).status_code == 404
    assert history(examiner, "payment", "P9999").status_code == 404
    assert history(world["maker"], "account", world.account.pk).status_code == 403


def test_objects_lead_there_for_examiners_only(world: World) -> None:
    order = ready(world)
    address = f"/payments/orders/{order.order_no}/"

    assert "/audit/rows/?kind=payment" in signed_in(world["checker2"]).get(address).content.decode()
    assert "/audit/rows/" not in signed_in(world["maker"]).get(address).content.decode()


def test_is_exported_with_digests_and_the_export_is_in_the_trail(world: World) -> None:
    order = ready(world)

    reply = history(world["checker2"], "payment", order.order_no, export="xlsx")

    digest = hashlib.sha256(reply.content).hexdigest()
    sheet = load_workbook(io.BytesIO(reply.content)).active
    heads = [cell.value for cell in sheet[2]]
    assert heads[-1] == "变更摘要"
    assert all(len(row[-1]) == 64 for row in sheet.iter_rows(min_row=3, values_only=True))
    assert reply.headers["X-Content-SHA256"] == digest
    assert Entry.objects.get(event="desk.list.exported").after["sha256"] == digest


def test_asked_for_nothing_it_shows_nothing(world: World) -> None:
    client = signed_in(world["checker2"])

    assert "没有变更记录" in client.get("/audit/rows/").content.decode()


def test_pages_by_fifty(world: World) -> None:
    for number in range(60):
        OwnAccount.objects.filter(pk=world.account.pk).update(branch_name=f"第 {number} 支行")

    first = history(world["checker2"], "account", world.account.pk, size="50").content.decode()

    assert "第 58 支行 → 第 59 支行" in first
    assert "第 1 支行 → 第 2 支行" not in first
    assert "after=" in first
