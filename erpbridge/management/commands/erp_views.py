"""`manage.py erp_views`: the read-only schema `erp_v1` for finance systems, and the roles that may read it."""

from __future__ import annotations

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from erpbridge import views_sql
from erpbridge.models import ErpSystem
from erpbridge.styles import db

_ROLE = re.compile(r"[a-z][a-z0-9_]{2,40}")


class Command(BaseCommand):
    """Drop, install, grant, agree."""

    help = "Makes the schema erp_v1 and its readers; agrees to the views a finance system gives us."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do."""
        parser.add_argument("--drop", action="store_true", help="before a migration")
        parser.add_argument("--install", action="store_true", help="after a migration")
        parser.add_argument(
            "--reader", metavar="SYSTEM", help="make or refresh the role of a system"
        )
        parser.add_argument(
            "--agree", metavar="SYSTEM", help="take a system's views as they are now"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it."""
        if options["drop"]:
            self._run([views_sql.drop()])
        if options["install"]:
            self._run([views_sql.drop(), *views_sql.install()])
            for system in ErpSystem.objects.filter(style="db"):
                if self._exists(str(system.settings.get("reader", ""))):
                    self._run(views_sql.grant(system.settings["reader"]))
        if options["reader"]:
            self._reader(self._system(options["reader"]))
        if options["agree"]:
            for view, columns in db.agree(self._system(options["agree"])).items():
                self.stdout.write(f"{view}: {', '.join(columns)}")

    def _system(self, name: str) -> ErpSystem:
        system = ErpSystem.objects.filter(name=name, style="db").first()
        if system is None:
            raise CommandError(f"no system {name} with the style db")
        return system

    def _reader(self, system: ErpSystem) -> None:
        role = str(system.settings.get("reader", ""))
        if not _ROLE.fullmatch(role):
            raise CommandError("the system's setting `reader` names the role: a-z, 0-9, _")
        if not self._exists(role):
            self._run([f'CREATE ROLE "{role}" LOGIN'])
        self._run(views_sql.grant(role))
        self.stdout.write(
            f"role {role} reads {views_sql.SCHEMA}; set its password as your database does"
        )

    def _exists(self, role: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            return cursor.fetchone() is not None

    def _run(self, statements: list[str]) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for one in statements:
                cursor.execute(one)
