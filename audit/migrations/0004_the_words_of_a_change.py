"""What a change's digest is taken over, as text of its own: an evidence bundle carries it."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("audit", "0003_the_history_of_rows"),
    ]

    operations = [
        migrations.RunSQL(
            sql="""
    CREATE OR REPLACE FUNCTION audit_change_text(c audit_rowchange) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET bytea_output = 'hex' AS $$
        SELECT ROW(c.id, c.at, c.xact, c.relation, c.op, c.ids, c.befores, c.digests, c.said, c.hand, c.who)::text
    $$;
            """,
            reverse_sql="DROP FUNCTION audit_change_text(audit_rowchange)",
        ),
    ]
