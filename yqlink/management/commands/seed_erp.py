"""`manage.py seed_erp --style …`: a finance system of the demo group over one style, and everything both ends of it need.

What its end needs (addresses, keys) goes to `erp/connection.json` in the demo's folder; the program that plays it is
`python -m erpbridge.simulator`. Its payments are booked by themselves, so that vouchers go back to it.
"""

from __future__ import annotations

import json
import secrets
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from erpbridge.services import seeding as erp
from erpbridge.simulator.sides import db as other_side
from ledger.rules import Template, TemplateLine
from ledger.services import templates
from ledger.services.templates import TemplateDraft
from ledger.topics import Booking
from masterdata import people_selectors, selectors
from masterdata.services import people, seeding, strategy
from yqlink.management import demo, demo_tls
from yqlink.management.commands.seed_demo import write_private

NAME = "erp_sim"
SOURCE = "erp"
KINDS = ("payment_result", "voucher", "statement")
RIGHTS = frozenset(
    {
        "payments.view",
        "payments.make",
        "payees.propose",
        "statements.view",
        "ledger.view",
        "vouchers.acknowledge",
    }
)
READER, PRODUCER = "erp_reader", "erp_producer"
_TEMPLATE = Template(
    event="payment",
    voucher_type="付",
    description="{order_no} 付{counterparty_name}",
    lines=(
        TemplateLine(
            side="debit",
            subject="{order_subject|2202}",
            supplier="{counterparty_code}",
            cash_flow_item="{cash_flow_item}",
        ),
        TemplateLine(side="credit", subject="{account_subject}", is_bank=True),
    ),
)


class Command(BaseCommand):
    """Lay it down; a second run with another style changes the style."""

    help = "A finance system of the demo group over one style (idempotent)"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which style, whose words, and where things are."""
        parser.add_argument("--style", choices=("api", "db", "file", "tcp", "table"), required=True)
        parser.add_argument("--profile", choices=("generic", "u8", "sap"), default="u8")
        parser.add_argument("--folder", type=Path, required=True, help="the demo's folder")
        parser.add_argument("--web-url", default="")
        parser.add_argument("--tcp-port", type=int, default=0)

    def handle(self, *_: Any, **options: Any) -> None:
        """All of it."""
        if settings.CHANNEL != "simulator":
            raise CommandError("the demo is never laid down beside a live channel")
        self.home = (options["folder"] / "erp").resolve()
        self.home.mkdir(parents=True, exist_ok=True)
        self.options = options
        path = self.home / "connection.json"
        kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
        with transaction.atomic():
            client = self._client()
            self._books()
        told = getattr(self, f"_{options['style']}")(client, kept.get(options["style"], {}))
        write_private(path, {**kept, options["style"]: told})

    def _client(self) -> Any:
        group = selectors.company_by_code(demo.COMPANIES[0][0].code, scope=selectors.system_scope())
        person = selectors.user_by_username(demo.CLIENT_PERSON.username)
        if group is None or person is None:
            raise CommandError("run seed_demo first")
        self.group = group
        return (
            people_selectors.client_named(NAME)
            or people.issue_client(
                name=NAME, source_system=SOURCE, companies=[group], rights=RIGHTS, acts_for=person
            ).client
        )

    def _books(self) -> None:
        draft = TemplateDraft(
            template=_TEMPLATE, name="付款", valid_from=date(2020, 1, 1), source_note="演示数据"
        )
        if templates.in_force(draft) is None:
            templates.lay_down(draft)
        strategy.decide_once(
            Booking, {"books_payments": True}, company=self.group, source_note="演示数据"
        )

    def _system(self, client: Any, *, dsn: str = "", **told: Any) -> tuple[Any, str]:
        return erp.ensure_system(
            client,
            style=self.options["style"],
            profile=self.options["profile"],
            settings={"kinds": list(KINDS), **told},
            dsn=dsn,
        )

    # --- by style: what both ends need ---
    def _api(self, client: Any, kept: dict[str, str]) -> dict[str, str]:
        self._system(client)
        before = (kept["key_id"], kept["secret"]) if "key_id" in kept else None
        key_id, secret = seeding.ensure_signing_key(client, kept=before, days=settings.API_KEY_DAYS)
        return {"base_url": self.options["web_url"], "key_id": key_id, "secret": secret}

    def _file(self, client: Any, kept: dict[str, str]) -> dict[str, str]:
        root = str(self.home / "exchange")
        _, key = self._system(client, root=root)
        return {"root": root, "key": key, "company": self.group.code}

    def _tcp(self, client: Any, kept: dict[str, str]) -> dict[str, Any]:
        tls = self.home / "tls"
        demo_tls.ensure(tls)
        _, key = self._system(client)
        return {
            "host": "127.0.0.1",
            "port": self.options["tcp_port"],
            "system": NAME,
            "key": key,
            "ca": str(tls / f"{demo_tls.AUTHORITY}.pem"),
            "cert": str(tls / f"{demo_tls.ERP}.pem"),
            "cert_key": str(tls / f"{demo_tls.ERP}.key"),
        }

    def _table(self, client: Any, kept: dict[str, str]) -> dict[str, str]:
        dsn = _driven(self._database("erp_exchange"))
        password = kept.get("password") or secrets.token_urlsafe(24)
        self._role(PRODUCER, password)
        system, key = self._system(client, dsn=dsn)
        call_command("erp_tables", create=system.name, role=PRODUCER, stdout=StringIO())
        url = self._url("erp_exchange", user=PRODUCER, password=password)
        return {"dsn": url, "key": key, "password": password}

    def _db(self, client: Any, kept: dict[str, str]) -> dict[str, str]:
        dsn = self._database("erp_own")
        self._their_tables(dsn)
        system, _ = self._system(client, dsn=_driven(dsn), reader=READER)
        quiet = StringIO()
        call_command("erp_views", install=True, reader=system.name, stdout=quiet)
        call_command("erp_views", agree=system.name, stdout=quiet)
        password = kept.get("password") or secrets.token_urlsafe(24)
        self._role(READER, password)
        name = connection.settings_dict["NAME"]
        return {
            "own": dsn,
            "platform": self._url(str(name), user=READER, password=password),
            "password": password,
        }

    # --- databases beside ours ---
    def _url(self, name: str, *, user: str = "", password: str = "") -> str:
        told = connection.get_connection_params()
        url = URL.create(
            "postgresql",
            username=user or told.get("user"),
            password=password or told.get("password"),
            database=name,
            port=int(told["port"]) if told.get("port") else None,
            query={"host": str(told.get("host") or "")},
        )
        return url.render_as_string(hide_password=False)

    def _database(self, name: str) -> str:
        """A database on our server, made where missing; its address."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{name}"')
        return self._url(name)

    def _role(self, name: str, password: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
            verb = "ALTER" if cursor.fetchone() else "CREATE"
            cursor.execute(f'{verb} ROLE "{name}" LOGIN PASSWORD %s', [password])

    def _their_tables(self, dsn: str) -> None:
        engine = create_engine(_driven(dsn))
        with engine.begin() as own:
            if own.execute(text("SELECT to_regclass('sent')")).scalar_one() is None:
                for one in other_side.tables():
                    own.execute(text(one))
        engine.dispose()


def _driven(url: str) -> str:
    """The address with the driver the platform speaks through."""
    return url.replace("postgresql://", "postgresql+psycopg2://", 1)
