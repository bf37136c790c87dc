"""The triggers that keep the history of rows, made from the tables as they are: after every migration they are made anew.

One statement leaves one change: the keys it touched, and the SHA-256 of each row as it was and as it stands now. The digest
is over the row as PostgreSQL prints it under fixed settings. Nothing here is ever asked to say whether a row is right: that is
`audit.row_verifying`.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from django.db import connection

from audit.row_rules import Kept, kept

PREFIX = "audit_rows_"
_FIXED = (
    "SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' "
    "SET bytea_output = 'hex' SET extra_float_digits = 1 "
    "SET enable_nestloop = off"  # a plan kept from a small statement would pair thousands of rows one by one
)
# Who is at work: the database's own word for it.
_WHO = """session_user || '@' || COALESCE(host(inet_client_addr()), 'local') || ' '
        || COALESCE(NULLIF(current_setting('application_name', true), ''), '-')"""
CHANGE_BODY = f"""
    DECLARE
        own_xact text := pg_current_xact_id()::text;
        is_first boolean := current_setting('yqlink.led', true) IS DISTINCT FROM own_xact;
    BEGIN
        IF is_first THEN
            PERFORM set_config('yqlink.led', own_xact, true);
        END IF;
        INSERT INTO audit_rowchange (at, xact, leads, relation, op, ids, befores, digests, said, hand, who)
        VALUES (clock_timestamp(), own_xact::bigint, is_first, relation, op, ids, befores, digests, said,
                COALESCE(current_setting('yqlink.hand', true), ''), {_WHO});
    END
"""  # noqa: S608 - words of this module
# The functions of migrations that say what a digest is taken over, by the SHA-256 of their bodies: one that was put in their
# place could make everything look right.
WORDINGS = {
    "audit_content": "14a7806383d39ff86a67bc94bc6ec79c5cbfb356e73c68d3c31eb6f0b261f2bf",
    "audit_change_digest": "2d7f76abdd2f1d380341c1279d1b561f1131ce124e579676e16ab9ad76fd1b76",
    "audit_change_text": "04285743311cb60d0e0473b89b24dea56730c027bfd9ae5dabcaf048a2c23eee",
}
EVENTS = {
    "insert": "REFERENCING NEW TABLE AS fresh",
    "update": "REFERENCING OLD TABLE AS stale NEW TABLE AS fresh",
    "delete": "REFERENCING OLD TABLE AS stale",
}


def quoted(name: str) -> str:
    """A name of a table or column in SQL."""
    return connection.ops.quote_name(name)


def printed(table: Kept, alias: str) -> str:
    """The row as it is printed for its digest."""
    columns = ", ".join(f"{alias}.{quoted(name)}" for name in table.columns)
    return f"ROW({columns})::text"


def digest(table: Kept, alias: str) -> str:
    """The digest of a row, 32 bytes."""
    return f"sha256(convert_to({printed(table, alias)}, 'UTF8'))"


def _names(table: Kept) -> tuple[str, ...]:
    """The columns whose values a change tells: of a told table all but the unsaid, of another the named ones."""
    if table.is_told:
        return tuple(name for name in table.columns if name not in table.unsaid)
    return table.named


def _values(table: Kept, key: str, before: str, after: str) -> str:
    """Of each row, by key: every told column that differs, with its value before and after.

    `before` and `after` are what stands in front of a column's name there; empty where there is no row. Rows are never passed
    on whole: PostgreSQL cannot take those of a transition table apart once the table has lost a column.
    """
    pairs = ", ".join(
        f"('{name}', {_printed_value(before, name)}, {_printed_value(after, name)})"
        for name in _names(table)
    )
    return f"""jsonb_object_agg({key}, (
            SELECT COALESCE(jsonb_object_agg(v.name, jsonb_build_array(v.was, v.is_now)), '{{}}'::jsonb)
            FROM (VALUES {pairs}) AS v(name, was, is_now) WHERE v.was IS DISTINCT FROM v.is_now))"""  # noqa: S608 - names of columns of ours


def _printed_value(prefix: str, name: str) -> str:
    if not prefix:
        return "NULL::jsonb"
    place = f"{prefix}{quoted(name)}" if prefix.endswith(".") else quoted(f"{prefix}{name}")
    return f"to_jsonb({place})"


def _pairs(table: Kept, key: str) -> str:
    """Each updated row, printed once a side, and its told columns as they were and are."""
    told = "".join(
        f"o.{quoted(name)} AS {quoted(f'was_{name}')}, n.{quoted(name)} AS {quoted(f'now_{name}')}, "
        for name in _names(table)
    )
    return f"""(SELECT {told}n.{key}::text AS key, {printed(table, "o")} AS was, {printed(table, "n")} AS is_now
                 FROM fresh n JOIN stale o ON o.{key} = n.{key} OFFSET 0) AS pair"""  # noqa: S608 - names of tables and columns of ours


def body(table: Kept) -> str:
    """The body of the table's trigger function."""
    key = quoted(table.key)
    said = {
        "fresh": _values(table, f"n.{key}::text", "", "n.") if table.is_told else "NULL::jsonb",
        "both": _values(table, "key", "was_", "now_") if _names(table) else "NULL::jsonb",
        "stale": _values(table, f"o.{key}::text", "o.", "") if table.is_told else "NULL::jsonb",
    }
    # Columns that count for nothing change without a trace; elsewhere every update counts.
    return f"""
    DECLARE
        ids text[]; befores bytea[] := '{{}}'; digests bytea[] := '{{}}'; said jsonb;
    BEGIN
        IF TG_OP = 'INSERT' THEN
            SELECT array_agg(n.{key}::text), array_agg({digest(table, "n")}), {said["fresh"]}
            INTO ids, digests, said FROM fresh n;
        ELSIF TG_OP = 'UPDATE' THEN
            SELECT array_agg(key), array_agg(sha256(convert_to(was, 'UTF8'))),
                   array_agg(sha256(convert_to(is_now, 'UTF8'))), {said["both"]}
            INTO ids, befores, digests, said FROM {_pairs(table, key)} WHERE was <> is_now;
        ELSE
            SELECT array_agg(o.{key}::text), array_agg({digest(table, "o")}), {said["stale"]}
            INTO ids, befores, said FROM stale o;
        END IF;
        IF ids IS NOT NULL THEN
            PERFORM audit_row_change('{table.table}', left(TG_OP, 1), ids, befores, digests, said);
        END IF;
        RETURN NULL;
    END
"""  # noqa: S608 - names of tables and columns of ours


def function_name(table: Kept) -> str:
    """The name of the table's trigger function."""
    return f"{PREFIX}{table.table}"[:63]


def trigger_name(event: str) -> str:
    """The trigger of one event; it comes after the guards."""
    return f"zz_audit_rows_{event}"


def is_installed() -> bool:
    """Whether the database keeps histories at all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc('audit_row_change') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def can_install() -> bool:
    """Whether there is a table to keep histories in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('audit_rowchange') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def faults() -> list[tuple[str, str]]:
    """(table, what is wrong with its history triggers): missing, switched off, or not the ones made here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE starts_with(proname, 'audit_')")
        bodies = dict(cursor.fetchall())
        cursor.execute(
            "SELECT c.relname, t.tgname, t.tgenabled = 'O', p.proname FROM pg_trigger t "
            "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
        )
        rows = cursor.fetchall()
    triggers = {(table, name): (is_on, made_of) for table, name, is_on, made_of in rows}
    found = [(table, f"触发器 {name} 被停用") for table, name, is_on, _ in rows if not is_on]
    for name, digest_of_body in WORDINGS.items():
        if hashlib.sha256(bodies.get(name, "").encode()).hexdigest() != digest_of_body:
            found.append(("audit_rowchange", f"函数 {name} 缺失或被改动"))
    if bodies.get("audit_row_change") != CHANGE_BODY:
        found.append(("audit_rowchange", "函数 audit_row_change 缺失或被改动"))
    for table in kept():
        name = function_name(table)
        if bodies.get(name) != body(table):
            found.append((table.table, f"函数 {name} 缺失或被改动"))
        for event in EVENTS:
            if triggers.get((table.table, trigger_name(event)), (True, ""))[1] != name:
                found.append((table.table, f"触发器 {trigger_name(event)} 缺失或被改动"))
    return found


def install() -> None:
    """Make the function and the triggers of every table that has not the right ones, as the tables are now."""
    wrong = {table for table, _ in faults()}
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION audit_row_change(relation text, op text, ids text[], befores bytea[], "
            "digests bytea[], said jsonb) "
            f"RETURNS void LANGUAGE plpgsql AS $body${CHANGE_BODY}$body$"
        )
        for table in kept():
            if table.table in wrong:
                for statement in _statements(table):
                    cursor.execute(statement)


def _statements(table: Kept) -> list[str]:
    name = quoted(function_name(table))
    columns = " ".join(table.columns)
    made = [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {_FIXED} AS $body${body(table)}$body$",
        f"COMMENT ON FUNCTION {name}() IS '{columns}'",
    ]
    for event, tables in EVENTS.items():
        made.append(
            f"CREATE OR REPLACE TRIGGER {trigger_name(event)} AFTER {event.upper()} ON {quoted(table.table)} "
            f"{tables} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    if table.is_looked_up or table.named:
        # What is looked up before every payment must be quick now; what an examiner reads may be merged in later.
        later = "off" if table.is_looked_up else "on"
        made.append(
            f"CREATE INDEX IF NOT EXISTS {quoted(f'rowchange_of_{table.table}'[:63])} ON audit_rowchange "
            f"USING gin (ids) WITH (fastupdate = {later}) WHERE relation = '{table.table}'"
        )
    return made


def as_installed() -> list[Kept]:
    """Every table with a history, with the columns its present triggers count."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, obj_description(oid, 'pg_proc') FROM pg_proc "
            "WHERE starts_with(proname, %s) AND prorettype = 'trigger'::regtype",
            [PREFIX],
        )
        told = {name: (columns or "").split() for name, columns in cursor.fetchall()}
    return [
        replace(table, columns=tuple(told[function_name(table)]))
        for table in kept()
        if told.get(function_name(table))
    ]


def drop() -> None:
    """Take the triggers away, for migrations that change the tables under them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('DROP FUNCTION %%I() CASCADE', proname) FROM pg_proc "
            "WHERE starts_with(proname, %s) AND prorettype = 'trigger'::regtype",
            [PREFIX],
        )
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
        cursor.execute("DROP FUNCTION IF EXISTS audit_row_change")
