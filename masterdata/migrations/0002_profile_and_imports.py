import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.clock


class Migration(migrations.Migration):

    dependencies = [
        ("masterdata", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="bankprofile",
            name="cnaps_prefix",
            field=models.CharField(blank=True, default="", max_length=3),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="bankprofile",
            name="statement_rows_max",
            field=models.PositiveIntegerField(default=50),
        ),
        migrations.AddField(
            model_name="bankprofile",
            name="statement_span_days",
            field=models.PositiveIntegerField(default=31),
        ),
        migrations.AddField(
            model_name="bankprofile",
            name="balance_accounts_max",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.CreateModel(
            name="MasterImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("branches", "联行号"), ("counterparties", "往来单位")], max_length=20)),
                ("filename", models.CharField(max_length=200)),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                ("data", models.BinaryField()),
                ("counts", models.JSONField(default=dict)),
                ("faults", models.JSONField(default=list)),
                ("state", models.CharField(choices=[("previewed", "待确认"), ("confirmed", "已导入"), ("discarded", "已放弃")], default="previewed", max_length=10)),
                ("made_at", models.DateTimeField(default=kernel.clock.now)),
                ("decided_at", models.DateTimeField(null=True)),
                ("made_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
