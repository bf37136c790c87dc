"""The demo's seed, on a real PostgreSQL."""

from __future__ import annotations

import json
import time
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command

from masterdata import checks, selectors
from masterdata.models import ApiClient, Bank, Company, CounterpartyAccount, OwnAccount, User
from masterdata.services import authenticate_client, connection_credentials

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("YQLINK_DEMO_DIR", str(tmp_path))
    monkeypatch.setenv("BOC_SIM_URL", "http://127.0.0.1:9999")
    selectors.forget_calendar()
    call_command("seed_demo", stdout=StringIO())
    return tmp_path


class TestSeedDemo:
    def test_lays_down_the_group_and_its_accounts(self, seeded: Path) -> None:
        scope = selectors.system_scope()

        codes = set(selectors.visible_companies(scope).values_list("code", flat=True))
        linked = set(selectors.direct_link_accounts().values_list("number", flat=True))

        assert codes == {"1000", "1010", "1020", "1030", "1040"}
        assert linked == {"320766254501", "320766254519", "320766254527", "320766254535"}
        assert OwnAccount.objects.values("bank").distinct().count() >= 6
        assert all(checks.check_uscc(c.uscc) == c.uscc for c in Company.objects.all())
        assert set(CounterpartyAccount.objects.values_list("state", flat=True)) == {"confirmed"}

    def test_opens_the_linked_accounts_at_the_simulator(self, seeded: Path) -> None:
        rows = json.loads((seeded / "boc_accounts.json").read_text("utf-8"))

        assert {r["balance"] for r in rows} == {"1000000000.00"}
        assert len(rows) == 4

    def test_logins_open_and_are_private(self, seeded: Path) -> None:
        path = seeded / "logins.json"
        logins = json.loads(path.read_text("utf-8"))
        first = logins["users"][0]
        client = logins["api_clients"][0]

        assert path.stat().st_mode & 0o777 == 0o600
        assert len(logins["users"]) == 25
        assert User.objects.get(username=first["username"]).check_password(first["password"])
        assert authenticate_client(client["key_id"], client["key"]) == ApiClient.objects.get(
            name=client["name"]
        )
        assert authenticate(username="erp_u8", password=first["password"]) is None

    def test_a_second_run_changes_nothing_but_the_address(
        self, seeded: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = (seeded / "logins.json").read_text("utf-8")
        hashes = set(User.objects.values_list("username", "password"))
        credentials = connection_credentials(selectors.direct_link_accounts()[0].connection)
        monkeypatch.setenv("BOC_SIM_URL", "http://127.0.0.1:7777")
        began = time.monotonic()

        call_command("seed_demo", stdout=StringIO())

        connection = selectors.direct_link_accounts()[0].connection
        assert time.monotonic() - began < 6
        assert (seeded / "logins.json").read_text("utf-8") == before
        assert {u for u in hashes if u[0] != "erp_u8"} <= set(
            User.objects.values_list("username", "password")
        )
        assert connection.endpoints == {"main": "http://127.0.0.1:7777"}
        assert connection_credentials(connection) == credentials
        assert OwnAccount.objects.count() == 15

    def test_a_subsidiarys_maker_sees_only_the_subsidiary(self, seeded: Path) -> None:
        scope = selectors.scope_of(User.objects.get(username="maker3"))

        seen = selectors.visible_companies(scope).values_list("code", flat=True)

        assert list(seen) == ["1010"]
        assert selectors.account_by_number("320766254501", scope=scope) is None
        assert selectors.company_by_code("1000", scope=scope) is None

    def test_every_built_in_code_has_its_check_digit(self, seeded: Path) -> None:
        codes = Bank.objects.exclude(head_office_cnaps="").values_list(
            "head_office_cnaps", flat=True
        )

        assert all(map(checks.is_cnaps, codes))
        assert selectors.branch("104100000004").bank_id == "104"
