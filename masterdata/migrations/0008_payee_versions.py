"""The first version of every confirmed payee account, so that payments have a version to name."""

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
import django.db.models.deletion
import kernel.clock
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    accounts = apps.get_model("masterdata", "CounterpartyAccount")
    versions = apps.get_model("masterdata", "PayeeVersion")
    kept = accounts.objects.filter(state__in=["confirmed", "closed"])
    kept.update(version_no=1)
    versions.objects.bulk_create(
        [
            versions(
                account_id=row.pk,
                number=1,
                name=row.name,
                account_number=row.number,
                bank_name=row.bank_name,
                cnaps=row.cnaps,
                is_personal=row.is_personal,
                valid_from=row.decided_at or row.created_at,
                made_by_id=row.made_by_id,
                decided_by_id=row.decided_by_id,
            )
            for row in kept.iterator(chunk_size=2000)
        ],
        batch_size=2000,
    )


class Migration(migrations.Migration):

    dependencies = [
        ("masterdata", "0007_staged_secrets"),
    ]

    operations = [
        migrations.AddField(
            model_name='counterpartyaccount',
            name='is_whitelisted',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='counterpartyaccount',
            name='version_no',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.CreateModel(
            name='CallBack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version_no', models.PositiveIntegerField()),
                ('person_called', models.CharField(max_length=60)),
                ('telephone', models.CharField(max_length=40)),
                ('source', models.CharField(choices=[('contract', '合同或协议'), ('register', '工商登记信息'), ('website', '对方官方网站'), ('earlier', '此前往来留存'), ('visit', '当面核实')], max_length=10)),
                ('called_at', models.DateTimeField()),
                ('answer', models.CharField(choices=[('confirmed', '对方确认账户无误'), ('denied', '对方否认')], max_length=10)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('made_at', models.DateTimeField(default=kernel.clock.now)),
                ('state', models.CharField(choices=[('proposed', '待第二人确认'), ('confirmed', '已确认'), ('refused', '已退回')], default='proposed', max_length=10)),
                ('decided_at', models.DateTimeField(null=True)),
                ('why', models.CharField(blank=True, max_length=200)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='masterdata.counterpartyaccount')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['account', 'version_no'], name='call_of_version')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('account',), name='one_open_call'), models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('made_by')), _negated=True), _connector='OR'), name='called_by_two')],
            },
        ),
        migrations.CreateModel(
            name='PayeeVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=120)),
                ('account_number', models.CharField(max_length=35)),
                ('bank_name', models.CharField(max_length=120)),
                ('cnaps', models.CharField(max_length=12)),
                ('is_personal', models.BooleanField()),
                ('valid_from', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='masterdata.counterpartyaccount')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['account_id', '-number'],
                'constraints': [models.UniqueConstraint(fields=('account', 'number'), name='one_payee_version')],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        pgtrigger.migrations.AddTrigger(
            model_name='payeeversion',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e351c056ec961bb63c30a05227346075ab3673dd', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_51523', table='masterdata_payeeversion', when='BEFORE')),
        ),
    ]
