"""Policy rows become versioned, dated lines of the matrix; each old row is the first version of its own line."""

import django.db.models.deletion
import kernel.clock
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from kernel import seal, vault

COLUMNS = (
    "line", "number", "valid_from", "valid_to", "is_withdrawn", "kind", "company_id", "account_id", "types", "classes",
    "currency", "amount_from", "amount_below", "steps",
)


def approvers():
    """The role of those who approved before."""
    return ["approver"]


def take_over(apps, schema_editor):
    """Each row a line of its own, its number of approvers one step of the approvers' role, and its MAC."""
    for row in apps.get_model("approvals", "Policy").objects.order_by("pk"):
        row.line, row.number = row.pk, 1
        row.steps = [[["approver"], row.approvers]] if row.approvers else []
        row.source_note = row.source_note or "由原审批矩阵转入"
        said = seal.canonical({name: getattr(row, name) for name in COLUMNS})
        row.mac = seal.mac(vault.seal_key(), "dated:approvals.policy", said)
        row.save()


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0003_signatures"),
        ("masterdata", "0003_strategy"),
    ]

    operations = [
        migrations.AlterModelOptions(name="policy", options={}),
        migrations.AddField("policy", "line", models.PositiveIntegerField(default=0), preserve_default=False),
        migrations.AddField("policy", "number", models.PositiveIntegerField(default=1)),
        migrations.AddField("policy", "is_withdrawn", models.BooleanField(default=False)),
        migrations.AddField("policy", "change_id", models.BigIntegerField(null=True)),
        migrations.AddField("policy", "created_at", models.DateTimeField(default=kernel.clock.now)),
        migrations.AddField("policy", "mac", models.CharField(max_length=64, default=""), preserve_default=False),
        migrations.AddField(
            "policy",
            "account",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="masterdata.ownaccount"
            ),
        ),
        migrations.AddField("policy", "types", models.JSONField(default=list)),
        migrations.AddField("policy", "classes", models.JSONField(default=list)),
        migrations.AddField("policy", "steps", models.JSONField(default=list)),
        migrations.AlterField("policy", "source_note", models.CharField(max_length=200)),
        migrations.AlterField("policy", "valid_to", models.DateField(null=True)),
        migrations.AddField("case", "account_id", models.BigIntegerField(null=True)),
        migrations.AddField("case", "payment_type", models.CharField(blank=True, max_length=12, default=""), preserve_default=False),
        migrations.AddField("case", "payee_class", models.CharField(blank=True, max_length=12, default=""), preserve_default=False),
        # Approvals given before steps had roles were given by approvers.
        migrations.AddField("decision", "roles", models.JSONField(default=approvers), preserve_default=False),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
