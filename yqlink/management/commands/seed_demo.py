"""`manage.py seed_demo`: the demo group, its people, accounts, partners and its bank connection. Idempotent."""

from __future__ import annotations

import base64
import json
import os
import secrets
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chinese_calendar import constants as published
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from approvals import matrix
from approvals.signing.seeding import ensure_keys
from bankbridge.services import profiles
from kernel import clock
from kernel.secrets import Secret
from masterdata import working_days
from masterdata.roles import ROLE_NAMES, Role
from masterdata.services import factors, seeding
from payments.services import baseline
from yqlink.management import demo, demo_receipts

if TYPE_CHECKING:
    from masterdata.models import Company, User


class Logins:
    """logins.json: the demo's passwords and API key, made once, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "logins.json"
        self.kept: dict[str, Any] = {}
        if self.path.exists():
            self.kept = json.loads(self.path.read_text("utf-8"))
        self.is_new = not self.kept.get("users")

    @property
    def password(self) -> str:
        """The one password of all demo people."""
        if self.is_new:
            return str(self.kept.setdefault("fresh_password", secrets.token_urlsafe(12)))
        return str(self.kept["users"][0]["password"])

    def totp_secret(self, username: str) -> str:
        """The secret of a demo person's code generator (base32), made once."""
        for user in self.kept.get("users", []):
            if user["username"] == username and user.get("totp_secret"):
                return str(user["totp_secret"])
        fresh = self.kept.setdefault("fresh_secrets", {})
        return str(fresh.setdefault(username, base64.b32encode(secrets.token_bytes(20)).decode()))

    @property
    def api_key(self) -> tuple[str, str] | None:
        """The API client's (key id, secret), where kept."""
        for client in self.kept.get("api_clients", []):
            return client["key_id"], client["key"]
        return None

    def write(self, key: tuple[str, str]) -> None:
        """Write the file anew, mode 0600, whole or not at all."""
        content = {
            "users": [
                {
                    "username": person.username,
                    "display_name": person.display_name,
                    "role": person.role.value,
                    "role_name": str(ROLE_NAMES[person.role]),
                    "company": person.company,
                    "password": self.password,
                    "totp_secret": self.totp_secret(person.username),
                }
                for person in demo.PEOPLE
            ],
            "api_clients": [{"name": demo.CLIENT_NAME, "key_id": key[0], "key": key[1]}],
        }
        write_private(self.path, content)


def write_private(path: Path, content: object) -> None:
    """Write JSON that only its owner may read, through a scratch file."""
    scratch = path.with_suffix(".tmp")
    scratch.unlink(missing_ok=True)
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(content, out, ensure_ascii=False, indent=1)
    scratch.replace(path)


def _calendar_days() -> list[tuple[Any, bool, str]]:
    """Holidays on weekdays and working weekends of the published notices, from 2024 on."""
    years = range(2024, max(published.holidays).year + 1)
    return [
        (one.day, one.works, one.name) for year in years for one in working_days.published(year)
    ]


class Command(BaseCommand):
    """Lay down the demo; a second run changes nothing but the simulator's address."""

    help = "Lay down the demo group (idempotent); files go to $YQLINK_DEMO_DIR"

    def handle(self, *args: object, **options: Any) -> None:
        """Do all of it in one transaction, saying each step and its seconds."""
        if settings.CHANNEL != "simulator":
            raise CommandError("the demo is never laid down beside a live channel")
        self.is_quiet = options["verbosity"] == 0
        folder = Path(os.environ.get("YQLINK_DEMO_DIR", str(settings.HOME / "demo")))
        folder.mkdir(parents=True, exist_ok=True)
        logins = Logins(folder)
        with transaction.atomic():
            self._step("银行目录与日历", self._directory)
            companies = self._step("公司", lambda: seeding.ensure_companies(demo.COMPANIES))
            people = self._step("人员", lambda: self._people(companies, logins))
            self._step("银行连接与账户", lambda: self._accounts(companies))
            self._step("往来单位", lambda: self._partners(people))
            key = self._step("接口客户端", lambda: self._client(companies, people, logins))
            self._step("审批矩阵", self._matrix)
            self._step("签名密钥", lambda: self._keys(people, logins))
            self._step("路由与上线", lambda: self._live(companies))
            self._step(
                "收款", lambda: demo_receipts.lay_down(companies, people, folder=folder.resolve())
            )
        write_private(folder / "boc_accounts.json", demo.SIMULATOR_ACCOUNTS)
        write_private(folder / "boc_credits.json", demo_receipts.CREDITS)
        if not (
            folder / "documents.csv"
        ).exists():  # the finance system's: its day is the first start's
            (folder / "documents.csv").write_text(demo.documents(clock.today()), "utf-8-sig")
        logins.write(key)

    def _step(self, words: str, act: Any) -> Any:
        began = time.monotonic()
        outcome = act()
        if not self.is_quiet:
            self.stdout.write(f"  {words}  {time.monotonic() - began:.1f} s")
        return outcome

    def _directory(self) -> None:
        seeding.ensure_directory()
        seeding.ensure_calendar(_calendar_days(), source_note="国务院办公厅节假日安排")
        profiles.sync()

    def _people(self, companies: dict[str, Company], logins: Logins) -> dict[str, User]:
        people = seeding.ensure_people(
            [*demo.PEOPLE, demo.CLIENT_PERSON],
            companies=companies,
            password_hash=make_password(logins.password),
            reset=logins.is_new,
        )
        secret_of = {
            person.username: base64.b32decode(logins.totp_secret(person.username))
            for person in demo.PEOPLE
        }
        factors.install_factors(
            [people[name] for name in secret_of], secret_of, replace=logins.is_new
        )
        return people

    def _keys(self, people: dict[str, User], logins: Logins) -> int:
        by_role = {
            role: [people[one.username] for one in demo.PEOPLE if one.role == role]
            for role in (
                Role.SECURITY_ADMIN,
                Role.CHECKER,
                Role.APPROVER,
                Role.TREASURER,
                Role.RELEASER,
            )
        }
        return ensure_keys(
            registrars=by_role.pop(Role.SECURITY_ADMIN),
            people=[user for group in by_role.values() for user in group],
            passphrase=Secret(logins.password),
            reset=logins.is_new,
        )

    def _accounts(self, companies: dict[str, Company]) -> None:
        connection = seeding.ensure_connection(
            name=demo.CONNECTION_NAME,
            values=demo.CONNECTION,
            endpoints={"main": os.environ.get("BOC_SIM_URL", "http://127.0.0.1:8460")},
            credentials={
                "oprpwd": Secret(os.environ.get("BOC_SIM_PASSWORD") or secrets.token_urlsafe(9))
            },
        )
        for spec in demo.ACCOUNTS:
            draft = spec.draft(
                company=companies[spec.company],
                connection_id=connection.pk if spec.is_linked else None,
            )
            seeding.ensure_account(draft, is_direct_link=spec.is_linked)

    def _partners(self, people: dict[str, User]) -> None:
        for draft in demo.PARTNERS:
            seeding.ensure_partner(draft)
        seeding.ensure_payees(
            demo.PAYEES,
            proposer=people["maker1"],
            confirmer=people["admin1"],
            source_note="演示数据",
            in_use_since=clock.now() - timedelta(days=400),  # the group has long paid them
        )

    def _client(
        self, companies: dict[str, Company], people: dict[str, User], logins: Logins
    ) -> tuple[str, str]:
        return seeding.ensure_client(
            name=demo.CLIENT_NAME,
            source_system="u8",
            companies=[companies["1000"]],
            rights=demo.CLIENT_RIGHTS,
            acts_for=people[demo.CLIENT_PERSON.username],
            key=logins.api_key,
        )

    def _matrix(self) -> None:
        matrix.lay_down_bands(demo.APPROVAL_BANDS, source_note="演示用审批矩阵")

    def _live(self, companies: dict[str, Company]) -> None:
        baseline.lay_down_routes()
        for company, subject in demo.LIVE_PAIRS:
            baseline.take_live(companies[company], subject, source_note="演示上线单")
