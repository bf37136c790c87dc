"""`manage.py erp_tables`: the exchange tables of style 5, printed for a database's owner or made in a system's database."""

from __future__ import annotations

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from sqlalchemy import text

from erpbridge import tables_sql
from erpbridge.models import ErpSystem
from erpbridge.styles.foreign import connected
from erpbridge.styles.tables import METADATA

_ROLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,40}")


class Command(BaseCommand):
    """Print, or make and grant."""

    help = "Prints the SQL of the exchange tables (--sql DIALECT), or makes them in a system's database (--create SYSTEM)."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do."""
        parser.add_argument("--sql", choices=sorted(tables_sql.DIALECTS), help="print for this one")
        parser.add_argument("--create", metavar="SYSTEM", help="make what is missing there")
        parser.add_argument("--role", help="the finance system's role: grant it its own columns")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it."""
        role = options["role"] or ""
        if role and not _ROLE.fullmatch(role):
            raise CommandError("--role: letters, digits and _")
        if role and options["sql"] == "oracle":
            raise CommandError("--role: grants by column are told for the other dialects")
        if options["sql"]:
            dialect = options["sql"]
            statements = tables_sql.creation(dialect)
            statements += tables_sql.grants(dialect, role) if role else []
            self.stdout.write(";\n".join(statements) + ";")
        elif options["create"]:
            self._create(options["create"], role)
        else:
            raise CommandError("--sql DIALECT or --create SYSTEM")

    def _create(self, name: str, role: str) -> None:
        system = ErpSystem.objects.filter(name=name, style="table").first()
        if system is None:
            raise CommandError(f"no system {name} with the style table")
        with connected(system) as engine:
            METADATA.create_all(engine)
            if role:
                with engine.begin() as connection:
                    for one in tables_sql.grants(engine.dialect.name, role):
                        connection.execute(text(one))
        self.stdout.write(f"{len(METADATA.sorted_tables)} tables in the database of {name}")
