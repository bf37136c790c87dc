"""The normalised name of each payee account, filled for those there are, so that accounts of one name are found by index."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from masterdata.checks import normalise_name


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    accounts = apps.get_model("masterdata", "CounterpartyAccount")
    rows = []
    for row in accounts.objects.only("pk", "name").iterator(chunk_size=2000):
        row.name_key = normalise_name(row.name)
        rows.append(row)
    accounts.objects.bulk_update(rows, ["name_key"], batch_size=2000)


class Migration(migrations.Migration):
    dependencies = [("masterdata", "0005_bank_profile_settings")]

    operations = [
        migrations.AddField(
            model_name="counterpartyaccount",
            name="name_key",
            field=models.CharField(db_index=True, default="", max_length=120),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
