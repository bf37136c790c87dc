"""The exchange tables as SQL for whoever owns the database: their making in each dialect, and the finance system's grants.

The grants say in the database's own words who writes what (DOMAIN §7, style 5): the finance system inserts requests, may
withdraw one (`status`), and marks messages as stored (`ack_status`); nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from erpbridge.styles.tables import FIELDS_OF, MESSAGES, METADATA, PRODUCER_COLUMNS, REQUESTS

DIALECTS: dict[str, Callable[[], Dialect]] = {
    "postgresql": postgresql.dialect,
    "mysql": mysql.dialect,
    "mssql": mssql.dialect,
    "oracle": oracle.dialect,
}


def creation(name: str) -> list[str]:
    """Statements that make tables and indexes in one dialect. Raises KeyError for a dialect we do not speak."""
    dialect = DIALECTS[name]()
    made = []
    for table in METADATA.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)).strip())
        made += [
            str(CreateIndex(index).compile(dialect=dialect))
            for index in sorted(table.indexes, key=lambda one: str(one.name))
        ]
    return made


def grants(name: str, role: str) -> list[str]:
    """Statements that let the finance system's role write its own columns alone: PostgreSQL, MySQL and MariaDB, SQL Server."""
    told = []
    for kind, table in REQUESTS.items():
        columns = ", ".join(dict.fromkeys((*PRODUCER_COLUMNS, *FIELDS_OF[kind])))
        told.append(_grant(name, table, role, select=True, insert=columns, update="status"))
        if name == "postgresql":
            told.append(f'GRANT USAGE ON SEQUENCE {table.name}_id_seq TO "{role}"')
    told += [
        _grant(name, table, role, select=True, update="ack_status") for table in MESSAGES.values()
    ]
    return told


def _grant(
    name: str, table: Table, role: str, *, select: bool, insert: str = "", update: str = ""
) -> str:
    acts = ["SELECT"] if select else []
    if insert:
        # SQL Server grants no INSERT by column: there the other columns are kept by what the platform believes.
        acts.append("INSERT" if name == "mssql" else f"INSERT ({insert})")
    if update:
        acts.append(f"UPDATE ({update})")
    quoted = {"postgresql": f'"{role}"', "mysql": f"`{role}`@'%'", "mssql": f"[{role}]"}[name]
    return f"GRANT {', '.join(acts)} ON {table.name} TO {quoted}"
