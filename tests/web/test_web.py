"""What a browser, an upload or a typed address may not do to the platform."""

from __future__ import annotations

import base64
import io
import ipaddress
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from bankbridge.adapters import open_line
from desk import imports
from kernel import hosts
from kernel.errors import InvalidInput
from masterdata.models import Connection
from masterdata.roles import Role
from masterdata.services import connections
from payments.models import ImportSet
from tests import build
from tests.access.doors import doors
from tests.masterdata.people import signed_in

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db(transaction=True)


class TestForgedRequests:
    def test_no_page_takes_a_form_without_its_token(self, house: SimpleNamespace) -> None:
        """A page of another site sends the cookie along, but knows no token: refused before anything is looked at."""
        browser = Client(enforce_csrf_checks=True)
        browser.cookies = signed_in(house.admin).cookies
        taken = []
        for door in doors():
            if door.is_api:
                continue
            path = "/" + door.path
            for part in ("<int:", "<str:", "<slug:", "<kind:"):
                while part in path:
                    before, _, rest = path.partition(part)
                    path = (
                        f"{before}{'matrix' if part == '<kind:' else '1'}{rest.partition('>')[2]}"
                    )
            if browser.post(path).status_code != 403:
                taken.append(path)

        assert taken == []

    def test_no_endpoint_of_the_api_writes_for_a_session(self, house: SimpleNamespace) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.cookies = signed_in(house.admin).cookies
        writes = [door for door in doors() if door.is_api and door.methods != ("GET",)]

        assert writes
        assert {browser.post("/" + door.path).status_code for door in writes} <= {401, 403}


class TestTransport:
    def test_cookies_are_kept_from_scripts_and_other_sites(self, house: SimpleNamespace) -> None:
        browser = signed_in(house.admin)
        given = {**Client().get(reverse("masterdata:sign_in")).cookies, **browser.get("/").cookies}

        assert {name.rpartition("_")[2] for name in given} == {"csrf", "session"}
        for cookie in given.values():
            assert cookie["httponly"]
            assert cookie["samesite"] == "Lax"

    def test_production_speaks_tls_only(self) -> None:
        """Its settings as production loads them."""
        names = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_INCLUDE_SUBDOMAINS")  # fmt: skip
        asked = f"import yqlink.settings.prod as p; print([getattr(p, n) for n in {names}], p.SECURE_HSTS_SECONDS, p.API_BEARER_KEYS)"
        key = base64.b64encode(b"k" * 32).decode()
        env = {
            "PATH": os.environ["PATH"], "SECRET_KEY": "s" * 50, "SEAL_KEY": key, "DATA_KEYS": f"1:{key}",
            "SEAL_PUBLIC_KEYS": f"1:x25519:{key}", "DATABASE_URL": "postgres://u@h/d", "REDIS_URL": "redis://b/0",
            "ALLOWED_HOSTS": "x.example", "YQLINK_CHANNEL": "simulator",
        }  # fmt: skip
        told = subprocess.run(
            [sys.executable, "-c", asked], env=env, cwd=ROOT, capture_output=True, text=True, check=True
        )  # fmt: skip

        assert told.stdout.split("\n")[-2] == "[True, True, True, True] 31536000 False"


def _packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


class TestUploads:
    def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(self) -> None:
        bomb = _packed(xl__workbook_xml=b"", xl__worksheets__sheet1_xml=b"0" * (imports.UNPACKED_MAX + 1))  # fmt: skip
        assert len(bomb) < 2_000_000

        with pytest.raises(InvalidInput) as refused:
            imports.read_table(bomb, "x.xlsx")

        assert refused.value.code == "file_too_large"

    def test_a_workbook_of_thousands_of_members_is_refused_unread(self) -> None:
        many = _packed(**{f"m{n}": b"" for n in range(2_001)}, xl__workbook_xml=b"")

        with pytest.raises(InvalidInput) as refused:
            imports.read_table(many, "x.xlsx")

        assert refused.value.code == "file_too_large"

    @pytest.mark.parametrize("name", ["../../etc/passwd.csv", "..\\..\\x.csv", "/etc/x.csv", "a\r\nSet-Cookie: b=1.csv"])  # fmt: skip
    def test_a_file_name_is_a_word_and_no_path(self, house: SimpleNamespace, name: str) -> None:
        maker = build.a_user(Role.MAKER, company=house.first)
        listed = "单据类型,单据号,行号,公司代码,付款账号,收款人编码,收款户名,收款账号,收款银行,联行号,币种,金额,用途\n"
        row = "付款申请单,F1,1,X,1,V,某公司,6222,工行,1,CNY,1.00,货款\n"
        answer = signed_in(maker).post(
            reverse("payments:import"), {"file": SimpleUploadedFile(name, (listed + row).encode())}
        )
        assert answer.status_code in (302, 422)

        for made in ImportSet.objects.all():
            assert not set(made.file_name) & set("/\\\r\n")


NEVER = [
    "169.254.169.254", "169.254.1.1", "[fe80::1]", "[fd00:ec2::254]", "0.0.0.0", "100.100.100.200", "224.0.0.1", "[::]",
    "metadata.google.internal", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]",
]  # fmt: skip


class TestConfiguredHosts:
    @pytest.mark.parametrize("host", NEVER)
    def test_a_bank_connection_never_leads_to_a_metadata_service(self, house: SimpleNamespace, host: str) -> None:  # fmt: skip
        values = {
            "name": "中行",
            "bank_slug": "boc",
            "endpoints": {"main": f"http://{host}:80/latest"},
        }

        with pytest.raises(InvalidInput) as refused:
            connections.propose_connection(
                connection_id=None, version=0, values=values, actor=house.admin
            )

        assert refused.value.field == "endpoints"
        assert not Connection.objects.exists()

    def test_a_list_of_hosts_narrows_it_to_the_front_ends(self, house: SimpleNamespace, settings: Any) -> None:  # fmt: skip
        settings.BANK_HOSTS = ["10.2.0.0/16", "front.example"]

        hosts.demand_allowed("10.2.3.4", listed=settings.BANK_HOSTS)
        hosts.demand_allowed("FRONT.example", listed=settings.BANK_HOSTS)
        for other in ("10.3.0.1", "example.com", "front.example.evil"):
            with pytest.raises(hosts.HostForbidden):
                hosts.demand_allowed(other, listed=settings.BANK_HOSTS)

    @pytest.mark.parametrize("host", NEVER)
    def test_a_row_altered_behind_the_page_reaches_it_no_more_than_the_page(self, house: SimpleNamespace, host: str) -> None:  # fmt: skip
        row = build.a_connection(endpoint=f"http://{host}/")

        with pytest.raises(hosts.HostForbidden):
            open_line(row.pk)

    def test_private_networks_and_this_machine_are_where_front_ends_stand(self) -> None:
        for address in ("10.0.0.1", "192.168.3.4", "127.0.0.1", "172.16.9.9", "fd12::1"):
            assert not hosts.is_forbidden(ipaddress.ip_address(address))
