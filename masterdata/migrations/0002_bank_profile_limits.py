from django.db import migrations, models


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
    ]
