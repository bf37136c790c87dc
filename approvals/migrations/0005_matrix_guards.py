"""What held the number of approvers goes; the rows of the matrix are append-only from here on."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0004_matrix")]

    operations = [
        migrations.RemoveField("policy", "approvers"),
        migrations.AlterField("decision", "roles", models.JSONField(default=list)),
        migrations.AddConstraint(
            "policy", models.UniqueConstraint(fields=("line", "number"), name="policy_version_once")
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='case',
            name='subject_for_ever',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='case',
            trigger=pgtrigger.compiler.Trigger(name='subject_for_ever', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."subject_kind" IS DISTINCT FROM (NEW."subject_kind") OR OLD."subject_id" IS DISTINCT FROM (NEW."subject_id") OR OLD."digest" IS DISTINCT FROM (NEW."digest") OR OLD."maker_id" IS DISTINCT FROM (NEW."maker_id") OR OLD."maker_person" IS DISTINCT FROM (NEW."maker_person") OR OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."company_id" IS DISTINCT FROM (NEW."company_id") OR OLD."account_id" IS DISTINCT FROM (NEW."account_id") OR OLD."payment_type" IS DISTINCT FROM (NEW."payment_type") OR OLD."payee_class" IS DISTINCT FROM (NEW."payee_class"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='d695eb07811afcccea32032da59427828f5c0b81', operation='UPDATE', pgid='pgtrigger_subject_for_ever_d8b9c', table='approvals_case', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='policy',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='152dfbbc42682a1791e340741d22206cc1979919', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_ac85e', table='approvals_policy', when='BEFORE')),
        ),
    
    ]
