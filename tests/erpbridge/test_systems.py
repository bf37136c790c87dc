"""Finance systems as settings: two administrators, secrets nobody sees again, addresses that lead nowhere forbidden, and the test."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client

from erpbridge.models import ErpSystem
from erpbridge.services import decisions, probing, systems
from erpbridge.styles import signed
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.secrets import Secret
from masterdata.models import Membership, StagedChange
from masterdata.roles import Role
from tests.build import a_company, a_user, an_api_client
from tests.build_payments import World
from tests.erpbridge.lanes import a_client

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "k" * 40


@pytest.fixture
def admins(world: World):
    return [a_user(Role.ADMIN, company=world.company) for _ in range(2)]


def file_values(tmp_path, **changes):
    return {
        "client": "U8", "style": "file", "profile": "u8", "kinds": ["voucher"], "is_active": True,
        "root": str(tmp_path / "x"), "form": "csv", "encoding": "gb18030", **changes,
    }  # fmt: skip


def a_file_system(admins, tmp_path) -> ErpSystem:
    change = systems.propose_system(values=file_values(tmp_path), actor=admins[0])
    decisions.decide(change_id=change.pk, accept=True, actor=admins[1])
    return ErpSystem.objects.get()


class TestProposeSystem:
    def test_is_in_force_once_another_administrator_agrees(self, world, admins, tmp_path):
        a_client(world)
        change = systems.propose_system(values=file_values(tmp_path), actor=admins[0])

        with pytest.raises(NotAllowed):
            decisions.decide(change_id=change.pk, accept=True, actor=admins[0])
        assert not ErpSystem.objects.exists()
        decisions.decide(change_id=change.pk, accept=True, actor=admins[1])

        made = ErpSystem.objects.get()
        assert (made.name, made.style, made.profile) == ("U8", "file", "u8")
        assert made.settings == {
            "root": str(tmp_path / "x"), "form": "csv", "encoding": "gb18030", "kinds": ["voucher"],
        }  # fmt: skip

    def test_a_change_met_among_all_changes_leads_to_where_it_is_decided(
        self, world, admins, tmp_path
    ):
        a_client(world)
        change = systems.propose_system(values=file_values(tmp_path), actor=admins[0])
        page = Client()
        page.force_login(admins[1], backend="django.contrib.auth.backends.ModelBackend")

        told = page.get(f"/masterdata/changes/{change.pk}/").content.decode()

        assert 'href="/erp/systems/"' in told
        assert "去复核" in told

    def test_serves_systems_of_ones_own_companies_once_each(self, world, admins, tmp_path):
        a_client(world)
        a_file_system(admins, tmp_path)
        strange = an_api_client(company=a_company()).client

        with pytest.raises(Conflict):
            systems.propose_system(values=file_values(tmp_path), actor=admins[0])
        with pytest.raises(NotFound):
            systems.propose_system(
                values=file_values(tmp_path, client=strange.name), actor=admins[0]
            )

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"root": "relative"}, "root"),
            ({"root": "/srv/../etc"}, "root"),
            ({"root": "/etc/elsewhere"}, "root"),
            ({"style": "pigeon"}, "style"),
            ({"style": "db", "reader": 'x"; DROP ROLE y'}, "reader"),
            ({"style": "tcp", "push_host": "169.254.169.254"}, "push_host"),
            ({"style": "api", "webhook_url": "ftp://erp.example.cn/"}, "webhook_url"),
            ({"style": "api", "webhook_url": "https://metadata.google.internal/"}, "webhook_url"),
            ({"kinds": ["payroll"]}, "kinds"),
        ],
    )
    def test_refuses_what_leads_astray(self, world, admins, tmp_path, settings, changes, field):
        a_client(world)
        settings.ERP_FILES = str(tmp_path)

        with pytest.raises(InvalidInput) as refused:
            systems.propose_system(values=file_values(tmp_path, **changes), actor=admins[0])

        assert refused.value.field == field


class TestSecrets:
    def test_are_closed_and_never_shown_again(self, world, admins, tmp_path):
        a_client(world)
        made = a_file_system(admins, tmp_path)

        change = systems.propose_secrets(
            system_id=made.pk, version=made.version, values={"key": Secret(KEY)}, actor=admins[0]
        )
        assert KEY not in str(StagedChange.objects.filter(pk=change.pk).values().get())
        decisions.decide(change_id=change.pk, accept=True, actor=admins[1])

        made.refresh_from_db()
        assert signed.key_of(made) == KEY.encode()
        change.refresh_from_db()
        assert not change.sealed
        browser = Client()
        browser.force_login(admins[0], backend="django.contrib.auth.backends.ModelBackend")
        page = browser.get(f"/erp/systems/{made.pk}/").content.decode()
        assert "已设置（加密保存，不再显示）" in page
        assert KEY not in page

    def test_may_be_made_by_the_platform_and_are_told_once(self, world, admins, tmp_path):
        a_client(world)
        made = a_file_system(admins, tmp_path)
        browser = Client()
        browser.force_login(admins[0], backend="django.contrib.auth.backends.ModelBackend")

        answer = browser.post(
            f"/erp/systems/{made.pk}/secrets/", {"version": made.version, "makes_key": "on"}
        )

        told = answer.content.decode().split('tabindex="0">')[-1].split("<")[0]
        decisions.decide(
            change_id=StagedChange.objects.latest("pk").pk, accept=True, actor=admins[1]
        )
        made.refresh_from_db()
        assert signed.key_of(made) == told.encode()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("key", "short"),
            ("dsn", "sqlite:////etc/passwd"),
            ("dsn", "postgresql+psycopg2://u:p@169.254.169.254/x"),
            ("dsn", "postgresql+psycopg2://u:p@db/x?host=169.254.169.254"),
            ("dsn", "postgresql+psycopg2://u:p@db/x?host=db:5432,169.254.169.254:80"),
            ("dsn", "postgresql+psycopg2://u:p@db/x?hostaddr=169.254.169.254"),
            ("dsn", "mssql+pyodbc://u:p@db/x?odbc_connect=Server%3D169.254.169.254"),
        ],
    )
    def test_are_refused_where_they_are_weak_or_lead_astray(
        self, world, admins, tmp_path, name, value
    ):
        a_client(world)
        made = a_file_system(admins, tmp_path)
        ErpSystem.objects.update(style="table")

        with pytest.raises(InvalidInput):
            systems.propose_secrets(
                system_id=made.pk,
                version=made.version,
                values={name: Secret(value)},
                actor=admins[0],
            )


class TestStop:
    def test_is_one_persons_act_and_going_on_takes_two(self, world, admins, tmp_path):
        a_client(world)
        made = a_file_system(admins, tmp_path)

        systems.stop(system_id=made.pk, actor=admins[0], why="对方停机")

        made.refresh_from_db()
        assert not made.is_active
        browser = Client()
        browser.force_login(admins[0], backend="django.contrib.auth.backends.ModelBackend")
        browser.post(f"/erp/systems/{made.pk}/stop/", {"on": "1", "version": made.version})
        made.refresh_from_db()
        assert not made.is_active
        decisions.decide(
            change_id=StagedChange.objects.latest("pk").pk, accept=True, actor=admins[1]
        )
        made.refresh_from_db()
        assert made.is_active


class TestProbe:
    def test_says_what_works_and_what_does_not(self, world, admins, tmp_path):
        a_client(world)
        made = a_file_system(admins, tmp_path)

        found = {one.is_ok for one in probing.probe(system_id=made.pk, actor=admins[0])}

        assert found == {True, False}  # the folders can be written, no key is set
        assert not list((tmp_path / "x" / "in").iterdir())

    def test_is_for_whoever_administers_every_company_of_the_system(self, world, admins, tmp_path):
        a_client(world)
        made = a_file_system(admins, tmp_path)
        watcher = a_user(Role.AUDITOR, company=world.company)
        with transaction.atomic():
            Membership.objects.create(user=watcher, company=a_company(), role=Role.ADMIN)

        with pytest.raises(NotFound):
            probing.probe(system_id=made.pk, actor=watcher)
